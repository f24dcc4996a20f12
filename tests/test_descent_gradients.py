"""Gradients of the compiled loop, against differences, automatic differentiation and NumPy."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
from compiled import callable_part
from hypothesis import given
from hypothesis import strategies as st

from approximant.arrays import Array, Vector
from approximant.descent import LOSSES, DescentSettings
from approximant.descent import _elementary as elementary
from approximant.descent._activations import activate as compiled_activate
from approximant.descent._engine import Engine
from approximant.descent._packing import ACTIVATION_CODES, Packing
from approximant.networks import ACTIVATIONS, Layer, Network
from approximant.sampling import Samples

activate = callable_part(compiled_activate)
DELTA = 0.7
DTYPES = ["float64", "float32"]
UNIT = {"float64": 2.0**-53, "float32": 2.0**-24}
CLOSE = {"float64": 1e-10, "float32": 3e-4}


@pytest.fixture(autouse=True)
def double_precision() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def some_network(
    widths: tuple[int, ...], names: list[str], biases: bool = True, seed: int = 0
) -> Network:
    """Return a network with activations per layer; weights of the size that training meets."""
    rng = np.random.default_rng(seed)
    layers = []
    for (inputs, outputs), name in zip(pairwise(widths), names, strict=True):
        weights = rng.normal(0.0, inputs**-0.5, (outputs, inputs))
        layers.append(Layer.uniform(weights, rng.normal(0, 0.3, outputs) if biases else None, name))
    return Network(tuple(layers))


def some_rows(network: Network, n: int, seed: int = 1) -> Samples:
    rng = np.random.default_rng(seed)
    shape = n, network.widths[0]
    return Samples(rng.normal(size=shape), rng.normal(size=(n, network.widths[-1])))


def our_gradient(
    network: Network, rows: Samples, loss: str, dtype: str = "float64", **settings: Any
) -> tuple[float, Network]:
    """Return loss and gradient by the compiled loop; the gradient in the form of a network."""
    packing = Packing.of(network)
    options = DescentSettings(loss=loss, delta=DELTA, dtype=dtype, **settings)
    engine = Engine(packing, options)
    value, gradient = engine.gradient(packing.flat(network, dtype), engine.rows(rows))
    return value, packing.network(gradient)


def arrays_of(network: Network) -> list[Array]:
    """Return weights and biases, layer by layer."""
    parts = ((layer.weights, layer.biases) for layer in network.layers)
    return [array for pair in parts for array in pair if array is not None]


JAX_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda z: z,
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "sigmoid": jax.nn.sigmoid,
    "tanh": jnp.tanh,
    "sin": jnp.sin,
    "softplus": jax.nn.softplus,
    "gelu": lambda z: jax.nn.gelu(z, approximate=False),
    "silu": jax.nn.silu,
    "gaussian": lambda z: jnp.exp(-z * z),
}


def textbook_loss(name: str, r: Any) -> Any:
    match name:
        case "mse":
            return jnp.mean(r**2)
        case "sse":
            return jnp.sum(r**2)
        case "half_squares":
            return jnp.mean(jnp.sum(r**2, axis=1)) / 2
        case "mae":
            return jnp.mean(jnp.abs(r))
        case "huber":
            far = DELTA * (jnp.abs(r) - DELTA / 2)
            return jnp.mean(jnp.where(jnp.abs(r) <= DELTA, r**2 / 2, far))
        case "log_cosh":
            return jnp.mean(jnp.log(jnp.cosh(r)))
    raise NotImplementedError(f"no reference for {name}")


def jax_gradients(network: Network, rows: Samples) -> tuple[Vector, list[Array]]:
    """Return all losses, and their gradients with the losses along the first axis."""

    def values(arrays: list[Any]) -> tuple[Any, Any]:
        rest = iter(arrays)
        a: Any = rows.points
        for layer in network.layers:
            z = a @ next(rest).T + (0.0 if layer.biases is None else next(rest))
            a = JAX_ACTIVATIONS[layer.groups[0][0]](z)
        found = jnp.stack([textbook_loss(loss, a - rows.values) for loss in LOSSES])
        return found, found

    gradients, found = jax.jacrev(values, has_aux=True)(arrays_of(network))
    return np.asarray(found), [np.asarray(part) for part in gradients]


def agree(ours: list[Array], theirs: list[Array], precision: float) -> None:
    scale = max(float(np.abs(part).max()) for part in theirs)
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=precision * scale)


NAMES = list(ACTIVATION_CODES)
PAIRS = list(zip(NAMES, NAMES[1:] + NAMES[:1], strict=True))  # each once hidden, once at the end


def test_every_trainable_activation_has_a_code() -> None:
    assert set(ACTIVATIONS) - set(ACTIVATION_CODES) == {"step", "abs"}


@pytest.mark.parametrize("biases", [True, False], ids=["biases", "nobias"])
@pytest.mark.parametrize(("hidden", "output"), PAIRS)
def test_gradient_of_every_loss_is_that_of_automatic_differentiation(
    hidden: str, output: str, biases: bool
) -> None:
    network = some_network((2, 5, 3, 2), [hidden, hidden, output], biases)
    rows = some_rows(network, 7)
    values, gradients = jax_gradients(network, rows)
    for k, loss in enumerate(LOSSES):
        for dtype in DTYPES:
            value, ours = our_gradient(network, rows, loss, dtype)
            assert value == pytest.approx(values[k], rel=CLOSE[dtype])
            agree(arrays_of(ours), [part[k] for part in gradients], CLOSE[dtype])


@pytest.mark.parametrize("biases", [True, False], ids=["biases", "nobias"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(("hidden", "output"), PAIRS)
def test_gradient_is_that_of_central_differences(
    hidden: str, output: str, loss: str, biases: bool
) -> None:
    network = some_network((2, 4, 2), [hidden, output], biases, seed=3)
    rows = some_rows(network, 6, seed=4)
    packing = Packing.of(network)
    start, step = packing.flat(network), 1e-5

    def value(flat: Vector) -> float:
        r = packing.network(flat)(rows.points) - rows.values
        return float(NUMPY_LOSSES[loss](r))

    differences = np.empty_like(start)
    for k in range(len(start)):
        moved = np.zeros_like(start)
        moved[k] = step
        differences[k] = (value(start + moved) - value(start - moved)) / (2 * step)
    _, ours = our_gradient(network, rows, loss)
    agree([packing.flat(ours)], [differences], 1e-7)


NUMPY_LOSSES: dict[str, Callable[[Array], Any]] = {
    "mse": lambda r: np.mean(r**2),
    "sse": lambda r: np.sum(r**2),
    "half_squares": lambda r: np.sum(r**2) / len(r) / 2,
    "mae": lambda r: np.mean(np.abs(r)),
    "huber": lambda r: np.mean(
        np.where(np.abs(r) <= DELTA, r**2 / 2, DELTA * (np.abs(r) - DELTA / 2))
    ),
    "log_cosh": lambda r: np.mean(np.log(np.cosh(r))),
}


def numpy_gradient(network: Network, rows: Samples) -> Vector:
    """Return the packed gradient of the mean of squares by the chain rule, written plainly."""
    inputs, slopes = [rows.points], []
    for layer in network.layers:
        z = layer.affine(inputs[-1])
        inputs.append(layer.activate(z.copy()))
        slopes.append(layer.slope(z, inputs[-1]))
    delta = 2.0 * (inputs[-1] - rows.values) / rows.values.size
    parts = []
    for layer, x, slope in zip(
        reversed(network.layers), reversed(inputs[:-1]), reversed(slopes), strict=True
    ):
        delta = delta * slope
        biases = None if layer.biases is None else delta.sum(axis=0)
        parts.append(Layer(delta.T @ x, biases, layer.groups))
        delta = delta @ layer.weights
    return Packing.of(network).flat(Network(tuple(reversed(parts))))


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    widths=st.lists(st.integers(1, 21), min_size=2, max_size=5),
    n=st.integers(1, 70),
    biases=st.booleans(),
)
def test_gradient_is_right_for_every_shape(
    dtype: str, widths: list[int], n: int, biases: bool
) -> None:
    network = some_network(tuple(widths), ["tanh"] * (len(widths) - 1), biases)
    rows = some_rows(network, n)
    _, ours = our_gradient(network, rows, "mse", dtype)
    agree([Packing.of(network).flat(ours)], [numpy_gradient(network, rows)], CLOSE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 32, 33, 128, 129, 255, 256, 257, 300, 1000])
def test_gradient_is_right_for_batches_computed_in_pieces(n: int, dtype: str) -> None:
    network = some_network((3, 34, 6, 2), ["sigmoid", "sin", "linear"])
    rows = some_rows(network, n)
    _, ours = our_gradient(network, rows, "mse", dtype)
    agree([Packing.of(network).flat(ours)], [numpy_gradient(network, rows)], CLOSE[dtype])


def test_gradient_of_a_batch_is_the_mean_over_its_rows() -> None:
    network = some_network((2, 20, 3), ["tanh", "linear"])
    rows = some_rows(network, 40)
    packing = Packing.of(network)
    single = [
        packing.flat(our_gradient(network, Samples(x[None], y[None]), "mse")[1])
        for x, y in zip(rows.points, rows.values, strict=True)
    ]
    whole = packing.flat(our_gradient(network, rows, "mse")[1])
    np.testing.assert_allclose(whole, np.mean(single, axis=0), rtol=0, atol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
def test_groups_within_a_layer_have_their_own_activations(dtype: str) -> None:
    layers = some_network((2, 11, 3), ["linear", "linear"]).layers
    groups = (("tanh", 5), ("relu", 1), ("sin", 5)), (("gelu", 2), ("linear", 1))
    network = Network(
        tuple(
            Layer(layer.weights, layer.biases, kinds)
            for layer, kinds in zip(layers, groups, strict=True)
        )
    )
    for n in (1, 20):
        rows = some_rows(network, n)
        _, ours = our_gradient(network, rows, "mse", dtype)
        agree([Packing.of(network).flat(ours)], [numpy_gradient(network, rows)], CLOSE[dtype])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 9])
def test_penalties_apply_to_weights_and_not_to_biases(n: int, dtype: str) -> None:
    network = some_network((2, 5, 1), ["tanh", "linear"])
    rows = some_rows(network, n)
    plain, gradient = our_gradient(network, rows, "mse", dtype)
    value, penalised = our_gradient(network, rows, "mse", dtype, l1=0.3, l2=0.2)
    weights = np.concatenate([layer.weights.ravel() for layer in network.layers])
    extra = 0.3 * np.abs(weights).sum() + 0.2 * (weights**2).sum()
    assert value - plain == pytest.approx(extra, rel=1e-5)
    for layer, before, after in zip(network.layers, gradient.layers, penalised.layers, strict=True):
        slope = 0.3 * np.sign(layer.weights) + 0.4 * layer.weights
        np.testing.assert_allclose(after.weights - before.weights, slope, rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(after.biases, before.biases)


def points(dtype: str) -> Array:
    """Return arguments around zero, of ordinary size and far away."""
    rng = np.random.default_rng(5)
    sizes = rng.normal(size=400) * 10.0 ** rng.integers(-5, 2, 400)
    return np.concatenate([sizes, np.linspace(-12, 12, 401), [-80.0, 80.0]]).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_activations_and_slopes_are_right_to_a_few_ulp(name: str, dtype: str) -> None:
    z = points(dtype)
    value, slope = MPMATH[name]
    with mpmath.workdps(40):
        expected = [value(mpmath.mpf(float(x))) for x in z]
        slopes = [slope(mpmath.mpf(float(x))) for x in z]
        a, found = np.zeros_like(z), z.copy()
        activate(ACTIVATION_CODES[name], found, a)
        for x, got, want, got_slope, want_slope in zip(z, a, expected, found, slopes, strict=True):
            # One unit of the value, and what half a unit of the argument makes of it.
            unit = UNIT[dtype] * max(1.0, abs(float(x)))
            assert abs(float(got) - want) <= 6 * unit * max(1.0, abs(want)), (x, got, want)
            assert abs(float(got_slope) - want_slope) <= 8 * unit, (x, got_slope, want_slope)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAMES)
def test_nan_stays_nan_in_every_activation(name: str, dtype: str) -> None:
    z, a = np.full(40, np.nan, dtype), np.zeros(40, dtype)
    activate(ACTIVATION_CODES[name], z, a)
    assert np.isnan(a).all()


MPMATH: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "linear": (lambda z: z, lambda z: 1),
    "relu": (lambda z: max(z, 0), lambda z: int(z > 0)),
    "leaky_relu": (
        lambda z: z if z > 0 else z / 100,
        lambda z: 1 if z > 0 else mpmath.mpf(1) / 100,
    ),
    "elu": (
        lambda z: z if z > 0 else mpmath.expm1(z),
        lambda z: 1 if z > 0 else mpmath.exp(z),
    ),
    "sigmoid": (
        lambda z: 1 / (1 + mpmath.exp(-z)),
        lambda z: mpmath.exp(-z) / (1 + mpmath.exp(-z)) ** 2,
    ),
    "tanh": (mpmath.tanh, lambda z: mpmath.sech(z) ** 2),
    "sin": (mpmath.sin, mpmath.cos),
    "softplus": (lambda z: mpmath.log1p(mpmath.exp(z)), lambda z: 1 / (1 + mpmath.exp(-z))),
    "gelu": (
        lambda z: z * mpmath.ncdf(z),
        lambda z: mpmath.ncdf(z) + z * mpmath.npdf(z),
    ),
    "silu": (
        lambda z: z / (1 + mpmath.exp(-z)),
        lambda z: (1 + z * mpmath.exp(-z) / (1 + mpmath.exp(-z))) / (1 + mpmath.exp(-z)),
    ),
    "gaussian": (lambda z: mpmath.exp(-z * z), lambda z: -2 * z * mpmath.exp(-z * z)),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("name", "reference", "low", "high"),
    [
        ("exp", mpmath.exp, -80, 80),
        ("expm1", mpmath.expm1, -80, 80),
        ("sigmoid", lambda x: 1 / (1 + mpmath.exp(-x)), -80, 80),
        ("tanh", mpmath.tanh, -80, 80),
        ("log1p", mpmath.log1p, 0, 1),
    ],
)
def test_elementary_functions_have_full_relative_precision(
    name: str, reference: Callable[[Any], Any], low: float, high: float, dtype: str
) -> None:
    function = callable_part(getattr(elementary, name))
    kind = np.dtype(dtype).type
    for x in points(dtype):
        if low <= x <= high:
            expected = reference(mpmath.mpf(float(x)))
            assert abs(float(function(kind(x))) - expected) <= 4 * UNIT[dtype] * abs(expected), x
