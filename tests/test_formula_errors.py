"""Every mistake gets one FormulaError: what is wrong, the text, a caret under the place, advice."""

import re

import pytest

from approximant.errors import ApproximantError, FormulaError
from approximant.formula import Formula

# text, column of the caret, what the first line says
MISTAKES = [
    # parentheses
    ("(x+1", 0, "this '(' is never closed: add the missing ')'"),
    ("((x+1)", 0, "this '(' is never closed"),
    ("2*(x + (y - 1)", 2, "this '(' is never closed"),
    ("sin(x", 3, "this '(' is never closed"),
    ("sin(", 3, "this '(' is never closed"),
    ("min(x, (y)", 3, "this '(' is never closed"),
    ("x+1)", 3, "this ')' closes nothing: remove it, or add a '('"),
    (")", 0, "a value is missing before ')'"),
    ("()", 0, "there is nothing between these parentheses"),
    ("2*()", 2, "there is nothing between these parentheses"),
    # values and operators missing
    ("x^", 1, "a value is missing after '^'"),
    ("x**", 1, "a value is missing after '**'"),
    ("x + * y", 4, "a value is missing between '+' and '*': a power is written ^ or **"),
    ("x^^2", 2, "a value is missing between '^' and '^'"),
    ("(x +)", 4, "a value is missing between '+' and ')'"),
    ("* x", 0, "a value is missing before '*'"),
    ("x//2", 2, "the whole part of a quotient is floor(a/b)"),
    ("|x|", 0, "a value is missing before '|': the absolute value is abs(x)"),
    ("x <> 2", 3, "a value is missing between '<' and '>'"),
    ("max(x,)", 6, "a value is missing between ',' and ')'"),
    ("2 3", 2, "an operator is missing between '2' and '3': for a product write 2*3"),
    ("x 2", 2, "an operator is missing between 'x' and '2': for a product write x*2"),
    ("(x+1)2", 5, "an operator is missing between ')' and '2'"),
    ("1.2.3", 3, "an operator is missing between '1.2' and '.3'"),
    ("1,5*x", 1, "a comma separates the arguments of a function: decimals have a point, 1.5"),
    ("(x, y)", 2, "a comma separates the arguments"),
    # characters without meaning
    ("x.y", 1, "'.' has no meaning here: a dot belongs to a number such as 0.5"),
    ("np.sin(x)", 2, "write sin(x), not np.sin(x)"),
    ("x.__class__", 1, "'.' has no meaning here"),
    ("'os'", 0, "a formula holds numbers and names, no text in quotes"),
    ('x + "a"', 4, "a formula holds numbers and names, no text in quotes"),
    ("x[0]", 1, "'[' has no meaning here: group with parentheses ( )"),
    ("{x}", 0, "group with parentheses ( )"),
    ("y = x^2", 2, "'=' has no meaning here: compare with ==, <= or >="),
    ("x =< 2", 2, "compare with ==, <= or >="),
    ("x%2", 1, "'%' has no meaning here: the remainder is x - y*floor(x/y)"),
    ("x!", 1, "n! is gamma(n + 1)"),
    ("x; y", 1, "several outputs are several formulas"),
    ("lambda x: x^2", 8, "a formula is only the right-hand side"),
    ("\\sin(x)", 0, "LaTeX is not read"),
    ("√x", 0, "write sqrt(x)"),
    ("90°", 2, "write degrees as x*pi/180"),
    ("1_000*x", 1, "write a number without grouping its digits, such as 1000"),
    ("x # y", 2, "use letters, digits, + - * / ^ ( ) , and comparisons"),
    ("x + ½", 4, "'½' U+00BD (VULGAR FRACTION ONE HALF) has no meaning here"),
    # names
    ("sinn(x)", 0, "unknown function 'sinn': did you mean 'sin'?"),
    ("2*Sqrt(x)", 2, "unknown function 'Sqrt': did you mean 'sqrt'?"),
    ("1 + arctann(x)", 4, "did you mean 'arctan'?"),
    ("x(x+1)", 0, "unknown function 'x': formulas know sin, exp, where and"),
    ("x(x+1)", 0, "for a product write x*(...)"),
    ("2 pi(x+1)", 2, "'pi' is a number, not a function: for a product write pi*(...)"),
    ("e(x)", 0, "'e' is a number, not a function: write exp(...)"),
    ("relu(x)", 0, "unknown function 'relu': write max(x, 0)"),
    ("if(x>0, 1, 2)", 0, "unknown function 'if': write where(condition, a, b)"),
    ("f(x) = x^2", 0, "a formula is only the right-hand side: leave out 'f(x) ='"),
    ("1 + sin x", 4, "the function 'sin' needs parentheses: write sin(x)"),
    ("sin^2(x)", 0, "its square sin(x)^2"),
    ("sin²(x)", 0, "its square sin(x)^2"),
    ("2*gamma", 2, "a variable of that name must be declared"),
    ("1 if x>0 else 2", 2, "'if' is not read in formulas: a choice is written where("),
    ("x*True", 2, "'True' is not read in formulas"),
    ("-inf", 1, "every number in a formula is finite"),
    # numbers of arguments
    ("sin(x, y)", 0, "sin(x) takes 1 argument: got 2"),
    ("sin()", 0, "sin(x) takes 1 argument: got 0"),
    ("1 + atan2(x)", 4, "atan2(y, x) takes 2 arguments: got 1"),
    ("log(x, 2)", 0, "the logarithm to base b is log(x)/log(b)"),
    ("max(x)", 0, "max(x, y, ...) takes 2 or more arguments: got 1"),
    ("where(x>0, 1)", 0, "where(condition, a, b) takes 3 arguments: got 2"),
    # conditions
    ("x and y > 1", 0, "'and' needs a condition: got the number 'x'; compare it, such as x != 0"),
    ("y > 1 | x + 2", 8, "'or' needs a condition: got the number 'x + 2'"),
    ("not x", 4, "'not' needs a condition"),
    ("where(x, 1, 2)", 6, "'where' needs a condition: got the number 'x'"),
    ("x + not y > 0", 4, "put (not ...) in parentheses"),
    ("x > 0 not y", 6, "join conditions with 'and' or 'or'"),
    # constants that are not finite
    ("9^9^9^9", 2, "9^9^9 is infinite in float64: every part without variables must be finite"),
    ("x + 1/0", 4, "1/0 is infinite in float64"),
    ("1/0*x", 0, "1/0 is infinite in float64"),
    ("x + 2*(1e308*10*x)", 7, "1e308*10 is infinite in float64"),
    ("x*sqrt(-1)", 2, "sqrt(-1) is not a number"),
    ("x + 1e999", 4, "1e999 is infinite in float64"),
    ("where(x > 0, x, log(0))", 16, "log(0) is infinite in float64"),
    ("x + exp(1000)", 4, "exp(1000) is infinite"),
]


