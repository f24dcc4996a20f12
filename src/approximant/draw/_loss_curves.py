"""Loss curves: one run or a band over many, with what was reported elsewhere as marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._labels import label_ends, legend_marks, log_ordinate, short
from approximant.draw._runs import Runs, diverged, each_run, held, measured, median, positive, shown
from approximant.draw._style import FRESH, NETWORK, REPORTED, head, label, new_figure, tidy
from approximant.draw._subject import SMALLEST

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DASHED = (0, (4.0, 1.5))


def losses_figure(
    losses: Runs,
    held_out: Runs | None = None,
    *,
    reported: Vector | None = None,
    epochs: Vector | None = None,
    name: str = "loss",
    title: str = "",
) -> Figure:
    """Return the loss over the epochs on a log axis, of one run or of many as a band.

    Args:
        losses: of the training rows, (epochs,) or one such vector per run; NaN where an epoch was
            not measured, though a run that ends so counts as diverged.
        held_out: the same on rows that took no part, wherever it was measured.
        reported: losses the author of the experiment reported, from the first epoch on.
        epochs: numbers of the epochs; 1, 2, ... unless given.
        name: what the ordinate is called, with its unit where it has one.
        title: a line above the picture.
    """
    figure = new_figure(8.0, 4.4)
    ax = figure.subplots()
    draw_losses(ax, losses, epochs)
    if held_out is not None:
        draw_losses(ax, measured(held_out), epochs, name="held out", colour=FRESH, style=DASHED)
    if reported is not None:
        draw_reported(ax, reported, epochs)
    ax.set_ylabel(label(name))
    head(ax, label(title, 90))
    return legend_marks(label_ends(ax)).figure  # type: ignore[return-value]


def draw_losses(
    ax: Axes,
    losses: Runs,
    epochs: Vector | None = None,
    *,
    name: str = "training",
    colour: str = NETWORK,
    style: str | tuple[int, tuple[float, ...]] = "-",
) -> Axes:
    """Draw losses on a log axis: a single curve, or the median of many over their band.

    Epochs at which nothing was measured (NaN) are bridged. A run that ends in a value that is not
    finite is marked by a cross and counts as the worst from there on; one that ends earlier than
    others counts with its last loss. A loss of zero is marked on the lower edge.
    """
    each = each_run(losses)
    runs = held(each)
    numbers = np.arange(1.0, runs.shape[1] + 1) if epochs is None else epochs[: runs.shape[1]]
    if len(each) > 1:
        _draw_band(ax, numbers, runs, colour, f"{name}, lowest to highest of {len(each)} runs")
        for run in each:
            ax.plot(*shown(numbers, run), color=colour, linewidth=0.6, alpha=0.5)
    middle = median(runs)
    x, y = shown(numbers, middle)
    ax.plot(x, y, color=colour, linewidth=1.6, linestyle=style, marker="o" if len(x) == 1 else "",
            markersize=5, label=_ending(name, middle, len(each)), zorder=2.5)  # fmt: skip
    _mark_ends(ax, numbers, each, colour)
    _mark_zeros(ax, numbers, runs, colour)
    return _log_axes(ax, numbers)


def draw_reported(
    ax: Axes, losses: Vector, epochs: Vector | None = None, name: str = "reported by the author"
) -> Axes:
    """Draw losses that were reported elsewhere as marks, from the first epoch on."""
    numbers = np.arange(1.0, len(losses) + 1) if epochs is None else epochs[: len(losses)]
    x, y = shown(numbers, losses)
    ax.plot(x, y, linestyle="none", marker="D", markersize=5.5, markerfacecolor="white",
            markeredgecolor=REPORTED, markeredgewidth=1.5, label=name, zorder=3,
            clip_on=False)  # fmt: skip
    return _log_axes(ax, numbers)


def _draw_band(ax: Axes, numbers: Vector, runs: Array, colour: str, name: str) -> None:
    drawn = positive(runs)
    known = np.isfinite(drawn).any(axis=0)
    low, high = np.nanmin(drawn[:, known], axis=0), np.nanmax(drawn[:, known], axis=0)
    ax.fill_between(numbers[known], low, high, color=colour, alpha=0.15, linewidth=0, label=name)


def _ending(name: str, middle: Vector, runs: int) -> str:
    """Return the label of a curve: what it is and where it ends."""
    name = f"{name}, median of {runs} runs" if runs > 1 else name
    measured = middle[~np.isnan(middle)]
    return f"{name}\n{short(float(measured[-1]))} at the end" if len(measured) else name


def _mark_ends(ax: Axes, numbers: Vector, each: list[Vector], colour: str) -> None:
    """Put a cross where a run was drawn for the last time before it diverged, a dot if it ended."""
    longest = max(map(len, each), default=0)
    lost = [run for run in each if diverged(run)]
    stopped = [run for run in each if 0 < len(run) < longest and not diverged(run)]
    for runs, marker, name in ((lost, "X", "diverged after this"), (stopped, "o", "stopped")):
        ends = [(x[-1], y[-1]) for x, y in (shown(numbers, run) for run in runs) if len(x)]
        if ends:
            ax.plot(*zip(*ends, strict=True), linestyle="none", marker=marker, markersize=8,
                    markeredgecolor="white", color=colour, label=name, zorder=4)  # fmt: skip


def _mark_zeros(ax: Axes, numbers: Vector, runs: Array, colour: str) -> None:
    """Put triangles on the lower edge where a loss is zero or, oddly, less."""
    zero = (runs < SMALLEST).any(axis=0)
    if zero.any():
        ax.plot(numbers[zero], np.full(zero.sum(), 0.015), transform=ax.get_xaxis_transform(),
                linestyle="none", marker="v", markersize=5, color=colour, clip_on=False,
                label="zero or less: no place on a log axis")  # fmt: skip


def _log_axes(ax: Axes, numbers: Vector) -> Axes:
    """Make the ordinate logarithmic, wide enough for all that was drawn."""
    from matplotlib.ticker import MaxNLocator

    first = ax.get_yscale() != "log"
    ends = (numbers[0], numbers[-1]) if len(numbers) else (0.5, 1.5)
    ends = ends if ends[1] > ends[0] else (ends[0] - 0.5, ends[0] + 0.5)
    if not first:
        ends = min(ends[0], ax.get_xlim()[0]), max(ends[1], ax.get_xlim()[1])
    ax.set_xlim(*ends)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, steps=[1, 2, 5, 10], min_n_ticks=1))
    ax.set_xlabel("epoch")
    drawn = np.array([ax.dataLim.y0, ax.dataLim.y1])
    return log_ordinate(tidy(ax), drawn[np.isfinite(drawn) & (drawn > 0)])
