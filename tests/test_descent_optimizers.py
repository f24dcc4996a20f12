"""What holds for every optimizer: it descends, repeats itself to the byte, and can go on."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from stepping import CODED, PARAMETERS, VARIANTS, Stepper, label, loss_and_gradient, path, start

from approximant.descent import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    AdamW,
    DescentSettings,
    GradientOptimizer,
    Initialisation,
    RMSprop,
    descend,
    initial_network,
    read_optimizer,
)
from approximant.descent._optimizers import SCALARS
from approximant.errors import SettingError
from approximant.networks import parse_network
from approximant.sampling import Samples


def test_gradient_of_the_network_is_right() -> None:
    weights, step = start(), 1e-6
    differences = [
        (loss_and_gradient(weights + e)[0] - loss_and_gradient(weights - e)[0]) / (2 * step)
        for e in step * np.eye(PARAMETERS)
    ]
    np.testing.assert_allclose(loss_and_gradient(weights)[1], differences, atol=1e-8)


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_every_optimizer_descends_a_parabola(optimizer: GradientOptimizer) -> None:
    stepper = Stepper(dataclasses.replace(optimizer, rate=0.02), np.array([2.0, -1.0, 0.5]))
    for _ in range(300):
        stepper.step(stepper.weights * [1.0, 2.0, 0.5])
    assert np.abs(stepper.weights).max() < 1.5
    assert stepper.weights @ stepper.weights < 0.5 * 5.25


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_every_optimizer_lowers_the_loss_of_a_network(optimizer: GradientOptimizer) -> None:
    assert loss_and_gradient(path(optimizer)[-1])[0] < loss_and_gradient(start())[0]


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_second_run_gives_the_same_bytes(optimizer: GradientOptimizer) -> None:
    assert path(optimizer, 20).tobytes() == path(optimizer, 20).tobytes()


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_weights_slots_and_scalars_are_all_it_takes_to_go_on(optimizer: GradientOptimizer) -> None:
    whole = path(optimizer, 30)
    first = Stepper(optimizer, start())
    for _ in range(12):
        first.step(loss_and_gradient(first.weights)[1])
    second = Stepper(optimizer, first.weights)
    second.slots, second.scalars = first.slots.copy(), first.scalars.copy()
    for _ in range(18):
        second.step(loss_and_gradient(second.weights)[1])
    assert second.weights.tobytes() == whole[-1].tobytes()


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_float32_follows_float64_to_its_precision(optimizer: GradientOptimizer) -> None:
    stepper = Stepper(optimizer, start().astype(np.float32))
    assert stepper.slots.dtype == np.float32 and stepper.scalars.dtype == np.float64
    for _ in range(20):
        gradient = loss_and_gradient(stepper.weights.astype(np.float64))[1]
        stepper.step(gradient.astype(np.float32))
    np.testing.assert_allclose(stepper.weights, path(optimizer, 20)[-1], atol=2e-4)


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_gradient_of_zero_moves_nothing_but_by_decay(optimizer: GradientOptimizer) -> None:
    for dtype in (np.float64, np.float32):
        stepper = Stepper(optimizer, np.ones(3, dtype))
        stepper.step(np.zeros(3, dtype))
        decay = optimizer.decay if isinstance(optimizer, AdamW) else 0.0
        assert stepper.weights == pytest.approx(1.0 - optimizer.rate * decay, rel=1e-6)


def test_momentum_remembers_steps_so_a_new_rate_acts_on_new_gradients_only() -> None:
    for optimizer in (SGD(0.1, momentum=0.5), RMSprop(0.1, momentum=0.5)):
        stepper = Stepper(optimizer, np.zeros(1))
        stepper.step(np.ones(1))
        first = stepper.weights[0]
        stepper.step(np.ones(1), rate=0.0)
        assert stepper.weights[0] == pytest.approx(1.5 * first, rel=1e-12)


BY_DESCENT = [
    name for name, kind in OPTIMIZERS.items() if issubclass(kind, GradientOptimizer | LBFGS)
]


@pytest.mark.parametrize("name", BY_DESCENT)
def test_every_optimizer_trains_and_trains_the_same_again(name: str) -> None:
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (100, 2))
    rows = Samples(x, np.sin(2.0 * x[:, :1]) * x[:, 1:])
    network = initial_network(parse_network("2-6-1 tanh"), Initialisation(), 1)
    settings = DescentSettings(optimizer=read_optimizer(name), epochs=20)
    runs = [list(descend(network, rows, settings, seed=3)) for _ in range(2)]
    assert runs[0][-1].metrics["loss_after"] < runs[0][0].loss
    last = [run[-1].state.arrays() for run in runs]
    assert all(array.tobytes() == last[1][name].tobytes() for name, array in last[0].items())


def test_codes_and_names_are_unique() -> None:
    assert [kind.name for kind in OPTIMIZERS.values()] == list(OPTIMIZERS)
    arithmetic = {kind.code for kind in CODED}
    assert arithmetic == set(range(len(arithmetic)))
    assert len(arithmetic) == len(CODED) - 1  # AdamW is Adam's arithmetic with its decay
    for optimizer in VARIANTS:
        slots, scalars = optimizer.start(5)
        assert slots.shape == (optimizer.slots, 5) and scalars.shape == (SCALARS,)
        assert np.isfinite(optimizer.numbers()).all()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("rmspro", r"Unknown optimizer 'rmspro'; did you mean 'rmsprop'\?"),
        ({"name": "adam", "beta_1": 0.9}, r"'optimizer\.beta_1'; did you mean 'optimizer\.beta1'"),
        ({"name": "sgd", "rate": 0}, r"optimizer\.rate must be above 0; got 0"),
        ({"name": "sgd", "rate": -0.1}, r"optimizer\.rate must be above 0; got -0\.1"),
        ({"name": "sgd", "momentum": 1}, "must be at least 0 and below 1; got 1"),
        ({"name": "lbfgs", "rate": 0.1}, r"Unknown setting 'optimizer\.rate'"),
        ({"name": "lbfgs", "memory": 0}, r"optimizer\.memory must be at least 1"),
    ],
)
def test_bad_optimizer_gives_one_clear_error(value: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        read_optimizer(value)


def test_optimizer_made_by_hand_names_its_class_when_wrong() -> None:
    with pytest.raises(SettingError, match=r"RMSprop\.rate must be above 0; got -1"):
        RMSprop(-1)
