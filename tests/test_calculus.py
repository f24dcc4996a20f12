"""Derivatives, integrals, extrema and roots, against mpmath and what mathematics says."""

from typing import Any

import mpmath
import numpy as np
import pytest
from exporting import approximant_of, made

import approximant as ap
from approximant.errors import DomainError, OutsideDomainWarning, SettingError
from approximant.model import Scaling
from approximant.networks import ACTIVATIONS, Layer, Network

REFERENCES = {  # of the activations, in mpmath
    "linear": lambda z: z,
    "tanh": mpmath.tanh,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)),
    "sin": mpmath.sin,
    "gaussian": lambda z: mpmath.exp(-z * z),
    "softplus": lambda z: mpmath.log1p(mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "gelu": lambda z: z * mpmath.ncdf(z),
    "elu": lambda z: z if z > 0 else mpmath.expm1(z),
    "relu": lambda z: max(z, 0),
    "leaky_relu": lambda z: z if z > 0 else z * mpmath.mpf(0.01),
    "abs": abs,
    "step": lambda z: mpmath.mpf(z >= 0),
}


def one_layer(activation: str, weights: Any, biases: Any, d: int = 1) -> ap.Approximant:
    """Return a network of one hidden layer on -1 to 2 in every input."""
    weights = np.reshape(weights, (-1, d)).astype(float)
    hidden = Layer.uniform(weights, np.array(biases, dtype=float), activation)
    rng = np.random.default_rng(len(weights))
    output = Layer.uniform(rng.normal(size=(1, len(weights))), np.array([0.3]), "linear")
    scaling = Scaling(np.full(d, 0.25), np.full(d, 1.5))
    model = made(
        d=d, network=Network((hidden, output)), input_scaling=scaling,
        domain=ap.Box(("x", "y", "z")[:d], (-1.0,) * d, (2.0,) * d),
    )  # fmt: skip
    return approximant_of(model)


def exact(f: ap.Approximant, x: Any) -> Any:
    """Return the value of a network of one input in mpmath."""
    model = f.model
    a = [(x - c) / w for c, w in zip(model.input_scaling.anchor, model.input_scaling.width,
                                     strict=True)]  # fmt: skip
    for layer in model.network.layers:
        names = [name for name, count in layer.groups for _ in range(count)]
        biases = np.zeros(layer.width) if layer.biases is None else layer.biases
        a = [
            REFERENCES[name](mpmath.fdot(row, a) + bias)
            for name, row, bias in zip(names, layer.weights.tolist(), biases.tolist(), strict=True)
        ]
    undone = model.output_scaling
    return undone.anchor[0] + undone.width[0] * a[0]


def pieces(f: ap.Approximant, low: float, high: float) -> list[float]:
    """Return the ends of smooth pieces of a network of one hidden layer."""
    layer, scaling = f.network.layers[0], f.model.input_scaling
    kinks = scaling.anchor - scaling.width * layer.biases / layer.weights[:, 0]
    return [low, *sorted(k for k in kinks if low < k < high), high]


WEIGHTS, BIASES = [3.0, -0.2, 12.0, 1e-7, -40.0], [0.5, 1.0, -3.0, 0.7, 11.0]


# --- activations


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_antiderivative_is_one_of_the_activation(name: str) -> None:
    area = ACTIVATIONS[name].antiderivative
    if area is None:
        assert name in ("softplus", "silu")  # theirs are polylogarithms
        return
    for low, high in ((-5.0, -2.0), (-1.5, 0.5), (0.0, 3.0), (-30.0, 40.0)):
        expected = mpmath.quad(REFERENCES[name], [low, 0.0, high] if low < 0 else [low, high])
        ends = area(np.array([low, high]))
        assert ends[1] - ends[0] == pytest.approx(float(expected), rel=1e-12, abs=1e-13)
    assert np.isfinite(area(np.array([-1e4, 1e4]))).all()


