"""Small multiples: many fits side by side at one scale, as a sweep needs them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np

from approximant.draw._fits import draw_fits
from approximant.draw._map import draw_map
from approximant.draw._scene import Curve, Scene, ends_of
from approximant.draw._style import entitle, label, legend, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 30
WIDE = 5  # panels side by side
WIDEST = 46  # characters of a line above a panel


def multiples_figure(networks: Mapping[str, Curve], scene: Scene, columns: int = 0) -> Figure:
    """Return many fits in a grid, each over the same target and named by its settings.

    One input: curves over the target. Two: maps at one scale, the target first. At most 30 are
    drawn, and the title says so where there are more.

    Args:
        networks: by title, such as "cell:128 rate:0.1"; line breaks are kept.
        scene: box, target, names.
        columns: of the grid; at most five unless given.

    Raises:
        DomainError: if there are more than two inputs.
    """
    scene.needs(1, 2)
    chosen = dict(list(networks.items())[:MOST])
    draw = _curves if scene.domain.dimension == 1 else _maps
    extra = int(scene.domain.dimension == 2 and scene.knows_target)
    count = max(1, len(chosen) + extra)
    columns = columns or math.ceil(count / math.ceil(count / WIDE))
    rows = math.ceil(count / columns)
    lines = max((_title(name).count("\n") + 1 for name in chosen), default=1)
    figure = new_figure(3.0 * columns, (2.1 + 0.17 * lines) * rows + 0.6)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for ax in axes.ravel()[count:]:
        ax.set_axis_off()
    for (row, column), ax in np.ndenumerate(axes):
        below = (row + 1) * columns + column
        if row * columns + column < count:
            ax.tick_params(labelbottom=below >= count)
            ax.set_xlabel(scene.inputs[0] if below >= count else "")
            ax.set_ylabel(_ordinate(scene) if column == 0 else "")
    draw(axes.ravel()[:count].tolist(), chosen, scene)
    left_out = f"   ({MOST} of {len(networks)} are drawn)" if len(networks) > MOST else ""
    return entitle(figure, scene.heading + left_out)


def _curves(axes: list[Axes], networks: Mapping[str, Curve], scene: Scene) -> None:
    x = scene.line()
    target = scene.target_at(x[:, None])
    shown = [scene.row_values() if target is None else target]
    for ax, (name, network) in zip(axes, networks.items(), strict=False):
        values = scene.at(network, x[:, None])
        draw_fits(ax, x, {"network": values}, target)
        if target is None:
            shown.append(values)
        _name(ax, name)
    for ax in axes:
        ax.set_xlim(x[0], x[-1])
        ax.set_ylim(*ends_of(*shown, air=0.2))
    if networks:
        legend(axes[0].figure)  # type: ignore[arg-type]


def _maps(axes: list[Axes], networks: Mapping[str, Curve], scene: Scene) -> None:
    x, y, points = scene.plane()
    maps = {name: scene.at(network, points) for name, network in networks.items()}
    target = scene.target_at(points)
    limits = ends_of(*maps.values(), air=0.0) if target is None else ends_of(target, air=0.0)
    shown = maps if target is None else {"target": target} | maps
    for ax, (name, values) in zip(axes, shown.items(), strict=False):
        image = draw_map(ax, x, y, values.reshape(len(y), len(x)), limits)
        _name(ax, name)
    if shown:
        axes[0].figure.colorbar(image, ax=axes, label=scene.ordinate, pad=0.02, aspect=30)


def _ordinate(scene: Scene) -> str:
    return scene.ordinate if scene.domain.dimension == 1 else scene.inputs[1]


def _title(name: str) -> str:
    return "\n".join(fill(label(line, 3 * WIDEST), WIDEST) for line in name.splitlines())


def _name(ax: Axes, name: str) -> None:
    ax.set_title(_title(name), loc="left", fontsize=8, linespacing=1.25)
    ax.tick_params(labelsize=8)
