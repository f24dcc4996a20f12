"""Formula targets: intervals for every variable, several outputs, counted and checked values."""

import numpy as np
import pytest

from approximant.errors import DomainError, FormulaError, SettingError, TargetError
from approximant.formula import Formula
from approximant.targets import read_target

UNIT = {"x": (0, 1)}
PLANE = {"x": (0, 1), "z": (-2, 2)}


def points(target, n=50, seed=0):
    return target.domain.from_unit(np.random.default_rng(seed).random((n, target.domain.dimension)))


def test_a_formula_is_evaluated_at_points():
    target = read_target("x^2 + 2*z", PLANE)
    at = points(target)
    np.testing.assert_allclose(target(at), (at[:, 0] ** 2 + 2 * at[:, 1])[:, None], rtol=1e-15)
    assert (target.kind, target.texts, target.outputs) == ("formula", ("x^2 + 2*z",), ("y",))
    assert target.description == "x^2 + 2*z"


def test_many_points_are_the_same_as_few():
    target = read_target("sin(20*x)*exp(x)", UNIT)
    at = points(target, 40_000)
    np.testing.assert_array_equal(target(at)[::1000], target(at[::1000]))


def test_a_constant_formula_has_a_value_at_each_point():
    np.testing.assert_array_equal(read_target("3", UNIT)(np.zeros((4, 1))), np.full((4, 1), 3.0))


@pytest.mark.parametrize(
    ("formulas", "outputs", "names"),
    [
        (["x", "x^2"], None, ("y1", "y2")),
        (("x", Formula("x^2")), None, ("y1", "y2")),
        (["x", "x^2"], ["u", "v"], ("u", "v")),
        ({"u": "x", "v": Formula("x^2")}, None, ("u", "v")),
    ],
)
def test_several_formulas_are_several_outputs(formulas, outputs, names):
    target = read_target(formulas, UNIT, outputs=outputs)
    assert target.outputs == names
    np.testing.assert_allclose(target(np.array([[0.5]])), [[0.5, 0.25]])


def test_an_output_never_has_the_name_of_an_input():
    assert read_target("x*y", {"x": (0, 1), "y": (0, 1)}).outputs == ("f",)
    assert read_target(["x", "y1"], {"x": (0, 1), "y1": (0, 1)}).outputs == ("f1", "f2")
    with pytest.raises(SettingError, match="'x' is used twice"):
        read_target("x", UNIT, outputs="x")
    with pytest.raises(SettingError, match=r"2 names \(a, b\), but the target has 1 output"):
        read_target("x", UNIT, outputs=["a", "b"])
    with pytest.raises(SettingError, match="leave outputs= out"):
        read_target({"u": "x"}, UNIT, outputs=["u"])


def test_a_variable_without_interval_is_shown_in_the_text():
    with pytest.raises(FormulaError, match="'t' has no interval: add 't'") as caught:
        read_target("x + t", UNIT)
    assert str(caught.value).splitlines()[1:] == ["    x + t", "        ^"]
    with pytest.raises(FormulaError, match=r"did you mean 'x\*z'\?"):
        read_target("xz", PLANE)


def test_an_interval_that_no_formula_uses_is_kept_and_reported():
    target = read_target(["x", "x^2"], PLANE)
    assert target.domain.names == ("x", "z")
    assert target.unused_inputs == ("z",)
    assert target(points(target)).shape == (50, 2)


def test_a_declared_variable_may_stand_before_a_parenthesis():
    np.testing.assert_allclose(read_target("x(x+1)", (0, 3))(np.array([[2.0]])), [[6.0]])


def test_the_only_variable_needs_no_name_in_the_domain():
    assert read_target("t^2", (0, "2*pi")).domain.names == ("t",)
    assert read_target("t^2", "t=0:1").domain.names == ("t",)


def test_a_missing_domain_is_explained():
    with pytest.raises(DomainError, match=r"domain is missing.*\{'x': \(0, 1\), 't': \(0, 1\)\}"):
        read_target("x + t")


def test_inputs_give_the_order():
    assert read_target("x + z", PLANE, inputs=["z", "x"]).domain.names == ("z", "x")
    with pytest.raises(DomainError, match="interval for 'z', but inputs= names x"):
        read_target("x + z", PLANE, inputs=["x"])