# --- integrals


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_integral_of_one_layer_is_right_within_its_stated_error(name: str) -> None:
    f = one_layer(name, WEIGHTS, BIASES)
    for low, high in ((-1.0, 2.0), (0.1, 0.1001), (-0.3, 1.7)):
        found = f.integral(low, high)
        expected = mpmath.quad(lambda x: exact(f, x), pieces(f, low, high))
        assert abs(float(expected) - float(found)) <= found.error
        assert found.error < 1e-11
        closed = ACTIVATIONS[name].antiderivative is not None
        assert found.method == ("closed form" if closed else "quadrature")


@pytest.mark.parametrize("name", ["tanh", "relu", "softplus"])
def test_integral_of_a_deep_network_is_right_within_its_stated_error(name: str) -> None:
    f = approximant_of(made(name, d=1))
    found = f.integral()
    low, high = f.domain.lows[0], f.domain.highs[0]
    ends = pieces(f, low, high) if name == "relu" else np.linspace(low, high, 9).tolist()
    expected = mpmath.quad(lambda x: exact(f, x), ends)
    assert found.method == "quadrature"
    assert abs(float(expected) - float(found)) <= found.error + 1e-14
    assert found.error < 1e-11


def test_integral_across_jumps_and_singular_ends() -> None:
    f = ap.approximate("where(x > 0.7, 1, 0) + sqrt(x)", {"x": (0, 1)}, tol=1e-9)
    found = f.integral()
    assert float(found) == pytest.approx(0.3 + 2 / 3, abs=2e-9)
    assert found.error < 1e-9


@pytest.mark.parametrize("d", [2, 3])
@pytest.mark.parametrize("name", ["sin", "linear"])
def test_integral_over_a_box_has_closed_forms(name: str, d: int) -> None:
    rng = np.random.default_rng(d)
    f = one_layer(name, rng.normal(size=(4, d)) * [[3.0], [1e-9], [1.0], [0.3]], np.ones(4), d)
    a, b = np.full(d, -0.5), np.linspace(0.4, 1.3, d)
    found = f.integral(a, b)
    assert found.method == "closed form"
    # Gauss-Legendre with 24 nodes on each axis is exact for these to rounding.
    nodes, weights = np.polynomial.legendre.leggauss(24)
    axes = np.meshgrid(*[a[k] + 0.5 * (b[k] - a[k]) * (nodes + 1) for k in range(d)], indexing="ij")
    product = weights
    for _ in range(d - 1):
        product = np.multiply.outer(product, weights)
    values = f.model.evaluate(np.stack([axis.ravel() for axis in axes], axis=1))[:, 0]
    expected = values @ product.ravel() * np.prod(0.5 * (b - a))
    assert abs(float(found) - expected) <= found.error + 1e-13
    assert found.error < 1e-11


def test_a_neuron_of_one_input_has_a_closed_form_in_many() -> None:
    f = one_layer("tanh", [[2.0, 0.0], [0.0, -5.0]], [0.1, 0.2], 2)
    found = f.integral([-1.0, 0.0], [1.0, 0.5])
    assert found.method == "closed form"
    outer = f.network.layers[1].weights[0]

    def mean(weight: float, bias: float, low: float, high: float) -> Any:
        return mpmath.quad(lambda x: mpmath.tanh(weight * (x - 0.25) / 1.5 + bias), [low, high])

    value = outer[0] * mean(2.0, 0.1, -1.0, 1.0) * 0.5 + outer[1] * mean(-5.0, 0.2, 0.0, 0.5) * 2.0
    undone = f.model.output_scaling
    expected = undone.anchor[0] + undone.width[0] * (value + 0.3)
    assert float(found) == pytest.approx(float(expected), abs=1e-13)


