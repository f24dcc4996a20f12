"""What a formula is as an object, and what calling it promises."""

import copy
import dataclasses
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest

from approximant.errors import FormulaError
from approximant.formula import Formula, constant, suggestion

X = np.linspace(-2.0, 2.0, 20)


def test_values_have_the_shape_of_the_columns() -> None:
    for shape in [(), (1,), (20,), (4, 5), (0,)]:
        column = np.full(shape, 0.5)
        for text in ["x^2 + 1", "x", "3", "x > 0", "where(x > 0, 1, 2)", "0 < x < 1"]:
            values = Formula(text)({"x": column})
            assert values.shape == shape and values.dtype == np.float64, text


def test_columns_are_broadcast() -> None:
    columns = {"x": np.zeros((3, 1)), "y": np.ones(4)}
    for text in ["x + y", "x", "y", "2", "max(x, y)"]:
        assert Formula(text)(columns).shape == (3, 4), text


def test_column_that_the_formula_lacks_gives_the_shape() -> None:
    assert Formula("2*pi")({"unused": X}).tolist() == [2 * math.pi] * 20
    assert Formula("x")({"x": np.array(1.0), "y": X}).tolist() == [1.0] * 20


def test_values_are_never_the_array_of_the_caller() -> None:
    for text in ["x", "+x", "(x)", "2"]:
        values = Formula(text)({"x": X})
        assert not np.shares_memory(values, X)
        values[:] = 0  # writable
    assert X[0] == -2.0


def test_integers_and_lists_are_taken_as_float64() -> None:
    assert Formula("x^-1")({"x": np.array([2, 4])}).tolist() == [0.5, 0.25]
    assert Formula("x/2")({"x": [1, 2]}).tolist() == [0.5, 1.0]  # type: ignore[dict-item]


def test_undefined_places_come_back_as_nan_and_infinity_without_a_warning() -> None:
    columns = {"x": np.array([-1.0, 0.0, 1.0])}
    assert Formula("1/x")(columns).tolist() == [-1.0, math.inf, 1.0]
    assert np.isnan(Formula("log(x)")(columns)[0])
    assert Formula("log(x)")(columns)[1] == -math.inf
    assert np.isinf(Formula("exp(1000 + x)")(columns)).all()
    assert Formula("sech(1000x)")(columns).tolist() == [0.0, 1.0, 0.0]
    assert np.isnan(Formula("gamma(x)")(columns)[0])


def test_where_ignores_the_branch_it_does_not_take() -> None:
    columns = {"x": np.array([-4.0, 0.0, 4.0])}
    assert Formula("where(x > 0, sqrt(x), 0)")(columns).tolist() == [0.0, 0.0, 2.0]
    assert Formula("where(x != 0, 1/x, 7)")(columns).tolist() == [-0.25, 7.0, 0.25]


def test_min_and_max_carry_nan() -> None:
    columns = {"x": np.array([math.nan])}
    assert np.isnan(Formula("min(x, 1)")(columns)[0])
    assert np.isnan(Formula("max(1, x, 2)")(columns)[0])


def test_formula_agrees_with_the_same_lines_of_numpy() -> None:
    rw, r, tu = np.linspace(0.05, 0.15, 9), np.linspace(100, 5e4, 9), np.linspace(63070, 115600, 9)
    text = "2*pi*tu*820 / (log(r/rw)*(1 + 2*1600*tu/(log(r/rw)*rw^2*12045) + tu/63.1))"
    ratio = np.log(r / rw)
    expected = (
        2 * np.pi * tu * 820 / (ratio * (1 + 3200 * tu / (ratio * rw**2 * 12045) + tu / 63.1))
    )
    values = Formula(text)({"rw": rw, "r": r, "tu": tu})
    np.testing.assert_allclose(values, expected, rtol=1e-14)


def test_long_sum_is_evaluated() -> None:
    formula = Formula("+".join(f"0.5^{k}*sin({k}x)" for k in range(900)))
    expected = np.sum([0.5**k * np.sin(k * X) for k in range(60)], axis=0)
    np.testing.assert_allclose(formula({"x": X}), expected, rtol=0, atol=1e-14)


