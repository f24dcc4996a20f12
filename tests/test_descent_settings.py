"""Settings of a training: what they accept, what belongs together, what is refused."""

from typing import Any

import pytest

from approximant.descent import (
    LBFGS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    SGD,
    Adam,
    Constant,
    Cosine,
    DescentSettings,
    LevenbergMarquardt,
    RMSprop,
)
from approximant.errors import SettingError
from approximant.settings import as_mapping, read_settings


def read(**values: Any) -> DescentSettings:
    return read_settings(DescentSettings, values, "training.")


def test_defaults_are_the_documented_ones() -> None:
    settings = DescentSettings()
    assert settings.optimizer == Adam() and settings.schedule == Constant()
    assert (settings.loss, settings.batch_size, settings.epochs) == ("mse", 32, 100)
    assert settings.shuffle and settings.dtype == "float64" and settings.patience is None


def test_optimizer_and_schedule_are_names_mappings_or_instances() -> None:
    expected = DescentSettings(optimizer=RMSprop(0.02), schedule=Cosine(0.1))
    mapping = {"name": "rmsprop", "rate": 0.02}
    assert read(optimizer=mapping, schedule={"name": "cosine", "last": 0.1}) == expected
    assert read(optimizer="rmsprop").optimizer == RMSprop()
    assert read(**as_mapping(expected)) == expected


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_loss_goes_with_every_optimizer(loss: str, optimizer: str) -> None:
    assert read(loss=loss, optimizer=optimizer).loss == loss


def test_batch_is_never_larger_than_the_rows() -> None:
    assert DescentSettings(batch_size=32).batch(1000) == 32
    assert DescentSettings(batch_size=32).batch(10) == 10
    assert DescentSettings(batch_size="all").batch(1000) == 1000
    for optimizer in (LBFGS(), LevenbergMarquardt()):
        assert DescentSettings(optimizer=optimizer).batch(1000) == 1000


@pytest.mark.parametrize("schedule", [name for name in SCHEDULES if name != "constant"])
@pytest.mark.parametrize("optimizer", [LBFGS(), LevenbergMarquardt()])
def test_schedule_needs_a_learning_rate(optimizer: Any, schedule: str) -> None:
    with pytest.raises(SettingError, match=f"no learning rate that the schedule '{schedule}'"):
        read(optimizer=optimizer, schedule=schedule)
    assert read(optimizer=SGD(), schedule=schedule).schedule.name == schedule


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            {"batch_size": 0},
            r"training\.batch_size must be at least 1 and at most 1e\+09, or all; got 0",
        ),
        (
            {"batch_size": -8},
            r"training\.batch_size must be at least 1 and at most 1e\+09, or all; got -8",
        ),
        ({"batch_size": "full"}, r"Unknown training\.batch_size 'full'; did you mean 'all'"),
        ({"batch_size": 3.5}, r"must be a whole number or a text; got 3\.5"),
        ({"epochs": 0}, r"training\.epochs must be at least 1 .*; got 0"),
        ({"epochs": -3}, r"training\.epochs must be at least 1 .*; got -3"),
        ({"epochs": 10**400}, r"training\.epochs must be at least 1 and at most 1e\+09"),
        ({"optimizer": {"name": "sgd", "rate": 0}}, r"optimizer\.rate must be above 0; got 0"),
        ({"optimizer": {"name": "sgd", "rate": -1}}, r"optimizer\.rate must be above 0; got -1"),
        ({"optimizer": "addam"}, r"Unknown optimizer 'addam'; did you mean 'adam'\?"),
        ({"optimizer": None}, "optimizer must be a name or settings with a name; got None"),
        ({"loss": "mean"}, r"Unknown training\.loss 'mean'"),
        ({"loss": "log-cosh"}, r"Unknown training\.loss 'log-cosh'; did you mean 'log_cosh'\?"),
        ({"delta": 0}, r"training\.delta must be above 0; got 0"),
        ({"l1": -1e-9}, r"training\.l1 must be at least 0"),
        ({"l2": float("nan")}, r"training\.l2 must be finite and at least 0; got nan"),
        ({"schedule": "one-cycle"}, r"Unknown schedule 'one-cycle'; did you mean 'one_cycle'\?"),
        ({"shuffle": 1}, r"training\.shuffle must be true or false; got 1"),
        ({"dtype": "float16"}, r"Unknown training\.dtype 'float16'; did you mean 'float"),
        ({"patience": 0}, r"training\.patience must be at least 1 and at most 1e\+09; got 0"),
        (
            {"measure_every": 0},
            r"training\.measure_every must be at least 1 and at most 1e\+09; got 0",
        ),
        ({"epoch": 3}, r"Unknown setting 'training\.epoch'; did you mean 'training\.epochs'\?"),
    ],
)
def test_bad_setting_gives_one_clear_error(values: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingError, match=message):
        read(**values)


def test_epsilon_must_not_vanish_in_the_dtype() -> None:
    tiny = RMSprop(epsilon=1e-50)
    assert read(optimizer=tiny).optimizer == tiny
    with pytest.raises(SettingError, match="epsilon = 1e-50 is 0 in float32"):
        read(optimizer=tiny, dtype="float32")
