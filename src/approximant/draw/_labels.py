"""Direct labels: a curve is named where it ends, so that the eye need not travel to a legend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from approximant.arrays import Vector
from approximant.draw._style import enlarge_dots
from approximant.draw._subject import LARGEST, SMALLEST

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

SIZE = 8.5  # of a label, in points
INK = "#333333"
Place: TypeAlias = Literal["upper right", "upper left", "best"]


def short(value: float) -> str:
    """Return a number with three digits, written as people write it."""
    if 1e3 <= abs(value) < 1e7:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def label_ends(ax: Axes, most: int = 12) -> Axes:
    """Name the labelled curves of `ax` at their right ends, moved apart; give the axes back.

    Where there are more than `most` curves, evenly chosen ones are named.
    """
    curves = [line for line in ax.get_lines() if _is_curve(line) and np.size(line.get_xdata())]
    chosen = np.unique(np.linspace(0, len(curves) - 1, most).round().astype(int))
    curves = [curves[k] for k in chosen] if len(curves) > most else curves
    heights = np.array([_end_height(ax, line) for line in curves])
    order = np.argsort(heights, kind="stable")
    lines = [1 + str(curves[k].get_label()).count("\n") for k in order]
    line_height = 1.35 * SIZE / 72 * ax.figure.dpi / max(ax.bbox.height, 1.0)
    places = spread(heights[order], line_height * np.array(lines, dtype=float))
    for k, place in zip(order, places, strict=True):
        ax.annotate(
            str(curves[k].get_label()), (1.0, heights[k]), xytext=(1.035, place),
            xycoords="axes fraction", textcoords="axes fraction", va="center", fontsize=SIZE,
            color=INK, annotation_clip=False, linespacing=1.1,
            arrowprops={"arrowstyle": "-", "color": curves[k].get_color(), "linewidth": 1.6,
                        "shrinkA": 1.0, "shrinkB": 0.0, "relpos": (0.0, 0.5)},
        )  # fmt: skip
    return ax


def legend_marks(ax: Axes, place: Place = "upper right") -> Axes:
    """Put what is no curve - dots, marks, bands - into a small legend; give the axes back."""
    marks = [artist for artist in ax.get_legend_handles_labels()[0] if not _is_curve(artist)]
    if marks:
        enlarge_dots(ax.legend(handles=marks, loc=place, fontsize=SIZE, framealpha=0.85,
                               edgecolor="none", borderpad=0.3))  # fmt: skip
    return ax


def log_ordinate(ax: Axes, values: Vector, air: float = 0.05) -> Axes:
    """Make the ordinate logarithmic from the smallest to the largest of positive values (k,).

    Few decades get plain numbers; `air` is a share of the height, above and below.
    """
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = (float(values.min()), float(values.max())) if len(values) else (0.1, 10.0)
    more = (high / low) ** air * (1.15 if air else 1.0)
    low, high = max(low / more, SMALLEST), min(high * more, LARGEST)
    ax.set_yscale("log")
    ax.set_ylim(low, high)
    if high / low < 50:
        close = high / low < 4
        ax.yaxis.set_major_locator(MaxNLocator(5) if close else LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        ax.yaxis.set_minor_formatter(NullFormatter())
    return ax


def spread(wanted: Vector, heights: Vector) -> Vector:
    """Return places nearest to the wanted ones (sorted) at which labels of these heights fit.

    Least squares under the constraint that neighbours keep their distance, by pooling adjacent
    violators; the whole is then moved between 0 and 1 where there is room.
    """
    if len(wanted) == 0:
        return wanted
    offsets = np.concatenate([[0.0], np.cumsum(0.5 * (heights[1:] + heights[:-1]))])
    pools: list[tuple[float, int]] = []  # mean and size
    for value in wanted - offsets:
        mean, size = float(value), 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        pools.append((mean, size))
    places: Vector = np.repeat([m for m, _ in pools], [n for _, n in pools]) + offsets
    over = max(0.0, places[-1] + heights[-1] / 2 - 1.0)
    under = max(0.0, heights[0] / 2 - places[0])
    moved: Vector = places + under - over
    return moved


def _is_curve(artist: Artist) -> bool:
    from matplotlib.lines import Line2D

    if not isinstance(artist, Line2D) or artist.get_linestyle() == "None":
        return False
    return not str(artist.get_label()).startswith("_")


def _end_height(ax: Axes, line: Line2D) -> float:
    """Return where the curve leaves the picture, as a share of the height of the axes."""
    points = np.column_stack([np.asarray(data, dtype=float) for data in line.get_data()])
    within = (points[:, 0] <= ax.get_xlim()[1]) & np.isfinite(points[:, 1])
    ax.get_ylim()  # lets pending limits take effect before they are used
    with np.errstate(all="ignore"):
        shares = ax.transAxes.inverted().transform(ax.transData.transform(points[within]))
    known = shares[np.isfinite(shares[:, 1]), 1]
    return float(np.clip(known[-1], 0.0, 1.0)) if len(known) else 0.5
