"""The contract for functions: search, verify on fresh points, keep the smallest that holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Points, Vector
from approximant.contract._candidate import MARGIN, Candidate, rounding_ratio
from approximant.contract._line import LineSearch
from approximant.contract._many import SurfaceSearch
from approximant.contract._request import Request
from approximant.contract._source import FIT_SHARE, FunctionSource
from approximant.errors import SettingError
from approximant.measure import Errors, measure_function, measure_rows
from approximant.progress import Watch
from approximant.streams import Stream
from approximant.structure import Structure
from approximant.targets import EvaluationLimit, FunctionTarget

LINE_POINTS = 4096  # fresh points of a verification, one input
MANY_POINTS = 20_000  # several inputs
MANY_MARGIN = 0.7  # of the tolerance on choosing points: between them lie higher peaks
ENOUGH = 40_000  # evaluations with which a search need not ration them
HURRIED = 500  # fresh points when the person wants an end
FEWEST = 10  # evaluations with which it makes sense to begin
TRIAL = 8  # points that tell how long an evaluation takes


@dataclass(frozen=True, eq=False)
class Verified:
    """A candidate with its errors on fresh points."""

    candidate: Candidate
    errors: Errors
    tolerance: Vector

    @property
    def ratio(self) -> float:
        """Largest error as a multiple of the tolerance."""
        return self.errors.ratio(self.tolerance)

    @property
    def quality(self) -> float:
        """The worse of error and rounding; at most 1 where the tolerance is met."""
        return max(self.ratio, rounding_ratio(self.candidate.model, self.tolerance))


class FunctionContract:
    """Finds the smallest network that keeps the tolerance on points it has never seen.

    Attributes:
        worst: places (k, d) where earlier networks were worst, None for none.
        best: the best candidate verified so far.
        pending: a candidate good enough to keep should the search end before it is verified.
        history: (neurons, error on choosing points / tolerance) of every candidate.
        line: the search for one input, None for others.
        structure: what the probe found for several inputs, None where it could not look.
        rationed: fitting points, where evaluations are few or slow.
    """

    def __init__(
        self, target: FunctionTarget, request: Request, watch: Watch, worst: Points | None = None
    ) -> None:
        self.target = target
        self.worst = worst
        self.request = request
        self.watch = watch
        self.best: Verified | None = None
        self.pending: Candidate | None = None
        self.history: list[tuple[int, float]] = []
        self.line: LineSearch | None = None
        self.structure: Structure | None = None
        self.rationed: int | None = None
        self._rounds = 0
        self._hurried = False

    def run(self) -> None:
        """Search until the tolerance is met, the ideas run out, or time is up."""
        self.rationed = self._ration()
        try:
            self._verify_first_good(self._searches())
        except EvaluationLimit:
            left = self.target.remaining or 0
            if self.best is not None or self._unverified() is not None or left < FEWEST:
                return
            self.line, self.rationed = None, int(FIT_SHARE * left)
            self._verify_first_good(self._surfaces(self.request.network is not None))

    def _verify_first_good(self, searches: Iterator[list[Candidate]]) -> None:
        for candidates in searches:
            for candidate in candidates:
                self._verify(candidate)
                if self.best is not None and self.best.quality <= 1.0:
                    return

    def finish(self) -> Verified | None:
        """Return the best verified candidate after an early end, verifying a pending one."""
        pending = self._unverified()
        if self.best is None and pending is not None:
            self._hurried = True
            self._verify(pending)
        return self.best

    def _unverified(self) -> Candidate | None:
        """Return a candidate to fall back on when the search ends early."""
        return self.pending or (None if self.line is None else self.line.built)

    def _searches(self) -> Iterator[list[Candidate]]:
        """Yield lists of candidates worth verifying, the smallest of each list first."""
        spec = self.request.network
        one_input = self.target.domain.dimension == 1 and self.rationed is None
        if one_input and (spec is None or (len(spec.hidden) == 1 and spec.biases)):
            self.line = LineSearch(self.target, self.request, self.watch)
            for candidates in [[self.line.shape(spec)]] if spec else self.line.rounds():
                self._note(*candidates)
                yield candidates
            if self.pending is None:
                yield [self.line.last_resort()]
            return
        yield from self._surfaces(spec is not None)

    def _surfaces(self, shaped: bool) -> Iterator[list[Candidate]]:
        """Yield what the search for several inputs, or on rationed points, finds worth a look."""
        source = FunctionSource(self.target, self.request, self.rationed, self.worst)
        search = SurfaceSearch(source, self.request, self.watch)
        self.structure = search.structure
        if shaped:
            yield [search.shape()]
            return
        margin = MANY_MARGIN if self.target.domain.dimension > 1 else MARGIN
        verified: Candidate | None = None
        for candidate in search.candidates():
            self._note(candidate)
            if candidate.ratio <= margin:
                verified = candidate
                smaller = [small for small in search.smaller(candidate) if small.ratio <= margin]
                self._note(*smaller)
                yield [*reversed(smaller), candidate]
            if self.watch.expired():
                break
        if self.pending is not None and self.pending is not verified:
            yield [self.pending]

    def _note(self, *candidates: Candidate) -> None:
        for candidate in candidates:
            self.history.append((candidate.neurons, candidate.ratio))
            if self.pending is None or candidate.ratio < self.pending.ratio:
                self.pending = candidate
        if self.pending is not None:
            self.watch.best_error = self.pending.ratio

    def _verify(self, candidate: Candidate) -> None:
        """Measure a candidate on fresh points, drawn anew for every verification."""
        self._rounds += 1
        self.watch.tell("verifying")
        errors = self._measure(candidate)
        tolerance = self.request.tolerance(self.target.scale)
        verified = Verified(candidate, errors, tolerance)
        if self.best is None or verified.quality < self.best.quality:
            self.best = verified

    def _measure(self, candidate: Candidate) -> Errors:
        generator = Stream.VERIFICATION.generator(self.request.seed, self._rounds)
        tolerance = self.request.tolerance(self.target.scale)
        model, box = candidate.model, self.target.domain
        if self.rationed is not None or self._hurried:
            n = HURRIED if self.rationed is None else max(8, self.rationed // 3)
            if self.target.remaining is not None:
                n = max(1, min(n, self.target.remaining))
            points = box.from_unit(generator.random((n, box.dimension)))
            return measure_rows(self.target(points), model.evaluate(points), points)
        line = box.dimension == 1
        return measure_function(
            self.target,
            model.evaluate,
            box,
            tolerance,
            points=max(LINE_POINTS, 40 * candidate.neurons) if line else MANY_POINTS,
            generator=generator,
            watched=self._watched(),
        )

    def _watched(self) -> Points | None:
        """Return the places (k, d) that deserve a closer look, None for none."""
        known = [self.worst, None if self.line is None else self.line.watched]
        places = [points for points in known if points is not None]
        return np.concatenate(places) if places else None

    def _ration(self) -> int | None:
        """Return how many evaluations may be spent on fitting, None for as many as it takes.

        Raises:
            SettingError: max_evaluations leaves too few to fit and verify anything.
        """
        if self.target.kind == "formula" and self.target.remaining is None:
            return None
        left, box = self.target.remaining, self.target.domain
        if left is not None and left < FEWEST:
            raise SettingError(
                f"max_evaluations leaves {left} evaluations to fit and verify a network; "
                f"allow at least {FEWEST} more."
            )
        if left is None or left > ENOUGH + TRIAL:
            generator = Stream.TRIAL_EVALUATIONS.generator(self.request.seed)
            trial = generator.random((TRIAL, box.dimension))
            self.target(box.from_unit(trial))
            each = self.target.seconds / max(self.target.evaluations, 1)
            affordable = int(0.5 * self.request.seconds / max(each, 1e-9))
            if affordable >= ENOUGH:
                return None
            left = affordable if left is None else min(left, affordable)
        return int(FIT_SHARE * left)
