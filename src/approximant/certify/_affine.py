"""Networks that are one sum of activations of affine functions on a cell.

That is every network of one hidden layer, and every deeper one whose earlier layers are affine on
the cell: relu units of constant sign, step units, linear units. There the size of the network in a
polyellipse has a closed form, and its values need one activation per neuron.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb, arb_mat

from approximant.arrays import Array, Indices, Vector
from approximant.certify._activations import BOUNDS, PIECEWISE
from approximant.certify._deep import upper_size
from approximant.certify._weights import BallLayer, Weights

Affine = tuple[list[arb], arb]  # slopes by input, and the value at 0
ROOM = 1e-12  # relative slack of ranges computed in floats
TINY = 2.0**-1060  # absolute slack, for what underflows
SETTLED = 2.0**-126  # at least exp(-88)


@dataclass(frozen=True, eq=False)
class Units:
    """The neurons of the last hidden layer on a region where they keep their branches.

    Args:
        names: activation of each on the region, resolved to one with an entry in BOUNDS.
        affine: its argument.
        outer: output weights, one list per output, factors of branches included; 0 for neurons that
            are constant on the region.
        constants: output biases, with what constant neurons add.
    """

    names: list[str]
    affine: list[Affine]
    outer: list[list[arb]]
    constants: list[arb]

    @cached_property
    def varying(self) -> Indices:
        """The neurons that are not constant on the region."""
        columns = zip(*self.outer, strict=True)
        moving = [j for j, column in enumerate(columns) if not all(a.is_zero() for a in column)]
        return np.array(moving, dtype=np.intp)

    @cached_property
    def kinds(self) -> list[tuple[str, Indices]]:
        """The neurons that vary by activation: their places among those that vary."""
        names = np.array([self.names[j] for j in self.varying], dtype=object)
        return [(name, np.flatnonzero(names == name)) for name in dict.fromkeys(names)]

    @cached_property
    def outer_sizes(self) -> tuple[Array, Vector]:
        """Sizes of the output weights of neurons that vary, (m, v), and of the biases, (m,)."""
        sizes = [[upper_size(row[j]) for j in self.varying] for row in self.outer]
        biases = np.array([upper_size(c) for c in self.constants])
        return np.array(sizes).reshape(len(self.outer), len(self.varying)), biases

    @cached_property
    def slope_sizes(self) -> Array:
        """Sizes of the slopes of the arguments of neurons that vary, (v, d), rounded up."""
        sizes = [[upper_size(slope) for slope in self.affine[j][0]] for j in self.varying]
        return np.array(sizes).reshape(len(self.varying), len(self.affine[0][0]))

    def on(self, low: Vector, high: Vector) -> UnitsOnCell:
        """Return the units with their ranges on a cell of the region."""
        return UnitsOnCell(self, low, high)


class UnitsOnCell:
    """The neurons with the ranges of their arguments on one cell."""

    def __init__(self, units: Units, low: Vector, high: Vector) -> None:
        self.units = units
        self._ends = low, high
        ends = [(arb(float(a)), arb(float(b))) for a, b in zip(low, high, strict=True)]
        middle = [(a + b) / 2 for a, b in ends]
        centres = [_at(units.affine[j], middle) for j in units.varying]
        self._centre = np.array([float(ball.mid()) for ball in centres])
        half = np.array([upper_size((b - a) / 2) for a, b in ends])
        self._halves = units.slope_sizes * half * (1.0 + ROOM) + TINY
        radius = np.array([float(ball.rad()) for ball in centres])
        self._reach = self._halves.sum(axis=1)
        self._room = ROOM * (np.abs(self._centre) + self._reach) + 2.0 * radius + TINY

    @property
    def ranges(self) -> tuple[Vector, Vector]:
        """Ends of the range of every neuron's argument, (w,), rounded outwards.

        Also of those that are switched off or constant here: rounding may switch them on.
        """
        ends = np.empty((2, len(self.units.affine)))
        reach = self._reach + self._room
        ends[:, self.units.varying] = self._centre - reach, self._centre + reach
        for j in set(range(ends.shape[1])).difference(self.units.varying.tolist()):
            bottom, top = _range(self.units.affine[j], *self._ends)
            ends[:, j] = float(bottom.lower()), float(top.upper())
        room = ROOM * np.abs(ends).max(axis=0, initial=0.0) + TINY
        return ends[0] - room, ends[1] + room

    @property
    def slopes(self) -> Array:
        """Bounds on the derivative of each output by each input on the cell, (m, d)."""
        reach = self._reach + self._room
        low, high = self._centre - reach, self._centre + reach
        slope = np.empty_like(low)
        for name, at in self.units.kinds:
            slope[at] = BOUNDS[name].slope(low[at], high[at])
        outer, _ = self.units.outer_sizes
        return np.asarray((outer * slope) @ self.units.slope_sizes * (1.0 + 1e-6) + TINY)

    def magnitude(self, ellipse: Vector) -> Vector:
        """Return a bound on |network| in a polyellipse around the cell, (m,); maybe infinite."""
        size = np.empty(len(self._centre))
        reach = self._halves @ (0.5 * (ellipse + 1.0 / ellipse)) * (1.0 + ROOM) + self._room
        q = self._halves @ (0.5 * (ellipse - 1.0 / ellipse)) * (1.0 + ROOM)
        low, high = self._centre - reach, self._centre + reach
        for name, at in self.units.kinds:
            size[at] = BOUNDS[name].size(low[at], high[at], q[at])
        outer, constants = self.units.outer_sizes
        if not np.isfinite(size).all():
            return np.full(len(constants), np.inf)
        return np.asarray((outer @ size + constants) * (1.0 + 1e-6) + TINY)

    def values(self, points: list[list[arb]]) -> list[list[arb]]:
        """Return the values (n, m) at points (n, d) of the cell, as balls."""
        moving, fixed = self._split()
        if not moving:
            return [list(fixed) for _ in points]
        columns = [self.units.affine[j] for j in moving]
        d, width, m = len(points[0]), len(columns), len(fixed)
        x = arb_mat(len(points), d + 1, [c for point in points for c in (*point, arb(1))])
        slopes = [unit[0][k] for k in range(d) for unit in columns]
        z = x * arb_mat(d + 1, width, slopes + [unit[1] for unit in columns])
        entries = z.entries()
        for k, j in enumerate(moving):
            ball = BOUNDS[self.units.names[j]].ball
            entries[k::width] = [ball(value) for value in entries[k::width]]
        outer = [row[j] for j in moving for row in self.units.outer]
        sums = arb_mat(len(points), width, entries) * arb_mat(width, m, outer)
        found = sums.entries()
        return [[found[row * m + k] + fixed[k] for k in range(m)] for row in range(len(points))]

    def _split(self) -> tuple[list[int], list[arb]]:
        """Return the neurons that vary on the cell, and what the others add to each output."""
        fixed = list(self.units.constants)
        reach = self._reach + self._room
        moving = []
        for k, j in enumerate(self.units.varying.tolist()):
            bounds = BOUNDS[self.units.names[j]]
            if bounds.settled is None or not abs(self._centre[k]) - reach[k] > bounds.settled:
                moving.append(j)
                continue
            value = arb(bounds.limit[0] if self._centre[k] > 0 else bounds.limit[1], SETTLED)
            for output, row in enumerate(self.units.outer):
                fixed[output] += row[j] * value
        return moving, fixed


def affine_units(weights: Weights, low: Vector, high: Vector) -> Units | None:
    """Return the network on a box as units; None if it is no such network or branches inside."""
    d = len(low)
    inputs: list[Affine] = [
        ([factor if k == i else arb(0) for k in range(d)], offset)
        for i, (factor, offset) in enumerate(weights.scale)
    ]
    if any(name != "linear" for name in weights.last.activations):
        return None
    for layer in weights.hidden[:-1]:
        resolved = [
            _as_affine(name, unit, low, high)
            for name, unit in zip(layer.activations, _arguments(layer, inputs), strict=True)
        ]
        if any(unit is None for unit in resolved):
            return None
        inputs = [unit for unit in resolved if unit is not None]
    if not weights.hidden:
        return _linear_units(weights, inputs)
    return _last_units(weights, inputs, low, high)


def _linear_units(weights: Weights, inputs: list[Affine]) -> Units:
    outer = [[arb(0)] * len(inputs) for _ in weights.last.rows]
    for row, sparse in zip(outer, weights.last.rows, strict=True):
        for k, weight in sparse:
            row[k] = weight
    return _folded(Units(["linear"] * len(inputs), inputs, outer, list(weights.last.biases)))


def _last_units(weights: Weights, inputs: list[Affine], low: Vector, high: Vector) -> Units | None:
    layer = weights.hidden[-1]
    arguments = _arguments(layer, inputs)
    names, factors, constants = [], [], list(weights.last.biases)
    for name, unit in zip(layer.activations, arguments, strict=True):
        resolved = _branch(name, unit, low, high)
        if resolved is None:
            return None
        names.append(resolved[0])
        factors.append(arb(resolved[1]))
    outer = [[arb(0)] * len(layer.rows) for _ in weights.last.rows]
    for row, sparse in zip(outer, weights.last.rows, strict=True):
        for k, weight in sparse:
            row[k] = weight * factors[k]
    return _folded(Units(names, arguments, outer, constants))


def _folded(units: Units) -> Units:
    """Return the units with constant neurons added to the output biases."""
    constants = list(units.constants)
    names, outer = list(units.names), [list(row) for row in units.outer]
    for j, (name, (slopes, offset)) in enumerate(zip(units.names, units.affine, strict=True)):
        if name != "one" and not all(slope.is_zero() for slope in slopes):
            continue
        value = arb(1) if name == "one" else BOUNDS[name].ball(offset)
        for k, row in enumerate(outer):
            constants[k] += row[j] * value
            row[j] = arb(0)
        names[j] = "linear"
    return Units(names, units.affine, outer, constants)


def _arguments(layer: BallLayer, inputs: list[Affine]) -> list[Affine]:
    """Return the affine functions that reach the neurons of a layer."""
    d = len(inputs[0][0])
    found: list[Affine] = []
    for row, bias in zip(layer.rows, layer.biases, strict=True):
        slopes, offset = [arb(0)] * d, bias
        for k, weight in row:
            slopes = [s + weight * t for s, t in zip(slopes, inputs[k][0], strict=True)]
            offset = offset + weight * inputs[k][1]
        found.append((slopes, offset))
    return found


def _as_affine(name: str, unit: Affine, low: Vector, high: Vector) -> Affine | None:
    """Return the output of a neuron where it is affine on the box."""
    slopes, offset = unit
    resolved = _branch(name, unit, low, high)
    if resolved is None:
        return None
    kind, factor = resolved
    if kind == "one":
        return [arb(0)] * len(slopes), arb(factor)
    if kind == "linear":
        return [slope * arb(factor) for slope in slopes], offset * arb(factor)
    if all(slope.is_zero() for slope in slopes):
        return slopes, BOUNDS[kind].ball(offset)
    return None


def _branch(name: str, unit: Affine, low: Vector, high: Vector) -> tuple[str, float] | None:
    """Return what an activation is on a box, with its factor; None where that changes inside."""
    if name in BOUNDS:
        return name, 1.0
    bottom, top = _range(unit, low, high)
    if name == "step":
        return ("one", 1.0) if bottom >= 0 else (("one", 0.0) if top < 0 else None)
    if name not in PIECEWISE:
        return None
    positive, negative = PIECEWISE[name]
    return positive if bottom >= 0 else (negative if top <= 0 else None)


def _range(unit: Affine, low: Vector, high: Vector) -> tuple[arb, arb]:
    """Return the smallest and the largest value of an affine function on a box, as balls."""
    bottom = top = unit[1]
    for slope, a, b in zip(unit[0], low, high, strict=True):
        if slope.is_zero():
            continue
        left, right = slope * arb(float(a)), slope * arb(float(b))
        bottom, top = bottom + left.min(right), top + left.max(right)
    return bottom, top


def _at(unit: Affine, x: list[arb]) -> arb:
    value = unit[1]
    for slope, coordinate in zip(unit[0], x, strict=True):
        value = value + slope * coordinate
    return value
