"""The contract for tables: fit, choose and verify on three separate parts of the rows."""

from __future__ import annotations

from approximant.contract._candidate import Candidate
from approximant.contract._many import SurfaceSearch
from approximant.contract._request import Request
from approximant.contract._source import TableSource
from approximant.contract._table import (
    Judged,
    judge,
    noise_alone,
    simplest_good,
    still_falling,
    stopped_falling,
    structured,
)
from approximant.contract._verified import Verified
from approximant.measure import measure_rows
from approximant.progress import Watch
from approximant.sampling import Samples
from approximant.targets import TableTarget


class TableContract:
    """Finds the smallest network whose error on the choosing rows is within the tolerance.

    If that error stops falling before, the rest is taken for noise and the simplest of the good
    networks is kept; one with penalties then learns from the choosing rows too. The verification
    rows are looked at once, at the end.

    Attributes:
        history: (neurons, error on choosing rows / tolerance) of every candidate.
        fitted: the rows that the network returned was fitted to.
        kept: whether a network kept the tolerance on the choosing rows.
    """

    def __init__(self, target: TableTarget, request: Request, watch: Watch) -> None:
        self.target = target
        self.request = request
        self.watch = watch
        self.tolerance = request.tolerance(target.scale)
        self.history: list[tuple[int, float]] = []
        self.fitted = target.fit
        self.kept = False
        self._judged: list[Judged] = []
        self._final: Candidate | None = None  # the chosen one after its last fit

    def run(self) -> None:
        """Search until the choosing rows are within tolerance or their error stops falling."""
        search = SurfaceSearch(TableSource(self.target, self.request), self.request, self.watch)
        self._search(search)
        if not self._judged:
            return
        chosen = self._chosen()
        self.kept = chosen.ratio <= 1.0
        if not self.kept and chosen.regularised is not None:
            self._final = search.with_all_rows(chosen)
            self.fitted = Samples.joined([self.target.fit, self.target.choose])

    def _search(self, search: SurfaceSearch) -> None:
        kinds = search.kinds() if self.request.network is None else [search.shapes()]
        for kind in kinds:
            first = len(self._judged)
            for candidate in kind:
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
        return not structured(simplest_good(judged, self.target.different[1]), self.target)

    def finish(self) -> Verified | None:
        """Return the chosen candidate with its errors on the verification rows."""
        if not self._judged:
            return None
        chosen, rows = self._final or self._chosen(), self.target.verify
        errors = measure_rows(rows.values, chosen.model.evaluate(rows.points), rows.points)
        return Verified.of(chosen, errors, self.tolerance)

    def _chosen(self) -> Candidate:
        met = [j.candidate for j in self._judged if j.candidate.ratio <= 1.0]
        if met:
            return min(met, key=lambda candidate: candidate.neurons)
        return simplest_good(self._judged, self.target.different[1])

    def _note(self, candidate: Candidate) -> None:
        self._judged.append(judge(candidate, self.target, self.tolerance))
        self.history.append((candidate.neurons, candidate.ratio))
        self.watch.best_error = min(judged.candidate.ratio for judged in self._judged)
