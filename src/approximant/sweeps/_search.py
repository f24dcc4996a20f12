"""How the next combinations are chosen: batches are asked for, and told what came of them.

A search is a generator: it yields a batch of candidates and is sent their errors. All it does
follows from the settings and those errors, so that a search that was killed comes back to where it
was by asking again: what has already run is found in the store.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from approximant.errors import SettingError
from approximant.sweeps._combinations import Combination, combinations
from approximant.sweeps._settings import SweepSettings


@dataclass(frozen=True)
class Candidate:
    """A combination with the budget that it gets.

    Args:
        number: of the combination, from 0.
        values: by dotted name.
        rung: how often it has been chosen to go on.
        epochs: of its training; None for those of the file.
        last: whether it cannot be chosen to go on once more.
    """

    number: int
    values: Combination
    rung: int = 0
    epochs: int | None = None
    last: bool = True


Search: TypeAlias = Generator[list[Candidate], Mapping[int, float], None]


def search(sweep: SweepSettings, epochs: int) -> Search:
    """Return the search that the settings of a sweep ask for.

    Args:
        sweep: its settings.
        epochs: of a training in full.
    """
    if sweep.method == "halving":
        return _halving(sweep, epochs)
    if sweep.method == "optuna":
        from approximant.sweeps._guided import guided

        return guided(sweep)
    return _all_at_once(sweep)


def _all_at_once(sweep: SweepSettings) -> Search:
    yield [Candidate(number, values) for number, values in enumerate(combinations(sweep))]


def _halving(sweep: SweepSettings, epochs: int) -> Search:
    """Give all candidates few epochs, the best of them more, and so on.

    Successive halving after Jamieson and Talwalkar (2016), "Non-stochastic best arm identification
    and hyperparameter optimization": with the factor f every rung has 1 / f of the candidates of
    the one before and f times its epochs.
    """
    if "training.epochs" in sweep.names:
        raise SettingError("Halving decides how many epochs a training gets; leave training.epochs "
                           "out of sweep.settings.")  # fmt: skip
    rest = dict(enumerate(combinations(sweep)))
    number = len(rest)
    rungs = rungs_of(number, epochs, sweep.factor)
    for rung, budget in enumerate(rungs):
        last = rung == len(rungs) - 1
        errors = yield [Candidate(k, v, rung, budget, last) for k, v in rest.items()]
        kept = max(1, number // sweep.factor ** (rung + 1))
        best = sorted(rest, key=lambda k: (errors[k], k))[:kept]
        rest = {k: rest[k] for k in sorted(best) if errors[k] < math.inf}
        if not rest:
            return


def rungs_of(candidates: int, epochs: int, factor: int) -> list[int]:
    """Return the epochs after which candidates are compared; the last are those of the file."""
    times = 0
    while factor ** (times + 1) <= min(candidates, epochs):
        times += 1
    return [math.ceil(epochs / factor ** (times - rung)) for rung in range(times + 1)]
