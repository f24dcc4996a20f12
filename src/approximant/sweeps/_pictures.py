"""The pictures of a sweep: the error over what varied, and the fits side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approximant.sweeps._titles import plain, short

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from approximant.draw import SettingAxis
    from approximant.sweeps._rows import Row
    from approximant.sweeps._sweep import Sweep

NUMBERS = (int, float)


def sweep_pictures(sweep: Sweep) -> dict[str, Figure]:
    """Return the figures of a sweep, by name.

    `settings`: a line with a band for one setting that varied, a heat map for two, parallel
    coordinates for more. `fits`: what the middle run of each row learned, for one or two inputs.
    """
    figures: dict[str, Figure] = {}
    rows = [row for row in sweep.rows if row.runs]
    names = [
        name for name in sweep.settings.names if len({plain(r.values[name]) for r in rows}) > 1
    ]
    if names:
        figures["settings"] = _settings(sweep, rows, names)
    fits = _fits(sweep)
    if fits is not None:
        figures["fits"] = fits
    return figures


def _settings(sweep: Sweep, rows: list[Row], names: list[str]) -> Figure:
    from approximant.draw import parallel_figure, setting_figure, settings_map_figure

    axes = [_axis(name, rows) for name in names]
    several = f", median of {sweep.settings.seeds} seeds" if sweep.settings.seeds > 1 else ""
    by, title = rows[0].by, sweep.experiment.title
    if len(axes) == 1:
        return setting_figure(axes[0], [row.errors for row in rows], by, title)
    medians = np.array([row.median for row in rows])
    if len(axes) == 2:
        return settings_map_figure(axes[0], axes[1], medians, by + several, title)
    return parallel_figure(axes, medians, by, title)


def _axis(name: str, rows: list[Row]) -> SettingAxis:
    from approximant.draw import SettingAxis

    values = [row.values[name] for row in rows]
    numbers = all(isinstance(v, NUMBERS) and not isinstance(v, bool) for v in values)
    return SettingAxis(short(name), values if numbers else [plain(value) for value in values])


def _fits(sweep: Sweep) -> Figure | None:
    """Return what each row learned over the target, the best first unless the file orders them."""
    from approximant.draw import Scene, multiples_figure

    ordered = sweep.rows if sweep.settings.method == "rows" else sweep.ranked
    shown = [(row, row.middle_run) for row in ordered if row.middle_run is not None]
    if not shown:
        return None
    fits = {}
    for row, run in shown[:31]:  # one more than are drawn, so that the picture says there are more
        assert run is not None
        mark = "" if row.reported is None else f"  judged {row.reported:g}"
        fits[f"{row.title}\n{row.by} {row.median:.3g}{mark}"] = run.model
    model = next(iter(fits.values()))
    if model.domain.dimension > 2:
        return None
    experiment, domain = sweep.experiment, model.domain
    scene = Scene(domain, experiment.truth(domain), name=model.outputs[0], title=experiment.title)
    return multiples_figure({name: model.evaluate for name, model in fits.items()}, scene)
