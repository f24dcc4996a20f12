"""The tree as a NumPy function: compiled once into nested closures, then called on columns.

A part of the tree that depends on no variable is computed once, here. What is computed on each
call goes through NumPy functions alone, never Python arithmetic, so that 1/0 is inf and not an
exception. A chain keeps a running total: a sum of a thousand terms needs two arrays at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias, cast

import numpy as np

from approximant.arrays import Array
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
    Value,
    Variable,
    Where,
)

Columns: TypeAlias = Mapping[str, Array]
Reading: TypeAlias = Callable[[Columns], Any]  # array or NumPy scalar, float64 or bool
_Part: TypeAlias = Reading | float | bool  # a reading, or the value of a constant part
_Operation: TypeAlias = Callable[..., Any]


class NotFiniteError(Exception):
    """A part without variables is infinite or NaN: its `place` in the text and its `value`."""

    def __init__(self, place: tuple[int, int], value: float) -> None:
        super().__init__(place, value)
        self.place = place
        self.value = value


def reading(tree: Value) -> Reading:
    """Returns the function that evaluates a tree on columns {variable: float64 array}.

    Raises:
        NotFiniteError: for the innermost constant part that is infinite or NaN.
    """
    with np.errstate(all="ignore"):
        return _as_reading(_part(tree))


def _sech(x: Array) -> Any:
    return np.divide(1.0, np.cosh(x))


def _chosen(condition: Any, holding: Any, otherwise: Any) -> Any:
    return np.where(condition, holding, otherwise)


def _indicator(condition: Any) -> Any:
    return np.asarray(condition, dtype=np.float64)


_BINARY: dict[str, _Operation] = {
    **{"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide},
    **{"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal},
    **{"==": np.equal, "!=": np.not_equal, "and": np.logical_and, "or": np.logical_or},
}
_FUNCTIONS: dict[str, _Operation] = {
    **{"sin": np.sin, "cos": np.cos, "tan": np.tan},
    **{"asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2},
    **{"sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "sech": _sech},
    **{"asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh},
    **{"exp": np.exp, "expm1": np.expm1, "log": np.log, "log1p": np.log1p},
    **{"log2": np.log2, "log10": np.log10, "sqrt": np.sqrt, "cbrt": np.cbrt},
    **{"abs": np.abs, "sign": np.sign, "floor": np.floor, "ceil": np.ceil, "round": np.rint},
    **{"min": np.minimum, "max": np.maximum},
}
_SPECIAL = ("erf", "gamma", "j0", "j1")


def _function(name: str) -> _Operation:
    if name in _SPECIAL:
        import scipy.special  # here, because it takes a tenth of a second to import

        special: _Operation = getattr(scipy.special, name)
        return special
    return _FUNCTIONS[name]


def _part(node: Node) -> _Part:
    """Compiles a node; a constant part becomes its value, which must be finite."""
    part = _compiled(node, [*map(_part, node.children)])
    if callable(part):
        return cast(Reading, part)
    return _finite(part, node.place)


def _finite(constant: Any, place: tuple[int, int]) -> float | bool:
    value: float | bool = np.asarray(constant).item()
    if not np.isfinite(value):
        raise NotFiniteError(place, value)
    return value


def _compiled(node: Node, parts: list[_Part]) -> Any:
    match node:
        case Number(text=text):
            return float(text)
        case Constant(name=name):
            return {"pi": np.pi, "e": np.e}[name]
        case Variable(name=name):
            return itemgetter(name)
        case Power() if parts[1] == 2.0:
            return _applied(np.square, parts[:1])
        case Chain(operators=operators):
            return _accumulated(node, [_BINARY[sign] for sign in operators], parts)
        case Logic(operator=word):
            return _accumulated(node, [_BINARY[word]] * (len(parts) - 1), parts)
        case Call(function="min" | "max" as name):
            return _accumulated(node, [_FUNCTIONS[name]] * (len(parts) - 1), parts)
        case _:
            return _applied(_operation(node), parts)


def _operation(node: Node) -> _Operation:
    """Returns what a node does to the values of its children."""
    match node:
        case Negative():
            return np.negative
        case Power():
            return np.power
        case Call(function=name):
            return _function(name)
        case Where():
            return _chosen
        case Indicator():
            return _indicator
        case Comparison(operators=operators):
            return _comparison(operators)
        case Not():
            return np.logical_not
    raise TypeError(f"no NumPy reading for {type(node).__name__}")


def _comparison(operators: Sequence[str]) -> _Operation:
    compare = [_BINARY[sign] for sign in operators]
    if len(compare) == 1:
        return compare[0]

    def all_hold(*values: Any) -> Any:
        held = compare[0](values[0], values[1])
        for holds, left, right in zip(compare[1:], values[1:-1], values[2:], strict=True):
            held = np.logical_and(held, holds(left, right))
        return held

    return all_hold


def _applied(operation: _Operation, parts: Sequence[_Part]) -> Any:
    """Binds an operation to its parts; constant parts alone give its value at once."""
    match parts:
        case [a] if callable(a):
            return lambda columns: operation(a(columns))
        case [a, b] if callable(a) and callable(b):
            return lambda columns: operation(a(columns), b(columns))
        case [a, b] if callable(a):
            return lambda columns: operation(a(columns), b)
        case [a, b] if callable(b):
            return lambda columns: operation(a, b(columns))
    if not any(callable(part) for part in parts):
        return operation(*parts)
    readings = [_as_reading(part) for part in parts]
    return lambda columns: operation(*[read(columns) for read in readings])


def _accumulated(node: Node, operations: Sequence[_Operation], parts: Sequence[_Part]) -> Any:
    """Joins the parts of a node from left to right; constants that come first are joined here."""
    total, done = parts[0], 1
    while done < len(parts) and not callable(total) and not callable(parts[done]):
        place = (node.children[0].place[0], node.children[done].place[1])
        total = _finite(operations[done - 1](total, parts[done]), place)
        done += 1
    steps = list(zip(operations[done - 1 :], parts[done:], strict=True))
    if len(steps) < 2:
        return _applied(steps[0][0], [total, steps[0][1]]) if steps else total
    first, rest = _as_reading(total), [(step, _as_reading(part)) for step, part in steps]

    def accumulate(columns: Columns) -> Any:
        total = first(columns)
        for operation, read in rest:
            total = operation(total, read(columns))
        return total

    return accumulate


def _as_reading(part: _Part) -> Reading:
    return part if callable(part) else lambda columns: part
