"""Integrals over a box of several inputs: Gauss rules for few, shifted lattices for many."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Points, Values, Vector
from approximant.sampling import spread_points
from approximant.streams import Stream

FEW = 3  # inputs up to which products of Gauss rules pay
NODES = (8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
MAX_POINTS = 300_000
SHIFTS, LATTICE = 16, 16_384


def cubature(
    function: Callable[[Points], Values], low: Vector, high: Vector, floor: Vector
) -> tuple[Vector, Vector]:
    """Return the integral (m,) over a box and an estimate of its error (m,).

    Args:
        function: values (n, m) at points (n, d).
        low: lower ends, (d,).
        high: upper ends, (d,).
        floor: rounding error of one value, (m,).
    """
    if len(low) > FEW:
        return _shifted(function, low, high)
    volume = float(np.prod(high - low))
    before: Vector | None = None
    error = np.full_like(floor, np.inf)
    for n in NODES:
        if n ** len(low) > MAX_POINTS:
            break
        points, weights = _product_rule(n, low, high)
        values = function(points)
        now = weights @ values
        rounding = volume * (floor + 8 * UNIT_ROUNDOFF * np.abs(values).max(axis=0))
        if before is not None:
            error = np.abs(now - before) + rounding
            if np.all(error <= 2.0 * rounding):
                break
        before = now
    assert before is not None
    return now, error


def _product_rule(n: int, low: Vector, high: Vector) -> tuple[Points, Vector]:
    nodes, weights = np.polynomial.legendre.leggauss(n)
    axes = [a + 0.5 * (b - a) * (1.0 + nodes) for a, b in zip(low, high, strict=True)]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, len(low))
    product = np.ones(1)
    for a, b in zip(low, high, strict=True):
        product = np.outer(product, 0.5 * (b - a) * weights).ravel()
    return points, product


def _shifted(
    function: Callable[[Points], Values], low: Vector, high: Vector
) -> tuple[Vector, Vector]:
    """Return the mean over randomly shifted lattices, and three times its standard error.

    Each coordinate is folded, u -> |2u - 1|, which makes the integrand periodic (Hickernell 2002).
    """
    generator, means = Stream.LATTICE_SHIFTS.generator(0), []
    for _ in range(SHIFTS):
        unit = np.abs(2.0 * spread_points(LATTICE, len(low), generator.random(len(low))) - 1.0)
        means.append(function(low + unit * (high - low)).mean(axis=0))
    volume = float(np.prod(high - low))
    spread = np.std(means, axis=0, ddof=1) / SHIFTS**0.5
    return volume * np.mean(means, axis=0), 3.0 * volume * spread
