"""Optimizers, step by step, against optax, Keras and PyTorch on the gradient of a network."""

import dataclasses
import inspect
import os
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from approximant.arrays import Array, Vector
from approximant.descent import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    DescentSettings,
    GradientOptimizer,
    Initialisation,
    Nadam,
    RMSprop,
    descend,
    initial_network,
    read_optimizer,
)
from approximant.descent._optimizers import SCALARS
from approximant.descent._updates import update
from approximant.errors import SettingError
from approximant.networks import parse_network
from approximant.sampling import Samples

STEPS = 60
PARAMETERS = 25  # 2 * 6 + 6 hidden, 6 + 1 output
CODED: list[type[GradientOptimizer]] = [
    kind for kind in OPTIMIZERS.values() if issubclass(kind, GradientOptimizer)
]
VARIANTS = [
    *(kind() for kind in CODED),
    SGD(0.05, momentum=0.9),
    SGD(0.05, momentum=0.9, nesterov=True),
    RMSprop(0.01, momentum=0.8),
    RMSprop(0.01, centered=True),
    RMSprop(0.01, rho=0.95, momentum=0.5, centered=True, epsilon=1e-4),
    Adam(0.03, beta1=0.8, beta2=0.9, epsilon=1e-3),
    AdamW(0.03, decay=0.2),
    Nadam(0.03, beta1=0.8, beta2=0.95),
    Adagrad(0.1, initial=0.01),
]


def start() -> Vector:
    return np.random.default_rng(4).normal(0.0, 0.7, PARAMETERS)


def loss_and_gradient(weights: Vector) -> tuple[float, Vector]:
    """Return the mean squared error of a 2-6-1 tanh network on fixed rows, and its gradient."""
    rng = np.random.default_rng(7)
    x = rng.uniform(-1.0, 1.0, (40, 2))
    y = np.sin(2.0 * x[:, 0]) * x[:, 1]
    w1, b1, w2, b2 = weights[:12].reshape(6, 2), weights[12:18], weights[18:24], weights[24]
    a = np.tanh(x @ w1.T + b1)
    r = a @ w2 + b2 - y
    dz = (2.0 / len(y)) * r[:, None] * w2 * (1.0 - a * a)
    parts = (dz.T @ x, dz.sum(axis=0), 2.0 * (a * r[:, None]).mean(axis=0), [2.0 * r.mean()])
    return float((r * r).mean()), np.concatenate([np.ravel(part) for part in parts])


class Stepper:
    """Our optimizer, one step at a time."""

    def __init__(self, optimizer: GradientOptimizer, weights: Array) -> None:
        self.optimizer = optimizer
        self.weights = weights.copy()
        self.slots, self.scalars = optimizer.start(len(weights), weights.dtype)

    def step(self, gradient: Array, rate: float | None = None) -> None:
        update(
            self.optimizer.code,
            np.array(self.optimizer.numbers()),
            self.optimizer.rate if rate is None else rate,
            self.scalars,
            self.weights,
            gradient,
            self.slots,
        )


def path(optimizer: GradientOptimizer, steps: int = STEPS) -> Array:
    """Return the weights after each step, (steps, p)."""
    stepper = Stepper(optimizer, start())
    weights = []
    for _ in range(steps):
        stepper.step(loss_and_gradient(stepper.weights)[1])
        weights.append(stepper.weights.copy())
    return np.stack(weights)


def reference_path(step: Callable[[Vector], Vector]) -> Array:
    """Return the weights after each step of a reference, which takes gradients, gives weights."""
    weights, found = start(), []
    for _ in range(STEPS):
        weights = np.array(step(loss_and_gradient(weights)[1]))
        found.append(weights)
    return np.stack(found)


def agree(optimizer: GradientOptimizer, step: Callable[[Vector], Vector]) -> None:
    ours, theirs = path(optimizer), reference_path(step)
    assert theirs.dtype == np.float64
    moved = np.abs(ours[-1] - start()).max()
    assert moved > 1e-3  # the comparison would say little about weights that stay
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-10 * max(1.0, moved))