@pytest.mark.parametrize(("d", "small"), [(2, 1e-12), (3, 1e-9), (5, 1e-2)])
def test_cubature_is_right_within_its_stated_error(d: int, small: float) -> None:
    # A tanh of one input in each neuron has a closed form; turned a little, it has none.
    rng = np.random.default_rng(d)
    weights = rng.normal(size=(3, d))
    names = tuple(f"x{k}" for k in range(d))
    hidden = Layer.uniform(weights, rng.normal(size=3), "gaussian")
    network = Network((hidden, Layer.uniform(np.ones((1, 3)), np.zeros(1), "linear")))
    model = made(
        d=1, network=network, domain=ap.Box(names, (-1.0,) * d, (1.0,) * d),
        input_scaling=Scaling.identity(d), output_scaling=Scaling.identity(1),
    )  # fmt: skip
    found = approximant_of(model).integral()
    nodes, gauss = np.polynomial.legendre.leggauss({2: 60, 3: 40, 5: 14}[d])
    axes = np.meshgrid(*[nodes] * d, indexing="ij")
    product = gauss
    for _ in range(d - 1):
        product = np.multiply.outer(product, gauss)
    values = model.evaluate(np.stack([axis.ravel() for axis in axes], axis=1))[:, 0]
    expected = values @ product.ravel()
    assert found.method == "cubature"
    assert abs(float(found) - expected) <= found.error + 1e-7 * (d > 3)
    assert found.error < small


def test_integral_turns_its_sign_with_its_ends_and_adds_up() -> None:
    f = ap.approximate("exp(x)*sin(5*x)", {"x": (0, 2)}, tol=1e-10)
    assert float(f.integral(2, 0)) == -float(f.integral(0, 2)) == -float(f.integral())
    assert float(f.integral(0, 1)) + float(f.integral(1, 2)) == pytest.approx(float(f.integral()))
    truth = mpmath.quad(lambda x: mpmath.exp(x) * mpmath.sin(5 * x), [0, 1, 2])
    assert float(f.integral()) == pytest.approx(float(truth), abs=2e-10 * f.report.scale)
    assert float(f.integral(1, 1)) == 0.0


def test_integral_of_several_outputs_is_one_number_each() -> None:
    f = ap.approximate({"s": "sin(t)", "c": "cos(t)"}, {"t": (0, 3)}, tol=1e-9)
    found = f.integral()
    np.testing.assert_allclose(found.value, [1 - np.cos(3), np.sin(3)], atol=1e-8)
    assert np.shape(found.error) == (2,)
    with pytest.raises(TypeError, match="2 values, one per output; take `value`"):
        float(found)


def test_integral_outside_obeys_the_policy() -> None:
    model = made(d=1)
    with pytest.warns(OutsideDomainWarning, match=r"A part of x=0:3 lies outside"):
        approximant_of(model).integral(0, 3)
    for outside in ("raise", "nan", "clip"):
        with pytest.raises(DomainError, match="lies outside the domain"):
            approximant_of(made(d=1, outside=outside)).integral(0, 3)
    approximant_of(made(d=1, outside="allow")).integral(0, 3)
    with pytest.warns(OutsideDomainWarning, match="no row of the table is near"):
        approximant_of(made(d=1, region=True)).integral()


@pytest.mark.parametrize("ends", [("a", 1), ([0, 1], 1), (0, float("nan")), (0, [[1]])])
def test_ends_that_make_no_sense(ends: tuple[Any, Any]) -> None:
    with pytest.raises(DomainError, match="is the only input"):
        approximant_of(made(d=1)).integral(*ends)


# --- derivatives


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivative_is_that_of_the_network(name: str) -> None:
    f = one_layer(name, WEIGHTS, BIASES)
    slope = f.derivative()
    for x in (-0.77, 0.313, 1.9):
        expected = mpmath.diff(lambda t: exact(f, t), x)
        assert slope(x) == pytest.approx(float(expected), rel=1e-9, abs=1e-9)


