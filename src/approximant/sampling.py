"""Point designs: where a target is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from approximant.arrays import Array, Frozen, Points, Values, Vector


def chebyshev_points(n: int) -> Vector:
    """Return the n Chebyshev points of the second kind on [-1, 1], increasing, ends included."""
    return np.asarray(-np.cos(np.pi * np.arange(n) / (n - 1)))


def spread_points(n: int, dimension: int, shift: Vector | float = 0.5) -> Points:
    """Return n evenly spread points of [0, 1)^d; any prefix of them is well spread too.

    They are the Kronecker sequence of the generalised golden ratio, the positive root of
    g^(d+1) = g + 1 (Roberts 2018).
    """
    g = 2.0
    for _ in range(60):
        g = (1.0 + g) ** (1.0 / (dimension + 1))
    steps = g ** -np.arange(1.0, dimension + 1)
    return np.asarray((shift + np.arange(1, n + 1)[:, None] * steps) % 1.0)


def edge_points(n: int, dimension: int, generator: np.random.Generator) -> Points:
    """Return n points on faces, edges and corners of [0, 1]^d, where errors concentrate."""
    unit = generator.random((n, dimension))
    # Half of the points sit on a random face, the rest snap every coordinate with chance 1/2.
    snap = generator.random((n, dimension)) < 0.5
    half = n // 2
    snap[:half] = False
    snap[np.arange(half), generator.integers(dimension, size=half)] = True
    return np.where(snap, generator.integers(2, size=(n, dimension)), unit)


def corner_points(dimension: int, limit: int, generator: np.random.Generator) -> Points:
    """Return the corners of [0, 1]^d, all of them or `limit` random ones, (n, d)."""
    if dimension <= int(math.log2(limit)):
        return ((np.arange(2**dimension)[:, None] >> np.arange(dimension)) & 1).astype(float)
    return generator.integers(2, size=(limit, dimension)).astype(float)


FACE = 3  # every third point of a boundary-rich design lies on the boundary
VERTEX = 9  # every ninth has most coordinates at an end


def boundary_rich_points(n: int, dimension: int, generator: np.random.Generator) -> Points:
    """Return n points of [-1, 1]^d, dense where errors concentrate: at the walls.

    A third is evenly spread, a third has the arcsine density of Chebyshev points, a third lies on
    faces, edges and corners. Any prefix of the points has the same mixture.
    """
    points = 2.0 * spread_points(n, dimension, generator.random(dimension)) - 1.0
    order = np.arange(n)
    curved = order % 3 != 0
    points[curved] = np.sin(0.5 * np.pi * points[curved])
    ends = np.where(generator.random((n, dimension)) < 0.5, -1.0, 1.0)
    snapped = (order % VERTEX == 2)[:, None] & (generator.random((n, dimension)) < 0.5)
    face = generator.integers(dimension, size=n)
    on_face = order % FACE == 2
    snapped[on_face, face[on_face]] = True
    return np.where(snapped, ends, points)


@dataclass(frozen=True, eq=False)
class Samples(Frozen):
    """Points with their target values.

    Args:
        points: (n, d).
        values: (n, m).
        weights: how much each row counts, (n,), above zero; None where all count alike.
    """

    points: Points
    values: Values
    weights: Vector | None = None

    def __len__(self) -> int:
        return len(self.points)

    @classmethod
    def joined(cls, parts: Sequence[Samples]) -> Samples:
        """Return the samples of all parts; all of them have weights or none."""
        weights = [part.weights for part in parts if part.weights is not None]
        return cls(
            np.concatenate([part.points for part in parts]),
            np.concatenate([part.values for part in parts]),
            np.concatenate(weights) if weights else None,
        )

    def first(self, n: int) -> Samples:
        """Return the first n samples."""
        return self.part(0, n)

    def part(self, start: int, end: int) -> Samples:
        """Return the samples from one number up to another."""
        weights = None if self.weights is None else self.weights[start:end]
        return Samples(self.points[start:end], self.values[start:end], weights)

    def weighed(self, columns: Array) -> Array:
        """Return columns (n, k) times the roots of the weights: their squares then count right."""
        return columns if self.weights is None else columns * np.sqrt(self.weights)[:, None]


class Source(Protocol):
    """Where the builders of networks get their samples from, in scaled units.

    Points are mapped to [-1, 1]^d, values divided by the scale of their output, so `tolerance`
    (m,) is the largest error allowed in these units. Asking for more points returns the earlier
    ones first; fitting and choosing points never coincide.
    """

    @property
    def tolerance(self) -> Vector:
        """Largest error allowed, (m,)."""

    @property
    def dimension(self) -> int:
        """Number of inputs d."""

    @property
    def outputs(self) -> int:
        """Number of outputs m."""

    @property
    def limit(self) -> int:
        """Largest number of fitting points that can still be had."""

    @property
    def evaluate(self) -> Callable[[Points], Values] | None:
        """The scaled target itself, counted; None for a table."""

    def fit(self, n: int) -> Samples:
        """Return n fitting samples, or `limit` where there are not more."""

    def choose(self, n: int) -> Samples:
        """Return n samples that take no part in any fit; fewer where there are not more."""
