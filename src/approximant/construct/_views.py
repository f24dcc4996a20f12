"""Views: the samples that one term of the target is fitted to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Points, Vector
from approximant.sampling import Samples, Source, spread_points
from approximant.structure import Term

FACE = 3  # every third point lies on the boundary
VERTEX = 9  # every ninth has most coordinates at an end


def boundary_rich_points(n: int, dimension: int, seed: int) -> Points:
    """Return n points of [-1, 1]^d, dense where errors concentrate: at the walls.

    A third is evenly spread, a third has the arcsine density of Chebyshev points, a third lies on
    faces, edges and corners. Any prefix of the points has the same mixture.
    """
    generator = np.random.default_rng(seed)
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
class TermView:
    """Samples of the target with every input but those of one term held in the middle.

    It is a `Source` as well, so that what builds networks for a whole target builds terms too.

    Args:
        source: the whole target; it can be evaluated.
        term: the term to look at.
        seed: of the points.
    """

    source: Source
    term: Term
    seed: int = 0

    @property
    def tolerance(self) -> Vector:
        """Largest error allowed, (m,)."""
        return self.source.tolerance

    @property
    def dimension(self) -> int:
        """Number of inputs of the whole target."""
        return self.source.dimension

    @property
    def outputs(self) -> int:
        """Number of outputs."""
        return self.source.outputs

    @property
    def limit(self) -> int:
        """Largest number of fitting points."""
        return self.source.limit

    def fit(self, n: int) -> Samples:
        """Return n fitting samples on the term's own subspace."""
        return self._samples(n, 2 * self.seed)

    def choose(self, n: int) -> Samples:
        """Return n other samples there."""
        return self._samples(n, 2 * self.seed + 1)

    def _samples(self, n: int, seed: int) -> Samples:
        assert self.source.evaluate is not None
        points = np.zeros((n, self.dimension))
        columns = list(self.term.inputs)
        points[:, columns] = boundary_rich_points(n, len(columns), seed)
        return Samples(points, self.source.evaluate(points))
