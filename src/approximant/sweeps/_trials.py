"""Trials: the experiments that a batch of candidates comes to, one per seed, each with its key."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from approximant.errors import SettingError
from approximant.experiment import Experiment, experiment_key
from approximant.sweeps._combinations import Combination
from approximant.sweeps._search import Candidate
from approximant.sweeps._settings import SweepSettings

SECTIONS = ("target", "sampling", "scaling", "network", "training")  # what an outcome depends on
WITHOUT_EFFECT = ("title", "about", "lesson", "checks", "sweep")
TIMELESS = ("constant", "step", "exponential")  # schedules that need not know the last epoch
NO_END = 10**7  # epochs that no training with a time limit gets to


@dataclass(frozen=True, eq=False)
class Trial:
    """One experiment of a sweep.

    Args:
        candidate: whose settings it has.
        seed: which repetition it is, from 0.
        experiment: with the settings as they are used.
        key: equal for equal experiments.
    """

    candidate: Candidate
    seed: int
    experiment: Experiment
    key: str

    @property
    def cost(self) -> float:
        """How long it takes, in a unit of its own: the order of the trials, the time left."""
        training = self.experiment.training
        widths = training.network.widths
        rows = training.sampling.rows if training.sampling is not None else None
        weights = sum(a * b for a, b in itertools.pairwise(widths))
        return float(training.descent.epochs) * (rows or 1000) * (weights + 20)


def trials(
    experiment: Experiment, sweep: SweepSettings, candidates: Sequence[Candidate]
) -> Iterator[Trial]:
    """Yield the trials of candidates: all seeds of the first, of the second, ...

    Every candidate has the same seeds, so that differences are due to its settings.

    Raises:
        SettingError: a name is no setting, or a value does not fit.
    """
    for candidate in candidates:
        changed = _changed(experiment, sweep, candidate)
        for seed in range(sweep.seeds):
            repeated = changed.repetition(seed)
            yield Trial(candidate, seed, repeated, experiment_key(repeated))


def check_names(sweep: SweepSettings) -> None:
    """Check that what varies can make a difference.

    Raises:
        SettingError: a setting on which no outcome depends, or one that is set otherwise.
    """
    for name in sweep.names:
        if name.partition(".")[0] in WITHOUT_EFFECT:
            raise SettingError(f"{name} cannot be swept: it changes nothing about a training. "
                               f"What can is in {', '.join(SECTIONS)}.")  # fmt: skip
    epochs = [name for name in sweep.names if name in ("training.epochs", "training.seconds")]
    if sweep.seconds is not None and epochs:
        raise SettingError(f"sweep.seconds sets the time of every training, and {epochs[0]} is "
                           "swept as well; leave one out.")  # fmt: skip


def _changed(experiment: Experiment, sweep: SweepSettings, candidate: Candidate) -> Experiment:
    values: Combination = dict(
        sorted(candidate.values.items(), key=lambda item: item[0].count("."))
    )
    budget: dict[str, Any] = {}
    if candidate.epochs is not None:
        budget["training.epochs"] = candidate.epochs
    if sweep.seconds is not None:
        budget |= {"training.seconds": sweep.seconds, "training.epochs": NO_END}
    changed = experiment.changed(values | budget)
    schedule = changed.training.descent.schedule
    name = str(getattr(schedule, "name", schedule))
    if budget and name not in TIMELESS:
        raise SettingError(
            f"The schedule {name!r} is planned up to the last epoch, which this sweep leaves open; "
            f"choose one of {', '.join(TIMELESS)}."
        )
    return changed