def label(optimizer: Any) -> str:
    default = type(optimizer)()
    changed = [
        field.name
        for field in dataclasses.fields(optimizer)
        if getattr(optimizer, field.name) != getattr(default, field.name)
    ]
    return "-".join([optimizer.name, *changed])


def test_gradient_of_the_network_is_right() -> None:
    weights, step = start(), 1e-6
    differences = [
        (loss_and_gradient(weights + e)[0] - loss_and_gradient(weights - e)[0]) / (2 * step)
        for e in step * np.eye(PARAMETERS)
    ]
    np.testing.assert_allclose(loss_and_gradient(weights)[1], differences, atol=1e-8)


# --- references ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def optax() -> ModuleType:
    import jax
    import optax

    jax.config.update("jax_enable_x64", True)
    return optax


@pytest.fixture(scope="module")
def keras(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModuleType]:
    """Keras on JAX in float64; its settings are put back afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KERAS_BACKEND", os.environ.get("KERAS_BACKEND", "jax"))
        patch.setenv("KERAS_HOME", str(tmp_path_factory.mktemp("keras")))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Keras' imports, none of our business
            import jax
            import keras
        jax.config.update("jax_enable_x64", True)
        before = keras.config.floatx()
        keras.config.set_floatx("float64")
        yield keras
        keras.config.set_floatx(before)


@pytest.fixture(scope="module")
def torch() -> Iterator[ModuleType]:
    """PyTorch with float64 for its scalars too; its default is put back afterwards."""
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield torch
    torch.set_default_dtype(before)


def optax_transform(optax: Any, o: GradientOptimizer) -> Any:
    match o:
        case SGD():
            return optax.sgd(o.rate, momentum=o.momentum or None, nesterov=o.nesterov)
        case RMSprop():
            return optax.rmsprop(
                o.rate, o.rho, o.epsilon, centered=o.centered, momentum=o.momentum or None
            )
        case AdamW():
            return optax.adamw(o.rate, o.beta1, o.beta2, o.epsilon, weight_decay=o.decay)
        case Nadam():
            return optax.nadam(o.rate, o.beta1, o.beta2, o.epsilon)
        case Adam():
            return optax.adam(o.rate, o.beta1, o.beta2, o.epsilon)
        case Adagrad():
            return optax.adagrad(o.rate, o.initial, o.epsilon)
    raise NotImplementedError(f"no reference for {o.name}")


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_steps_agree_with_optax(optimizer: GradientOptimizer, optax: ModuleType) -> None:
    import jax

    if isinstance(optimizer, Nadam):
        optimizer = dataclasses.replace(optimizer, warmup=1e6)  # optax' momentum is constant
    transform = optax_transform(optax, optimizer)
    transformed = jax.jit(transform.update)
    weights = jax.numpy.asarray(start())
    state = transform.init(weights)

    def step(gradient: Vector) -> Vector:
        nonlocal weights, state
        change, state = transformed(jax.numpy.asarray(gradient), state, weights)
        weights = weights + change
        return np.asarray(weights)

    agree(optimizer, step)


def keras_optimizer(keras: Any, o: GradientOptimizer) -> Any:
    kinds = keras.optimizers
    match o:
        case SGD():
            return kinds.SGD(o.rate, momentum=o.momentum, nesterov=o.nesterov)
        case RMSprop():
            return kinds.RMSprop(o.rate, o.rho, o.momentum, o.epsilon, o.centered)
        case Nadam():
            return kinds.Nadam(o.rate, o.beta1, o.beta2, o.epsilon)
        case Adam():  # Keras' epsilon stands elsewhere: one too small to matter makes them equal
            decay = o.decay if isinstance(o, AdamW) else None
            return kinds.Adam(o.rate, o.beta1, o.beta2, epsilon=1e-30, weight_decay=decay)
        case Adagrad():
            return kinds.Adagrad(o.rate, o.initial, o.epsilon)
    raise NotImplementedError(f"no reference for {o.name}")


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_steps_agree_with_keras(optimizer: GradientOptimizer, keras: ModuleType) -> None:
    if isinstance(optimizer, Adam) and not isinstance(optimizer, Nadam):
        optimizer = dataclasses.replace(optimizer, epsilon=1e-30)
    theirs = keras_optimizer(keras, optimizer)
    variable = keras.Variable(start(), dtype="float64")
    theirs.build([variable])

    def step(gradient: Vector) -> Vector:
        theirs.apply([keras.ops.convert_to_tensor(gradient, "float64")])
        return np.asarray(variable.value)

    agree(optimizer, step)


def defaults(kind: Any) -> dict[str, Any]:
    """Return the default of every argument of another library's optimizer."""
    arguments = inspect.signature(kind.__init__).parameters
    return {name: argument.default for name, argument in arguments.items()}


