"""The contract for functions: search, verify on fresh points, keep the smallest that holds."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from approximant.arrays import Points
from approximant.contract._candidate import MARGIN, Candidate
from approximant.contract._line import LineSearch
from approximant.contract._many import SurfaceSearch
from approximant.contract._request import Request
from approximant.contract._source import FIT_SHARE, FunctionSource
from approximant.contract._verified import Verified
from approximant.errors import SettingError
from approximant.measure import Errors, measure_function, measure_rows
from approximant.progress import Watch
from approximant.sampling import Samples
from approximant.streams import Stream
from approximant.structure import Structure
from approximant.targets import EvaluationLimit, FunctionTarget, TimeUp

LINE_POINTS = 4096  # fresh points of a verification, one input
MANY_POINTS = 20_000  # several inputs
MANY_MARGIN = 0.7  # of the tolerance on choosing points: between them lie higher peaks
ENOUGH = 40_000  # evaluations with which a search need not ration them
HURRIED = 500  # fresh points when the person, or the clock, wants an end
MOMENT = 1.0  # seconds that a slow callable may take for them
FEWEST = 10  # evaluations with which it makes sense to begin, and to verify with
HALF = 0.5  # of the time: a slow callable, no network known by then, gets one from what it gave


class FunctionContract:
    """Finds the smallest network that keeps the tolerance on points it has never seen.

    Attributes:
        worst: places (k, d) where earlier networks were worst, None for none.
        best: the best candidate verified so far.
        pending: a candidate good enough to keep should the search end before it is verified.
        history: (neurons, error on choosing points / tolerance) of every candidate.
        line: the search for one input, None for others.
        structure: what the probe found for several inputs, None where it could not look.
        rationed: fitting points, where `max_evaluations` leaves few.
        broken_off: evaluations that were fitted after the clock broke off with no network known.
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
        self.broken_off: int | None = None
        self._seen: list[Candidate] = []  # all that were verified
        self._hurried = False

    def run(self) -> None:
        """Search until the tolerance is met, the ideas run out, or time is up."""
        self.rationed = self._ration()
        shaped = self.request.network is not None
        self.target.keep(ENOUGH)
        self.target.break_off(self._time_is_up)
        try:
            self._verify_first_good(self._searches())
        except EvaluationLimit:
            left = self.target.remaining or 0
            if self._found() or left < FEWEST:
                return
            self.line, self.rationed = None, int(FIT_SHARE * left)
            self._verify_first_good(self._surfaces(shaped))
        except TimeUp:
            if not self._found():
                self.line = None
                self._verify_first_good(self._surfaces(shaped, self._evaluated()))
        finally:
            self.target.break_off(None)

    def _found(self) -> bool:
        return self.best is not None or self._unverified() is not None

    def _time_is_up(self) -> bool:
        """Tell whether a callable must not be called any more, which cuts the search."""
        early = not self._found() and self.broken_off is None
        up = self.watch.seconds > HALF * self.watch.limit if early else self.watch.left <= 0.0
        self.watch.cut = self.watch.cut or up
        return up

    def _evaluated(self) -> Samples:
        """Return the evaluations made before the clock broke off, and a few more if need be."""
        self._at_least(FEWEST, Stream.FEW_EVALUATIONS.generator(self.request.seed))
        self.broken_off = len(self.target.kept)
        return self.target.kept

    def _at_least(self, count: int, generator: np.random.Generator) -> None:
        """Evaluate the target until so many evaluations are kept, whatever the clock says."""
        missing = count - len(self.target.kept)
        if self.target.remaining is not None:
            missing = min(missing, self.target.remaining)
        if missing > 0:
            self.target.break_off(None)
            box = self.target.domain
            self.target(box.from_unit(generator.random((missing, box.dimension))))
            self.target.break_off(self._time_is_up)

    def _verify_first_good(self, searches: Iterator[list[Candidate]]) -> None:
        for candidates in searches:
            for candidate in candidates:
                self._verify(candidate)
                if self.best is not None and self.best.met:
                    return

    def finish(self) -> Verified | None:
        """Return the best verified candidate after an early end, verifying a pending one."""
        pending = self._unverified()
        if pending is not None and not (self.best is not None and self.best.met):
            self._hurried = True
            end = self.watch.seconds + MOMENT
            self.target.break_off(lambda: self.watch.seconds > end)
            with suppress(*[EvaluationLimit] * (self.best is not None)):
                self._verify(pending)
            self.target.break_off(None)
        self.target.keep(0)
        return self.best

    def _unverified(self) -> Candidate | None:
        """Return a candidate to fall back on when the search ends early."""
        known = [self.pending, None if self.line is None else self.line.built]
        new = [found for found in known if found is not None and found not in self._seen]
        return min(new, key=lambda found: found.ratio, default=None)

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

    def _surfaces(self, shaped: bool, known: Samples | None = None) -> Iterator[list[Candidate]]:
        """Yield what the search for several inputs, or on few known points, finds worth a look."""
        source = FunctionSource(self.target, self.request, self.rationed, self.worst, known)
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
        self.watch.tell("verifying")
        errors = self._measure(candidate)
        tolerance = self.request.tolerance(self.target.scale)
        verified = Verified.of(candidate, errors, tolerance)
        self._seen.append(candidate)
        if self.best is None or verified.quality < self.best.quality:
            self.best = verified

    def _measure(self, candidate: Candidate) -> Errors:
        """Return the errors on fresh points, or on as many as could be evaluated in time."""
        generator = Stream.VERIFICATION.generator(self.request.seed, 1 + len(self._seen))
        self.target.keep(ENOUGH)
        try:
            return self._measured(candidate, generator)
        except TimeUp:
            self._at_least(FEWEST, generator)
            rows = self.target.kept
            return measure_rows(rows.values, candidate.model.evaluate(rows.points), rows.points)

    def _measured(self, candidate: Candidate, generator: np.random.Generator) -> Errors:
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
        left = self.target.remaining
        if left is None:
            return None
        if left < FEWEST:
            raise SettingError(
                f"max_evaluations leaves {left} evaluations to fit and verify a network; "
                f"allow at least {FEWEST} more."
            )
        return None if left > ENOUGH else int(FIT_SHARE * left)
