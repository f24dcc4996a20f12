"""Adaptive cells: bisect an interval until a short polynomial follows the target on every part."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Indices, Mask, Vector
from approximant.profile import Line

NODES = 17  # Chebyshev points of a cell, so polynomials of degree 16
MAX_LEVELS = 1200  # the narrowest float64 cells: x^a down to the smallest normal number
MAX_CELLS = 3000
KINK = 1e3  # tolerances a cell's width by which slopes must differ; resolved ones stay below 200
WIDE = 1e-3  # share of the interval

_k = np.arange(NODES)
_NODES = -np.cos(np.pi * _k / (NODES - 1))
_TO_COEFFICIENTS = np.linalg.inv(np.polynomial.chebyshev.chebvander(_NODES, NODES - 1))


@dataclass(frozen=True, eq=False)
class Cells:
    """Cells in increasing order.

    Args:
        low: lower ends, (k,).
        high: upper ends, (k,).
        coefficients: Chebyshev coefficients of the target on each cell, (k, m, NODES).
        resolved: False when there would be too many cells.
    """

    low: Vector
    high: Vector
    coefficients: Array
    resolved: bool

    def predict(self, x: Vector) -> Array:
        """Return the values (n, m) of the cell polynomials at points (n,)."""
        cell = self.locate(x)
        low, high = self.low[cell], self.high[cell]
        s = (2.0 * x - low - high) / (high - low)
        basis = np.polynomial.chebyshev.chebvander(s, NODES - 1)
        return np.asarray(np.einsum("nk,nmk->nm", basis, self.coefficients[cell]))

    def kinked(self, tolerance: Vector) -> bool:
        """Tell whether the slopes of two neighbouring wide cells differ where they meet."""
        width = (self.high - self.low)[:, None]
        reach = np.minimum(width[1:], width[:-1])
        rise = 2.0 * _k**2  # slope times width at the upper end of each Chebyshev polynomial
        fall = np.where(_k % 2 == 1, rise, -rise)
        after = (self.coefficients @ fall)[1:] * (reach / width[1:])
        before = (self.coefficients @ rise)[:-1] * (reach / width[:-1])
        wide = reach > WIDE * (self.high[-1] - self.low[0])  # narrow ones have found it already
        return bool(np.any((np.abs(after - before) > KINK * tolerance) & wide))

    def locate(self, x: Vector) -> Indices:
        """Return the cell index of each point (n,)."""
        return np.clip(np.searchsorted(self.low, x, side="right") - 1, 0, len(self.low) - 1)


def bisect_cells(line: Line, low: Vector, high: Vector, share: float) -> Cells:
    """Return cells that cover the given intervals, bisected until resolved.

    A cell is resolved when the last coefficients of its polynomial are below `share` of the
    tolerance, or below the tolerance and the noise of evaluating the target in float64, or when it
    holds so few numbers that it cannot be halved.

    Args:
        line: the target.
        low: lower ends of the first cells, (k,).
        high: upper ends of the first cells, (k,).
        share: share of the tolerance that may stay unresolved.
    """
    done: list[tuple[Vector, Vector, Array]] = []
    count = len(low)
    for _ in range(MAX_LEVELS):
        coefficients, noise = expand(line, low, high)
        tail = np.abs(coefficients[:, :, -3:]).max(axis=2)
        middle = low + 0.5 * (high - low)
        enough = np.maximum(share * line.tolerance, np.minimum(noise, line.tolerance))
        ready: Mask = np.all(tail <= enough, axis=1)
        ready |= (middle <= low) | (middle >= high)
        done.append((low[ready], high[ready], coefficients[ready]))
        low, middle, high = low[~ready], middle[~ready], high[~ready]
        count += len(low)
        if len(low) == 0 or count > MAX_CELLS:
            break
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    resolved = len(low) == 0
    if not resolved:
        done.append((low, high, expand(line, low, high)[0]))
    lows, highs, parts = (np.concatenate([part[k] for part in done]) for k in range(3))
    order = np.argsort(lows, kind="stable")
    return Cells(lows[order], highs[order], parts[order], resolved)


def expand(line: Line, low: Vector, high: Vector) -> tuple[Array, Array]:
    """Return Chebyshev coefficients (k, m, NODES) on each cell and their rounding noise (k, m)."""
    x = 0.5 * (low + high)[:, None] + 0.5 * (high - low)[:, None] * _NODES
    x[:, 0], x[:, -1] = low, high
    x = np.clip(x, low[:, None], high[:, None])
    values = line(x.ravel()).reshape(len(low), NODES, -1)
    # An argument rounded by u|x| moves the value by u|x| |slope|: no polynomial can follow that.
    step = np.maximum(np.diff(x, axis=1), np.finfo(float).tiny)[:, :, None]
    with np.errstate(over="ignore"):  # a jump between the smallest numbers
        slope = np.abs(np.diff(values, axis=1) / step).max(axis=1)
    reach = np.maximum(np.abs(low), np.abs(high))[:, None]
    noise = 2.0**-51 * (np.abs(values).max(axis=1) + reach * slope)
    return np.einsum("jk,ikm->imj", _TO_COEFFICIENTS, values), noise
