"""Sources: where the builders for many inputs get their samples, in scaled units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from approximant.arrays import Points, Values, Vector
from approximant.contract._request import Request
from approximant.sampling import Samples, boundary_rich_points
from approximant.streams import Stream
from approximant.targets import FunctionTarget, TableTarget

PLENTY = 200_000  # fitting points that no builder needs more of
FIT_SHARE = 0.6  # of a limited number of evaluations, the rest chooses and verifies
CROWDED = 10  # one sample in so many lies near a place that was worst before
NEAR = 0.05  # standard deviation of its distance from there, for a box of half-width 1
FIRST = 256  # points that fix the scale
PARTS = {"fit": Stream.FIT_POINTS, "choose": Stream.CHOICE_POINTS}


class FunctionSource:
    """Samples of a function target on [-1, 1]^d, values divided by their scale.

    Args:
        target: the function.
        request: gives tolerance and seed.
        points: evaluations that may be spent on fitting; None for as many as are wanted.
        worst: places (k, d), in the user's units, around which samples crowd.
    """

    def __init__(
        self,
        target: FunctionTarget,
        request: Request,
        points: int | None,
        worst: Points | None = None,
    ) -> None:
        self.target = target
        self._worst = None if worst is None else 2.0 * target.domain.to_unit(worst) - 1.0
        self.request = request
        self.dimension = target.domain.dimension
        self.outputs = len(target.outputs)
        self.limit = PLENTY if points is None else points
        self._known: dict[str, Samples] = {}
        self._grow("fit", min(FIRST, self.limit))
        self.scale = np.where(target.scale > 0, target.scale, 1.0)

    @property
    def tolerance(self) -> Vector:
        """Largest error allowed in scaled units, (m,)."""
        return self.request.tolerance(self.target.scale) / self.scale

    @property
    def evaluate(self) -> Callable[[Points], Values] | None:
        """The scaled target, or None while evaluations are rationed."""
        return self._evaluate if self.limit == PLENTY else None

    def _evaluate(self, t: Points) -> Values:
        return self._target(t) / self.scale

    def _target(self, t: Points) -> Values:
        return self.target(self.target.domain.from_unit(0.5 * (t + 1.0)))

    def fit(self, n: int) -> Samples:
        """Return n fitting samples, boundary-rich; the first of them are always the same."""
        return self._first("fit", min(n, self.limit))

    def choose(self, n: int) -> Samples:
        """Return n other samples of the same kind."""
        return self._first("choose", min(n, max(1, self.limit // 3)))

    def _first(self, part: str, n: int) -> Samples:
        known = self._known.get(part)
        if known is None or len(known) < n:
            self._grow(part, n)
        known = self._known[part]
        return Samples(known.points[:n], known.values[:n] / self.scale)

    def _grow(self, part: str, n: int) -> None:
        """Extend a part to at least n points; doubling keeps the number of calls small."""
        known = self._known.get(part)
        had = 0 if known is None else len(known)
        n = min(max(n, 2 * had), max(n, self.limit))
        generator = PARTS[part].generator(self.request.seed, had)
        t = boundary_rich_points(n - had, self.dimension, generator)
        if self._worst is not None:
            crowd = t[::CROWDED]
            near = self._worst[generator.integers(len(self._worst), size=len(crowd))]
            crowd[:] = np.clip(near + generator.normal(0.0, NEAR, crowd.shape), -1.0, 1.0)
        values = self._target(t)
        if known is not None:
            t, values = np.concatenate([known.points, t]), np.concatenate([known.values, values])
        self._known[part] = Samples(t, values)


class TableSource:
    """Rows of a table on [-1, 1]^d, values divided by their scale."""

    def __init__(self, target: TableTarget, request: Request) -> None:
        self.target = target
        self.request = request
        self.dimension = target.domain.dimension
        self.outputs = len(target.outputs)
        self.limit = len(target.fit)
        self.scale = np.where(target.scale > 0, target.scale, 1.0)
        self._fit = self._scaled(target.fit)
        self._choose = self._scaled(target.choose)

    @property
    def tolerance(self) -> Vector:
        """Largest error allowed in scaled units, (m,)."""
        return self.request.tolerance(self.target.scale) / self.scale

    @property
    def evaluate(self) -> None:
        """A table knows nothing between its rows."""
        return None

    def fit(self, n: int) -> Samples:
        """Return the first n fitting rows."""
        return self._fit.first(n)

    def choose(self, n: int) -> Samples:
        """Return the first n choosing rows."""
        return self._choose.first(n)

    def fit_and_choose(self) -> Samples:
        """Return all rows but those kept for the verification."""
        return Samples.joined([self._fit, self._choose])

    def _scaled(self, samples: Samples) -> Samples:
        box = self.target.domain
        points = (samples.points - box.centre) / (0.5 * box.width)
        return Samples(points, samples.values / self.scale, samples.weights)
