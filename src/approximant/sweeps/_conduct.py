"""Leading a sweep: batch after batch, what is in the store kept and the rest run."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from approximant.experiment import Experiment
from approximant.store import FINISHED, RunStore, StoredRun
from approximant.sweeps._dispatch import dispatch
from approximant.sweeps._executors import Opened
from approximant.sweeps._rows import Row
from approximant.sweeps._search import Candidate, search
from approximant.sweeps._settings import SweepSettings
from approximant.sweeps._task import STATE, Task
from approximant.sweeps._titles import looked_up, title_of
from approximant.sweeps._told import Told
from approximant.sweeps._trials import Trial, trials


class Conduct:
    """One sweep on its way."""

    def __init__(
        self, experiment: Experiment, settings: SweepSettings, by: str, store: RunStore, told: Told
    ) -> None:
        self.experiment = experiment
        self.settings = settings
        self.by = by
        self.store = store
        self.told = told
        self.kept = self.ran = 0
        self._trials: dict[int, list[Trial]] = {}  # of each combination, as far as it got
        self._runs: dict[str, StoredRun] = {}  # by key

    def follow(self, place: Opened) -> None:
        """Run batch after batch until the search has enough."""
        epochs = self.experiment.training.descent.epochs
        asking = search(self.settings, epochs)
        with self.experiment.blamed():
            candidates = next(asking, None)
        while candidates is not None:
            errors = self._batch(candidates, place)
            try:
                candidates = asking.send(errors)
            except StopIteration:
                return

    def rows(self) -> tuple[Row, ...]:
        """Return what has come of the combinations so far."""
        return tuple(self._row(number, group) for number, group in sorted(self._trials.items()))

    def _batch(self, candidates: Sequence[Candidate], place: Opened) -> dict[int, float]:
        """Return the median error of each candidate, infinite where all its runs failed."""
        before = self._trials
        self._trials = dict(before)
        planned: dict[str, Trial] = {}
        with self.experiment.blamed():
            for trial in trials(self.experiment, self.settings, candidates):
                group = self._trials.setdefault(trial.candidate.number, [])
                if group and group[0].candidate is not trial.candidate:
                    self._trials[trial.candidate.number] = group = []
                group.append(trial)
                planned.setdefault(trial.key, trial)
        self._run(planned, before, place)
        medians = {c.number: self._row(c.number, self._trials[c.number]).median for c in candidates}
        return {number: math.inf if m != m else m for number, m in medians.items()}

    def _run(
        self,
        planned: Mapping[str, Trial],
        before: Mapping[int, list[Trial]],
        place: Opened,
    ) -> None:
        """Have everything run that is planned and not in the store."""
        kept = self.store.by_key(planned)
        self._runs |= kept
        self.kept += len(kept)
        missing = sorted(
            (trial for key, trial in planned.items() if key not in kept), key=lambda t: -t.cost
        )
        told = self.told
        wanted = (self.settings.draws or 0) * self.settings.seeds
        told.total = max(told.total + len(planned), wanted)
        told.finished += len(kept)
        told.cost_left += sum(trial.cost for trial in missing)
        if not missing:
            return
        tasks = (self._task(trial, before) for trial in missing)
        for task, record in dispatch(tasks, place(), told.tell):
            run = self.store.add(record)
            self._runs[task.key] = run
            self.ran += 1
            told.finished += run.status == FINISHED
            told.failed += run.status != FINISHED
            told.cost_done += planned[task.key].cost
            told.cost_left -= planned[task.key].cost
        told.tell(0, at_once=True)

    def _task(self, trial: Trial, before: Mapping[int, list[Trial]]) -> Task:
        experiment = trial.experiment
        return Task(
            experiment.settings,
            experiment.name,
            str(experiment.folder.resolve()),
            str(self.store.folder.resolve()),
            self.experiment.name,
            trial.seed,
            trial.key,
            self._state(trial, before.get(trial.candidate.number, ())),
            not trial.candidate.last,
        )

    def _state(self, trial: Trial, before: Sequence[Trial]) -> bytes | None:
        """Return the checkpoint of the same trial with fewer epochs, if there is one."""
        for earlier in before:
            run = self._runs.get(earlier.key)
            if earlier.seed == trial.seed and run is not None:
                path = run.folder / STATE
                return path.read_bytes() if path.exists() else None
        return None

    def _row(self, number: int, group: Sequence[Trial]) -> Row:
        settings, candidate, shown = self.settings, group[0].candidate, group[0].experiment
        return Row(
            number,
            title_of(settings.label, candidate.values, shown),
            {name: looked_up(shown.settings, name) for name in settings.names},
            self.by,
            tuple(self._runs[trial.key] for trial in group if trial.key in self._runs),
            settings.seeds,
            candidate.epochs,
            settings.reported[number] if settings.reported else None,
            settings.expected[number] if settings.expected else None,
        )
