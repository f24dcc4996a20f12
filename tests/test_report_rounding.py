"""The rounding that reports state is a bound: no evaluation of the network rounds by more."""

import numpy as np
import pytest
from handmade import make_model
from hypothesis import given, settings
from hypothesis import strategies as st

import approximant as ap
from approximant.certify import rounding_bound, rounding_over
from approximant.domain import Box
from approximant.model import Scaling
from approximant.networks import Layer, Network

EXACT = np.longdouble
FUNCTIONS = {"tanh": np.tanh, "sin": np.sin, "relu": lambda z: np.maximum(z, 0), "linear": EXACT}

pytestmark = pytest.mark.skipif(
    np.finfo(EXACT).eps > 1e-18, reason="this platform has no longer floats to compare with"
)


def rounding_seen(model, points):
    """Return the largest difference between a model and itself in longer floats."""
    x = (points.astype(EXACT) - model.input_scaling.anchor) / model.input_scaling.width
    for layer in model.network.layers:
        biases = 0 if layer.biases is None else layer.biases.astype(EXACT)
        x = x @ layer.weights.T.astype(EXACT) + biases
        start = 0
        for name, count in layer.groups:
            part = slice(start, start + count)
            x[:, part], start = FUNCTIONS[name](x[:, part]), start + count
    exact = x * model.output_scaling.width + model.output_scaling.anchor
    return np.abs(model.evaluate(points) - exact).max(axis=0).astype(float)


def steep_model(seed, d, activations, size):
    generator = np.random.default_rng(seed)
    low = size * generator.normal(size=d)
    box = Box(tuple("xyz"[:d]), tuple(low), tuple(low + generator.uniform(0.1, 2, d)))
    layers, inputs = [], d
    for name in activations:
        weights = size * generator.normal(size=(7, inputs))
        layers.append(Layer.uniform(weights, size * generator.normal(size=7), name))
        inputs = 7
    layers.append(Layer.uniform(generator.normal(size=(1, inputs)), np.ones(1), "linear"))
    return make_model(d, network=Network(tuple(layers)), domain=box,
                      input_scaling=Scaling(generator.normal(size=d), np.full(d, 0.3)))  # fmt: skip


@settings(max_examples=60)
@given(
    seed=st.integers(0, 2**32),
    d=st.integers(1, 3),
    activations=st.lists(st.sampled_from(["tanh", "sin", "relu"]), min_size=1, max_size=2),
    size=st.sampled_from([1.0, 30.0, 1e3, 1e6]),
    enough=st.sampled_from([1e-300, 1e-12, 1e300]),
)
def test_no_evaluation_rounds_by_more_than_the_bound(seed, d, activations, size, enough):
    model = steep_model(seed, d, activations, size)
    bound = rounding_over(model, np.array([enough]))
    points = model.domain.from_unit(np.random.default_rng(seed).random((2000, d)))
    assert np.all(rounding_seen(model, points) <= bound)
    assert np.all(bound <= rounding_bound(model, model.domain.lower, model.domain.upper))


def test_cells_sharpen_the_bound_of_steep_neurons():
    # Two far tanh units, steep where the other is flat: no single slope is right for both.
    weights, biases = np.array([[1e6], [1.0]]), np.array([-1e5, 3.0])
    hidden = Layer.uniform(weights, biases, "tanh")
    network = Network((hidden, Layer.uniform(np.ones((1, 2)), np.zeros(1), "linear")))
    model = make_model(1, network=network)
    whole = rounding_bound(model, model.domain.lower, model.domain.upper)
    assert rounding_over(model, np.array([1e-300])) < 0.5 * whole


@pytest.mark.parametrize("low", [0.0, 1e6])
def test_a_training_states_a_bound(low):
    domain = {"x": (low, low + 1)}
    training = ap.train(f"x - {low!r}", domain, network="1-8-1 tanh", epochs=1, seed=3)
    f = training.approximant
    points = f.domain.from_unit(np.random.default_rng(0).random((3000, 1)))
    assert rounding_seen(f.model, points)[0] <= f.report.rounding
