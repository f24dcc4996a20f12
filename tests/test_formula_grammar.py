"""The grammar of formulas: Python's own parser and plain arithmetic are the references."""

import ast
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approximant.formula import Formula, constant
from approximant.formula._tree import (
    Call,
    Chain,
    Comparison,
    Constant,
    Indicator,
    Logic,
    Negative,
    Node,
    Not,
    Number,
    Power,
    Variable,
    Where,
)


def grouped(node: Node) -> str:
    """Writes a tree with a parenthesis around every operation."""
    match node:
        case Number(text=name) | Constant(name=name) | Variable(name=name):
            return name
        case Negative(operand=operand):
            return f"(-{grouped(operand)})"
        case Not(operand=operand):
            return f"(not {grouped(operand)})"
        case Power(base=base, exponent=exponent):
            return f"({grouped(base)}**{grouped(exponent)})"
        case Chain(operators=operators, operands=operands):
            text = grouped(operands[0])
            for sign, operand in zip(operators, operands[1:], strict=True):
                text = f"({text}{sign}{grouped(operand)})"
            return text
        case Comparison(operators=operators, operands=operands):
            pairs = zip(operators, map(grouped, operands[1:]), strict=True)
            return f"({grouped(operands[0])}{''.join(sign + right for sign, right in pairs)})"
        case Logic(operator=word, operands=operands):
            return f"({f' {word} '.join(map(grouped, operands))})"
        case Indicator(condition=condition):
            return grouped(condition)
        case Where() | Call():
            name = "where" if isinstance(node, Where) else node.function
            return f"{name}({', '.join(map(grouped, node.children))})"
    raise TypeError(node)


SIGNS = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**"}
COMPARISONS = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}


def grouped_by_python(node: ast.expr) -> str:
    """Writes Python's reading of an expression in the same way."""
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.Name(id=name):
            return name
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"(-{grouped_by_python(operand)})"
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return grouped_by_python(operand)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return f"(not {grouped_by_python(operand)})"
        case ast.BinOp(left=left, op=op, right=right):
            return f"({grouped_by_python(left)}{SIGNS[type(op)]}{grouped_by_python(right)})"
        case ast.Compare(left=left, ops=ops, comparators=rest):
            pairs = zip(ops, rest, strict=True)
            tail = "".join(COMPARISONS[type(op)] + grouped_by_python(right) for op, right in pairs)
            return f"({grouped_by_python(left)}{tail})"
        case ast.BoolOp(op=op, values=values):
            word = " and " if isinstance(op, ast.And) else " or "
            return f"({word.join(map(grouped_by_python, values))})"
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return f"{name}({', '.join(map(grouped_by_python, arguments))})"
    raise TypeError(ast.dump(node))


# Texts without parentheses wherever they are not drawn, so that precedence decides.
numbers = st.recursive(
    st.sampled_from(["x", "y", "3", "0.5", "1e-05"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**", " - "]), inner).map("".join),
        inner.map("-{}".format),
        inner.map("+{}".format),
        inner.map("({})".format),
        inner.map("sin({})".format),
        st.tuples(inner, inner).map("max({0[0]}, {0[1]})".format),
        st.tuples(inner, inner, inner).map("where({0[0]} < {0[1]}, {0[2]}, y)".format),
    ),
    max_leaves=12,
)
comparisons = st.lists(numbers, min_size=2, max_size=3).flatmap(
    lambda operands: st.sampled_from(["<", "<=", ">", ">=", "==", "!="]).map(
        lambda sign: f" {sign} ".join(operands)
    )
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or "]), inner).map("".join),
        inner.map("not {}".format),
        inner.map("({})".format),
    ),
    max_leaves=6,
)


@settings(deadline=None, max_examples=300)
@given(numbers)
def test_arithmetic_is_grouped_as_python_groups_it(text: str) -> None:
    assert grouped(Formula(text).tree) == grouped_by_python(ast.parse(text, mode="eval").body)


