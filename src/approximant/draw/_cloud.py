"""Any number of inputs: predicted against true, and how often which error occurs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Vector
from approximant.draw._style import NETWORK, TARGET, TOLERANCE, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_predicted(ax: Axes, true: Vector, predicted: Vector) -> Axes:
    """Draw predicted over true values (n,); a perfect network puts every dot on the diagonal."""
    ends = [float(min(true.min(), predicted.min())), float(max(true.max(), predicted.max()))]
    size = float(np.clip(12000 / len(true), 3.0, 16.0))
    ax.scatter(true, predicted, s=size, color=NETWORK, alpha=0.6, linewidths=0, label="a point")
    ax.plot(ends, ends, color=TARGET, linewidth=1.0, label="predicted = true")
    ax.set_aspect("equal", adjustable="box")
    return tidy(ax)


def draw_histogram(ax: Axes, error: Vector, tolerance: float, low: float) -> Axes:
    """Draw how many of the points have which error, on a log axis, with the tolerance as a line."""
    shown = np.maximum(error, low)
    bins = np.geomspace(low, max(float(shown.max()) * 1.05, 2 * low), 50)
    ax.hist(shown, bins=bins.tolist(), color=NETWORK, alpha=0.75, label="points")
    if tolerance > low:
        ax.axvline(tolerance, color=TOLERANCE, linewidth=1.8, linestyle="--", label="tolerance")
    ax.set_xscale("log")
    return tidy(ax)
