"""Formulas in balls: what encloses, what is analytic, which branches are taken."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from flint import acb, arb, ctx

from approximant.formula import FUNCTION_NAMES, Formula
from approximant.formula._balls import rational  # type: ignore[attr-defined]

# One formula for every function and every kind of node.
TEXTS = [
    "sin(x) + cos(x)*tan(x/3)", "asin(x/3) + acos(x/3)", "atan(x)", "sinh(x) - cosh(x) + tanh(x)",
    "atan2(x, 2) + atan2(x - 1, -2)", "asinh(x) + acosh(x + 3) + atanh(x/3)", "sech(x)*expm1(x)",
    "log(x + 3) + log1p(x/4) + log2(x + 4) + log10(x + 5)", "sqrt(x + 2)", "cbrt(x)", "abs(x)",
    "sign(x)", "floor(2*x) + ceil(3*x) + round(1.5*x)", "min(x, x^2, 0.5)",
    "max(sin(x), x/10, -0.3)", "where(x < 0.3, x^2, exp(x))", "(x > 0)*x + (x >= 0.5 and x < 1)",
    "erf(x) + gamma(x + 2.5) + j0(x) + j1(x)", "x^3 - x^-2", "(x + 2)^1.5", "(x + 3)^x",
    "pow(2, x) + e^x + pi*x", "where(not (x < 0 or x > 1), 3, 4)", "(x == 0) - (x != 1)",
    "abs(x)^0.5 + (x^2)^(1/3)", "-x^2 + 0.1*x + 1e-3 + 2.*x + .5", "where(x > 0, sqrt(x), -x)",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _bits() -> Iterator[None]:
    before, ctx.prec = ctx.prec, 100
    yield
    ctx.prec = before


def test_every_function_of_the_grammar_is_read() -> None:
    read = " ".join(TEXTS)
    aliases = {"arcsin", "arccos", "arctan", "arctan2", "arcsinh", "arsinh", "arccosh", "arcosh"}
    aliases |= {"arctanh", "artanh", "ln", "power", "fabs", "absolute", "sgn", "ceiling", "rint"}
    aliases |= {"minimum", "maximum", "besselj0", "besselj1"}
    assert [name for name in FUNCTION_NAMES if name not in aliases and name not in read] == []


@pytest.mark.parametrize("text", TEXTS)
def test_balls_contain_the_values_and_branches_do_not_lie(text: str) -> None:
    formula, rng = Formula(text), np.random.default_rng(3)
    reading = formula.balls()
    decided = 0
    for _ in range(150):
        centre = rng.choice([rng.uniform(-2, 2), 0.0, 0.5, 1.0, -1.0])
        radius = 10.0 ** rng.uniform(-6, 0)
        ball = arb(centre, radius)
        enclosure, branches = reading.enclose({"x": ball})
        points = centre + radius * rng.uniform(-1, 1, 6)
        for x, y in zip(points, formula({"x": points}), strict=True):
            if not np.isfinite(y):
                continue
            near = arb(y, 1e-12 * abs(y) + 1e-13)
            assert not enclosure.is_finite() or enclosure.overlaps(near)
            if None in branches:
                continue
            decided += 1
            wide = reading.value({"x": acb(ball, arb(0, radius / 2))}, branches)
            assert not wide.is_finite() or wide.real.overlaps(near)
            assert reading.value({"x": arb(x)}, branches).overlaps(near)
    assert decided > 100


@pytest.mark.parametrize("text", TEXTS)
def test_a_finite_complex_ball_is_analytic(text: str) -> None:
    """The Cauchy-Riemann equations hold, by differences at random points of finite balls."""
    reading, rng = Formula(text).balls(), np.random.default_rng(4)
    step, checked = arb(2) ** -40, 0
    for _ in range(120):
        centre, radius = rng.uniform(-2, 2), 10.0 ** rng.uniform(-3, 0.3)
        _, branches = reading.enclose({"x": arb(centre, radius * 2.0**-20)})
        real, imaginary = arb(centre, radius), arb(0, radius)
        if None in branches or not reading.value({"x": acb(real, imaginary)}, branches).is_finite():
            continue

        def at(a: arb, b: arb, branches: tuple[int | None, ...] = branches) -> acb:
            return acb(reading.value({"x": acb(a, b)}, branches))

        a, b = (arb(c + 0.9 * radius * rng.uniform(-1, 1)) for c in (centre, 0.0))
        along = (at(a + step, b) - at(a - step, b)) / (2 * step)
        across = (at(a, b + step) - at(a, b - step)) / (2 * step * acb(0, 1))
        size = 1 + float(abs(along).upper())
        assert float(abs(along - across).upper()) < 1e-6 * size
        checked += 1
    assert checked > 20 or "==" in text or checked > 5


@pytest.mark.parametrize(
    ("text", "ball"),
    [
        ("sqrt(x)", (0.0, 1.0)), ("log(x)", (0.1, 1.0)), ("x^0.5", (0.0, 1.0)),
        ("log1p(x)", (-1.0, 0.5)), ("asin(x)", (1.0, 0.1)), ("acosh(x)", (1.0, 0.1)),
        ("atanh(x)", (-1.0, 0.1)), ("1/x", (0.0, 1.0)), ("tan(x)", (1.6, 0.2)),
        ("gamma(x)", (-1.0, 0.1)), ("x^x", (0.0, 1.0)), ("cbrt(x)", (0.0, 1.0)),
        ("log(x^2)", (0.0, 1.0)), ("sech(x)", (0.0, 2.0)), ("atan(x)", (0.0, 1.5)),
        ("asinh(x)", (0.0, 1.5)),
    ],
)  # fmt: skip
def test_poles_and_branch_cuts_in_a_complex_ball_are_never_finite(
    text: str, ball: tuple[float, float]
) -> None:
    reading = Formula(text).balls()
    branches = reading.enclose({"x": arb(0.5)})[1]
    z = acb(arb(*ball), arb(0, ball[1]))
    assert not reading.value({"x": z}, branches).is_finite()


def test_plain_arb_would_have_crossed_the_cut() -> None:
    assert acb(arb(0, 1), arb(0, 1)).sqrt().is_finite()


def test_undecided_branches_never_give_a_value() -> None:
    for text in (
        "abs(x)",
        "max(x, 0)",
        "where(x > 0, x, -x)",
        "floor(x)",
        "sign(x)",
        "atan2(0, x)",
    ):
        reading = Formula(text).balls()
        enclosure, branches = reading.enclose({"x": arb(0, 1)})
        assert None in branches and enclosure.is_finite()
        assert not reading.value({"x": acb(arb(0, 1))}, branches).is_finite()


def test_decimals_are_exact() -> None:
    reading = Formula("0.1*x").balls()
    difference = reading.value({"x": arb(10)}, ()) - 1
    assert difference.contains(0) and abs(difference) < arb(2) ** -90
    assert not (Formula("0.1").balls().value({}, ()) - arb(0.1)).contains(0)  # the float is another
    assert rational(Formula("-1.5e-3/(3 - 1)").tree) == Fraction(-3, 4000)


def test_numbers_of_any_length_are_read() -> None:
    for text in ("1e-9999999*x", f"0.{'3' * 5000}*x", "x^0." + "1" * 500):
        assert Formula(text, ["x"]).balls().enclose({"x": arb(0.5)})[0].is_finite()


@pytest.mark.parametrize("text", ["erf(x)", "gamma(x)", "j0(x)", "j1(x)", "sech(x)", "cbrt(x)"])
def test_special_functions_agree_with_mpmath(text: str) -> None:
    names = {"j0": mpmath.j0, "j1": mpmath.j1, "sech": mpmath.sech, "cbrt": mpmath.cbrt}
    function = names.get(text[:-3]) or getattr(mpmath, text[:-3])
    for x in (0.25, 1.5, 3.75):
        value = Formula(text).balls().enclose({"x": arb(x)})[0]
        assert abs(float(value.mid()) - float(function(x))) <= 1e-14 * abs(float(function(x)))


def test_halves_round_to_the_even_number() -> None:
    reading = Formula("round(x)").balls()
    for x in (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 0.49999999999999994):
        assert float(reading.enclose({"x": arb(x)})[0]) == np.rint(x)
    assert reading.enclose({"x": arb(1.5, 1e-9)})[1] == (None,)


def test_roots_count_where_they_have_a_value() -> None:
    for text in ("sqrt(x)", "x^1.5", "acos(1 - x)", "acosh(1 + x)"):
        enclosure, _ = Formula(text).balls().enclose({"x": arb(0).union(arb(1e-6))})
        assert enclosure.is_finite() and enclosure.contains(
            float(Formula(text)({"x": np.array(5e-7)}))
        )
        assert not Formula(text).balls().enclose({"x": arb(-2.5, 0.1)})[0].is_finite()
        assert not Formula(text).balls().enclose({"x": arb(0, 1e-6)})[0].is_finite()


@pytest.mark.parametrize(
    "text", ["x*y + z", "(x + 3)^y*abs(z - 5)", "min(x, y + 9)/atan2(y, z + 3)", "2"]
)
def test_a_grid_of_balls_gives_what_its_points_give(text: str) -> None:
    reading = Formula(text, ["x", "y", "z"]).balls()
    rng = np.random.default_rng(2)
    axes = [[arb(float(v)) for v in rng.random(n)] for n in (2, 3, 4)]
    grid = np.ix_(*[np.array(axis, dtype=object) for axis in axes])
    box = dict(zip("xyz", [arb(0.5, 0.5)] * 3, strict=True))
    branches = reading.enclose(box)[1]
    values = np.broadcast_to(
        reading.value(dict(zip("xyz", grid, strict=True)), branches), (2, 3, 4)
    )
    for at in np.ndindex(2, 3, 4):
        point = {name: axes[k][at[k]] for k, name in enumerate("xyz")}
        assert reading.value(point, branches).overlaps(values[at])


@pytest.mark.parametrize("condition", ["x >= 0.5", "0.5 < x"])
def test_what_lacks_a_value_only_beyond_its_condition_is_enclosed(condition: str) -> None:
    box = {"x": arb(0, 3)}
    reading = Formula(f"where({condition}, sqrt(x - 0.5), log(1 - x) - 1)").balls(everywhere=True)
    ball, branches = reading.enclose(box)
    assert ball.is_finite() and None in branches
    for x in np.linspace(-2.5, 3.0, 45):
        assert ball.contains(reading.enclose({"x": arb(float(x))})[0])
    turned = Formula(f"where({condition}, log(1 - x), sqrt(x - 0.5))").balls()
    assert not turned.enclose(box)[0].is_finite()
