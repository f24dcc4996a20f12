"""Models: scaling, values in the user's units, gradients, and what points outside get."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from handmade import make_model

from approximant.domain import Box, SampledRegion
from approximant.errors import DomainError, OutsideDomainWarning, SettingError
from approximant.model import CHUNK_FLOATS, OUTSIDE_POLICIES, Model, Scaling
from approximant.networks import Layer, Network

INSIDE = np.array([[0.5], [1.0], [2.0]])
MIXED = np.array([[0.5], [-1.0], [2.5]])


def scaled_model(d=2, m=3, outside="warn"):
    """Return a model whose every scaling step matters."""
    generator = np.random.default_rng(0)
    hidden = Layer.uniform(generator.normal(size=(7, d)), generator.normal(size=7), "tanh")
    network = Network((hidden, Layer.uniform(generator.normal(size=(m, 7)), None, "linear")))
    return Model(
        network,
        Box(("x", "y", "z")[:d], (-3.0,) * d, (5.0,) * d),
        tuple(f"f{k}" for k in range(m)),
        Scaling(generator.normal(size=d), generator.uniform(0.5, 4.0, d)),
        Scaling(generator.normal(size=m), generator.uniform(0.5, 4.0, m)),
        outside,
    )


def points_of(model, n, seed=1):
    return model.domain.from_unit(np.random.default_rng(seed).random((n, model.domain.dimension)))


def test_scaling_undoes_itself():
    scaling = Scaling(np.array([1.0, -2.0]), np.array([3.0, 0.5]))
    x = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_allclose(scaling.undo(scaling.apply(x)), x)
    np.testing.assert_allclose(scaling.apply(np.array([[4.0, -1.5]])), [[1.0, 1.0]])
    np.testing.assert_array_equal(Scaling.identity(2).apply(x), x)


def test_values_are_in_the_units_of_the_user():
    model = scaled_model()
    x = points_of(model, 50)
    hidden, last = model.network.layers
    t = (x - model.input_scaling.anchor) / model.input_scaling.width
    y = np.tanh(t @ hidden.weights.T + hidden.biases) @ last.weights.T
    expected = model.output_scaling.anchor + model.output_scaling.width * y
    np.testing.assert_allclose(model.evaluate(x), expected, rtol=1e-13)


def test_outer_weight_sum_is_in_the_units_of_the_user():
    model = scaled_model(m=2)
    sums = np.abs(model.network.layers[-1].weights).sum(axis=1)
    np.testing.assert_allclose(model.outer_weight_sums, sums * model.output_scaling.width)


def test_gradient_is_the_derivative_in_the_units_of_the_user():
    model = scaled_model()
    x, h = points_of(model, 40), 1e-6
    gradient = model.gradient(x)
    assert gradient.shape == (40, 3, 2)
    for k in range(2):
        shift = h * np.eye(2)[k]
        numeric = (model.evaluate(x + shift) - model.evaluate(x - shift)) / (2 * h)
        np.testing.assert_allclose(gradient[:, :, k], numeric, atol=1e-8)


def test_chunks_change_nothing():
    # A layer so wide that three points no longer fit one chunk.
    width = CHUNK_FLOATS // 2
    generator = np.random.default_rng(0)
    hidden = Layer.uniform(generator.normal(size=(width, 1)), np.zeros(width), "tanh")
    output = Layer.uniform(generator.normal(size=(1, width)), np.zeros(1), "linear")
    model = make_model(network=Network((hidden, output)))
    x = np.linspace(0, 2, 5)[:, None]
    alone = np.concatenate([model.evaluate(x[k : k + 1]) for k in range(5)])
    np.testing.assert_allclose(model.evaluate(x), alone, rtol=1e-10)
    slopes = np.concatenate([model.gradient(x[k : k + 1]) for k in range(5)])
    np.testing.assert_allclose(model.gradient(x), slopes, rtol=1e-10)


def test_no_points_give_no_values():
    model = scaled_model()
    assert model(np.empty((0, 2))).shape == (0, 3)
    assert model.guarded_gradient(np.empty((0, 2))).shape == (0, 3, 2)


# --- outside


@pytest.mark.parametrize("policy", OUTSIDE_POLICIES)
def test_every_policy_leaves_points_inside_alone(policy):
    model = make_model(outside=policy)
    np.testing.assert_array_equal(model(INSIDE), model.evaluate(INSIDE))
    np.testing.assert_array_equal(model.guarded_gradient(INSIDE), model.gradient(INSIDE))


def test_warn_tells_how_many_and_where():
    model = make_model(outside="warn")
    message = r"2 of 3 points lie outside the domain x=0:2, the first at x=-1: nothing is known"
    with pytest.warns(OutsideDomainWarning, match=message):
        values = model(MIXED)
    np.testing.assert_array_equal(values, model.evaluate(MIXED))
    with pytest.warns(OutsideDomainWarning, match="2 of 3 points"):
        model.guarded_gradient(MIXED)


def test_raise_refuses():
    model = make_model(outside="raise")
    for call in (model, model.guarded_gradient):
        with pytest.raises(DomainError, match="2 of 3 points lie outside the domain x=0:2"):
            call(MIXED)


def test_nan_marks_only_what_lies_outside():
    model = make_model(outside="nan")
    values = model(MIXED)
    assert np.isnan(values[:, 0]).tolist() == [False, True, True]
    assert values[0] == model.evaluate(MIXED)[0]
    assert np.isnan(model.guarded_gradient(MIXED)[:, 0, 0]).tolist() == [False, True, True]


def test_clip_takes_the_nearest_point_of_the_domain():
    model = make_model(outside="clip")
    nearest = np.array([[0.5], [0.0], [2.0]])
    np.testing.assert_array_equal(model(MIXED), model.evaluate(nearest))


def test_allow_says_nothing():
    model = make_model(outside="allow")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(model(MIXED), model.evaluate(MIXED))


def test_points_that_are_no_numbers_are_outside():
    points = np.array([[np.nan], [0.5]])
    with pytest.raises(DomainError, match="1 of 2 points .* first at x=nan"):
        make_model(outside="raise")(points)
    assert np.isnan(make_model(outside="nan")(points)[0, 0])


def test_unknown_policy_is_refused():
    with pytest.raises(SettingError, match="outside='ignore' is no policy; choose one of warn"):
        make_model(outside="ignore")


def test_gaps_between_rows_are_outside():
    region = SampledRegion(np.array([[0.0, 0.0], [0.5, 0.5]]), 0.1)
    model = replace(make_model(2), region=region, outside="raise")
    near, gap, beyond = np.array([1.05, 1.0]), np.array([1.5, 0.2]), np.array([9.0, 0.2])
    assert model.inside(np.stack([near, gap, beyond])).tolist() == [True, False, False]
    model(near[None])
    with pytest.raises(DomainError, match=r"outside the sampled part of the domain .*no row of"):
        model(gap[None])
    with pytest.raises(DomainError, match="outside the domain x=0:2, y=0:2, the first at x=9"):
        model(beyond[None])


def test_clip_moves_a_point_far_from_all_rows_to_the_nearest_row():
    # Rows at both ends of [0, 1], none in the middle: 0.45 belongs to the row at 0.1.
    region = SampledRegion(np.array([[0.0], [0.1], [0.9], [1.0]]), 0.1)
    layer = Layer.uniform(np.array([[1.0]]), np.array([0.0]), "linear")
    model = Model(
        Network((layer, layer)),
        Box(("x",), (0.0,), (1.0,)),
        ("y",),
        Scaling.identity(1),
        Scaling.identity(1),
        "clip",
        region,
    )
    points = np.array([[0.05], [0.45], [1.7]])
    np.testing.assert_allclose(model(points)[:, 0], [0.05, 0.1, 1.0])
