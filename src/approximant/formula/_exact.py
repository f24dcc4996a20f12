"""The numbers of a formula, exactly as typed: decimals are fractions, not the nearest floats."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from typing import Any

from flint import arb

from approximant.formula._tree import Chain, Constant, Negative, Number, Value

LONGEST_NUMBER = 400  # characters, and tens in the exponent: what is longer is read as a ball
ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def number(node: Number | Constant) -> arb:
    """Return a number as a ball at the precision of `flint.ctx`."""
    if isinstance(node, Constant):
        return arb.pi() if node.name == "pi" else arb.const_e()
    exact = rational(node)
    if exact is None:
        return arb(node.text)
    return arb(exact.numerator) / exact.denominator


def rational(node: Value) -> Fraction | None:
    """Return the exact value of a part made of decimals and `+ - * /`; None for others."""
    match node:
        case Number(text=text):
            _, _, exponent = text.lower().partition("e")
            if len(text) > LONGEST_NUMBER or abs(int(exponent or 0)) > LONGEST_NUMBER:
                return None
            return Fraction(text)
        case Negative(operand=operand):
            value = rational(operand)
            return None if value is None else -value
        case Chain(operators=operators, operands=operands):
            values = [rational(operand) for operand in operands]
            known = [value for value in values if value is not None]
            if len(known) < len(values) or _divides_by_zero(operators, known):
                return None
            steps = zip(operators, known[1:], strict=True)
            return reduce(lambda total, step: ARITHMETIC[step[0]](total, step[1]), steps, known[0])
    return None


def _divides_by_zero(operators: tuple[str, ...], values: list[Fraction]) -> bool:
    return any(s == "/" and value == 0 for s, value in zip(operators, values[1:], strict=True))
