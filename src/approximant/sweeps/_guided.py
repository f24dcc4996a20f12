"""Guided search: Optuna proposes, we run; our store, not Optuna's, remembers what came out."""

from __future__ import annotations

import logging
import math
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from approximant.errors import SettingError
from approximant.quiet import at_level, ignoring
from approximant.streams import Stream
from approximant.sweeps._search import Candidate, Search
from approximant.sweeps._settings import SweepSettings
from approximant.sweeps._variables import Listed, Variable

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.trial import Trial


def guided(sweep: SweepSettings) -> Search:
    """Yield batches of candidates that the errors so far make promising.

    A tree-structured Parzen estimator (Bergstra et al. 2011) in the form that Optuna gives it. Its
    random numbers follow from the seed and the number of results told: a search that goes on after
    an interruption makes the proposals it would have made.
    """
    optuna = _optuna()
    laws = {name: _law(variable) for name, variable in sweep.variables.items()}
    with _quietly():
        study = optuna.create_study(sampler=_sampler(sweep.seed, 0))
    assert sweep.draws is not None
    told = 0
    while told < sweep.draws:
        study.sampler = _sampler(sweep.seed, told)
        with _quietly():
            batch = [study.ask(laws) for _ in range(min(sweep.batch, sweep.draws - told))]
        errors = yield [
            Candidate(told + place, _values(sweep, trial)) for place, trial in enumerate(batch)
        ]
        with _quietly():
            for place, trial in enumerate(batch):
                error = errors[told + place]
                known = math.isfinite(error)
                study.tell(trial, error if known else None,
                           state=None if known else optuna.trial.TrialState.FAIL)  # fmt: skip
        told += len(batch)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError:
        raise SettingError(
            'The method "optuna" needs Optuna: pip install "approximant[optuna]"'
        ) from None
    return optuna


def _quietly() -> AbstractContextManager[None]:
    """Return a context in which Optuna keeps its progress to itself."""
    return at_level("optuna", logging.ERROR)


def _sampler(seed: int, told: int) -> BaseSampler:
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import TPESampler

    number = Stream.SWEEP_PROPOSALS.seed(seed, told) % 2**32  # no more is taken
    with ignoring(ExperimentalWarning):  # as some of its options call themselves
        return TPESampler(seed=number, multivariate=True, constant_liar=True)


def _law(variable: Variable) -> BaseDistribution:
    from optuna.distributions import (
        CategoricalDistribution,
        FloatDistribution,
        IntDistribution,
    )

    if isinstance(variable, Listed):
        return CategoricalDistribution(range(len(variable.values)))
    if variable.whole:
        return IntDistribution(int(variable.low), int(variable.high), log=variable.log)
    return FloatDistribution(variable.low, variable.high, log=variable.log)


def _values(sweep: SweepSettings, trial: Trial) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in trial.params.items():
        variable = sweep.variables[name]
        found[name] = variable.values[value] if isinstance(variable, Listed) else value
    return found
