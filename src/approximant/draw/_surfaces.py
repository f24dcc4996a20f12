"""Two inputs: the surfaces of target and network side by side, and the map of the error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._labels import short
from approximant.draw._map import Limits, draw_error_map, draw_row_errors
from approximant.draw._scene import Curve, Scene, drawable, ends_of, rms
from approximant.draw._style import entitle, head, new_figure
from approximant.draw._subject import floor_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Axes3D: TypeAlias = Any  # matplotlib ships no types for it
FACES = 45  # along each side of a surface
MOST_ROWS = 600  # dots on the error map


def surfaces_figure(network: Curve, scene: Scene) -> Figure:
    """Return the surfaces of target and network at one scale, and the error on a log scale.

    Without a target the rows stand for it.

    Raises:
        DomainError: unless there are two inputs.
    """
    scene.needs(2)
    x, y, points = scene.plane()
    shape = (len(y), len(x))
    values = scene.at(network, points).reshape(shape)
    flat = scene.target_at(points)
    target = None if flat is None else flat.reshape(shape)
    limits = ends_of(*[v for v in (target, scene.row_values()) if v is not None and v.size]
                     or [values], air=0.04)  # fmt: skip
    figure = new_figure(13.2, 4.4)
    left, middle = (figure.add_subplot(1, 3, k, projection="3d") for k in (1, 2))
    right = figure.add_subplot(1, 3, 3)
    if target is not None:
        draw_surface(left, x, y, target, limits)
        head(left, f"target, {scene.ordinate} upwards")
    else:
        _draw_row_heights(left, scene, limits)
        head(left, f"rows, {scene.ordinate} upwards")
    draw_surface(middle, x, y, values, limits)
    head(middle, f"network, {scene.ordinate} upwards")
    for ax in (left, middle):
        ax.set_xlim(x[0], x[-1])
        ax.set_ylim(y[0], y[-1])
    for each in (left, middle, right):
        each.set_xlabel(scene.inputs[0], fontsize=9)
        each.set_ylabel(scene.inputs[1], fontsize=9)
    _draw_error(right, scene, network, x, y, None if target is None else target - values)
    return entitle(figure, scene.heading)


def draw_surface(ax: Axes3D, x: Vector, y: Vector, values: Array, limits: Limits) -> Axes3D:
    """Draw values (len(y), len(x)) as a surface coloured by height; give the axes back.

    What lies beyond the limits leaves a hole.
    """
    values = np.where((values >= limits[0]) & (values <= limits[1]), values, np.nan)
    with np.errstate(all="ignore"):  # normals of faces near the ends of float64
        ax.plot_surface(*np.meshgrid(x, y), values, cmap="viridis", vmin=limits[0], vmax=limits[1],
                        rcount=FACES, ccount=FACES, linewidth=0.15, edgecolor="#FFFFFF55",
                        antialiased=True, shade=False)  # fmt: skip
    return _dress(ax, limits)


def _draw_row_heights(ax: Axes3D, scene: Scene, limits: Limits) -> None:
    if scene.rows is not None:
        every = max(1, len(scene.rows) // 2000)
        px, py = scene.rows.points[::every].T
        heights = scene.row_values()[::every]
        ax.scatter(px, py, heights, c=heights, s=6, cmap="viridis", vmin=limits[0], vmax=limits[1],
                   linewidths=0)  # fmt: skip
    _dress(ax, limits)


def _dress(ax: Axes3D, limits: Limits) -> Axes3D:
    from matplotlib.ticker import MaxNLocator

    ax.set_zlim(*limits)
    ax.view_init(elev=28, azim=-125)
    ax.set_box_aspect((1, 1, 0.75), zoom=0.95)
    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_pane_color((0.97, 0.97, 0.97, 1.0))
    ax.tick_params(labelsize=8, pad=1)
    return ax


def _draw_error(
    ax: Axes, scene: Scene, network: Curve, x: Vector, y: Vector, difference: Array | None
) -> None:
    """Draw the error over the box, or that of the rows where no target is known."""
    if difference is not None:
        error = np.abs(difference)
        image = draw_error_map(ax, x, y, error, _limits(error))
        what = "error = |target − network|"
        if scene.rows is not None:
            _draw_row_places(ax, scene)
    elif scene.rows is not None:
        error = np.abs(scene.row_values() - scene.at(network, scene.rows.points))
        image = draw_row_errors(ax, scene.rows.points, drawable(error), _limits(error))
        what = f"error of {len(scene.rows):,} rows"
    else:
        ax.remove()
        return
    bar = ax.figure.colorbar(image, ax=ax, pad=0.02)
    bar.set_label(f"error, in the unit of {scene.ordinate}")
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    ax.tick_params(labelsize=9)
    known = error[np.isfinite(error)]
    largest = f"largest {short(float(known.max()))}, " if len(known) else ""
    head(ax, what, f"{largest}root mean square {short(rms(error.ravel()))}")


def _draw_row_places(ax: Axes, scene: Scene) -> None:
    """Show where the network had rows to learn from."""
    assert scene.rows is not None
    every = max(1, -(-len(scene.rows) // MOST_ROWS))
    shown = scene.rows.points[::every]
    name = "a row" if every == 1 else f"one row in {every}"
    ax.scatter(shown[:, 0], shown[:, 1], s=5, color="white", alpha=0.75, linewidths=0, label=name)
    legend = ax.legend(loc="lower left", fontsize=8.5, framealpha=0.9, facecolor="#777777",
                       labelcolor="white", edgecolor="none")  # fmt: skip
    legend.set_zorder(5)


def _limits(error: Array) -> Limits:
    low = floor_of(error.ravel(), 0.0)
    known = error[np.isfinite(error)]
    return low, max(float(known.max()) if len(known) else 0.0, 2 * low)
