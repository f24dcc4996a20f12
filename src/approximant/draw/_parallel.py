"""Parallel coordinates: many settings side by side, every experiment a line across them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._runs import positive
from approximant.draw._setting_axis import SettingAxis
from approximant.draw._setting_map import colours, error_scale
from approximant.draw._style import NO_COLOUR, entitle, label, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SMOOTH = 30  # points of a line between two axes


def parallel_figure(
    settings: Sequence[SettingAxis], errors: Vector, name: str = "error", title: str = ""
) -> Figure:
    """Return every experiment as a line across an axis per setting, the error as the last axis.

    Args:
        settings: the values of each setting, one per experiment.
        errors: one per experiment; NaN where it failed.
        name: what the errors are.
        title: a line above the picture.
    """
    figure = new_figure(min(2.6 + 1.9 * len(settings), 18.0), 5.0)
    ax = figure.subplots()
    draw_parallel(ax, settings, errors, name)
    return entitle(figure, label(title, 90))


def draw_parallel(
    ax: Axes, settings: Sequence[SettingAxis], errors: Vector, name: str = "error"
) -> Axes:
    """Draw experiments across parallel axes, the best in the strongest colour and on top."""
    drawn = positive(np.asarray(errors, dtype=float))
    known = np.isfinite(drawn)
    norm = error_scale(drawn)
    heights = [axis.shares for axis in settings]
    last = np.where(known, np.ma.filled(norm(np.where(known, drawn, 1.0)), 0.5), 1.08)
    lines = np.column_stack([*heights, last]) + 0.012 * _apart(len(drawn), len(settings))
    order = np.argsort(-np.where(known, drawn, np.inf), kind="stable")
    _draw_lines(ax, lines[order], drawn[order], known[order])
    for place, axis in enumerate(settings):
        _draw_axis(ax, place, label(axis.name, 22), *axis.ticks())
    few = np.geomspace(norm.vmin or 0.1, norm.vmax or 1.0, 5)
    _draw_axis(ax, len(settings), label(name, 22), np.linspace(0, 1, 5), [f"{v:.2g}" for v in few])
    if not known.all():
        ax.annotate("failed", (len(settings), 1.08), xytext=(6, 0), textcoords="offset points",
                    fontsize=8.5, va="center")  # fmt: skip
    ax.set_xlim(-0.15, len(settings) + 0.35)
    ax.set_ylim(-0.06, 1.16)
    ax.axis("off")
    return ax


def _draw_lines(ax: Axes, lines: Array, errors: Vector, known: Array) -> None:
    """Draw smooth lines, the worst first."""
    norm, colour_of = error_scale(errors), colours()
    t = np.linspace(0.0, 1.0, SMOOTH)
    bend = t * t * (3.0 - 2.0 * t)  # level where it meets an axis
    x = np.concatenate([place + t for place in range(lines.shape[1] - 1)])
    for rank, (line, error, fine) in enumerate(zip(lines, errors, known, strict=True)):
        y = np.concatenate([a + (b - a) * bend for a, b in zip(line, line[1:], strict=False)])
        strong = rank / max(1, len(lines) - 1)  # the last is the best
        ax.plot(x, y, color=colour_of(norm(error)) if fine else NO_COLOUR,
                linewidth=0.7 + 1.6 * strong**4, alpha=0.35 + 0.65 * strong**2)  # fmt: skip


def _draw_axis(ax: Axes, place: int, name: str, shares: Vector, words: Sequence[str]) -> None:
    ax.plot([place, place], [0, 1], color="#333333", linewidth=1.0, zorder=3)
    ax.annotate(name, (place, 1.0), xytext=(0, 16), textcoords="offset points", ha="center",
                fontsize=9.5, fontweight="bold")  # fmt: skip
    for share, word in zip(shares, words, strict=True):
        ax.annotate(word, (place, share), xytext=(5, 0), textcoords="offset points", fontsize=8.5,
                    va="center", zorder=4,
                    bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.6},
                    )  # fmt: skip


def _apart(count: int, settings: int) -> Array:
    """Return small shifts that keep lines with equal values apart; none at the error."""
    shifts = np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(count)
    return np.column_stack([*[shifts] * settings, np.zeros(count)])