def test_derivative_is_called_like_what_it_was_taken_of() -> None:
    f = approximant_of(made(d=2, m=2))
    slope = f.derivative("speed (m/s)")
    points = np.random.default_rng(0).random((7, 2))
    np.testing.assert_array_equal(slope(points), f.gradient(points)[:, :, 1])
    assert slope(points[0]).shape == (2,)
    assert slope(**{"x": 0.1, "speed (m/s)": [0.2, 0.3]}).shape == (2, 2)
    assert (slope.domain, slope.outputs, slope.input) == (f.domain, f.outputs, "speed (m/s)")
    assert isinstance(approximant_of(made(d=1)).derivative()(0.5), float)
    with pytest.warns(OutsideDomainWarning):
        slope([5.0, 0.0])


@pytest.mark.parametrize("given", [None, "q", 0])
def test_a_derivative_by_no_input(given: Any) -> None:
    with pytest.raises(DomainError, match=r"the inputs are x, speed"):
        approximant_of(made(d=2)).derivative(given)


# --- extrema


def test_extrema_of_one_input_are_those_of_the_function() -> None:
    f = ap.approximate("exp(-x)*sin(7*x)", {"x": (0, 3)}, tol=1e-10)
    peak = np.arctan(7) / 7
    low = peak + np.pi / 7
    top, bottom = f.maximum(), f.minimum()
    assert (top.point, bottom.point) == (
        pytest.approx(peak, abs=1e-7),
        pytest.approx(low, abs=1e-7),
    )
    assert top.value == pytest.approx(np.exp(-peak) * np.sin(7 * peak), abs=1e-10)
    assert bottom.value == pytest.approx(np.exp(-low) * np.sin(7 * low), abs=1e-10)


def test_extrema_are_found_at_kinks_jumps_and_ends() -> None:
    f = ap.approximate("abs(x - 1/3) + where(x > 0.7, -1, 0)", {"x": (0, 1)}, tol=1e-9)
    assert f.maximum().value == pytest.approx(0.7 - 1 / 3, abs=1e-8)
    assert f.maximum().point == pytest.approx(0.7, abs=1e-8)
    assert f.minimum().value == pytest.approx(0.7 - 1 / 3 - 1, abs=1e-8)
    end = ap.approximate("sqrt(x)", {"x": (0, 4)}, tol=1e-9)
    assert (end.minimum().point, end.maximum().point) == (0.0, 4.0)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_on_a_dense_grid_exceeds_the_extrema(seed: int) -> None:
    rng = np.random.default_rng(seed)
    hidden = Layer(rng.normal(size=(8, 1)) * 30, rng.normal(size=8) * 10, (("tanh", 5), ("sin", 3)))
    output = Layer.uniform(rng.normal(size=(1, 8)), np.zeros(1), "linear")
    f = approximant_of(made(d=1, network=Network((hidden, output))))
    x = np.linspace(f.domain.lows[0], f.domain.highs[0], 300_001)
    values = f(x)
    assert f.maximum().value >= values.max() - 1e-14
    assert f.minimum().value <= values.min() + 1e-14
    assert f(f.maximum().point) == f.maximum().value


def test_extrema_of_several_inputs_follow_the_gradient() -> None:
    f = ap.approximate("(x - 0.3)^2 + (y + 1)^2 + x*y/4", {"x": (0, 1), "y": (-2, 2)}, tol=1e-8)
    x, y = np.linalg.solve([[2, 0.25], [0.25, 2]], [0.6, -2.0])
    bottom = f.minimum()
    np.testing.assert_allclose(bottom.point, [x, y], atol=1e-3)
    expected = (x - 0.3) ** 2 + (y + 1) ** 2 + x * y / 4
    assert bottom.value == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(f.maximum().point, [1.0, 2.0])


def test_extrema_stay_where_rows_are() -> None:
    f = approximant_of(made(d=2, region=True))
    for found in (f.maximum(), f.minimum()):
        assert f.inside([found.point]).all()


# --- roots


def test_roots_are_those_of_the_function() -> None:
    f = ap.approximate("j0(x)", {"x": (0, 20)}, tol=1e-11)
    expected = [float(mpmath.besseljzero(0, k)) for k in range(1, 7)]
    np.testing.assert_allclose(f.roots(), expected, atol=1e-9)


