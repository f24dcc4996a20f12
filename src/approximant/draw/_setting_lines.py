"""One setting: the error over its values, a line through the medians, a band over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._labels import log_ordinate
from approximant.draw._runs import positive
from approximant.draw._setting_axis import SettingAxis
from approximant.draw._style import NETWORK, REPORTED, head, label, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def setting_figure(
    setting: SettingAxis, errors: Sequence[Vector], name: str = "error", title: str = ""
) -> Figure:
    """Return the errors of several runs over the values of one setting, on a log ordinate.

    Args:
        setting: its values, one per experiment.
        errors: of each experiment one per seed, (seeds,); empty where all runs failed.
        name: what the errors are.
        title: a line above the picture.
    """
    figure = new_figure(8.0, 4.4)
    ax = figure.subplots()
    draw_setting(ax, setting, errors)
    ax.set_ylabel(label(name))
    head(ax, label(title, 90))
    return figure


def draw_setting(ax: Axes, setting: SettingAxis, errors: Sequence[Vector]) -> Axes:
    """Draw errors over the values of a setting; the best median is marked, failures are named."""
    order = np.argsort(setting.positions, kind="stable")
    known = [k for k in order if np.isfinite(positive(errors[k])).any()]
    x = setting.positions[known]
    runs = [positive(np.asarray(errors[k], dtype=float)) for k in known]
    middle = np.array([np.nanmedian(run) for run in runs])
    seeds = max((len(run) for run in errors), default=0)
    if known and seeds > 1:
        low = np.array([np.nanmin(run) for run in runs])
        high = np.array([np.nanmax(run) for run in runs])
        ax.fill_between(x, low, high, color=NETWORK, alpha=0.15, linewidth=0,
                        label=f"lowest to highest of {seeds} seeds")  # fmt: skip
        for place, run in zip(x, runs, strict=True):
            ax.plot(np.full(len(run), place), run, linestyle="none", marker="o", markersize=3,
                    color=NETWORK, alpha=0.5, markeredgewidth=0)  # fmt: skip
    ax.plot(x, middle, color=NETWORK, marker="o", markersize=5,
            label="median" if seeds > 1 else "measured")  # fmt: skip
    _mark_best(ax, x, middle)
    _mark_failed(ax, setting.positions[[k for k in order if k not in known]])
    setting.scale(ax)
    tidy(ax)
    every = np.concatenate([np.zeros(0), *runs])
    log_ordinate(ax, every[np.isfinite(every)], 0.08)
    ax.legend(fontsize=8.5, frameon=False)
    return ax


def _mark_best(ax: Axes, x: Vector, middle: Array) -> None:
    if len(x):
        best = int(np.argmin(middle))
        ax.plot(x[best], middle[best], marker="o", markersize=11, markerfacecolor="none",
                markeredgecolor=REPORTED, markeredgewidth=1.8, linestyle="none",
                label=f"best: {middle[best]:.3g}")  # fmt: skip


def _mark_failed(ax: Axes, x: Vector) -> None:
    if len(x):
        ax.plot(x, np.full(len(x), 0.97), transform=ax.get_xaxis_transform(), linestyle="none",
                marker="x", markersize=7, markeredgewidth=1.8, color="black", label="failed",
                clip_on=False)  # fmt: skip
