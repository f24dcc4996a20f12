"""Networks of any depth in balls, layer by layer: on points, on boxes, in the complex plane.

Balls grow from layer to layer, so that small smooth networks have a finite size in an ellipse and
large ones may not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

import numpy as np
from flint import acb, arb

from approximant.arrays import Array, Vector
from approximant.certify._activations import BOUNDS, PIECEWISE
from approximant.certify._weights import BallLayer, Weights
from approximant.precision import precision

Ball = Any  # arb or acb
Sides = list[list[int]]  # per layer and neuron: 1 where the argument is >= 0, -1 where it is <= 0


class DeepOnRegion:
    """A network on a region where every piecewise activation keeps its branch.

    Args:
        weights: the network.
        sides: the branches.
    """

    def __init__(self, weights: Weights, sides: Sides) -> None:
        self._weights = weights
        self._sides = sides

    def on(self, low: Vector, high: Vector) -> DeepOnCell:
        """Return the network on a cell of the region."""
        return DeepOnCell(self._weights, self._sides, low, high)


class DeepOnCell:
    """A network of any depth on one cell; the ranges of its neurons are not known."""

    ranges: tuple[Vector, Vector] | None = None
    slopes: Array | None = None

    def __init__(self, weights: Weights, sides: Sides, low: Vector, high: Vector) -> None:
        self._weights, self._sides, self._ends = weights, sides, (low, high)

    def magnitude(self, ellipse: Vector) -> Vector:
        """Return a bound on |network| in a polyellipse around the cell, (m,); maybe infinite."""
        x = [rectangle(a, b, rho) for a, b, rho in zip(*self._ends, ellipse, strict=True)]
        values = self._forward(x)
        return np.array([upper_size(value) for value in values])

    def values(self, points: list[list[arb]]) -> list[list[arb]]:
        """Return the values (n, m) at points (n, d) of the cell, as balls."""
        return [self._forward(point) for point in points]

    def _forward(self, x: list[Ball]) -> list[Ball]:
        def activate(layer: int, j: int, name: str, z: Ball) -> Ball:
            if name in BOUNDS:
                return BOUNDS[name].ball(z)
            side = self._sides[layer][j]
            if name == "step":
                return arb(side > 0)
            kind, factor = PIECEWISE[name][0 if side > 0 else 1]
            return BOUNDS[kind].ball(z) * arb(factor)

        return forward(self._weights, x, activate)


def deep_region(weights: Weights, low: Vector, high: Vector) -> DeepOnRegion | None:
    """Return the network on a box, or None where a piecewise activation changes branch inside."""
    sides: Sides = [[0] * len(layer.rows) for layer in (*weights.hidden, weights.last)]

    def activate(layer: int, j: int, name: str, z: arb) -> arb:
        if name not in BOUNDS:
            negative = z < 0 if name == "step" else z <= 0
            sides[layer][j] = 1 if z >= 0 else (-1 if negative else 0)
            undecided.append(sides[layer][j] == 0)
        return enclosed(name, z)

    undecided: list[bool] = []
    forward(weights, real_box(low, high), activate)
    return None if any(undecided) else DeepOnRegion(weights, sides)


def enclose_network(weights: Weights, x: list[arb]) -> list[arb]:
    """Return an enclosure (m,) of all values on a box of real balls (d,)."""
    return forward(weights, x, lambda layer, j, name, z: enclosed(name, z))


def enclosed(name: str, z: arb) -> arb:
    """Return an enclosure of an activation on a real ball, whatever its branches."""
    if name in BOUNDS:
        value: arb = BOUNDS[name].ball(z)
        return value
    if name == "step":
        return arb(1) if z >= 0 else (arb(0) if z < 0 else arb(0.5, 0.5))
    (kind, factor), (other, other_factor) = PIECEWISE[name]
    positive: arb = BOUNDS[kind].ball(z) * arb(factor)
    negative: arb = BOUNDS[other].ball(z) * arb(other_factor)
    if z >= 0:
        return positive
    return negative if z <= 0 else positive.union(negative)


def forward(
    weights: Weights, x: list[Ball], activate: Callable[[int, int, str, Ball], Ball]
) -> list[Ball]:
    """Return the outputs for inputs x, balls of either kind."""
    values = [
        factor * ball + offset for (factor, offset), ball in zip(weights.scale, x, strict=True)
    ]
    for k, layer in enumerate((*weights.hidden, weights.last)):
        arguments = _arguments(layer, values)
        values = [
            activate(k, j, name, z)
            for j, (name, z) in enumerate(zip(layer.activations, arguments, strict=True))
        ]
    return values


def _arguments(layer: BallLayer, values: list[Ball]) -> list[Ball]:
    found = []
    for row, bias in zip(layer.rows, layer.biases, strict=True):
        total = bias
        for k, weight in row:
            total = total + weight * values[k]
        found.append(total)
    return found


def real_box(low: Vector, high: Vector) -> list[arb]:
    """Return a box as real balls, one per input."""
    return [interval(float(a), float(b)) for a, b in zip(low, high, strict=True)]


def interval(low: float, high: float) -> arb:
    """Return a real ball around an interval; between neighbouring floats it has just its ends.

    Arb rounds other radii up: a ball that reaches over a kink could not tell on which side it is.
    Only a width and a middle that are exact at this precision make a ball with just these ends.
    """
    if low == high:
        return arb(low)
    width, middle = arb(high) - arb(low), (arb(low) + arb(high)) / 2
    mantissa, exponent = width.mid().man_exp()
    if mantissa == 1 and width.is_exact() and middle.is_exact():
        return middle + _around_zero(int(exponent) - 1)
    return arb(low).union(arb(high))


def leaning(low: float, high: float, on_low: bool) -> arb:
    """Return a real ball around an interval that ends on one side where that does.

    Exactly there, unless the precision is too low for numbers of so different a size.
    """
    if low == high:
        return arb(low)
    exponent = math.frexp(high - low)[1]  # so that 2^exponent is at least the width
    half = arb(2) ** (exponent - 1)
    centre = arb(low) + half if on_low else arb(high) - half
    return centre + _around_zero(exponent - 1)


def boxes_around(low: Vector, high: Vector) -> Iterator[list[arb]]:
    """Yield a box as real balls, and as those that end exactly where it does on one side."""
    yield real_box(low, high)
    ends = [*zip(low.tolist(), high.tolist(), strict=True)]
    for on_low in (True, False):
        yield [leaning(a, b, on_low) for a, b in ends]


@lru_cache(maxsize=4096)
def _around_zero(exponent: int) -> arb:
    """Return the ball [-2^exponent, 2^exponent], made of the rounding error of one addition."""
    with precision(10):
        rounded = arb(2) ** (exponent + 9) + arb(2) ** (exponent - 20)
    return rounded - rounded.mid()


def rectangle(low: float, high: float, rho: float) -> acb:
    """Return a complex ball around the Bernstein ellipse of an interval."""
    middle, half = (
        (arb(float(low)) + arb(float(high))) / 2,
        (arb(float(high)) - arb(float(low))) / 2,
    )
    parameter = arb(float(rho))
    real, imaginary = half * (parameter + 1 / parameter) / 2, half * (parameter - 1 / parameter) / 2
    return acb(middle + real.union(-real), imaginary.union(-imaginary))


def upper_size(value: Ball) -> float:
    """Return a float that is at least every absolute value in a ball; infinite if not finite."""
    if not value.is_finite():
        return float("inf")
    return float(np.nextafter(float(value.abs_upper()), np.inf))
