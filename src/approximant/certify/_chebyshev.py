"""Chebyshev interpolation with proved constants.

In the n + 1 zeros of a Chebyshev polynomial, a function analytic and at most M in a Bernstein
polyellipse is interpolated by a polynomial p within `tail`; p is at most its largest value on `m n`
such zeros divided by cos(pi / 2m) on each axis (Ehlich and Zeller 1964, from a lemma of M. Riesz).
What the values of p on the finer nodes cost in rounding is bounded here as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from flint import arb, fmpq

from approximant.arrays import UNIT_ROUNDOFF, Array, Vector

SLACK = 1.0 + 1e-9  # covers the few roundings of a bound computed in floats


def tail(magnitude: Vector, ellipse: Sequence[float], degree: Sequence[int]) -> Vector:
    """Return a bound on |e - p| for |e| <= magnitude (m,) in the polyellipse.

    The Chebyshev coefficients decay like prod rho^-k; all beyond the degree count twice, because
    interpolation aliases them onto the others.
    """
    whole = [(rho + 1.0) / (rho - 1.0) for rho in ellipse]
    missing = [
        2.0 * rho**-n / (rho - 1.0) * math.prod(whole[:k] + whole[k + 1 :])
        for k, (rho, n) in enumerate(zip(ellipse, degree, strict=True))
    ]
    return np.asarray(2.0 * magnitude * sum(missing) * SLACK)


def degrees_for(ratio: float, ellipse: Sequence[float]) -> tuple[int, ...]:
    """Return the degrees with which the tail falls to a share `ratio` of the magnitude."""
    whole = [(rho + 1.0) / (rho - 1.0) for rho in ellipse]
    found = []
    for k, rho in enumerate(ellipse):
        factor = 4.0 * len(whole) * math.prod(whole[:k] + whole[k + 1 :]) / (rho - 1.0)
        wanted = (math.log(factor) - math.log(max(ratio, 1e-300))) / math.log(rho)
        found.append(max(1, math.ceil(wanted)))
    return tuple(found)


def lebesgue(degree: int) -> float:
    """Return a bound on the Lebesgue constant of n + 1 Chebyshev nodes (Rivlin)."""
    return (2.0 / math.pi) * math.log(degree + 1.0) * SLACK + 1.0


def spread(multiple: int, axes: int) -> float:
    """Return by how much a polynomial may exceed its values on `multiple` times as many nodes."""
    return SLACK / math.cos(math.pi / (2 * multiple)) ** axes


def exact_nodes(degree: int) -> list[arb]:
    """Return the n + 1 zeros in [-1, 1] as balls at the precision of `flint.ctx`."""
    count = degree + 1
    return [arb.cos_pi_fmpq(fmpq(2 * j + 1, 2 * count)) for j in range(count)]


def finer_values(values: Array, multiple: int) -> tuple[Array, float]:
    """Return p on the finer tensor grid, and a bound on what rounding did to each value.

    Args:
        values: of p at its own nodes, (n_1 + 1, ..., n_d + 1).
        multiple: finer nodes per degree.
    """
    error = 0.0
    for axis in range(values.ndim):
        degree = values.shape[axis] - 1
        matrix = _refinement(degree, multiple)
        largest = float(np.abs(values).max(initial=0.0))
        values = np.moveaxis(np.tensordot(matrix, values, axes=(1, axis)), 0, axis)
        # Entries of the matrix are wrong by (2 N + 16) u, a product of N terms by 2.1 N u.
        count = degree + 1
        error = lebesgue(degree) * error + (4.1 * count + 16.0) * UNIT_ROUNDOFF * count * largest
    return np.asarray(values), error


@lru_cache(maxsize=256)
def _refinement(degree: int, multiple: int) -> Array:
    """Return the matrix from values at n + 1 nodes to those at `multiple` n nodes."""
    count, fine = degree + 1, multiple * max(degree, 1)
    weights = np.full(count, 2.0 / count)
    weights[0] = 1.0 / count
    return np.asarray((_cosines(fine, count) * weights) @ _cosines(count, count).T)


def _cosines(points: int, count: int) -> Array:
    """Return T_k at the zeros of T_points, (points, count), each entry right to an ulp."""
    table = np.array([float(arb.cos_pi_fmpq(fmpq(j, 2 * points)).mid()) for j in range(4 * points)])
    angle = np.outer(2 * np.arange(points) + 1, np.arange(count)) % (4 * points)
    return np.asarray(table[angle])
