"""Two inputs: maps of the target, the network and the error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from approximant.arrays import Array, Points, Vector
from approximant.draw._style import FRESH, NO_COLOUR, TOLERANCE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

Limits = tuple[float, float]


def draw_map(ax: Axes, x: Vector, y: Vector, values: Array, limits: Limits) -> ScalarMappable:
    """Draw values (len(y), len(x)) as colours with contour lines; return what a colour bar needs.

    Points where the values are NaN stay grey.
    """
    image = _image(ax, x, y, values, vmin=limits[0], vmax=limits[1], cmap="viridis")
    if limits[1] > limits[0]:
        levels = np.linspace(*limits, 12)[1:-1]
        ax.contour(x, y, values, levels=levels, colors="white", linewidths=0.6,
                   linestyles="solid", alpha=0.7)  # fmt: skip
    return image


def draw_error_map(ax: Axes, x: Vector, y: Vector, error: Array, limits: Limits) -> ScalarMappable:
    """Draw errors (len(y), len(x)) as colours on a log scale; return what a colour bar needs."""
    from matplotlib.colors import LogNorm

    return _image(ax, x, y, np.clip(error, *limits), norm=LogNorm(*limits), cmap="inferno")


def draw_row_colours(ax: Axes, points: Points, values: Vector, limits: Limits) -> ScalarMappable:
    """Draw rows of a table as dots coloured by their value; return what a colour bar needs."""
    x, y = points.T
    return ax.scatter(x, y, c=values, s=_dot(points), vmin=limits[0], vmax=limits[1],
                      cmap="viridis", linewidths=0)  # fmt: skip


def draw_row_errors(ax: Axes, points: Points, error: Vector, limits: Limits) -> ScalarMappable:
    """Draw the error of rows as coloured dots on a log scale; return what a colour bar needs."""
    from matplotlib.colors import LogNorm

    x, y = points.T
    return ax.scatter(x, y, c=np.clip(error, *limits), s=_dot(points), norm=LogNorm(*limits),
                      cmap="inferno", edgecolors="#777777", linewidths=0.4)  # fmt: skip


def draw_worst(ax: Axes, point: Vector) -> Axes:
    """Mark the point (2,) with the largest error."""
    ax.plot(*point, marker="o", markersize=11, markerfacecolor="none", markeredgecolor="white",
            markeredgewidth=2.6, clip_on=False)  # fmt: skip
    ax.plot(*point, marker="o", markersize=11, markerfacecolor="none", markeredgecolor=FRESH,
            markeredgewidth=1.1, linestyle="none", label="worst point", clip_on=False)  # fmt: skip
    return ax


def mark_tolerance(colour_bar: Axes, tolerance: float) -> Axes:
    """Mark the tolerance on the axes of a colour bar."""
    low, high = colour_bar.get_ylim()
    if low < tolerance < high:
        colour_bar.axhline(tolerance, color="white", linewidth=3.2)
        colour_bar.axhline(tolerance, color=TOLERANCE, linewidth=1.8)
        colour_bar.annotate("tolerance", (0.0, tolerance), xycoords=("axes fraction", "data"),
                            xytext=(-4, 0), textcoords="offset points", fontsize=8.5, rotation=90,
                            ha="right", va="center")  # fmt: skip
    return colour_bar


def _dot(points: Points) -> float:
    return float(np.clip(9000 / len(points), 4.0, 36.0))


def _image(ax: Axes, x: Vector, y: Vector, values: Array, **colours: Any) -> ScalarMappable:
    """Draw values (len(y), len(x)) at the points of an even grid."""
    ax.set_facecolor(NO_COLOUR)
    half_x, half_y = 0.5 * (x[1] - x[0]), 0.5 * (y[1] - y[0])  # a pixel's centre is the point
    extent = (x[0] - half_x, x[-1] + half_x, y[0] - half_y, y[-1] + half_y)
    image = ax.imshow(values, origin="lower", extent=extent, aspect="auto",
                      interpolation="bilinear", **colours)  # fmt: skip
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    ax.tick_params(labelsize=9)
    return image
