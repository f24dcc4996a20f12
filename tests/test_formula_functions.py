"""Every function of the language against Python's math module, integrals and definitions."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approximant.formula import CONSTANT_NAMES, FUNCTION_NAMES, Formula, constant


def bessel(order: int) -> Callable[[float], float]:
    """Bessel's integral; the trapezoid rule converges geometrically for periodic integrands."""
    angle = 2 * np.pi * np.arange(256) / 256

    def integral(x: float) -> float:
        return float(np.mean(np.cos(order * angle - x * np.sin(angle))))

    return integral


def half_even(x: float) -> float:
    return float(round(x))


def sign(x: float) -> float:
    return float((x > 0) - (x < 0))


# function -> (reference, lowest argument, highest argument)
REFERENCES: dict[str, tuple[Callable[[float], float], float, float]] = {
    "sin": (math.sin, -50, 50),
    "cos": (math.cos, -50, 50),
    "tan": (math.tan, -50, 50),
    "asin": (math.asin, -1, 1),
    "acos": (math.acos, -1, 1),
    "atan": (math.atan, -1e3, 1e3),
    "sinh": (math.sinh, -700, 700),
    "cosh": (math.cosh, -700, 700),
    "tanh": (math.tanh, -30, 30),
    "asinh": (math.asinh, -1e3, 1e3),
    "acosh": (math.acosh, 1, 1e3),
    "atanh": (math.atanh, -0.999, 0.999),
    "sech": (lambda x: 1 / math.cosh(x), -700, 700),
    "exp": (math.exp, -700, 700),
    "expm1": (math.expm1, -30, 700),
    "log": (math.log, 1e-300, 1e300),
    "log1p": (math.log1p, -0.999, 1e3),
    "log2": (math.log2, 1e-300, 1e300),
    "log10": (math.log10, 1e-300, 1e300),
    "sqrt": (math.sqrt, 0, 1e300),
    "cbrt": (math.cbrt, -1e300, 1e300),
    "abs": (math.fabs, -1e300, 1e300),
    "sign": (sign, -1e3, 1e3),
    "floor": (math.floor, -1e6, 1e6),
    "ceil": (math.ceil, -1e6, 1e6),
    "round": (half_even, -1e6, 1e6),
    "erf": (math.erf, -10, 10),
    "gamma": (math.gamma, 0.01, 100),
    "j0": (bessel(0), -50, 50),
    "j1": (bessel(1), -50, 50),
}
SEVERAL_ARGUMENTS = {"atan2", "pow", "min", "max", "where"}
ALIASES = {
    **{"ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arctan2": "atan2"},
    **{"arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh", "arsinh": "asinh"},
    **{"arcosh": "acosh", "artanh": "atanh", "fabs": "abs", "absolute": "abs", "sgn": "sign"},
    **{"ceiling": "ceil", "rint": "round", "minimum": "min", "maximum": "max", "power": "pow"},
    **{"besselj0": "j0", "besselj1": "j1"},
}


def test_every_function_name_is_tested_here() -> None:
    assert set(FUNCTION_NAMES) == {*REFERENCES, *SEVERAL_ARGUMENTS, *ALIASES}
    assert list(FUNCTION_NAMES) == sorted(FUNCTION_NAMES)


@pytest.mark.parametrize("name", REFERENCES)
def test_function_agrees_with_its_reference(name: str) -> None:
    reference, lowest, highest = REFERENCES[name]
    formula = Formula(f"{name}(x)")

    @settings(deadline=None, max_examples=50)
    @given(st.lists(st.floats(lowest, highest), min_size=1, max_size=8))
    def compare(points: list[float]) -> None:
        expected = [reference(x) for x in points]
        # j0 and j1 are compared near their zeros too, where only the absolute error is small
        absolute = 1e-14 if name in ("j0", "j1") else 1e-300
        np.testing.assert_allclose(
            formula({"x": np.array(points)}), expected, rtol=2e-14, atol=absolute
        )

    compare()


@pytest.mark.parametrize(("alias", "name"), ALIASES.items())
def test_alias_is_the_same_function(alias: str, name: str) -> None:
    arguments = "(x, y)" if name in SEVERAL_ARGUMENTS else "(x)"
    assert Formula(alias + arguments).tree == Formula(name + arguments).tree


@settings(deadline=None)
@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_functions_of_several_arguments_agree_with_python(x: float, y: float, z: float) -> None:
    columns = {"x": np.array([x]), "y": np.array([y]), "z": np.array([z])}

    def result(text: str) -> float:
        return float(Formula(text)(columns)[0])

    assert result("atan2(y, x)") == pytest.approx(math.atan2(y, x), rel=1e-14, abs=1e-300)
    assert result("min(x, y)") == min(x, y)
    assert result("max(x, y, z, 1)") == max(x, y, z, 1.0)
    assert result("where(x < y, y, z)") == (y if x < y else z)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("round(0.5)", 0.0),
        ("round(1.5)", 2.0),
        ("round(2.5)", 2.0),
        ("round(-0.5)", 0.0),
        ("sign(0)", 0.0),
        ("sign(-3)", -1.0),
        ("cbrt(-8)", -2.0),
        ("floor(-0.5)", -1.0),
        ("ceil(-0.5)", 0.0),
        ("log(e)", 1.0),
        ("log2(8)", 3.0),
        ("log10(1000)", 3.0),
        ("pow(2, 10)", 1024.0),
        ("0^0", 1.0),
        ("sech(1000)", 0.0),
        ("expm1(1e-20)", 1e-20),
        ("gamma(5)", 24.0),
    ],
)
def test_function_has_its_exact_value(text: str, value: float) -> None:
    assert constant(text) == value


@settings(deadline=None)
@given(st.floats(-1e150, 1e150), st.integers(-200, 200), st.integers(0, 6))
def test_integer_powers_are_as_exact_as_products(x: float, base: int, exponent: int) -> None:
    assert Formula("x^2")({"x": np.array([x])})[0] == x * x
    assert Formula(f"x^{exponent}")({"x": np.array([float(base)])})[0] == base**exponent


def test_negative_base_has_integer_powers_only() -> None:
    columns = {"x": np.array([-8.0])}
    assert Formula("x^3")(columns)[0] == -512
    assert Formula("x^-1")(columns)[0] == -0.125
    assert np.isnan(Formula("x^(1/3)")(columns)[0])
    assert np.isnan(Formula("x^0.5")(columns)[0])


def test_constants_are_those_of_mathematics() -> None:
    assert [constant(name) for name in CONSTANT_NAMES] == [math.pi, math.pi, math.e]
