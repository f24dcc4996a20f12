"""Rounding in proofs: steps that switch wrongly, corners, conditions between floats, overflow."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import given, settings
from hypothesis import strategies as st
from proofs import certified, random_model

import approximant as ap
from approximant.certify._deep import interval
from approximant.certify._network import BallNetwork
from approximant.certify._rounding import rounding_bound
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network
from approximant.precision import precision


def one_layer(
    weights: np.ndarray, biases: np.ndarray, name: str, box: ap.Box, scaling: Scaling
) -> Model:
    """Return the sum of the neurons of one hidden layer."""
    d, width = box.dimension, len(biases)
    assert weights.shape == (width, d)
    layers = (
        Layer.uniform(weights, biases, name),
        Layer.uniform(np.ones((1, width)), None, "linear"),
    )
    return Model(Network(layers), box, ("f",), scaling, Scaling.identity(1))


def flat(low: float, high: float) -> Model:
    """Return a network that is 1 everywhere."""
    model = random_model([1], ["tanh"])
    layers = (
        Layer.uniform(np.zeros((1, 1)), None, "tanh"),
        Layer.uniform(np.zeros((1, 1)), np.ones(1), "linear"),
    )
    box = ap.Box(("x",), (low,), (high,))
    return Model(Network(layers), box, model.outputs, Scaling.identity(1), Scaling.identity(1))


def test_a_step_that_switches_one_float_early_is_charged() -> None:
    """Its argument is below 0, and 0 as executed: the target is 0 there, the network 1."""
    scaling = Scaling(np.array([1000.5]), np.array([0.3]))
    box = ap.Box(("x",), (1000.0,), (1001.0,))
    bias = np.array([-0.2739233746429667])
    model = one_layer(np.ones((1, 1)), bias, "step", box, scaling)
    place = 1000.5821770123929
    assert model.evaluate(np.array([[place]]))[0, 0] == 1.0
    certificate = certified(model, "where(x >= 1000.582177012392946835461771, 1, 0)")
    assert Fraction(place) < Fraction("1000.582177012392946835461771")
    assert certificate.bound >= 1.0


@pytest.mark.parametrize("name", ["relu", "step", "leaky_relu", "abs", "elu"])
@pytest.mark.parametrize("d", [1, 2])
def test_ranges_hold_the_arguments_of_units_that_are_off(name: str, d: int) -> None:
    """Also of those that the proof takes for constant: rounding may switch them on."""
    rng = np.random.default_rng(d)
    low = rng.uniform(0.0, 1000.0, d)
    scaling = Scaling(low - rng.random(d), rng.uniform(0.2, 0.9, d))
    box = ap.Box(("x", "y")[:d], tuple(low.tolist()), tuple((low + 1.0).tolist()))
    weights = rng.normal(size=(12, d))
    ends = (low - scaling.anchor) / scaling.width, (low + 1.0 - scaling.anchor) / scaling.width
    top = np.maximum(weights * ends[0], weights * ends[1]).sum(axis=1)
    model = one_layer(weights, -top - rng.choice([1e-12, 1.0], 12), name, box, scaling)
    with precision(120):
        region = BallNetwork(model).region(box.lower, box.upper)
        assert region is not None
        known = region.on(box.lower, box.upper).ranges
    assert known is not None
    exact = np.vectorize(Fraction, otypes=[object])
    anchor, width = exact(scaling.anchor), exact(scaling.width)
    layer = model.network.layers[0]
    for point in box.from_unit(rng.integers(0, 2, (8, d)).astype(float)):
        t = (exact(point) - anchor) / width
        arguments = exact(layer.weights) @ t + exact(layer.biases)
        assert np.all(exact(known[0]) <= arguments) and np.all(arguments <= exact(known[1]))


def test_ranges_without_a_common_number_prove_nothing() -> None:
    model = random_model([3], ["relu"])
    known = np.full(3, 1e6), np.full(3, 1e6 + 1.0)
    ends = np.array([-1.0]), np.array([2.0])
    assert np.isinf(rounding_bound(model, *ends, known)).all()


def test_sums_that_may_overflow_have_no_bound() -> None:
    weights = np.array([[1e308], [1e308]])
    box = ap.Box(("x",), (-1.0,), (2.0,))
    model = one_layer(weights, np.zeros(2), "relu", box, Scaling.identity(1))
    assert np.isinf(rounding_bound(model, box.lower, box.upper)).all()


@pytest.mark.parametrize(
    ("condition", "low", "high"),
    [
        ("0.299999999999999995 < x < 0.3", 0.3, 1.3),
        ("0.299999999999999995 < -x < 0.3", -1.3, -0.3),
        ("-9.0001e-18 < x < -9e-18", -1e-17, 1.0),
        ("1.2999999999999999 < x < 1.3", 0.3, 1.3),
    ],
)
def test_a_condition_between_the_end_and_its_float_is_in_the_bound(
    condition: str, low: float, high: float
) -> None:
    """The float 0.3 lies below the decimal: real numbers between them belong to the domain."""
    certificate = certified(flat(low, high), f"where({condition}, 1000, 1 + 0.001*cos(x))")
    assert not certificate.proved or certificate.bound_real >= 999.0


@given(st.floats(-1e300, 1e300), st.integers(-1074, 1000), st.integers(1, 3))
@settings(max_examples=300, deadline=None)
def test_an_interval_holds_its_ends(low: float, exponent: int, steps: int) -> None:
    """Far wider than the middle's last digit, and far narrower, at whatever precision."""
    high = low + steps * 2.0**exponent
    if high <= low or not np.isfinite(high):
        return
    for bits in (30, 53, 120):
        with precision(bits):
            ball = interval(low, high)
            assert ball.contains(arb(low)) and ball.contains(arb(high))


@pytest.mark.parametrize(
    "condition",
    [
        "sqrt(x) < 5", "not (log(x) < 5)", "sqrt(x) < 5 or log(x) > 3", "x > -2 and sqrt(x) < 5",
    ],
)  # fmt: skip
def test_a_condition_without_a_value_has_no_proof(condition: str) -> None:
    text = f"where({condition}, cos(x), 2*cos(x))"
    certificate = certified(flat(-1.0, 1.0), text, seconds=5.0)
    assert not certificate.proved and "no finite bound was found" in certificate.claim
    assert certified(flat(0.25, 1.0), text, seconds=5.0).proved


def test_a_condition_that_fails_spares_the_others_a_value() -> None:
    certificate = certified(
        flat(-2.0, -1.0), "where(x > 0 and sqrt(x) < 5, 9, cos(x))", seconds=5.0
    )
    assert certificate.proved and certificate.bound < 2.0


@pytest.mark.parametrize(
    "text",
    ["where(sqrt(x + BIT) < 1, 1, 2)", "max(5, sqrt(x + BIT))", "floor(0.1*sqrt(x + BIT))"],
)
def test_a_branch_decided_by_a_root_that_begins_just_inside_has_no_proof(text: str) -> None:
    """At -1 there is no value, though only 2.2e-19 of the domain lies before the root."""
    text = text.replace("BIT", "0.99999999999999999978")
    assert not certified(flat(-1.0, 2.0), text, seconds=5.0).proved
    assert certified(flat(-0.5, 2.0), text, seconds=5.0).proved