def test_formula_may_be_nested_as_deeply_as_people_write() -> None:
    text = "x"
    for _ in range(45):
        text = f"1 + x*({text})/2"
    horner = X
    for _ in range(45):
        horner = 1 + X * horner / 2
    np.testing.assert_allclose(Formula(text)({"x": X}), horner, rtol=1e-14)


def test_missing_column_is_an_error_that_shows_the_variable() -> None:
    with pytest.raises(
        FormulaError, match=r"no values were given for 'y'\n    x \+ y\n        \^$"
    ):
        Formula("x + y")({"x": X})


def test_error_at_points_at_the_first_place_of_a_variable() -> None:
    error = Formula("sin(x) + y*x + y").error_at("y", "variable 'y' has no interval")
    assert isinstance(error, FormulaError)
    assert str(error) == "variable 'y' has no interval\n    sin(x) + y*x + y\n             ^"


def test_error_at_shows_an_excerpt_of_a_long_text() -> None:
    text = "+".join(["x"] * 300) + " + y + " + "+".join(["x"] * 300)
    shown = str(Formula(text).error_at("y", "no")).splitlines()
    assert shown[1].startswith("    ...") and shown[1].endswith("...")
    assert len(shown[1]) < 90
    assert shown[1][shown[2].index("^")] == "y"


def test_formulas_are_equal_by_text_and_variables() -> None:
    assert Formula("x + y") == Formula("x + y", ["y", "x", "z"])
    assert hash(Formula("x + y")) == hash(Formula("x + y", ["x", "y"]))
    assert Formula("x + y") != Formula("y + x")
    assert Formula("e*x") != Formula("e*x", ["e", "x"])
    assert len({Formula("x"), Formula("x"), Formula("y")}) == 2


def test_formula_is_immutable() -> None:
    formula = Formula("x")
    with pytest.raises(dataclasses.FrozenInstanceError, match="text"):
        formula.text = "y"  # type: ignore[misc]


@pytest.mark.parametrize(
    "formula", [Formula("x^2 + sin(3y)"), Formula("x(e + 1)", ["x", "e"]), Formula("erf(x)")]
)
def test_formula_survives_pickle_and_copy(formula: Formula) -> None:
    columns = {name: X for name in formula.variables}
    for twin in [pickle.loads(pickle.dumps(formula)), copy.deepcopy(formula), copy.copy(formula)]:
        assert twin == formula and twin.tree == formula.tree
        np.testing.assert_array_equal(twin(columns), formula(columns))


def test_formula_shows_itself() -> None:
    assert repr(Formula("2x")) == "Formula(text='2x', variables=('x',))"
    assert str(Formula("2x")) == "2x"


@pytest.mark.parametrize(
    ("text", "value"),
    [("2*pi", 2 * math.pi), ("-1", -1.0), ("1e-3", 1e-3), ("sqrt(2)/2", 0.5**0.5)],
)
def test_constant_returns_a_plain_float(text: str, value: float) -> None:
    assert type(constant(text)) is float
    assert constant(text) == pytest.approx(value, rel=1e-15)


def test_constant_refuses_variables_and_infinity() -> None:
    with pytest.raises(FormulaError, match=r"got the variable 'x'\n    2\*x\n      \^$"):
        constant("2*x")
    with pytest.raises(FormulaError, match="every number in a formula is finite"):
        constant("-inf")
    with pytest.raises(FormulaError, match="infinite in float64"):
        constant("1/0")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("xy", ", did you mean 'x*y'?"),
        ("pix", ", did you mean 'pi*x'?"),
        ("X", ", did you mean 'x'?"),
        ("Pi", ", did you mean 'pi'?"),
        ("thta", ", did you mean 'theta'?"),
        ("sinx", ", did you mean 'sin(x)'?"),
        ("voltage", ""),
        ("q" * 5000, ""),
    ],
)
def test_suggestion_names_what_was_probably_meant(name: str, expected: str) -> None:
    assert suggestion(name, ["x", "y", "theta"]) == expected


def test_scipy_is_imported_only_by_the_formulas_that_need_it() -> None:
    lines = [
        "import sys",
        "from approximant.formula import Formula",
        "Formula('sin(x) + 2^x')",
        "assert 'scipy' not in sys.modules",
        "Formula('erf(x)')",
        "assert 'scipy.special' in sys.modules",
    ]
    done = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.returncode == 0