def test_defaults_of_sgd_rmsprop_nadam_and_adagrad_are_those_of_keras(keras: ModuleType) -> None:
    names = {"rate": "learning_rate", "beta1": "beta_1", "beta2": "beta_2",
             "initial": "initial_accumulator_value"}  # fmt: skip
    for ours, theirs in (
        (SGD(), keras.optimizers.SGD),
        (RMSprop(), keras.optimizers.RMSprop),
        (Nadam(), keras.optimizers.Nadam),
        (Adagrad(), keras.optimizers.Adagrad),
    ):
        values = dataclasses.asdict(ours)
        values.pop("warmup", None)  # fixed in Keras
        expected = defaults(theirs)
        assert values == {name: expected[names.get(name, name)] for name in values}


def torch_optimizer(torch: Any, o: GradientOptimizer, weights: list[Any]) -> Any:
    kinds = torch.optim
    match o:
        case SGD():
            return kinds.SGD(weights, o.rate, momentum=o.momentum, nesterov=o.nesterov)
        case RMSprop():
            return kinds.RMSprop(
                weights, o.rate, o.rho, o.epsilon, momentum=o.momentum, centered=o.centered
            )
        case Nadam():
            betas = (o.beta1, o.beta2)
            return kinds.NAdam(weights, o.rate, betas, o.epsilon, momentum_decay=o.warmup)
        case AdamW():
            betas = (o.beta1, o.beta2)
            return kinds.AdamW(weights, o.rate, betas, o.epsilon, weight_decay=o.decay)
        case Adam():
            return kinds.Adam(weights, o.rate, (o.beta1, o.beta2), o.epsilon)
        case Adagrad():
            return kinds.Adagrad(
                weights, o.rate, initial_accumulator_value=o.initial, eps=o.epsilon
            )
    raise NotImplementedError(f"no reference for {o.name}")


@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_steps_agree_with_torch(optimizer: GradientOptimizer, torch: ModuleType) -> None:
    if isinstance(optimizer, RMSprop | Adagrad):
        optimizer = dataclasses.replace(optimizer, epsilon=1e-30)  # outside the root in PyTorch
    weights = torch.tensor(start(), requires_grad=True)
    theirs = torch_optimizer(torch, optimizer, [weights])

    def step(gradient: Vector) -> Vector:
        weights.grad = torch.tensor(gradient)
        theirs.step()
        return np.asarray(weights.detach().numpy())

    agree(optimizer, step)


def test_defaults_of_adam_and_adamw_are_those_of_torch(torch: ModuleType) -> None:
    for ours, theirs in ((Adam(), torch.optim.Adam), (AdamW(), torch.optim.AdamW)):
        expected = defaults(theirs)
        assert (ours.rate, ours.epsilon) == (expected["lr"], expected["eps"])
        assert (ours.beta1, ours.beta2) == expected["betas"]
        if isinstance(ours, AdamW):
            assert ours.decay == expected["weight_decay"]


# --- what holds for every optimizer ----------------------------------------------------------


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
