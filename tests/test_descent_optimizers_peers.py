"""Optimizers, step by step, against optax, Keras and PyTorch where the definitions coincide."""

import dataclasses
import inspect
import os
import warnings
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from stepping import STEPS, VARIANTS, label, loss_and_gradient, path, start

from approximant.arrays import Array, Vector
from approximant.descent import SGD, Adagrad, Adam, AdamW, GradientOptimizer, Nadam, RMSprop


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