@pytest.mark.parametrize(("text", "column", "sentence"), MISTAKES)
def test_mistake_is_named_and_pointed_at(text: str, column: int, sentence: str) -> None:
    pattern = f"{re.escape(sentence)}[^\n]*\n    {re.escape(text)}\n    {' ' * column}\\^$"
    with pytest.raises(FormulaError, match=pattern):
        Formula(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0"])
def test_empty_formula_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match="the formula is empty: got .*; write one such as"):
        Formula(text)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('false')",
        "eval('1')",
        "exec(x)",
        "open('file')",
        "x.__class__.__bases__[0]",
        "(lambda: 0)()",
        "[x for x in (1, 2)]",
        "f'{x}'",
        "print(x)",
        "getattr(x, y)",
        "x := 1",
        "`ls`",
        "$(ls)",
    ],
)
def test_code_is_refused(text: str) -> None:
    with pytest.raises(FormulaError, match=r"(unknown function|has no meaning here).*\n.*\n +\^"):
        Formula(text)


def test_variables_before_a_parenthesis_must_be_declared() -> None:
    with pytest.raises(FormulaError, match="unknown function 'y'"):
        Formula("y(x+1)", ["x"])


def test_declared_variable_named_like_a_function_does_not_hide_it() -> None:
    with pytest.raises(FormulaError, match="takes 1 argument: got 2"):
        Formula("gamma(x, 2)", ["gamma", "x"])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x" * 100_000, "too long: got 100,000 characters; at most 20,000 are read"),
        ("x+" * 50_000 + "x", "too long: got 100,001 characters"),
        ("x+" * 9_999 + "x", "too large: got more than 10,000 numbers, names and operations"),
        ("(" * 10_000, "nested more than 150 levels deep"),
        ("(" * 200 + "x" + ")" * 200, "nested more than 150 levels deep"),
        ("sin(" * 200 + "x" + ")" * 200, "nested more than 150 levels deep"),
        ("-" * 10_000 + "x", "nested more than 150 levels deep"),
        ("not " * 1_000 + "x > 0", "nested more than 150 levels deep"),
        ("x^" * 5_000 + "x", "nested more than 150 levels deep"),
        ("x" + " ²" * 5_000, "nested more than 150 levels deep"),
        ("(" * 140 + "x" + "*2+1)" * 140, "nested more than 150 levels deep"),
        ("9^" * 100 + "9", r"\^9\^9 is infinite"),
        ("1" * 10_000, r"1{27}\.\.\. is infinite"),
    ],
    ids=lambda value: value[:12],
)
def test_formula_beyond_the_limits_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(FormulaError, match=sentence):
        Formula(text)


def test_long_text_is_shown_as_an_excerpt_around_the_caret() -> None:
    text = "x + " * 100 + "* y" + " + x" * 100
    with pytest.raises(FormulaError, match="a value is missing") as caught:
        Formula(text)
    _, shown, caret = str(caught.value).splitlines()
    assert shown.startswith("    ...") and shown.endswith("...") and len(shown) < 90
    assert shown[caret.index("^") :].startswith("* y")


def test_caret_stands_right_below_wide_and_combining_letters() -> None:
    with pytest.raises(FormulaError, match=r"\n    温度 \+ \* x\n           \^$"):
        Formula("温度 + * x")
    with pytest.raises(FormulaError, match="\n    x\u0302 \\+ \\* x\n        \\^$"):
        Formula("x\u0302 + * x")


def test_text_of_several_lines_is_shown_in_one() -> None:
    with pytest.raises(FormulaError, match=r"\n    x \+ \* y\n        \^$"):
        Formula("x\n+\t*\ny")


@pytest.mark.parametrize("letter", ["\x00", "\u200b", "\ud800", "\u202e"])
def test_invisible_letters_are_named_and_never_printed(letter: str) -> None:
    with pytest.raises(FormulaError, match=f"^U\\+{ord(letter):04X} \\(.*\n    x\ufffd\n     \\^$"):
        Formula(f"x{letter}")


@pytest.mark.parametrize("text", [None, 3, b"x", ["x"]])
def test_anything_but_a_text_is_refused(text: object) -> None:
    with pytest.raises(FormulaError, match="a formula is a text such as 'x\\^2': got"):
        Formula(text)  # type: ignore[arg-type]


def test_a_text_in_place_of_several_names_is_refused() -> None:
    with pytest.raises(FormulaError, match="variables are several names: got 'theta'; try"):
        Formula("theta", "theta")


def test_formula_errors_are_value_errors_of_the_package() -> None:
    assert issubclass(FormulaError, ValueError) and issubclass(FormulaError, ApproximantError)
