"""Networks for one input: every geometry, what they reach and with how many neurons, pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lines import FunctionLine, dense

from approximant.construct import line_network, line_shape, line_starts
from approximant.construct._line_geometry import even_grid, line_geometries, mesh
from approximant.construct._piece_fitter import PieceFitter
from approximant.networks import parse_network
from approximant.probe import probe_line
from approximant.profile import Piece
from approximant.progress import Watch

FAMILIES = list(line_geometries())
LOCAL = np.linspace(-1, 1, 501)[:, None]


def fitted(function, low, high, tol, max_neurons=2048, seed=0):
    """Return the line and the network found for it."""
    line = FunctionLine(function, low, high, tol)
    generator = np.random.default_rng(seed)
    profile = probe_line(line, generator)
    network = line_network(
        line,
        profile,
        margin=0.9,
        max_neurons=max_neurons,
        generator=generator,
        watch=Watch(30.0),
    )
    return line, network


def values(found, x):
    return found.network(((np.asarray(x, dtype=float) - found.anchor) / found.width)[:, None])


def largest_ratio(line, found, x):
    """Return the largest error as a multiple of the tolerance."""
    return float(np.max(np.abs(values(found, x) - line(x)) / line.tolerance))


# --- every geometry


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("width", [8, 20, 48])
def test_geometry_reproduces_its_own_span(family, width):
    layer = family.build(width)
    if layer is None:
        assert width < 20
        return
    weights = np.random.default_rng(width).normal(size=(width, 2))
    line = FunctionLine(lambda x: layer(x[:, None]) @ weights + [3.0, -5.0], -1, 1, 1e-9)
    piece = Piece(-1.0, 1.0, np.array([-1.0, 1.0]))
    fit = PieceFitter(line, piece, np.random.default_rng(0)).attempt(layer, family.name)
    assert fit.accepted(1.0)
    np.testing.assert_allclose(fit.predict(LOCAL[:, 0]), line(LOCAL[:, 0]), atol=1e-9)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_geometry_has_the_width_asked_for(family):
    for width in range(4, 70):
        layer = family.build(width)
        assert layer is None or (layer.width == width and np.isfinite(layer(LOCAL)).all())
    assert family.build(70) is not None


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_geometry_converges_for_an_analytic_target(family):
    line = FunctionLine(lambda x: np.exp(np.sin(3 * x)), -1, 1, 1e-9)
    fitter = PieceFitter(line, Piece(-1.0, 1.0, np.array([-1.0, 1.0])), np.random.default_rng(0))
    assert fitter.attempt(family.build(64), family.name).ratio < 100.0


def test_names_of_geometries_differ():
    assert len({family.name for family in FAMILIES}) == len(FAMILIES)


def test_even_grid_covers_the_interval_and_its_halo():
    layer = even_grid(20, slope=0.25, halo=4)
    centres = -layer.biases / layer.weights[:, 0]
    np.testing.assert_allclose(np.diff(centres), 2 / 11)
    np.testing.assert_allclose(centres[[4, 15]], [-1, 1])
    np.testing.assert_allclose(layer.weights[:, 0] * 2 / 11, 0.25)


@given(
    st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=30),
    st.sampled_from([0.25, 0.5, 1.0]),
    st.sampled_from([0.1, 0.45]),
)
def test_mesh_is_as_fine_as_the_cells_ask(widths, cell, growth):
    edges = np.append(0.0, np.cumsum(widths))
    layer = mesh(edges, cell=cell, growth=growth, halo=3)
    centres = -layer.biases / layer.weights[:, 0]
    assert np.all(np.diff(centres) > 0)
    inner = centres[3:-3]
    np.testing.assert_allclose(inner[[0, -1]], edges[[0, -1]], atol=1e-9 * edges[-1])
    middle = 0.5 * (inner[1:] + inner[:-1])
    k = np.clip(np.searchsorted(edges, middle) - 1, 0, len(widths) - 1)
    reach = np.diff(inner)  # a spacing may already grow on its way out of a cell
    assert np.all(reach <= (cell * np.diff(edges)[k] + 2 * growth * reach) * (1 + 1e-9))


@pytest.mark.parametrize("width", [12, 30, 100])
def test_mesh_takes_the_width_asked_for(width):
    edges = np.array([0.0, 1e-6, 1e-3, 0.1, 1.0])
    assert mesh(edges, cell=0.5, growth=0.3, width=width).width == width


# --- known functions with known difficulty

KNOWN = [
    # name, function, low, high, tol, most neurons
    ("constant", lambda x: np.full_like(x, -3.0), 0, 1, 1e-12, 1),
    ("linear", lambda x: 3 - 2 * x, -5, 7, 1e-13, 1),
    ("exp", np.exp, -1, 1, 1e-8, 12),
    ("exp, strict", np.exp, -1, 1, 1e-12, 24),
    ("sine", np.sin, 0, 6, 1e-10, 20),
    ("fast sine", lambda x: np.sin(50 * x), -1, 1, 1e-9, 128),
    ("cubic", lambda x: x**3 - x, -2, 2, 1e-10, 20),
    ("runge", lambda x: 1 / (1 + 25 * x**2), -1, 1, 1e-9, 80),
    ("narrow runge", lambda x: 1 / (1 + 1e4 * x**2), -1, 1, 1e-9, 160),
    ("wiggle", lambda x: 0.4 * x**2 + 0.3 * x * np.sin(15 * x) - 0.3, 0, 1, 1e-10, 64),
    ("steep tanh", lambda x: np.tanh(1000 * (x - 0.2)), -1, 1, 1e-9, 200),
    ("spike", lambda x: x + np.exp(-(((x - 0.3) / 0.01) ** 2)), 0, 1, 1e-8, 128),
    ("pole outside", lambda x: 1 / (1.01 - x), -1, 1, 1e-9, 112),
    ("far from zero", lambda x: np.sin(x - 1e6), 1e6, 1e6 + 3, 1e-8, 24),
    ("tiny unit", lambda x: 1e-30 * np.cos(1e20 * x), 0, 1e-20, 1e-10, 24),
    ("huge unit", lambda x: 1e200 * np.exp(-x / 1e30), 0, 1e30, 1e-10, 24),
    ("root at an end", np.sqrt, 0, 1, 1e-8, 512),
    ("root at the other end", lambda x: np.sqrt(1 - x), 0, 1, 1e-7, 512),
    ("circle", lambda x: np.sqrt(1 - x * x), -1, 1, 1e-6, 900),
    ("x log x", lambda x: x * np.log(np.maximum(x, 1e-320)), 0, 1, 1e-9, 256),
    ("kink", lambda x: np.abs(x - 1 / 3), -1, 1, 1e-10, 4),
    ("kink in the middle", np.abs, -1, 1, 1e-10, 4),
    ("two kinks", lambda x: np.abs(x) + np.abs(x - 1), -1, 3, 1e-10, 8),
    ("kink of curves", lambda x: np.maximum(np.sin(x), np.cos(x)), 0, 6, 1e-9, 80),
    ("jump", lambda x: np.where(x <= 0.7, np.sin(x), 2.0), 0, 2, 1e-9, 24),
    ("floor", np.floor, -2.5, 3.5, 1e-10, 12),
    ("sign", np.sign, -1, 1, 1e-10, 4),
]
PLACES = {
    "kink": [1 / 3],
    "kink in the middle": [0.0],
    "two kinks": [0.0, 1.0],
    "kink of curves": [np.pi / 4, 1.25 * np.pi],
    "jump": [0.7],
    "floor": list(range(-2, 4)),
    "sign": [0.0],
}


@pytest.mark.parametrize("case", KNOWN, ids=lambda case: case[0])
def test_tolerance_holds_on_points_never_seen(case):
    name, function, low, high, tol, most = case
    line, found = fitted(function, low, high, tol)
    assert found.accepted(0.9)
    assert found.network.neurons <= most
    assert largest_ratio(line, found, dense(low, high, *PLACES.get(name, []))) <= 1.0


@pytest.mark.parametrize(
    ("function", "low", "high", "place", "most"),
    [
        (np.cbrt, -1, 1, 0.0, 1000),
        (lambda x: np.abs(x) ** 1.5, -1, 1, 0.0, 150),
        (lambda x: np.sqrt(np.abs(x - 0.3)), -1, 1, 0.3, 1200),
    ],
    ids=["cbrt", "power 1.5", "sqrt of distance"],
)
def test_singular_points_inside(function, low, high, place, most):
    line, found = fitted(function, low, high, 1e-7)
    assert found.accepted(0.9)
    assert found.network.neurons <= most
    assert largest_ratio(line, found, dense(low, high, place)) <= 1.0


def test_several_outputs_share_the_hidden_layer():
    line, found = fitted(lambda x: np.stack([np.sin(x), 1e3 * np.cos(x)], axis=1), 0, 3, 1e-9)
    assert found.network.widths[-1] == 2
    assert len(found.network.layers) == 2
    assert largest_ratio(line, found, dense(0, 3)) <= 1.0


def test_rounding_keeps_to_a_quarter_of_the_tolerance():
    for _, function, low, high, tol, _ in KNOWN[2:12]:
        line, found = fitted(function, low, high, tol)
        bound = found.network.outer_weight_sums * (found.network.widths[-2] + 14) * 2.0**-53
        assert np.all(4 * bound <= line.tolerance * (1 + 1e-9))


# --- pieces


@pytest.mark.parametrize(
    ("compare", "place"), [(np.less_equal, 9.6), (np.less, 9.6), (np.less, 1.0), (np.less, 0.0)]
)
def test_a_jump_lies_between_the_same_two_floats(compare, place):
    low, high = place - 3, place + 2

    def function(x):
        return np.where(compare(x, place), np.sin(x), 2.0)

    _, found = fitted(function, low, high, 1e-9)
    x = np.array([np.nextafter(place, -np.inf), place, np.nextafter(place, np.inf)])
    np.testing.assert_allclose(values(found, x)[:, 0], function(x), atol=4e-9)


@settings(max_examples=25)
@given(st.floats(-0.95, 0.95), st.booleans(), st.sampled_from([1.0, 1e-3, 1e4]))
def test_jumps_anywhere_are_exact(share, closed, width):
    place = share * width
    compare = np.less_equal if closed else np.less

    def function(x):
        return np.where(compare(x, place), 1.0 + x / width, -2.0)

    line, found = fitted(function, -width, width, 1e-9)
    assert found.accepted(0.9)
    assert largest_ratio(line, found, dense(-width, width, place, n=2000)) <= 1.0


@settings(max_examples=25)
@given(st.floats(-0.95, 0.95), st.sampled_from([1.0, 1e-3, 1e4]))
def test_kinks_anywhere_are_exact(share, width):
    place = share * width
    line, found = fitted(lambda x: np.abs(x - place) / width, -width, width, 1e-10)
    assert found.accepted(0.9)
    assert largest_ratio(line, found, dense(-width, width, place, n=2000)) <= 1.0
    assert found.network.neurons <= 6


def test_single_values_of_sign():
    _, found = fitted(np.sign, -1, 1, 1e-10)
    tiny = 5e-324
    x = np.array([-1, -1e-300, -tiny, 0, tiny, 1e-300, 1])
    np.testing.assert_array_equal(values(found, x)[:, 0], np.sign(x))


def test_too_few_neurons_give_the_best_or_nothing():
    _, found = fitted(lambda x: np.sin(20 * x), 0, 3, 1e-10, max_neurons=6)
    assert found is None or (found.network.neurons <= 6 and not found.accepted(0.9))


# --- a shape asked for


@pytest.mark.parametrize(
    "text",
    ["1-64-1 sigmoid", "1-64-1 tanh", "1-64-1 sin", "1-64-1 gaussian", "1-64-1 40 tanh+24 sin"],
)
def test_a_shape_asked_for_comes_back(text):
    line = FunctionLine(lambda x: np.exp(np.sin(3 * x)), 0, 2, 1e-8)
    generator = np.random.default_rng(0)
    found = line_shape(line, probe_line(line, generator), parse_network(text), generator)
    assert str(found.network) == str(parse_and_print(text))
    assert largest_ratio(line, found, dense(0, 2)) <= 1.0


def parse_and_print(text):
    spec = parse_network(text)
    names = "+".join(f"{n} {a}" for a, n in spec.groups[0])
    name = spec.groups[0][0][0] if len(spec.groups[0]) == 1 else names
    return "-".join(map(str, spec.widths)) + " " + name


@pytest.mark.parametrize("text", ["1-1-1 tanh", "1-3-1 relu", "1-5-1 softplus", "1-2-1 step"])
def test_small_shapes_are_possible_too(text):
    line = FunctionLine(lambda x: np.exp(np.sin(3 * x)), 0, 2, 1e-8)
    generator = np.random.default_rng(0)
    found = line_shape(line, probe_line(line, generator), parse_network(text), generator)
    assert str(found.network) == text
    assert np.isfinite(values(found, dense(0, 2))).all()


@pytest.mark.parametrize("width", [1, 2, 5, 10, 11, 40])
@pytest.mark.parametrize("geometry", ["waves 2", "grid 0.25 4", "mesh", "linear"])
def test_starts_have_the_width_asked_for(width, geometry):
    layers = list(line_starts(width, geometry, 5))
    assert 1 <= len(layers) <= 5
    assert all(layer.width == width for layer in layers)
