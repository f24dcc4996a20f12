"""One input: target, network and error along it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Mask, Vector
from approximant.draw._style import FRESH, NETWORK, OUTSIDE, TARGET, TOLERANCE, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_curve(ax: Axes, x: Vector, network: Vector, target: Vector | None) -> Axes:
    """Draw target and network over x.

    Args:
        ax: the axes to draw on, given back.
        x: increasing abscissas (n,), those outside included.
        network: its values there (n,).
        target: the target's values (n,), NaN where unknown, or None.
    """
    if target is not None:
        ax.plot(x, target, color=TARGET, linewidth=4.5, alpha=0.55, label="target")
    ax.plot(x, network, color=NETWORK, linewidth=1.4, label="network")
    return tidy(ax)


def draw_rows(ax: Axes, x: Vector, values: Vector, fresh: bool = False) -> Axes:
    """Draw rows of a table as dots; `fresh` ones took no part in the fit."""
    size = float(np.clip(8000 / max(1, len(x)), 3.0, 22.0))
    if fresh:
        ax.scatter(x, values, s=1.4 * size, facecolors="none", edgecolors=FRESH, linewidths=0.6,
                   label="rows not used in the fit", zorder=2.2)  # fmt: skip
    else:
        ax.scatter(x, values, s=size, color=TARGET, alpha=0.45, linewidths=0,
                   label="rows used in the fit", zorder=1.5)  # fmt: skip
    return ax


def draw_error(ax: Axes, x: Vector, error: Vector, tolerance: float, low: float) -> Axes:
    """Draw |target - network| over x on a log axis, with the tolerance as a line.

    Args:
        ax: the axes to draw on, given back.
        x: increasing abscissas (n,).
        error: the error there (n,), NaN where unknown.
        tolerance: largest error allowed.
        low: where the axis ends below: the error of a good fit touches zero all the time.
    """
    ax.plot(x, np.maximum(error, low / 10), color=NETWORK, linewidth=0.8, label="error")
    draw_tolerance(ax, tolerance)
    ax.set_yscale("log")
    return tidy(ax)


def draw_error_dots(ax: Axes, x: Vector, error: Vector, tolerance: float, low: float) -> Axes:
    """Draw the errors of single rows on a log axis, with the tolerance as a line."""
    ax.scatter(x, np.maximum(error, low), s=9, color=NETWORK, linewidths=0, alpha=0.6,
               label="error of a row")  # fmt: skip
    draw_tolerance(ax, tolerance)
    ax.set_yscale("log")
    return tidy(ax)


def draw_tolerance(ax: Axes, tolerance: float) -> Axes:
    """Draw the tolerance as a line across; a tolerance of zero has no place on a log axis."""
    if tolerance > 0:
        ax.axhline(tolerance, color=TOLERANCE, linewidth=1.8, linestyle="--", label="tolerance")
    return ax


def shade_outside(ax: Axes, x: Vector, inside: Mask, name: str = "no claim is made here") -> Axes:
    """Shade the abscissas at which no claim is made."""
    if not inside.all():
        ax.fill_between(x, 0, 1, where=(~inside).tolist(), transform=ax.get_xaxis_transform(),
                        color=OUTSIDE, linewidth=0, label=name, zorder=0)  # fmt: skip
    ax.set_xlim(x[0], x[-1])
    return ax


def keep_to(ax: Axes, values: Vector) -> Axes:
    """Let the ordinate show the values (n,) and three quarters of their height more on both sides.

    Outside its domain a network may go anywhere; there it may leave the picture.
    """
    values = values[np.isfinite(values)]
    if len(values):
        low, high = float(values.min()), float(values.max())
        height = high - low or abs(high) or 1.0
        bottom, top = ax.get_ylim()
        ax.set_ylim(max(bottom, low - 0.75 * height), min(top, high + 0.75 * height))
    return ax
