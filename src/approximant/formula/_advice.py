"""The sentences of the parser's errors: what is wrong, and what to write instead."""

import re

from approximant.errors import FormulaError
from approximant.formula._functions import CONSTANTS, FUNCTIONS, Function
from approximant.formula._mistakes import mistake
from approximant.formula._suggestions import near_function
from approximant.formula._tokens import Kind, Token

# Functions that people try and that have an exact spelling in this language.
_SPELLINGS = {
    "clip": "min(max(x, low), high)",
    "cot": "1/tan(x)",
    "csc": "1/sin(x)",
    "coth": "1/tanh(x)",
    "csch": "1/sinh(x)",
    "ctg": "1/tan(x)",
    "deg2rad": "x*pi/180",
    "degrees": "x*180/pi",
    "divide": "x/y",
    "erfc": "1 - erf(x)",
    "factorial": "gamma(x + 1)",
    "fmod": "x - y*floor(x/y)",
    "heaviside": "where(x >= 0, 1, 0)",
    "hypot": "sqrt(x^2 + y^2)",
    "if": "where(condition, a, b)",
    "ifelse": "where(condition, a, b)",
    "iif": "where(condition, a, b)",
    "lg": "log10(x) or log2(x)",
    "mod": "x - y*floor(x/y)",
    "multiply": "x*y",
    "piecewise": "where(condition, a, b)",
    "rad2deg": "x*180/pi",
    "radians": "x*pi/180",
    "relu": "max(x, 0)",
    "sec": "1/cos(x)",
    "select": "where(condition, a, b)",
    "sigmoid": "1/(1 + exp(-x))",
    "sinc": "sin(pi*x)/(pi*x)",
    "softplus": "log1p(exp(x))",
    "square": "x^2",
    "step": "where(x >= 0, 1, 0)",
    "tg": "tan(x)",
    "trunc": "sign(x)*floor(abs(x))",
}

# Words that are never variables unless declared, each with what to write instead.
RESERVED = {
    "if": "a choice is written where(condition, a, b)",
    "else": "a choice is written where(condition, a, b)",
    "elif": "choices are written where(condition, a, where(condition, b, c))",
    "then": "a choice is written where(condition, a, b)",
    "True": "write a comparison such as x > 0",
    "False": "write a comparison such as x > 0",
    "None": "write a number",
    "inf": "every number in a formula is finite",
    "infinity": "every number in a formula is finite",
    "nan": "every number in a formula is finite",
}

# What people mean by an operator that stands where a value is needed.
_INSTEAD = {
    "/": "the whole part of a quotient is floor(a/b)",
    "or": "the absolute value is abs(x)",
    "*": "a power is written ^ or **",
}
_DEFINITION = re.compile(r"\s*\w+\s*\([^()=]*\)\s*=(?!=)")
_LONGEST_QUOTE = 30  # characters of the formula repeated inside a sentence


def quoted(text: str, start: int, end: int) -> str:
    """Returns a piece of the text for use inside a sentence, cut if it is long."""
    shown = " ".join(text[start:end].split())
    return shown if len(shown) <= _LONGEST_QUOTE else f"{shown[: _LONGEST_QUOTE - 3]}..."


def missing_value(text: str, before: Token, now: Token) -> FormulaError:
    """Returns the error for a token where a value should start."""
    if before.text == "(" and now.kind is Kind.END:
        return never_closed(text, before)
    if now.kind is Kind.END:
        return mistake(text, before.start, f"a value is missing after {_shown(text, before)}")
    instead = f": {_INSTEAD[now.text]}" if now.text in _INSTEAD else ""
    if before.kind is Kind.END:
        where = f"before {_shown(text, now)}"
    else:
        where = f"between {_shown(text, before)} and {_shown(text, now)}"
    return mistake(text, now.start, f"a value is missing {where}{instead}")


def unexpected(text: str, before: Token, now: Token) -> FormulaError:
    """Returns the error for a token that cannot follow a complete value."""
    if now.text == ")":
        message = "this ')' closes nothing: remove it, or add a '('"
    elif now.text == ",":
        message = "a comma separates the arguments of a function: decimals have a point, 1.5"
    elif now.text == "not":
        message = "'not' cannot follow a value: join conditions with 'and' or 'or'"
    else:
        left, right = quoted(text, before.start, before.end), quoted(text, now.start, now.end)
        message = f"an operator is missing between '{left}' and '{right}'"
        message = f"{message}: for a product write {left}*{right}"
    return mistake(text, now.start, message)


def never_closed(text: str, opening: Token) -> FormulaError:
    """Returns the error for a parenthesis without its partner."""
    return mistake(text, opening.start, "this '(' is never closed: add the missing ')'")


def unknown_function(text: str, token: Token) -> FormulaError:
    """Returns the error for a name before a parenthesis that is no function."""
    return mistake(text, token.start, _unknown_function(text, token.text))


def _unknown_function(text: str, name: str) -> str:
    if definition := _DEFINITION.match(text):
        left = quoted(text, 0, definition.end())
        return f"a formula is only the right-hand side: leave out '{left}'"
    if name in CONSTANTS:
        power = "write exp(...), " if name == "e" else ""
        return f"'{name}' is a number, not a function: {power}for a product write {name}*(...)"
    if name in _SPELLINGS:
        return f"unknown function '{name}': write {_SPELLINGS[name]}"
    product = f"for a product write {name}*(...)"
    if near := near_function(name):
        return f"unknown function '{name}': did you mean '{near}'? Or {product}"
    others = len(FUNCTIONS) - 3
    return f"unknown function '{name}': formulas know sin, exp, where and {others} more; {product}"


def bare_function(text: str, token: Token) -> FormulaError:
    """Returns the error for a function without arguments."""
    name = token.text
    message = (
        f"the function '{name}' needs parentheses: write {name}(x), its square {name}(x)^2; "
        "a variable of that name must be declared"
    )
    return mistake(text, token.start, message)


def reserved(text: str, token: Token) -> FormulaError:
    """Returns the error for a word of programming languages."""
    message = f"'{token.text}' is not read in formulas: {RESERVED[token.text]}"
    return mistake(text, token.start, message)


def wrong_count(text: str, token: Token, function: Function, got: int) -> FormulaError:
    """Returns the error for too few or too many arguments."""
    count = f"{len(function.parameters)}{' or more' if function.more else ''}"
    plural = "argument" if count == "1" else "arguments"
    advice = f"; {function.advice}" if function.advice else ""
    message = f"{function.usage} takes {count} {plural}: got {got}{advice}"
    return mistake(text, token.start, message)


def no_condition(text: str, place: tuple[int, int], wanted_by: str) -> FormulaError:
    """Returns the error for a number where a condition is needed."""
    shown = quoted(text, *place)
    message = f"'{wanted_by}' needs a condition: got the number '{shown}'; compare it, "
    return mistake(text, place[0], f"{message}such as {shown} != 0")


def _shown(text: str, token: Token) -> str:
    return f"'{quoted(text, token.start, token.end)}'"
