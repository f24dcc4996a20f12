"""Several networks against one target: what training reached and what construction reaches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Points, Vector
from approximant.draw._fits import draw_fits
from approximant.draw._labels import label_ends, log_ordinate, short
from approximant.draw._scene import Curve, Scene, ends_of
from approximant.draw._style import FRESH, NETWORK, REPORTED, TOLERANCE, head, new_figure, tidy
from approximant.draw._subject import LARGEST, SMALLEST
from approximant.sampling import spread_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (NETWORK, REPORTED, TOLERANCE, FRESH)  # in the order in which networks are given
POINTS = 4000  # where the errors of several inputs are compared
ZERO = 1e-17  # share of the largest error; smaller ones touch the lower edge


def comparison_figure(networks: Mapping[str, Curve], scene: Scene) -> Figure:
    """Return the errors of several networks on one log axis.

    One input: the curves, and below them the error along the input. More: the share of points at
    which the error is larger. Without a target the rows are what is compared with.

    Args:
        networks: by name, such as "training" and "approximate"; four have colours of their own.
        scene: must know a target or have rows.

    Raises:
        SettingError: if it has neither.
    """
    if scene.domain.dimension == 1 and scene.knows_target:
        return _along_input(networks, scene)
    points, values, what = _checked(scene)
    errors = {name: np.abs(values - scene.at(f, points)) for name, f in networks.items()}
    figure = new_figure(8.0, 4.4)
    ax = figure.subplots()
    draw_shares(ax, errors)
    ax.set_ylabel(f"error, in the unit of {scene.ordinate}")
    ax.set_xlabel(f"share of {len(points):,} {what} with a larger error, in %")
    head(ax, scene.heading, "error = |target − network|")
    label_ends(ax)
    return figure


def draw_errors(ax: Axes, x: Vector, errors: Mapping[str, Vector]) -> Axes:
    """Draw several errors over x on a log axis, each named with its largest value.

    Args:
        ax: the axes to draw on, given back.
        x: increasing abscissas (n,).
        errors: by name, each (n,), NaN where unknown.
    """
    shown = _floored(errors)
    for colour, (name, error) in zip(_colours(len(errors)), shown.items(), strict=True):
        ax.plot(x, error, color=colour, linewidth=1.0, label=_named(name, errors[name]))
    ax.set_xlim(x[0], x[-1])
    return log_ordinate(tidy(ax), _all_known(shown))


def draw_shares(ax: Axes, errors: Mapping[str, Vector]) -> Axes:
    """Draw on a log axis which error is exceeded at which share of the points, in percent."""
    shown = _floored(errors)
    for colour, (name, error) in zip(_colours(len(errors)), shown.items(), strict=True):
        known = np.sort(error[np.isfinite(error)])
        share = 100.0 * (1.0 - np.arange(1, len(known) + 1) / max(1, len(known)))
        ax.plot(share, known, color=colour, linewidth=1.6, label=_named(name, errors[name]))
    ax.set_xlim(100.0, 0.0)
    return log_ordinate(tidy(ax), _all_known(shown))


def _along_input(networks: Mapping[str, Curve], scene: Scene) -> Figure:
    x = scene.line()
    target = scene.target_at(x[:, None])
    assert target is not None
    lines = {name: scene.at(network, x[:, None]) for name, network in networks.items()}
    figure = new_figure(8.0, 7.2)
    above, below = figure.subplots(2, 1, sharex=True)
    draw_fits(above, x, {}, target)
    for colour, (name, line) in zip(_colours(len(lines)), lines.items(), strict=True):
        above.plot(x, line, color=colour, linewidth=1.4, label=name)
    above.set_ylim(*ends_of(target, air=0.2))
    above.set_ylabel(scene.ordinate)
    head(above, scene.heading)
    draw_errors(below, x, {name: np.abs(target - line) for name, line in lines.items()})
    below.set_ylabel(f"error, in the unit of {scene.ordinate}")
    below.set_xlabel(scene.inputs[0])
    head(below, "error = |target − network|")
    label_ends(above)
    label_ends(below)
    return figure


def _checked(scene: Scene) -> tuple[Points, Vector, str]:
    """Return points with known values, and what they are."""
    count = min(POINTS, scene.limit)
    points = scene.domain.from_unit(spread_points(count, scene.domain.dimension))
    values = scene.target_at(points)
    if values is not None:
        return points, values, "points spread over the domain"
    return scene.needs_rows().points, scene.row_values(), "rows"


def _floored(errors: Mapping[str, Vector]) -> dict[str, Vector]:
    """Return errors that a log axis can show: exact zeros lie on its lower edge."""
    largest = max((float(np.nanmax(e, initial=0.0)) for e in errors.values()), default=0.0)
    low = max(ZERO * min(largest, LARGEST), SMALLEST)
    return {name: np.maximum(error, low) for name, error in errors.items()}


def _all_known(errors: Mapping[str, Vector]) -> Vector:
    """Return what the ordinate must show: an error that crosses zero may leave it below."""
    found = [np.zeros(0)]
    for error in errors.values():
        known = error[np.isfinite(error)]
        if len(known):
            found.append(np.array([np.quantile(known, 0.02), known.max()]))
    return np.concatenate(found)


def _colours(count: int) -> list[str]:
    return [COLOURS[min(k, len(COLOURS) - 1)] for k in range(count)]


def _named(name: str, error: Vector) -> str:
    known = error[np.isfinite(error)]
    return f"{name}\nlargest seen {short(float(known.max()))}" if len(known) else name