def test_a_file_name_is_not_read_as_a_formula():
    with pytest.raises(FormulaError, match=r"looks like a file.*Table.read\('data.csv'"):
        read_target("data.csv")


def test_an_empty_list_of_formulas_is_an_error():
    with pytest.raises(FormulaError, match="the list is empty"):
        read_target([], UNIT)


def test_evaluations_are_counted_and_limited_before_evaluating():
    target = read_target("x", UNIT, max_evaluations=100)
    target(points(target, 60))
    assert (target.evaluations, target.remaining) == (60, 40)
    with pytest.raises(TargetError, match="max_evaluations=100.*60 are done and 41 more were"):
        target(points(target, 41))
    assert target.evaluations == 60
    target(points(target, 40))
    assert target.remaining == 0
    assert read_target("x", UNIT).remaining is None


@pytest.mark.parametrize("limit", [0, -1, 2.5, True])
def test_the_limit_is_a_positive_whole_number(limit):
    with pytest.raises(SettingError, match="max_evaluations must be (at least 1|a whole number, or None); got"):
        read_target("x", UNIT, max_evaluations=limit)


def test_extremes_run_over_all_points_inside():
    target = read_target(["x - 0.25", "-x"], UNIT)
    target(np.array([[0.0], [0.5]]))
    np.testing.assert_array_equal(target.scale, [0.25, 0.5])
    target(np.array([[1.0], [0.25]]))
    np.testing.assert_array_equal(target.scale, [0.75, 1.0])
    np.testing.assert_array_equal(target.scale_points, [[1.0], [1.0]])
    np.testing.assert_array_equal(target.low, [-0.25, -1.0])
    np.testing.assert_array_equal(target.high, [0.75, 0.0])


def test_a_target_that_is_zero_has_a_scale_point():
    target = read_target("0*x", UNIT)
    target(np.array([[0.5], [1.0]]))
    np.testing.assert_array_equal(target.scale_points, [[0.5]])


def test_values_that_are_not_finite_are_counted_and_located():
    target = read_target("log(x)", {"x": (-1, 1)})
    with pytest.raises(
        TargetError, match="at 6 of 11 points; the first is x=-1: not a number"
    ) as e:
        target(np.linspace(-1, 1, 11)[:, None])
    assert "All of them lie in x=-1:0." in str(e.value)
    with pytest.raises(TargetError, match="1 of 11 points; the first is x=0: y2 = infinite"):
        read_target(["x", "1/x"], {"x": (-1, 1)})(np.linspace(-1, 1, 11)[:, None])


def test_points_outside_the_domain_are_refused():
    target = read_target("x", UNIT)
    with pytest.raises(DomainError, match="1 of 2 points lie outside.*the first at x=1.1"):
        target(np.array([[0.5], [1.1]]))
    with pytest.raises(DomainError, match="1 of 1 points lie outside"):
        target(np.array([[np.nan]]))
    # Mapping a point to the box may miss its end by rounding: that is the end.
    np.testing.assert_array_equal(target(np.array([[1 + 2e-16]])), [[1.0]])


def test_measuring_outside_is_counted_but_no_part_of_the_extremes():
    target = read_target("sqrt(x)", UNIT)
    values = target.measure_outside(np.array([[4.0], [-1.0]]))
    np.testing.assert_array_equal(values, [[2.0], [np.nan]])
    assert target.evaluations == 2
    assert target.scale[0] == 0.0
    limited = read_target("x", UNIT, max_evaluations=1)
    with pytest.raises(TargetError, match="max_evaluations=1"):
        limited.measure_outside(np.array([[4.0], [5.0]]))


def test_a_target_is_returned_as_it_is():
    target = read_target("x", UNIT)
    assert read_target(target) is target


@pytest.mark.parametrize("target", [None, 3, [1, 2], np.eye(3), {"x": np.eye(2)}, (1, 2, 3)])
def test_anything_else_is_no_target(target):
    with pytest.raises(TargetError, match="A target cannot be a .*pass a formula text"):
        read_target(target, UNIT)