@settings(deadline=None, max_examples=300)
@given(conditions)
def test_conditions_are_grouped_as_python_groups_them(text: str) -> None:
    assert grouped(Formula(text).tree) == grouped_by_python(ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("text", "explicit"),
    [
        ("2x", "2*x"),
        ("3 sin(x)", "3*sin(x)"),
        ("3 sin (x)", "3*sin(x)"),
        ("2(x+1)", "2*(x+1)"),
        ("(x+1)(x-1)", "(x+1)*(x-1)"),
        ("(x+1)sin(x)cos(x)", "(x+1)*sin(x)*cos(x)"),
        ("2 pi x", "2*pi*x"),
        ("2pi", "2*pi"),
        ("1/2x", "1/2*x"),
        ("2x^2", "2*(x^2)"),
        ("-2x", "(-2)*x"),
        ("2^3x", "(2^3)*x"),
        ("e^2x", "(e^2)*x"),
        ("x y^2", "x*(y^2)"),
        ("2x + 3y", "2*x + 3*y"),
        ("2x < 3y", "2*x < 3*y"),
        ("2e3x", "2000.*x"),
        ("2e", "2*e"),
        ("2exp(x)", "2*exp(x)"),
        ("2e x", "2*e*x"),
        ("2.x", "2*x"),
        ("2 -x", "2 - x"),
        ("x -y", "x - y"),
        ("2(-x)", "2*(-x)"),
        ("x²(x+1)", "(x^2)*(x+1)"),
    ],
)
def test_omitted_multiplication_binds_like_the_written_one(text: str, explicit: str) -> None:
    columns = {"x": np.array([0.3, -1.7, 2.0]), "y": np.array([0.9, 1.1, -0.4])}
    np.testing.assert_array_equal(Formula(text)(columns), Formula(explicit)(columns))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1/2*3", 1.5),
        ("2^3^2", 512.0),
        ("2**3**2", 512.0),
        ("-2^2", -4.0),
        ("(-2)^2", 4.0),
        ("2^-2", 0.25),
        ("2^-2^2", 2.0**-4),
        ("--3", 3.0),
        ("2 - -3", 5.0),
        ("2*-3", -6.0),
        ("7 - 2 - 1", 4.0),
        ("8/4/2", 1.0),
        ("1/2(3)", 1.5),
        ("3²", 9.0),
        ("-3²", -9.0),
        ("2²^3", 64.0),
        ("2^3²", 512.0),
        ("10⁻²", 0.01),
        ("2−1", 1.0),
        ("2×3·4", 24.0),
        ("6÷4", 1.5),
        ("2π", 2 * math.pi),
        (".5 + 2. + 1E-3 + 1e+2", 102.501),
        ("+4", 4.0),
        ("\t2\n+\u00a03 ", 5.0),
    ],
)
def test_constant_formulas_have_their_school_value(text: str, value: float) -> None:
    assert constant(text) == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 < x < 1", [0, 0, 1, 0, 0]),
        ("0 ≤ x ≤ 1", [0, 1, 1, 1, 0]),
        ("x == 0.5", [0, 0, 1, 0, 0]),
        ("x ≠ 0.5", [1, 1, 0, 1, 1]),
        ("x>0 & x<1", [0, 0, 1, 0, 0]),
        ("(x>0) & (x<1)", [0, 0, 1, 0, 0]),
        ("x>0 && x<1", [0, 0, 1, 0, 0]),
        ("x>0 AND x<1", [0, 0, 1, 0, 0]),
        ("x<0 | x>1", [1, 0, 0, 0, 1]),
        ("x<0 || x>1", [1, 0, 0, 0, 1]),
        ("x<0 or x>0 and x<1", [1, 0, 1, 0, 0]),
        ("not x<0 and x<1", [0, 1, 1, 0, 0]),
        ("not (x<0 or x>1)", [0, 1, 1, 1, 0]),
        ("~(x>0)", [1, 1, 0, 0, 0]),
        ("not not x>0", [0, 0, 1, 1, 1]),
        ("x+1 > 2x", [1, 1, 1, 0, 0]),
        ("(x>0) == (x<1)", [0, 0, 1, 0, 0]),
    ],
)
def test_conditions_hold_where_they_say(text: str, expected: list[int]) -> None:
    columns = {"x": np.array([-1.0, 0.0, 0.5, 1.0, 2.0])}
    np.testing.assert_array_equal(Formula(text)(columns), expected)


def test_condition_counts_as_one_or_zero_in_arithmetic() -> None:
    columns = {"x": np.array([-2.0, 0.5, 3.0])}
    for text, expected in [
        ("(x > 0)*x", [0, 0.5, 3]),
        ("(x > 0) + (x > 1)", [0, 1, 2]),  # not a logical or, as for NumPy's booleans
        ("-(x > 0)", [0, -1, -1]),
        ("(x > 0) - (x < 1)", [-1, 0, 1]),
        ("2^(x > 0)", [1, 2, 2]),
        ("max(x > 0, 0.5)", [0.5, 1, 1]),
        ("where(x > 1, x > 0, x < 0)", [1, 0, 1]),
    ]:
        np.testing.assert_array_equal(Formula(text)(columns), expected, err_msg=text)


def test_variables_come_in_order_of_appearance() -> None:
    assert Formula("z + 2x*sin(y)/x + z").variables == ("z", "x", "y")
    assert Formula("where(b > a, c, a)").variables == ("b", "a", "c")
    assert Formula("2*pi + e").variables == ()


@pytest.mark.parametrize("name", ["x1", "Rb1", "θ", "x_max", "_x", "lambda", "größe", "温度", "Pi"])
def test_any_word_may_be_a_variable(name: str) -> None:
    formula = Formula(f"2{name} + 1" if name.isalpha() else f"2*{name} + 1")
    assert formula.variables == (name,)
    assert formula({name: np.array(3.0)}) == 7.0


def test_spellings_of_one_letter_are_one_variable() -> None:
    assert Formula("𝑥 + x + x").variables == ("x",)
    assert Formula("x₁ + x1").variables == ("x1",)
    assert Formula("ﬁt + fit").variables == ("fit",)


def test_declared_variable_keeps_the_spelling_of_its_declaration() -> None:
    micro, greek = "\u00b5", "\u03bc"
    assert Formula(f"2{greek}", [micro]).variables == (micro,)
    assert Formula(f"2{micro}").variables == (greek,)


def test_declared_variable_before_parenthesis_multiplies() -> None:
    columns = {"x": np.array([1.0, 2.0])}
    np.testing.assert_array_equal(Formula("x(x+1)", ["x"])(columns), [2, 6])
    np.testing.assert_array_equal(Formula("2^x(x+1)", ["x"])(columns), [4, 12])


def test_declared_variable_wins_over_constant_and_bare_function() -> None:
    assert Formula("e*x").variables == ("x",)
    assert Formula("e*x", ["e", "x"]).variables == ("e", "x")
    assert Formula("pi*r^2", ("pi", "r")).variables == ("pi", "r")
    both = Formula("gamma*gamma(x)", ["gamma", "x"])
    assert both({"gamma": np.array(10.0), "x": np.array(4.0)}) == pytest.approx(60.0)


def test_declared_variables_that_the_text_lacks_are_not_its_variables() -> None:
    assert Formula("2x", ["x", "y"]).variables == ("x",)


def test_decimals_are_kept_as_typed() -> None:
    tree = Formula("0.1 + 1e-3 + .50").tree
    assert [node.text for node in tree.children if isinstance(node, Number)] == [
        "0.1",
        "1e-3",
        ".50",
    ]
