"""Adaptive Gaussian quadrature for one input, all intervals of a level at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, Values, Vector

NODES = 16
LEVELS = 64
INTERVALS = 20_000  # open at once; beyond them the rest is taken as it is
SHARE = 1e-14  # of the integral of |f|: the error worth working for


def quadrature(
    function: Callable[[Vector], Values], edges: Vector, floor: Vector
) -> tuple[Vector, Vector]:
    """Return the integral (m,) over the range of `edges`, and an estimate of its error (m,).

    Gauss-Legendre with 16 nodes on every interval, compared with its two halves; where they differ
    by more than rounding, the halves are looked at in turn.

    Args:
        function: values (n, m) at (n,).
        edges: ends of the first intervals, increasing; kinks belong here.
        floor: rounding error of one value, (m,).
    """
    if len(edges) < 2:
        return np.zeros_like(floor), np.zeros_like(floor)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)

    def gauss(low: Vector, high: Vector) -> tuple[Array, Array]:
        half = 0.5 * (high - low)
        x = (low + half)[:, None] + half[:, None] * nodes
        values = function(np.clip(x, low[:, None], high[:, None]).ravel())
        values = values.reshape(*x.shape, -1)
        sums = [np.einsum("knm,n->km", part, weights) for part in (values, np.abs(values))]
        return half[:, None] * sums[0], half[:, None] * sums[1]

    low, high = edges[:-1], edges[1:]
    whole, size = gauss(low, high)
    length = edges[-1] - edges[0]
    total, error = np.zeros_like(floor), np.zeros_like(floor)
    allowed = np.maximum(SHARE * size.sum(axis=0), 0.1 * floor * length)
    for level in range(LEVELS):
        middle = low + 0.5 * (high - low)
        (left, _), (right, _) = gauss(low, middle), gauss(middle, high)
        change = np.abs(whole - left - right)
        share = ((high - low) / length)[:, None]
        done = np.all(change <= np.maximum(allowed * share, 0.01 * allowed / 2**level), axis=1)
        done |= (middle <= low) | (middle >= high)
        if level == LEVELS - 1 or np.sum(~done) > INTERVALS:
            done[:] = True
        total += (left + right)[done].sum(axis=0)
        error += change[done].sum(axis=0)
        low, high = (
            np.concatenate(pair)
            for pair in ((low[~done], middle[~done]), (middle[~done], high[~done]))
        )
        whole = np.concatenate([left[~done], right[~done]])
        if not len(low):
            break
    rounding = floor * length + 8 * UNIT_ROUNDOFF * size.sum(axis=0)
    return total, error + rounding
