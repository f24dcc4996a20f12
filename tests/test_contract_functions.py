"""The tolerance contract for functions: what is called met is met, and what is not says why."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lines import dense

import approximant as ap
from approximant.certify import rounding_bound

WIGGLE = "0.4*x^2 + 0.3*x*sin(15*x) + 0.01*cos(50*x) - 0.3"
UNIT = {"x": (0, 1)}
PLANE = {"x": (-1, 1), "y": (-1, 1)}


def fit(target, domain=UNIT, **options):
    return ap.approximate(target, domain, **{"seconds": 60.0, **options})


def assert_no_false_claim(f, function, points):
    """Assert that an independent dense check exceeds the tolerance by 5 % at most, if met."""
    expected = np.asarray(function(points)).reshape(len(points), -1)
    error = np.abs(f(points).reshape(len(points), -1) - expected).max(axis=0)
    if f.report.met:
        assert np.all(error <= 1.05 * np.asarray(f.report.tolerance)), f.report.status


def assert_stated_error_is_true(f, function, points):
    """Assert that the largest error is about the one stated, met or not."""
    error = np.abs(f(points) - function(points)).max()
    assert error <= 1.05 * f.report.max_error + 2 * f.report.rounding


# --- met is true


@settings(max_examples=20)
@given(
    a=st.floats(-3, 3),
    b=st.floats(0.5, 12),
    c=st.floats(-2, 2),
    low=st.floats(-5, 5),
    width=st.floats(0.1, 4),
    digits=st.integers(3, 11),
)
def test_met_is_true_for_smooth_functions(a, b, c, low, width, digits):
    def function(x):
        return a * np.sin(b * x) + c * np.exp(-x * x) + np.cos(3 * x) / (2 + np.sin(x))

    text = f"({a!r})*sin({b!r}*x) + ({c!r})*exp(-x^2) + cos(3*x)/(2 + sin(x))"
    f = fit(text, {"x": (low, low + width)}, tol=10.0**-digits)
    assert_no_false_claim(f, function, dense(low, low + width))
    assert_stated_error_is_true(f, function, dense(low, low + width))
    assert f.report.met or digits > 9


@settings(max_examples=15)
@given(
    shape=st.sampled_from(["abs(x - C)", "sqrt(abs(x - C))", "max(x - C, 0)^2", "floor(x - C)",
                           "where(x <= C, x, 2)", "1/(1 + 1e5*(x - C)^2)", "tanh(1e4*(x - C))"]),
    place=st.floats(-0.9, 0.9),
    digits=st.sampled_from([3, 5, 8]),
)  # fmt: skip
def test_met_is_true_for_difficult_functions(shape, place, digits):
    text = shape.replace("C", f"({place!r})")
    names = {"abs": np.abs, "sqrt": np.sqrt, "max": np.maximum, "floor": np.floor,
             "where": np.where, "tanh": np.tanh}  # fmt: skip
    code = compile(text.replace("^", "**"), "target", "eval")
    f = fit(text, {"x": (-1, 1)}, tol=10.0**-digits)
    points = dense(-1, 1, place)
    assert_no_false_claim(f, lambda x: eval(code, dict(names, x=x)), points)


@settings(max_examples=5)
@given(st.floats(0.5, 2.5), st.floats(0.3, 2.0), st.sampled_from([1e-3, 1e-5]))
def test_met_is_true_for_two_inputs(a, b, tol):
    f = fit(f"sin({a!r}*x + y) + {b!r}*x*y^2", PLANE, tol=tol)
    points = np.random.default_rng(99).uniform(-1, 1, (20_000, 2))
    points[:4000] = np.sign(points[:4000]) * np.maximum(np.abs(points[:4000]), 0.999)
    x, y = points.T
    assert_no_false_claim(f, lambda _: np.sin(a * x + y) + b * x * y**2, points)
    assert f.report.met


def test_the_example_of_the_readme():
    f = fit(WIGGLE, tol=1e-10)
    report = f.report
    assert report.met
    assert report.status.startswith("Met: none of ")
    assert report.neurons <= 48 and report.outer_weight_sum <= 1e3
    x = dense(0, 1)
    exact = 0.4 * x**2 + 0.3 * x * np.sin(15 * x) + 0.01 * np.cos(50 * x) - 0.3
    assert np.abs(f(x) - exact).max() <= report.tolerance
    assert report.tolerance == pytest.approx(1e-10 * np.abs(exact).max(), rel=1e-3)
    assert report.range == pytest.approx(np.ptp(exact), rel=1e-3)
    assert report.range_error == pytest.approx(report.max_error / report.range)
    assert abs(f(report.worst_point[0])) < 1
    assert report.neurons == f.network.neurons
    assert report.parameters == f.network.parameters


def test_several_outputs_each_have_their_tolerance():
    f = fit({"s": "sin(3*x)", "big": "1e4*cos(x)"}, tol=1e-8, atol=1e-9)
    x = dense(0, 1)
    error = np.abs(f(x) - np.stack([np.sin(3 * x), 1e4 * np.cos(x)], axis=1)).max(axis=0)
    assert f.report.met
    np.testing.assert_allclose(f.report.scale, [1, 1e4], rtol=1e-3)
    np.testing.assert_allclose(f.report.tolerance, 1e-9 + 1e-8 * f.report.scale, rtol=1e-12)
    assert np.all(error <= f.report.tolerance)
    assert f.report.worst_point.shape == (2, 1)


@pytest.mark.parametrize("target", [WIGGLE, "abs(x - 1/3)", "floor(5*x)", "sqrt(x)"])
@pytest.mark.parametrize("tol", [1e-4, 1e-9])
def test_rounding_keeps_to_a_quarter_of_the_tolerance(target, tol):
    f = fit(target, tol=tol)
    layers = f.network.layers
    total = np.abs(layers[-1].weights).sum() * abs(f.model.output_scaling.width[0])
    assert f.report.outer_weight_sum == pytest.approx(total)
    assert f.report.met
    assert 4 * total * (layers[-2].width + 14) * 2.0**-53 <= f.report.tolerance
    assert f.report.rounding > 0
    whole = rounding_bound(f.model, f.domain.lower, f.domain.upper)
    assert f.report.rounding <= whole[0]


@pytest.mark.parametrize("compare", ["<", "<=", ">", ">="])
def test_a_jump_keeps_its_side(compare):
    f = fit(f"where(x {compare} 0.6, 1 + x, -x)", tol=1e-9)
    assert f.report.met
    x = np.array([np.nextafter(0.6, 0), 0.6, np.nextafter(0.6, 1)])
    exact = [1 + v if eval(f"v {compare} 0.6", {"v": v}) else -v for v in x]
    np.testing.assert_allclose(f(x), exact, atol=2e-9)


# --- not met says why


def test_noise_is_named():
    generator = np.random.default_rng(0)
    f = fit(lambda x: np.sin(x[:, 0]) + 1e-3 * generator.normal(size=len(x)), tol=1e-8, seconds=1.5)
    assert not f.report.met
    assert "Not met" in f.report.status


def test_endless_oscillation_is_named():
    f = fit("sin(1/x)", {"x": (1e-9, 1)}, tol=1e-8, seconds=1.5)
    assert not f.report.met
    assert "oscillate" in f.report.status or "Time ran out" in f.report.status
    assert math.isfinite(f.report.max_error)


def test_too_few_neurons_are_named():
    f = fit(WIGGLE, tol=1e-8, max_neurons=3)
    assert not f.report.met
    assert f.report.neurons <= 3
    assert "neurons" in f.report.status


def test_a_shape_too_small_is_named():
    f = fit(WIGGLE, tol=1e-8, network="1-4-1 tanh")
    assert not f.report.met
    assert "The shape asked for is too small" in f.report.status
    assert f.report.max_error > f.report.tolerance


def test_a_tolerance_below_rounding_is_not_met():
    f = fit("exp(x)", tol=1e-17, seconds=1.5)
    assert not f.report.met
    assert f.report.max_error < 1e-12


def test_time_that_ran_out_is_named():
    f = fit("sin(20*x*y) + abs(x - y)", PLANE, tol=1e-12, seconds=0.3)
    assert not f.report.met
    assert f.report.cut_by_time
    assert "Time ran out after 0.3 s" in f.report.status


@pytest.mark.parametrize("target", [WIGGLE, "floor(5*x)", "abs(x - 1/3)"])
def test_almost_no_time_still_gives_a_true_report(target):
    f = fit(target, tol=1e-10, seconds=0.001)
    exact = ap.Formula(target)
    x = dense(0, 1)
    assert_no_false_claim(f, lambda x: ap_values(exact, x), x)


def ap_values(formula, x):
    """Return the values of a formula through a target made only for this."""
    from approximant.targets import read_target

    return read_target(formula, UNIT)(x[:, None])


# --- shapes asked for


@pytest.mark.parametrize(
    "text",
    ["1-128-1 sigmoid", "1-20-1 tanh", "1-8-8-1 tanh", "1-16-1 12 tanh+4 sin", "1-6-1 relu"],
)
def test_the_shape_asked_for_is_the_shape_returned(text):
    f = fit(WIGGLE, network=text, tol=1e-6, seconds=3)
    assert f.report.network == str(f.network) == text
    assert_no_false_claim(f, lambda x: ap_values(ap.Formula(WIGGLE), x), dense(0, 1))


def test_a_wide_shape_reaches_machine_precision():
    assert fit(WIGGLE, network="1-128-1 sigmoid").report.max_error < 1e-11


def test_a_shape_of_two_inputs_is_returned():
    f = fit("sin(x + y)", PLANE, network="2-30-1 tanh", tol=1e-4)
    assert f.network.widths == (2, 30, 1)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ("2-8-1", "has 2 inputs and 1 outputs; the target has 1 and 1"),
        ("1-8-2", "has 1 inputs and 2 outputs; the target has 1 and 1"),
        ("1-1", "has no hidden layer; write, say, '1-16-1 tanh'"),
        ("1-8-1 tanh,tanh", "ends with tanh; .* must be linear"),
        ("eight", "Cannot read the network 'eight'"),
        (8, "network must be a text such as '1-32-1 tanh', not 8"),
    ],
)
def test_impossible_shapes_are_refused(network, message):
    with pytest.raises(ap.SettingError, match=message):
        fit(WIGGLE, network=network)


# --- special targets


@pytest.mark.parametrize("value", [0.0, 3.5, -1e-30, 1e200])
def test_a_constant_target(value):
    f = fit(f"0*x + {value!r}", tol=1e-12)
    assert f.report.met
    np.testing.assert_allclose(f(dense(0, 1)), value, rtol=1e-12)
    assert any("is the same at all" in note for note in f.report.notes)
    assert f.report.neurons <= 1
    assert f.report.range == 0.0


def test_a_constant_target_of_two_inputs():
    f = fit("2 + 0*x*y", PLANE, tol=1e-9)
    assert f.report.met
    assert set(f.report.unused_inputs) == {"x", "y"}


@pytest.mark.parametrize("target", ["sin(2*x) + 0*y", "sin(2*x)", lambda x, y: np.sin(2 * x)])
def test_a_target_constant_in_one_input(target):
    f = fit(target, PLANE, tol=1e-5)
    assert f.report.met
    assert f.report.unused_inputs == ("y",)
    assert any("does not depend on y" in note for note in f.report.notes)


def test_a_small_range_around_a_large_value_is_warned_about():
    f = fit("1000 + sin(x)", {"x": (0, 6)}, tol=1e-8)
    assert "Warning: " in f.report.status
    assert "subtract the offset" in f.report.status
    assert f.report.range_error == pytest.approx(f.report.max_error / 2, rel=1e-3)
    assert "Warning" not in fit("10 + sin(x)", {"x": (0, 6)}, tol=1e-8).report.status


def test_an_absolute_tolerance_alone():
    f = fit("1e6*sin(x)", {"x": (0, 3)}, tol=0, atol=0.5)
    assert f.report.met
    assert f.report.tolerance == 0.5
    x = dense(0, 3)
    assert np.abs(f(x) - 1e6 * np.sin(x)).max() <= 0.5