def test_a_double_root_is_two_or_none_as_the_network_has_it() -> None:
    above = ap.approximate("(x - 0.4)^2 + 1e-7", {"x": (0, 1)}, tol=1e-9)
    below = ap.approximate("(x - 0.4)^2 - 1e-7", {"x": (0, 1)}, tol=1e-9)
    assert above.roots().tolist() == []
    np.testing.assert_allclose(below.roots(), 0.4 + 1e-7**0.5 * np.array([-1, 1]), atol=1e-5)


def test_touching_zero_is_a_root_and_jumping_across_it_is_none() -> None:
    hidden = Layer.uniform(np.array([[1.0]]), np.zeros(1), "abs")
    network = Network((hidden, Layer.uniform(np.ones((1, 1)), None, "linear")))
    one, domain = Scaling.identity(1), ap.Box(("x",), (-1.0,), (2.0,))
    plain = made(d=1, network=network, domain=domain, input_scaling=one, output_scaling=one)
    assert approximant_of(plain).roots().tolist() == [0.0]
    jump = ap.approximate("where(x > 0.7, 1, -1)", {"x": (0, 1)}, tol=1e-9)
    assert jump.roots().tolist() == []


def test_an_interval_of_zeros_is_given_by_its_ends() -> None:
    hidden = Layer.uniform(np.array([[1.0], [-1.0]]), np.array([-0.5, -0.5]), "relu")
    network = Network((hidden, Layer.uniform(np.ones((1, 2)), None, "linear")))
    one = Scaling.identity(1)
    domain = ap.Box(("x",), (-1.0,), (1.0,))
    model = made(d=1, network=network, domain=domain, input_scaling=one, output_scaling=one)
    np.testing.assert_allclose(approximant_of(model).roots(), [-0.5, 0.5], atol=1e-15)


@pytest.mark.parametrize(
    ("target", "domain", "expected"),
    [
        ("sqrt(x)", (0, 1), [0.0]),  # at an end
        ("sqrt(1 - x^2)", (-1, 1), [-1.0, 1.0]),
        ("abs(x - 0.3)", (0, 1), [0.3]),
        ("(x - 0.5)^2", (0, 1), [0.5]),  # the network may stay above zero by its error
        ("1e-200*sin(x)", (1, 7), [np.pi, 2 * np.pi]),  # products of values underflow
        ("x^2 + 1e-6", (-1, 1), []),
        ("exp(x)", (-1, 1), []),
    ],
)
def test_roots_hide_behind_no_error(target: str, domain: Any, expected: list[float]) -> None:
    f = ap.approximate(target, {"x": domain}, tol=1e-10)
    np.testing.assert_allclose(f.roots(), expected, atol=1e-9)


def test_the_noise_of_a_network_near_zero_is_one_interval_of_roots() -> None:
    f = ap.approximate("exp(-100*x)", {"x": (0, 10)}, tol=1e-11)
    found = f.roots()
    assert len(found) <= 2
    assert np.all(found > 0.2)  # where the target is below the error


def test_an_error_that_says_nothing_about_zeros_adds_no_roots() -> None:
    x = np.linspace(0, 6, 400)
    noise = 0.05 * np.random.default_rng(0).normal(size=400)
    f = ap.approximate((x, np.sin(x) + 1.05 + noise), tol=1e-2)
    assert f.minimum().value > 0
    assert f.roots().tolist() == []


def test_roots_and_outputs_that_do_not_exist() -> None:
    with pytest.raises(SettingError, match="for one input only"):
        approximant_of(made(d=2)).roots()
    several = approximant_of(made(d=1, m=2))
    for method in (several.roots, several.maximum, several.minimum):
        with pytest.raises(SettingError, match="Say which output; the outputs are f, g"):
            method()
        with pytest.raises(SettingError, match="'q' is no output"):
            method("q")
    assert several.maximum("f").value >= several.minimum("f").value
