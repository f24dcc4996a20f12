"""Affine functions in ball arithmetic, and sums of activations of them: a network on one cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from flint import acb, arb, arb_mat

from approximant.checker._activations import AFFINE, Ball, enclosure, size

ExactBox: TypeAlias = Sequence[tuple[arb, arb]]  # the ends on each axis as exact balls, (d,)
Sparse: TypeAlias = list[list[tuple[int, arb]]]  # rows of (column, weight), zeros left out
Later: TypeAlias = tuple[Sparse, list[arb], list[str]]  # a layer: weights, biases, branches


@dataclass(frozen=True, eq=False)
class Affine:
    """Functions `(slopes . x + shift) / divisor` of the inputs, a row of slopes each.

    With the widths of the scaling as divisor nothing is rounded, given enough bits: a kink that
    lies exactly on a float is known to.
    """

    slopes: list[list[arb]]
    shifts: list[arb]
    divisor: arb  # positive

    def at(self, x: Sequence[Ball]) -> list[Ball]:
        """Return the values at a point or on a rectangle x, (d,)."""
        *t, one = self.scaled(x)
        rows = zip(self.slopes, self.shifts, strict=True)
        return [
            sum((a * b for a, b in zip(row, t, strict=True)), shift * one) for row, shift in rows
        ]

    def scaled(self, x: Sequence[Ball]) -> list[Ball]:
        """Return what slopes and shifts are multiplied with at x, (d + 1,)."""
        return [c / self.divisor for c in (*x, arb(1))]

    def ends(self, box: ExactBox) -> list[tuple[arb, arb]]:
        """Return lower and upper ends of the values on a box, exact up to the last rounding."""
        found = []
        for row, shift in zip(self.slopes, self.shifts, strict=True):
            low = high = shift
            for slope, (a, b) in zip(row, box, strict=True):
                at_a, at_b = slope * a, slope * b
                low, high = low + at_a.min(at_b), high + at_a.max(at_b)
            found.append((low / self.divisor, high / self.divisor))
        return found

    def through(self, weights: Sparse, biases: Sequence[arb]) -> Affine:
        """Return `weights @ self + biases`."""
        columns = range(len(self.slopes[0])) if self.slopes else range(0)
        slopes = [
            [sum((w * self.slopes[k][c] for k, w in row), arb(0)) for c in columns]
            for row in weights
        ]
        biases = [bias * self.divisor for bias in biases]
        return self._with(slopes, combined(weights, biases, self.shifts))

    def bends(self, kinds: Sequence[str]) -> bool:
        """Tell whether an activation is not affine, of a function that is not constant."""
        return any(kind not in AFFINE and self.constant(k) is None for k, kind in enumerate(kinds))

    def bent(self, kinds: Sequence[str]) -> Affine:
        """Return the functions after activations that do not bend them."""
        slopes, shifts = [], []
        for k, kind in enumerate(kinds):
            still = self.constant(k)
            factor, add = AFFINE.get(kind, (0.0, 0.0))
            slopes.append([factor * slope for slope in self.slopes[k]])
            if kind in AFFINE or still is None:
                shifts.append(factor * self.shifts[k] + add * self.divisor)
            else:
                shifts.append(enclosure(kind, still) * self.divisor)
        return self._with(slopes, shifts)

    def of(self, rows: Sequence[int]) -> Affine:
        """Return some of the functions."""
        return self._with([self.slopes[k] for k in rows], [self.shifts[k] for k in rows])

    def constant(self, row: int) -> arb | None:
        """Return the value of a function that does not depend on the inputs, None for others."""
        still = all(slope == 0 for slope in self.slopes[row])
        return self.shifts[row] / self.divisor if still else None

    def _with(self, slopes: list[list[arb]], shifts: list[arb]) -> Affine:
        return Affine(slopes, shifts, self.divisor)


@dataclass(frozen=True, eq=False)
class Terms:
    """A network as activations of affine functions, with the layers that follow.

    Args:
        first: what the first layer sees whose activations are not all affine.
        kinds: the activations of that layer; none where there is no such layer.
        later: the layers after it.
    """

    first: Affine
    kinds: list[str]
    later: list[Later]

    def at(self, x: Sequence[Ball]) -> list[Ball]:
        """Return the outputs (m,) at a point or on a rectangle x (d,), real or complex."""
        return self._onwards(self._activated(self.first.at(x)))

    def values(self, points: Sequence[Sequence[arb]]) -> list[list[arb]]:
        """Return the outputs (n, m) at real points (n, d): as `at`, but all at once."""
        if not points or not self.kinds:
            return [self.at(point) for point in points]
        width, d = len(self.kinds), len(points[0])
        x = arb_mat(len(points), d + 1, [c for point in points for c in self.first.scaled(point)])
        slopes = [row[k] for k in range(d) for row in self.first.slopes]
        z = (x * arb_mat(d + 1, width, slopes + self.first.shifts)).entries()
        rows = (z[start : start + width] for start in range(0, len(z), width))
        return [self._onwards(self._activated(row)) for row in rows]

    def sizes(self, x: Sequence[acb]) -> list[arb]:
        """Return a bound on every output (m,) on a rectangle, from the sizes of the neurons.

        Wide rectangles lose less here than in `at`, where real and imaginary parts add up apart.
        """
        if not self.kinds or any(kind != "linear" for _, _, kinds in self.later for kind in kinds):
            return [abs(value) for value in self.at(x)]
        sizes = [size(kind, z) for kind, z in zip(self.kinds, self.first.at(x), strict=True)]
        for weights, biases, _ in self.later:
            absolute = [[(k, abs(w)) for k, w in row] for row in weights]
            sizes = combined(absolute, [abs(bias) for bias in biases], sizes)
        return sizes

    def without(self, fixed: Mapping[int, arb]) -> Terms:
        """Return the same network with neurons of the first layer replaced by their values."""
        if not fixed or not self.later:
            return self
        kept = [k for k in range(len(self.kinds)) if k not in fixed]
        place = {k: new for new, k in enumerate(kept)}
        (weights, biases, kinds), *rest = self.later
        biases = [
            sum((w * fixed[k] for k, w in row if k in fixed), bias)
            for row, bias in zip(weights, biases, strict=True)
        ]
        weights = [[(place[k], w) for k, w in row if k in place] for row in weights]
        first = self.first.of(kept)
        return Terms(first, [self.kinds[k] for k in kept], [(weights, biases, kinds), *rest])

    def _activated(self, z: Sequence[Ball]) -> list[Ball]:
        if not self.kinds and not self.later:
            return list(z)
        return [enclosure(kind, value) for kind, value in zip(self.kinds, z, strict=True)]

    def _onwards(self, values: list[Ball]) -> list[Ball]:
        for weights, biases, kinds in self.later:
            values = combined(weights, biases, values)
            values = [enclosure(kind, z) for kind, z in zip(kinds, values, strict=True)]
        return values


def combined(weights: Sparse, biases: Sequence[arb], values: Sequence[Ball]) -> list[Ball]:
    """Return `weights @ values + biases`."""
    return [
        sum((w * values[k] for k, w in row), bias)
        for row, bias in zip(weights, biases, strict=True)
    ]
