"""What an animation shows while the network changes: a curve over the target, or maps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._curve import draw_curve, draw_rows
from approximant.draw._map import Limits, draw_error_map, draw_map, draw_row_colours
from approximant.draw._scene import Scene, ends_of
from approximant.draw._style import entitle, head, legend, new_figure
from approximant.draw._subject import floor_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 81  # points along each side of an animated map


class Stage(NamedTuple):
    """A figure whose network can be exchanged.

    Args:
        figure: the whole.
        track: axes left free for the error over the epochs.
        show: puts the values of another network into the picture.
    """

    figure: Figure
    track: Axes
    show: Callable[[Vector], object]


def curve_stage(scene: Scene, target: Vector | None, values: Sequence[Vector]) -> Stage:
    """Return the stage of one input; values (n,) are those of the networks on `scene.line()`."""
    x = scene.line()
    figure = new_figure(7.6, 5.2)
    ax, track = figure.subplots(2, 1, height_ratios=[3.2, 1])
    if scene.rows is not None:
        draw_rows(ax, scene.rows.points[:, 0], scene.row_values())
    draw_curve(ax, x, values[-1], target)
    aims = [scene.row_values(), *([] if target is None else [target])]
    known = any(np.isfinite(aim).any() for aim in aims)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(*ends_of(*aims if known else values[-1:], air=0.25))
    ax.set_xlabel(scene.inputs[0])
    ax.set_ylabel(scene.ordinate)
    legend(figure)
    line = ax.get_lines()[-1]
    line.set_linewidth(2.0)
    return Stage(entitle(figure, scene.heading), track, line.set_ydata)


def map_stage(scene: Scene, target: Vector | None, values: Sequence[Vector]) -> Stage:
    """Return the stage of two inputs; values (n,) are those of the networks on `scene.plane()`."""
    x, y, _ = scene.plane(SIDE)
    shape = (len(y), len(x))
    aims = [v for v in (target, scene.row_values()) if v is not None and np.isfinite(v).any()]
    limits = ends_of(*aims[:1] or values[-1:], air=0.0)
    figure = new_figure(10.4 if target is not None else 7.6, 4.9)
    grid = figure.add_gridspec(2, 3 if target is not None else 2, height_ratios=[3.2, 1])
    axes = [figure.add_subplot(grid[0, k]) for k in range(grid.ncols)]
    track = figure.add_subplot(grid[1, :])

    def show(shown: Vector) -> None:
        _repaint(axes[1], scene, "network")
        draw_map(axes[1], x, y, shown.reshape(shape), limits)
        if target is not None:
            _repaint(axes[2], scene, "error = |target − network|")
            draw_error_map(axes[2], x, y, np.abs(target - shown).reshape(shape), error_limits)

    _repaint(axes[0], scene, "rows" if target is None else "target")
    if target is not None:
        image = draw_map(axes[0], x, y, target.reshape(shape), limits)
        errors = np.abs(target - np.array(values))
        error_limits = _error_limits(errors)
        colours = draw_error_map(axes[2], x, y, errors[-1].reshape(shape), error_limits)
        figure.colorbar(colours, ax=axes[2], pad=0.02, label=f"in the unit of {scene.ordinate}")
    elif scene.rows is not None:
        image = draw_row_colours(axes[0], scene.rows.points, scene.row_values(), limits)
    else:
        image = draw_map(axes[1], x, y, values[-1].reshape(shape), limits)
    figure.colorbar(image, ax=axes[:2], pad=0.02, label=scene.ordinate)
    return Stage(entitle(figure, scene.heading), track, show)


def _repaint(ax: Axes, scene: Scene, what: str) -> None:
    """Empty a panel and name it and its axes again."""
    ax.clear()
    ax.set_xlabel(scene.inputs[0])
    ax.set_ylabel(scene.inputs[1])
    head(ax, what)


def _error_limits(errors: Array) -> Limits:
    """Return limits for the errors (frames, n) of all frames: from the best to the worst."""
    low = floor_of(errors[-1], 0.0)
    known = errors[np.isfinite(errors)]
    return low, max(float(known.max()) if len(known) else 0.0, 2 * low)
