"""Networks: activations, layers, exact gradients, and the texts that describe their shape."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.errors import SettingError
from approximant.networks import ACTIVATIONS, Layer, Network, parse_network

NAMES = sorted(ACTIVATIONS)
REFERENCES = {  # plain NumPy or mathematics, written independently of the package
    "linear": lambda z: z,
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "sigmoid": lambda z: 1.0 / (1.0 + np.exp(-z)),
    "sin": np.sin,
    "gaussian": lambda z: np.exp(-(z**2)),
    "softplus": lambda z: np.log(1.0 + np.exp(z)),
    "silu": lambda z: z / (1.0 + np.exp(-z)),
    "gelu": lambda z: 0.5 * z * (1.0 + _erf(z / np.sqrt(2.0))),
    "elu": lambda z: np.where(z > 0, z, np.exp(z) - 1.0),
    "relu": lambda z: np.where(z > 0, z, 0.0),
    "leaky_relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "abs": lambda z: np.where(z > 0, z, -z),
    "step": lambda z: np.where(z >= 0, 1.0, 0.0),
}


def _erf(z):
    from scipy.special import erf

    return erf(z)


def random_network(widths, names, seed=0, biases=True):
    generator = np.random.default_rng(seed)
    layers = []
    for before, width, name in zip(widths, widths[1:], names, strict=False):
        weights = generator.normal(size=(width, before)) / before**0.5
        bias = generator.normal(size=width) if biases else None
        layers.append(Layer.uniform(weights, bias, name))
    return Network(tuple(layers))


def values_of(name, z):
    return ACTIVATIONS[name].value(np.array(z, dtype=float))


def differences(function, x, step=1e-6):
    """Return the central differences (n, m, d) of a function (n, d) -> (n, m)."""
    columns = []
    for k in range(x.shape[1]):
        shift = np.zeros(x.shape[1])
        shift[k] = step
        columns.append((function(x + shift) - function(x - shift)) / (2 * step))
    return np.stack(columns, axis=2)


# --- activations


@pytest.mark.parametrize("name", NAMES)
def test_activation_values(name):
    z = np.concatenate([np.linspace(-6, 6, 201), [0.0, -0.0, 1e-9, -1e-9]])
    np.testing.assert_allclose(values_of(name, z), REFERENCES[name](z), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", NAMES)
def test_activation_derivative_is_that_of_its_value(name):
    z = np.linspace(-4, 4, 400)  # an even number: no point at 0, where some have a kink
    slope = ACTIVATIONS[name].derivative(z.copy(), values_of(name, z))
    step = 1e-5  # error about step^2 + 1e-16 / step
    numeric = (values_of(name, z + step) - values_of(name, z - step)) / (2 * step)
    np.testing.assert_allclose(slope, numeric, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_activations_stay_finite_far_away(name):
    z = np.array([-1e4, -750.0, 750.0, 1e4])
    value = values_of(name, z)
    assert np.isfinite(value).all()
    assert np.isfinite(ACTIVATIONS[name].derivative(z, value)).all()


@pytest.mark.parametrize("name", NAMES)
def test_smooth_says_whether_the_curvature_is_continuous(name):
    h = 1e-3
    curvature = np.diff(values_of(name, h * np.arange(-3, 4)), 2) / h**2  # around 0
    assert ACTIVATIONS[name].smooth == (np.ptp(curvature) < 0.05)


def test_every_activation_is_known_by_its_own_name():
    assert {activation.name for activation in ACTIVATIONS.values()} == set(ACTIVATIONS)
    assert set(REFERENCES) == set(ACTIVATIONS)


def test_step_is_one_from_its_place_on():
    assert values_of("step", [-5e-324, 0.0, 5e-324]).tolist() == [0.0, 1.0, 1.0]


# --- layers and networks


@pytest.mark.parametrize("name", NAMES)
def test_layer_is_an_affine_map_and_an_activation(name):
    generator = np.random.default_rng(1)
    weights, biases, x = (generator.normal(size=s) for s in ((5, 3), 5, (20, 3)))
    layer = Layer.uniform(weights, biases, name)
    expected = REFERENCES[name](x @ weights.T + biases)
    np.testing.assert_allclose(layer(x), expected, atol=1e-12)
    without = Layer.uniform(weights, None, name)
    np.testing.assert_allclose(without(x), REFERENCES[name](x @ weights.T), atol=1e-12)
    assert (layer.parameters, without.parameters) == (20, 15)


def test_groups_apply_to_their_own_neurons():
    weights = np.ones((6, 1))
    layer = Layer(weights, np.zeros(6), (("tanh", 3), ("sin", 2), ("relu", 1)))
    x = np.linspace(-2, 2, 9)[:, None]
    expected = np.hstack([np.tanh(x)] * 3 + [np.sin(x)] * 2 + [np.maximum(x, 0)])
    np.testing.assert_allclose(layer(x), expected)


def test_a_layer_without_turns_is_the_same_function():
    generator = np.random.default_rng(0)
    biases = np.array([40.0, -7.5, 3.0, -900.0, 12.0])
    layer = Layer(generator.normal(size=(5, 2)), biases, (("sin", 4), ("tanh", 1)))
    folded = layer.without_turns()
    assert np.abs(folded.biases[:4]).max() <= np.pi
    assert (folded.biases[2], folded.biases[4]) == (3.0, 12.0)
    assert layer.biases[0] == 40.0
    points = generator.normal(size=(20, 2))
    np.testing.assert_allclose(folded(points), layer(points), atol=1e-12)
    unbiased = Layer(layer.weights, None, layer.groups)
    curved = Layer.uniform(layer.weights, biases, "tanh")
    assert (unbiased.without_turns(), curved.without_turns()) == (unbiased, curved)


def test_evaluation_leaves_the_points_alone():
    network = random_network((1, 4, 1), ["linear", "linear"])
    x = np.linspace(-1, 1, 7)[:, None]
    before = x.copy()
    network(x)
    network.gradient(x)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("widths", [(1, 7, 1), (3, 6, 2), (2, 5, 4, 3)])
def test_gradient_is_the_derivative_of_the_values(name, widths):
    network = random_network(widths, [name] * (len(widths) - 2) + ["linear"])
    x = np.random.default_rng(2).normal(size=(30, widths[0]))
    gradient = network.gradient(x)
    assert gradient.shape == (30, widths[-1], widths[0])
    np.testing.assert_allclose(gradient, differences(network, x), atol=3e-8)


def test_gradient_with_mixed_groups_and_an_activated_output():
    layers = (
        Layer(np.random.default_rng(3).normal(size=(5, 2)), None, (("sin", 2), ("gelu", 3))),
        Layer.uniform(np.random.default_rng(4).normal(size=(2, 5)), np.ones(2), "softplus"),
    )
    network = Network(layers)
    x = np.random.default_rng(5).normal(size=(30, 2))
    np.testing.assert_allclose(network.gradient(x), differences(network, x), atol=1e-8)


def test_counts_of_a_network():
    network = random_network((2, 24, 12, 1), ["relu", "relu", "linear"])
    assert network.widths == (2, 24, 12, 1)
    assert network.neurons == 36
    assert network.parameters == 2 * 24 + 24 + 24 * 12 + 12 + 12 + 1
    assert network.outer_weight_sums == pytest.approx(np.abs(network.layers[-1].weights).sum())


def test_hidden_is_what_the_last_layer_sees():
    network = random_network((2, 5, 4, 3), ["tanh", "sin", "linear"])
    x = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_array_equal(network.layers[-1](network.hidden(x)), network(x))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Layer.uniform(np.ones((2, 1)), None, "tan"), "Unknown activation 'tan'; known"),
        (lambda: Layer(np.ones((2, 1)), None, (("tanh", 3),)), "do not add up to 2 neurons"),
        (lambda: Layer.uniform(np.ones((2, 1)), np.ones(3), "tanh"), "biases do not fit 2"),
        (
            lambda: (
                random_network((1, 3, 1), ["tanh"] * 2)
                and Network(
                    (
                        *random_network((1, 3), ["tanh"]).layers,
                        *random_network((2, 1), ["sin"]).layers,
                    )
                )
            ),
            "A layer of 3 neurons feeds one with 2 inputs",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(make, message):
    with pytest.raises(SettingError, match=message):
        make()


# --- texts


@pytest.mark.parametrize(
    ("text", "widths", "groups"),
    [
        ("1-128-1 sigmoid", (1, 128, 1), ["sigmoid", "linear"]),
        ("1-8-1", (1, 8, 1), ["tanh", "linear"]),
        ("2-24-12-1 relu", (2, 24, 12, 1), ["relu", "relu", "linear"]),
        ("2-24-12-1 relu,tanh", (2, 24, 12, 1), ["relu", "tanh", "linear"]),
        (
            "2-100-50-50-10-1 linear,linear,linear,relu",
            (2, 100, 50, 50, 10, 1),
            ["linear", "linear", "linear", "relu", "linear"],
        ),
        ("1-128-1 tanh,tanh nobias", (1, 128, 1), ["tanh", "tanh"]),
        ("  3 - 4 - 2   sin  ", (3, 4, 2), ["sin", "linear"]),
    ],
)
def test_network_texts_are_read(text, widths, groups):
    spec = parse_network(text)
    assert spec.widths == widths
    assert spec.hidden == widths[1:-1]
    expected = zip(groups, widths[1:], strict=True)
    assert spec.groups == tuple(((name, width),) for name, width in expected)
    assert spec.biases == ("nobias" not in text)


def test_mixed_groups_are_read():
    spec = parse_network("1-8-1 6 tanh+2 sin")
    assert spec.groups == ((("tanh", 6), ("sin", 2)), (("linear", 1),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Cannot read the network ''"),
        ("hello", "Cannot read the network 'hello'; write widths joined by '-'"),
        ("128", "Cannot read the network '128'"),
        ("1-0-1 tanh", "each must be 1 to 100000"),
        ("1-999999-1", "The widths in .* are 1-999999-1; each must be"),
        ("1-8-1 tnah", "Unknown activation 'tnah' in the network .*; did you mean 'tanh'"),
        ("1-8-1 qqq", "Unknown activation 'qqq' .*; known are linear, tanh"),
        ("1-8-8-1 tanh,sin,relu,sin", "has 2 hidden layers but 4 activations"),
        ("1-8-1 6 tanh+3 sin", "do not add up to 8 neurons"),
        ("1-8-1 tanh+sin", "Cannot read 'tanh' in .*; a group reads '96 tanh'"),
        ("1-8-1 tanh,", "Unknown activation ''"),
        ("1--1", "Cannot read the network '1--1'"),
    ],
)
def test_wrong_network_texts_say_what_is_wrong(text, message):
    with pytest.raises(SettingError, match=message):
        parse_network(text)


@st.composite
def networks(draw):
    """Networks of any shape, groups mixed or not, with or without biases, any last activation."""
    widths = draw(st.lists(st.integers(1, 9), min_size=2, max_size=5))
    biases = draw(st.booleans())
    layers = []
    for before, width in zip(widths, widths[1:], strict=False):
        cut = draw(st.integers(0, width - 1))
        first, second = draw(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)))
        groups = ((first, width),) if cut == 0 else ((first, cut), (second, width - cut))
        bias = np.zeros(width) if biases else None
        layers.append(Layer(np.zeros((width, before)), bias, groups))
    return Network(tuple(layers))


@given(networks())
def test_the_text_of_a_network_reads_back(network):
    spec = parse_network(str(network))
    assert spec.widths == network.widths
    assert spec.groups == tuple(layer.groups for layer in network.layers)
    assert spec.biases == any(layer.biases is not None for layer in network.layers)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("widths", [(1, 8, 1), (2, 5, 4, 3)])
def test_every_activation_survives_its_text(name, widths):
    network = random_network(widths, [name] * (len(widths) - 2) + ["linear"])
    assert str(network) == "-".join(map(str, widths)) + " " + name
    assert parse_network(str(network)).groups == tuple(layer.groups for layer in network.layers)


def test_networks_are_equal_where_all_weights_have_the_same_bits() -> None:
    def made(weight: float = 0.5, bias: float | None = 0.0, name: str = "tanh") -> Network:
        biases = None if bias is None else np.array([bias])
        return Network((Layer.uniform(np.array([[weight]]), biases, name),))

    assert made() == made()
    assert hash(made()) == hash(made())
    assert made(np.nan) == made(np.nan)
    for other in (made(np.nextafter(0.5, 1)), made(bias=-0.0), made(bias=None), made(name="sin")):
        assert made() != other
    assert made() != made().layers[0]
    assert len({made(), made(), made(bias=None)}) == 2
