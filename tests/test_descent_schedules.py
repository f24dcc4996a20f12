"""Learning-rate schedules, against optax and against their own descriptions."""

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.arrays import Vector
from approximant.descent import (
    SCHEDULES,
    SGD,
    Constant,
    Cosine,
    DescentSettings,
    Exponential,
    OneCycle,
    Schedule,
    StepDecay,
    read_schedule,
)
from approximant.errors import SettingError

STEPS, EPOCHS, RATE = 8, 15, 0.2


def all_rates(schedule: Schedule, steps: int = STEPS, epochs: int = EPOCHS) -> Vector:
    """Return the rate of every step of a training."""
    rates = [schedule.rates(RATE, epoch, steps, epochs) for epoch in range(1, epochs + 1)]
    return np.concatenate(rates)


def optax_schedule(optax: Any, schedule: Schedule) -> Any:
    total = STEPS * EPOCHS
    match schedule:
        case Constant():
            return optax.constant_schedule(RATE)
        case StepDecay():
            drops = {k * schedule.every * STEPS: schedule.drop for k in range(1, EPOCHS)}
            return optax.piecewise_constant_schedule(RATE, drops)
        case Exponential():
            return optax.exponential_decay(RATE, STEPS, schedule.drop)
        case Cosine():
            return optax.cosine_decay_schedule(RATE, total, schedule.last)
        case OneCycle():
            return optax.cosine_onecycle_schedule(
                total, RATE, schedule.warmup, schedule.divisor, schedule.final_divisor
            )
    raise NotImplementedError(f"no reference for {schedule.name}")


@pytest.mark.parametrize(
    "schedule",
    [
        *(kind() for kind in SCHEDULES.values()),
        StepDecay(0.5, every=4),
        Exponential(0.7),
        Cosine(0.25),
        OneCycle(0.4, divisor=10.0, final_divisor=50.0),  # 48 of 120 steps upwards
    ],
    ids=str,
)
def test_rates_agree_with_optax(schedule: Schedule) -> None:
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    theirs = jax.vmap(optax_schedule(optax, schedule))(jax.numpy.arange(STEPS * EPOCHS))
    np.testing.assert_allclose(all_rates(schedule), theirs, rtol=1e-10)


@pytest.mark.parametrize("kind", SCHEDULES.values(), ids=SCHEDULES)
@given(steps=st.integers(1, 30), epochs=st.integers(1, 30))
def test_rates_are_positive_finite_and_never_above_the_optimizers(
    kind: type[Schedule], steps: int, epochs: int
) -> None:
    rates = all_rates(kind(), steps, epochs)
    assert rates.shape == (steps * epochs,)
    assert (rates > 0).all() and (rates <= RATE * (1 + 1e-12)).all()


@pytest.mark.parametrize("kind", SCHEDULES.values(), ids=SCHEDULES)
def test_name_is_the_one_in_the_table(kind: type[Schedule]) -> None:
    assert SCHEDULES[kind.name] is kind
    assert read_schedule(kind.name) == kind()


def test_cosine_and_one_cycle_end_where_they_say() -> None:
    fine = 10_000
    assert all_rates(Cosine(0.1), fine, 1)[-1] == pytest.approx(0.1 * RATE, rel=1e-4)
    cycle = all_rates(OneCycle(), fine, 1)
    assert cycle[0] == pytest.approx(RATE / 25)
    assert cycle[-1] == pytest.approx(RATE / 25 / 1e4, rel=0.05)
    assert cycle.argmax() == pytest.approx(0.3 * fine, abs=1)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("cosin", r"Unknown schedule 'cosin'; did you mean 'cosine'\?"),
        ({"name": "step", "drops": 3}, r"did you mean 'schedule\.drop'\?"),
        ({"name": "step", "drop": 0}, r"schedule\.drop must be above 0; got 0"),
        (
            {"name": "step", "every": 0},
            r"schedule\.every must be at least 1 and at most 1e\+09; got 0",
        ),
        ({"name": "exponential", "drop": -0.5}, r"schedule\.drop must be above 0; got -0\.5"),
        ({"name": "cosine", "last": 1.5}, r"must be at least 0 and at most 1; got 1\.5"),
        ({"name": "one_cycle", "warmup": 1}, r"must be above 0 and below 1; got 1"),
        (0.5, "schedule must be a name or settings with a name"),
    ],
)
def test_bad_schedule_gives_one_clear_error(value: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        read_schedule(value)


class Asleep(Schedule):
    """A schedule that never lets anything move."""

    name: ClassVar[str] = "asleep"

    def factor(self, done: Vector, epochs: int) -> Vector:
        return np.zeros(len(done))


def test_schedule_that_never_lets_the_rate_be_positive_is_refused() -> None:
    with pytest.raises(SettingError, match="'asleep' never lets the rate be positive"):
        DescentSettings(schedule=Asleep())
    tiny = SGD(1e-60)
    assert DescentSettings(optimizer=tiny).optimizer == tiny
    with pytest.raises(SettingError, match="never lets .* largest is 0 in float32"):
        DescentSettings(optimizer=tiny, dtype="float32")


def test_schedule_that_grows_beyond_all_numbers_is_refused() -> None:
    assert DescentSettings(schedule=Exponential(10.0), epochs=100).epochs == 100
    with pytest.raises(SettingError, match="lets the rate 0.001 grow beyond all numbers"):
        DescentSettings(schedule=Exponential(10.0), epochs=1000)
