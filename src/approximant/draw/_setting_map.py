"""Two settings: a heat map of the errors, or dots where hardly two experiments share a value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._labels import short
from approximant.draw._runs import positive
from approximant.draw._setting_axis import SettingAxis, text
from approximant.draw._style import NO_COLOUR, REPORTED, head, label, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

SPARSE = 3.0  # cells per experiment from which on dots say more
WRITTEN = 150  # cells that have room for a number


def settings_map_figure(
    first: SettingAxis, second: SettingAxis, errors: Vector, name: str = "error", title: str = ""
) -> Figure:
    """Return the errors over two settings as colours on a log scale, the best marked.

    Args:
        first, second: values of the settings along abscissa and ordinate, one per experiment.
        errors: one per experiment; NaN where it failed. Several in one cell: their median.
        name: what the errors are.
        title: a line above the picture.
    """
    cells = len(first.kinds) * len(second.kinds)
    sparse = cells > SPARSE * len(errors)
    across, along = (0, 0) if sparse else (len(first.kinds), len(second.kinds))
    figure = new_figure(min(max(7.0, 2.6 + 0.75 * across), 16.0), max(4.4, 1.6 + 0.45 * along))
    ax = figure.subplots()
    draw = draw_settings_dots if sparse else draw_settings_map
    image = draw(ax, first, second, errors)
    bar = figure.colorbar(image, ax=ax, label=label(name), pad=0.02)
    _plain_numbers(bar.ax)
    head(ax, label(title, 90))
    return figure


def draw_settings_map(
    ax: Axes, first: SettingAxis, second: SettingAxis, errors: Vector
) -> ScalarMappable:
    """Draw a cell for each pair of values; return what a colour bar needs."""
    table = _table(first, second, errors)
    norm = error_scale(table)
    ax.set_facecolor(NO_COLOUR)
    image = ax.imshow(table, origin="lower", aspect="auto", norm=norm, cmap=colours())
    ax.set_xticks(range(len(first.kinds)), [text(kind) for kind in first.kinds])
    ax.set_yticks(range(len(second.kinds)), [text(kind) for kind in second.kinds])
    if max((len(text(kind)) for kind in first.kinds), default=0) > 9:
        ax.tick_params(axis="x", labelrotation=25)
    ax.set_xlabel(label(first.name))
    ax.set_ylabel(label(second.name))
    if table.size <= WRITTEN:
        _write(ax, table, norm, _there(first, second))
    if np.isfinite(table).any():
        row, column = np.unravel_index(np.nanargmin(table), table.shape)
        ax.add_patch(_frame(float(column), float(row)))
    return image


def draw_settings_dots(
    ax: Axes, first: SettingAxis, second: SettingAxis, errors: Vector
) -> ScalarMappable:
    """Draw a dot for each experiment; return what a colour bar needs."""
    drawn = positive(np.asarray(errors, dtype=float))
    known = np.isfinite(drawn)
    x, y = first.positions, second.positions
    order = np.argsort(-np.where(known, drawn, np.inf))  # the best on top
    order = order[known[order]]
    dots = ax.scatter(x[order], y[order], c=drawn[order], s=42, norm=error_scale(drawn),
                      cmap=colours(), edgecolors="#555555", linewidths=0.4)  # fmt: skip
    ax.plot(x[~known], y[~known], linestyle="none", marker="x", color="black", markersize=6)
    if known.any():
        best = int(np.nanargmin(drawn))
        ax.plot(x[best], y[best], marker="o", markersize=13, markerfacecolor="none",
                markeredgecolor=REPORTED, markeredgewidth=2.0)  # fmt: skip
    first.scale(ax)
    second.scale(ax, "y")
    tidy(ax)
    return dots


def colours() -> Colormap:
    """Return the colours of errors: dark where small, and nowhere so pale that a line is lost."""
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap

    return ListedColormap(colormaps["viridis"](np.linspace(0.0, 0.92, 256)))


def error_scale(errors: Array) -> Normalize:
    """Return the logarithmic scale of colours from the smallest to the largest error."""
    from matplotlib.colors import LogNorm

    drawn = positive(errors)
    known = drawn[np.isfinite(drawn)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.1, 1.0)
    return LogNorm(low, high if high > low else 1.1 * low)


def _table(first: SettingAxis, second: SettingAxis, errors: Vector) -> Array:
    """Return the median error of each cell, (len(second.kinds), len(first.kinds))."""
    table = np.full((len(second.kinds), len(first.kinds)), np.nan)
    drawn = positive(np.asarray(errors, dtype=float))
    for row, column in np.ndindex(*table.shape):
        here = drawn[(second.places == row) & (first.places == column)]
        if np.isfinite(here).any():
            table[row, column] = np.nanmedian(here)
    return table


def _there(first: SettingAxis, second: SettingAxis) -> set[tuple[int, int]]:
    """Return the cells in which there is an experiment, as (row, column)."""
    return set(zip(second.places.astype(int).tolist(), first.places.astype(int).tolist(),
                   strict=True))  # fmt: skip


def _write(ax: Axes, table: Array, norm: Normalize, there: set[tuple[int, int]]) -> None:
    for (row, column), error in np.ndenumerate(table):
        if math.isfinite(error):
            dark = float(norm(error)) < 0.6
            ax.text(column, row, short(error), ha="center", va="center", fontsize=8.5,
                    color="white" if dark else "black")  # fmt: skip
        elif (row, column) in there:
            ax.text(column, row, "failed", ha="center", va="center", fontsize=8.5)


def _frame(column: float, row: float) -> Rectangle:
    from matplotlib.patches import Rectangle

    return Rectangle((column - 0.48, row - 0.48), 0.96, 0.96, fill=False, edgecolor=REPORTED,
                     linewidth=2.6)  # fmt: skip


def _plain_numbers(ax: Axes) -> None:
    """Write the numbers of a colour bar as people do, where they span few decades."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    low, high = ax.get_ylim()
    if high / low < 50:
        close = high / low < 4
        ax.yaxis.set_major_locator(MaxNLocator(5) if close else LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short(value)))
        ax.yaxis.set_minor_formatter(NullFormatter())
