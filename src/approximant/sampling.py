"""Point designs: where a target is looked at."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from approximant.arrays import Points, Values, Vector
from approximant.domain import Box


def chebyshev_points(n: int) -> Vector:
    """Return the n Chebyshev points of the second kind on [-1, 1], increasing, ends included."""
    return np.asarray(-np.cos(np.pi * np.arange(n) / (n - 1)))


def spread_points(n: int, dimension: int, shift: Vector | float = 0.5) -> Points:
    """Return n evenly spread points of [0, 1)^d: the Kronecker sequence of the generalised golden ratio.

    The base is the positive root of g^(d+1) = g + 1 (Roberts 2018); any prefix is well spread.
    """
    g = 2.0
    for _ in range(60):
        g = (1.0 + g) ** (1.0 / (dimension + 1))
    steps = g ** -np.arange(1.0, dimension + 1)
    return np.asarray((shift + np.arange(1, n + 1)[:, None] * steps) % 1.0)


def random_points(box: Box, n: int, generator: np.random.Generator) -> Points:
    """Return n points drawn uniformly from the box, (n, d)."""
    return box.from_unit(generator.random((n, box.dimension)))


def edge_points(box: Box, n: int, generator: np.random.Generator) -> Points:
    """Return n points on the faces and corners of the box, (n, d), where errors concentrate."""
    unit = generator.random((n, box.dimension))
    # Half of the points sit on a random face, the rest snap every coordinate with chance 1/2.
    snap = generator.random((n, box.dimension)) < 0.5
    half = n // 2
    snap[:half] = False
    snap[np.arange(half), generator.integers(box.dimension, size=half)] = True
    ends = generator.integers(2, size=(n, box.dimension))
    return box.from_unit(np.where(snap, ends, unit))


def corner_points(box: Box, limit: int, generator: np.random.Generator) -> Points:
    """Return the corners of the box, all of them or `limit` random ones, (n, d)."""
    d = box.dimension
    if d <= int(math.log2(limit)):
        bits = (np.arange(2**d)[:, None] >> np.arange(d)) & 1
    else:
        bits = generator.integers(2, size=(limit, d))
    return box.from_unit(bits.astype(float))


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
class Samples:
    """Points with their target values.

    Args:
        points: (n, d).
        values: (n, m).
    """

    points: Points
    values: Values

    def __len__(self) -> int:
        return len(self.points)


class Source(Protocol):
    """Where the builders of networks get their samples from, in scaled units.

    Points are mapped to [-1, 1]^d, values divided by the scale of their output, so `tolerance`
    (m,) is the largest error allowed in these units. Asking for more points returns the earlier
    ones first; fitting and choosing points never coincide.
    """

    tolerance: Vector
    dimension: int
    outputs: int
    limit: int  # largest number of fitting points that can still be had

    @property
    def evaluate(self) -> Callable[[Points], Values] | None:
        """The scaled target itself, counted; None for a table."""

    def fit(self, n: int) -> Samples:
        """Return n fitting samples, or `limit` where there are not more."""

    def choose(self, n: int) -> Samples:
        """Return n samples that take no part in any fit; fewer where there are not more."""
