"""Every argument of every public call takes a value or refuses it in one sentence that names it."""

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from inline import Inline

import approximant as ap
from approximant.settings import option

WRONG = ("abc", None, True, math.nan, math.inf, -1, 0, 10**400, 1.5, np.zeros((40, 40)), object())
POINTS = np.arange(40.0).reshape(-1, 1)
EXPERIMENT: dict[str, Any] = {
    "target": {"formula": "x", "domain": {"x": [0, 1]}},
    "sampling": {"rows": 20},
    "network": {"shape": "1-2-1 tanh"},
    "training": {"epochs": 1},
    "sweep": {"settings": {"training.epochs": [1]}},
}


def _approximate(**options: Any) -> ap.Approximant:
    return ap.approximate("x", {"x": (0, 1)}, **{"tol": 0.1, "seconds": 2.0, **options})


def _fit(**options: Any) -> Any:
    return ap.ApproximantRegressor(**{"tol": 0.1, "seconds": 2.0, **options}).fit(POINTS, POINTS)


APPROXIMANT = _approximate()
# Calls with the options that are checked here; those left out say why.
CALLS: dict[str, tuple[Callable[..., Any], Callable[..., Any], set[str]]] = {
    "approximate": (ap.approximate, _approximate, {"target", "domain"}),
    "certify": (ap.Approximant.certify, APPROXIMANT.certify, {"self"}),
    "run": (
        ap.run,
        lambda **options: ap.run(EXPERIMENT, **options),
        {"source", "settings", "overrides"},
    ),
    "sweep": (  # places, which the machine may have or not
        ap.sweep,
        lambda **options: ap.sweep(EXPERIMENT, executor=Inline(), **options),
        {"source", "store", "executor", "overrides"},
    ),
    "ApproximantRegressor": (  # those of "train" are read with the descent's settings
        ap.ApproximantRegressor.__init__,
        _fit,
        {"self", "optimizer", "learning_rate", "loss", "batch_size", "epochs"},
    ),
}
OPTIONS = [
    (call, name)
    for call, (described, _, others) in CALLS.items()
    for name in inspect.signature(described).parameters
    if name not in others
]


@pytest.mark.parametrize(("call", "name"), OPTIONS)
def test_any_value_works_or_is_refused_in_a_sentence(call: str, name: str) -> None:
    for value in WRONG:
        try:
            CALLS[call][1](**{name: value})
        except ap.SettingError as error:
            text = str(error)
            assert "\n" not in text and len(text) < 400
            assert name in text or "name" in text or "network" in text
        except (ap.TargetError, ap.DomainError) as error:  # too few evaluations, unknown inputs
            assert name in str(error)


@pytest.mark.parametrize("value", ["no", "yes", 1, 0, None])
def test_certify_takes_true_and_false_only(value: Any) -> None:
    with pytest.raises(ap.SettingError, match="certify must be true or false"):
        _approximate(certify=value)


def test_numbers_of_numpy_are_numbers() -> None:
    options = {"tol": np.float32(0.1), "max_neurons": np.int32(9), "seed": np.uint8(1), "seconds":
               np.float64(2), "max_evaluations": 5000.0, "certify": np.False_}  # fmt: skip
    assert _approximate(**options).report.met


@pytest.mark.parametrize("value", ["abc", math.nan, math.inf, True, 0])
def test_evaluations_are_counted_in_whole_numbers(value: Any) -> None:
    with pytest.raises(ap.SettingError, match="max_evaluations must be"):
        _approximate(max_evaluations=value)


def test_an_estimator_is_checked_by_fit_not_when_it_is_made() -> None:
    model = ap.ApproximantRegressor(tol="small", random_state="x")
    with pytest.raises(ap.SettingError):
        model.fit(POINTS, POINTS)


def test_an_option_is_read_as_a_setting_is() -> None:
    assert option(np.int64(3), int | None, "most", least=1) == 3
    assert option(len, Callable[..., Any] | None, "progress") is len
    with pytest.raises(ap.SettingError, match="progress must be a function, or None; got 3"):
        option(3, Callable[..., Any] | None, "progress")
