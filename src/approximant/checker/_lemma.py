"""The lemma behind a cell: an analytic function is nearly its Chebyshev interpolant.

Let e be analytic and at most M in the closed polyellipse with parameters rho around the cell. Its
Chebyshev coefficients are at most 2^(number of k_i > 0) M prod rho_i^-k_i, so that all of them
together are at most M prod I_i with I = (rho + 1) / (rho - 1), and those up to degree n at most
M prod (I_i - q_i) with q = 2 rho^-n / (rho - 1). What lies beyond degree n is aliased onto the
interpolant in the n + 1 zeros of a Chebyshev polynomial, hence counts twice. The interpolant, a
polynomial p of degree n, is at most its largest value on m n such zeros divided by cos(pi / 2m) per
axis (Riesz; Ehlich and Zeller 1964).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache, reduce
from itertools import product

from flint import arb, arb_mat, ctx, fmpq

from approximant.checker._cover import Box

ROWS = 64  # of the finer grid that are held at a time


def tail(magnitude: arb, ellipse: Sequence[float], degree: Sequence[int]) -> arb:
    """Return a bound on |e - p| from |e| <= magnitude in the polyellipse."""
    kept, missing = arb(1), arb(0)
    for parameter, n in zip(ellipse, degree, strict=True):
        rho = arb(parameter)
        whole, beyond = (rho + 1) / (rho - 1), 2 * rho**-n / (rho - 1)
        # prod I - prod (I - q), axis by axis: the difference itself would lose all its digits.
        missing = missing * whole + kept * beyond
        kept *= whole - beyond
    return 2 * magnitude * missing


def rectangle(box: Box, ellipse: Sequence[float]) -> list[tuple[arb, arb]]:
    """Return real and imaginary part of a rectangle around the polyellipse, for every axis."""
    found = []
    for (low, high), parameter in zip(box, ellipse, strict=True):
        middle, half = (arb(low) + arb(high)) / 2, (arb(high) - arb(low)) / 2
        rho = arb(parameter)
        real, imaginary = half * (rho + 1 / rho) / 2, half * (rho - 1 / rho) / 2
        found.append((middle + _both_signs(real), _both_signs(imaginary)))
    return found


def _both_signs(size: arb) -> arb:
    return size.union(-size)


def largest(
    errors: Callable[[list[list[arb]]], list[list[arb]]],
    box: Box,
    degree: Sequence[int],
    multiple: int,
    tick: Callable[[], object] = lambda: None,
) -> tuple[list[arb], list[arb]]:
    """Return the largest |p| on the finer nodes for every output, p the interpolant of e.

    And the largest |e| on the nodes of p, a ball as well.

    Args:
        errors: maps points (n, d) to e (n, m), both as balls.
        box: the cell.
        degree: of p on each axis.
        multiple: nodes searched per degree on each axis, at least 2.
        tick: called again and again; raises where time is up.
    """
    axes = [_points(ends, n + 1) for ends, n in zip(box, degree, strict=True)]
    values = errors([list(x) for x in product(*axes)])
    found = []
    for k in range(len(values[0])):
        column = [row[k] for row in values]
        found.append((_searched(column, degree, multiple, tick), _largest_of(column)))
    return [p for p, _ in found], [e for _, e in found]


def spread(multiple: int, axes: int) -> arb:
    """Return by how much p may exceed its values on the finer nodes."""
    return 1 / (arb(1) / (2 * multiple)).cos_pi() ** axes


def _points(ends: tuple[float, float], count: int) -> list[arb]:
    low, high = arb(ends[0]), arb(ends[1])
    return [((low + high) + (high - low) * node) / 2 for node in _nodes(count)]


def _nodes(count: int) -> list[arb]:
    """Return the zeros of the Chebyshev polynomial of degree `count`."""
    return [(arb(2 * j + 1) / (2 * count)).cos_pi() for j in range(count)]


def _searched(
    values: list[arb], degree: Sequence[int], multiple: int, tick: Callable[[], object]
) -> arb:
    """Return the largest |p| on the finer grid, of which only a part is held at a time."""
    first, *rest = degree
    count = len(values) // (first + 1)
    along = _refinement(first, multiple, ctx.prec)
    finer = (along * arb_mat(first + 1, count, values)).entries()
    if not rest:
        return _largest_of(finer)
    found, rows = arb(0), 1 if len(rest) > 1 else ROWS
    for start in range(0, len(finer), rows * count):
        tick()
        part = finer[start : start + rows * count]
        if len(rest) > 1:
            found = found.max(_searched(part, rest, multiple, tick))
        else:
            across = arb_mat(len(part) // count, count, part).transpose()
            onwards = _refinement(rest[0], multiple, ctx.prec)
            found = found.max(_largest_of((onwards * across).entries()))
    return found


@lru_cache(maxsize=8)  # of a million entries each at most
def _refinement(degree: int, multiple: int, bits: int) -> arb_mat:
    """Return the matrix from values at degree + 1 nodes to values of p at multiple * degree."""
    count = degree + 1
    fine = multiple * max(degree, 1)

    def chebyshev(points: int) -> arb_mat:
        cosines = [arb.cos_pi_fmpq(fmpq(j, 2 * points)) for j in range(4 * points)]
        table = [
            cosines[(2 * j + 1) * k % (4 * points)] for j in range(points) for k in range(count)
        ]
        return arb_mat(points, count, table)

    weights = [arb(1 if k == 0 else 2) / count for k in range(count)]
    scale = arb_mat(count, count, [weights[j] if j == k else arb(0)
                                   for j in range(count) for k in range(count)])  # fmt: skip
    matrix: arb_mat = chebyshev(fine) * (scale * chebyshev(count).transpose())
    return matrix


def _largest_of(values: Sequence[arb]) -> arb:
    """Return a ball around the largest absolute value; not finite where any of them is not."""
    if not all(value.is_finite() for value in values):
        return arb.pos_inf()
    return reduce(arb.max, map(abs, values))


def upper(value: arb) -> float:
    """Return a float that is at least every number in a ball; infinite for one that is not."""
    if not value.is_finite():
        return math.inf
    return math.nextafter(float(value.upper()), math.inf)
