"""Views: the samples that one term of the target is fitted to."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Vector
from approximant.sampling import Samples, Source, boundary_rich_points
from approximant.streams import Stream
from approximant.structure import Term

FEWEST = 512  # points evaluated at once


class TermView:
    """Samples of the target with every input but those of one term held in the middle.

    It is a `Source` for fitting and choosing, so that what fits a whole target fits a term too.

    Args:
        source: the whole target; it can be evaluated.
        term: the term to look at.
        seed: of the points.
    """

    def __init__(self, source: Source, term: Term, seed: int = 0) -> None:
        self.tolerance: Vector = source.tolerance
        self.dimension = source.dimension
        self.outputs = source.outputs
        self.limit = source.limit
        self.evaluate = source.evaluate
        self.term = term
        self.seed = seed
        self._known: dict[int, Samples] = {}

    def fit(self, n: int) -> Samples:
        """Return n fitting samples on the term's own subspace."""
        return self._samples(n, 0)

    def choose(self, n: int) -> Samples:
        """Return n other samples there."""
        return self._samples(n, 1)

    def _samples(self, n: int, part: int) -> Samples:
        known = self._known.get(part)
        if known is None or len(known) < n:
            self._known[part] = known = self._evaluated(max(FEWEST, 2 * n if known else n), part)
        return Samples(known.points[:n], known.values[:n])

    def _evaluated(self, n: int, part: int) -> Samples:
        assert self.evaluate is not None
        generator = Stream.TERM_POINTS.generator(self.seed, part)
        points = np.zeros((n, self.dimension))
        columns = list(self.term.inputs)
        points[:, columns] = boundary_rich_points(n, len(columns), generator)
        return Samples(points, self.evaluate(points))
