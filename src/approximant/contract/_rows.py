"""The contract for tables: fit, choose and verify on three separate parts of the rows."""

from __future__ import annotations

from approximant.arrays import Vector
from approximant.contract._candidate import Candidate, rounding_ratio
from approximant.contract._many import SurfaceSearch
from approximant.contract._request import Request
from approximant.contract._source import TableSource
from approximant.contract._table import (
    Judged,
    judge,
    noise_alone,
    noise_level,
    simplest_good,
    still_falling,
    stopped_falling,
    structured,
)
from approximant.measure import Errors, measure_rows
from approximant.progress import Watch
from approximant.sampling import Samples
from approximant.targets import TableTarget

MANY_REPLICATES = 100  # degrees of freedom from which rows with equal inputs are trusted


class TableContract:
    """Finds the smallest network whose error on the choosing rows is within the tolerance.

    If that error stops falling before, the rest is taken for noise and the simplest of the good
    networks is kept; one with penalties then learns from the choosing rows too. The verification
    rows are looked at once, at the end.

    Attributes:
        history: (neurons, error on choosing rows / tolerance) of every candidate.
        noise: standard deviation of the noise, (m,), where it was recognised.
    """

    def __init__(self, target: TableTarget, request: Request, watch: Watch) -> None:
        self.target = target
        self.request = request
        self.watch = watch
        self.tolerance = request.tolerance(target.scale)
        self.history: list[tuple[int, float]] = []
        self.noise: Vector | None = None
        self._judged: list[Judged] = []
        self._final: Candidate | None = None  # the chosen one after its last fit

    def run(self) -> None:
        """Search until the choosing rows are within tolerance or their error stops falling."""
        search = SurfaceSearch(TableSource(self.target, self.request), self.request, self.watch)
        self._search(search)
        if not self._judged or (chosen := self._chosen()).ratio <= 1.0:
            return
        fitted, others = self.target.fit, [self.target.choose, self.target.verify]
        if chosen.regularised is not None:
            chosen = self._final = search.with_all_rows(chosen)
            fitted, others = Samples.joined([fitted, others[0]]), others[1:]
        if not self.watch.cut and self.request.network is None:
            self.noise = noise_level(chosen, fitted, others)

    def _search(self, search: SurfaceSearch) -> None:
        kinds = search.kinds() if self.request.network is None else [search.shapes()]
        for kind in kinds:
            first = len(self._judged)
            for candidate in kind:
                if rounding_ratio(candidate.model, self.tolerance) > 1.0:
                    continue
                self._note(candidate)
                if candidate.ratio <= 1.0 or self.watch.expired():
                    return
                if self._enough(candidate, self._judged[first:]):
                    break
            if self._all_learned(self._judged[first:]):
                return

    def _enough(self, candidate: Candidate, judged: list[Judged]) -> bool:
        """Tell whether more neurons of a kind will hardly help."""
        if candidate.regularised is None:
            return stopped_falling(judged)
        return not still_falling(judged) and noise_alone(candidate, self.target)

    def _all_learned(self, judged: list[Judged]) -> bool:
        """Tell whether penalised networks, as wide as the rows can bear, have left only noise."""
        if not judged or judged[-1].candidate.regularised is None:
            return False
        if still_falling(judged):
            return noise_alone(judged[-1].candidate, self.target)
        return not structured(simplest_good(judged, len(self.target.choose)), self.target)

    def finish(self) -> tuple[Candidate, Errors] | None:
        """Return the chosen candidate with its errors on the verification rows."""
        if not self._judged:
            return None
        chosen = self._final or self._chosen()
        rows = self.target.verify
        return chosen, measure_rows(rows.values, chosen.model.evaluate(rows.points), rows.points)

    def _chosen(self) -> Candidate:
        met = [j.candidate for j in self._judged if j.candidate.ratio <= 1.0]
        if met:
            return min(met, key=lambda candidate: candidate.neurons)
        return simplest_good(self._judged, len(self.target.choose))

    def _note(self, candidate: Candidate) -> None:
        self._judged.append(judge(candidate, self.target, self.tolerance))
        self.history.append((candidate.neurons, candidate.ratio))
        self.watch.best_error = min(judged.candidate.ratio for judged in self._judged)


def replicate_or_residual(noise: Vector | None, target: TableTarget) -> Vector | None:
    """Return the noise level from rows with equal inputs if there are many, else the estimate."""
    replicates = target.replicate_noise
    many = replicates is not None and target.replicate_freedom >= MANY_REPLICATES
    return replicates if many or noise is None else noise
