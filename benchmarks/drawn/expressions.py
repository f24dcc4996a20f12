"""Formulas as trees: the text that prover and checker read, and the exact value that they claim.

A value is a fraction as long as the operations allow one, otherwise an Arb ball: conditions on
rational numbers are decided exactly, also on a kink and 2^-200 beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, ctx, fmpq

BITS = 220  # of the balls
LONGEST = 380  # characters of a decimal; formulas take what is longer for a ball, no fraction
LARGEST = 10**300  # whole number in a formula, whose floats must be finite
Exact = Any  # fmpq or arb
Decisions = list[Any]  # which branch was taken wherever there is one, in the order of evaluation


class Undecided(Exception):
    """Balls of 220 bits do not tell which branch holds, or whether there is a value."""


class NoValue(Exception):
    """The expression has no value at this point."""


@dataclass(frozen=True, eq=False, slots=True)
class Node:
    """A part of a formula.

    Args:
        kind: "number", "input", or a key of the tables below.
        parts: its operands.
        number: for a number its value, for an input its place.
    """

    kind: str
    parts: tuple[Node, ...] = ()
    number: Any = None

    def __add__(self, other: Node) -> Node:
        return Node("+", (self, other))

    def __sub__(self, other: Node) -> Node:
        return Node("-", (self, other))

    def __mul__(self, other: Node) -> Node:
        return Node("*", (self, other))

    def __truediv__(self, other: Node) -> Node:
        return Node("/", (self, other))


def number(value: float | fmpq) -> Node:
    """Return a constant; its denominator must be a product of twos and fives."""
    return Node("number", (), value if isinstance(value, fmpq) else fraction(value))


def variable(k: int) -> Node:
    """Return an input."""
    return Node("input", (), k)


def fraction(value: float) -> fmpq:
    """Return a float as a fraction."""
    return fmpq(*float(value).as_integer_ratio())


def text(node: Node, names: Sequence[str]) -> str:
    """Return the formula of a tree, fully bracketed."""
    if node.kind == "number":
        return decimal(node.number)
    if node.kind == "input":
        return names[node.number]
    return TEXTS[node.kind].format(*(text(part, names) for part in node.parts))


def decimal(value: fmpq) -> str:
    """Return a fraction exactly: as a decimal, or if that is long as a multiple of powers."""
    numerator, denominator = int(value.p), int(value.q)
    twos = (denominator & -denominator).bit_length() - 1
    rest, fives = denominator >> twos, 0
    while rest % 5 == 0:
        rest, fives = rest // 5, fives + 1
    if rest != 1:
        raise ValueError(f"{value} is no finite decimal")
    places = max(twos, fives)
    digits = str(abs(numerator) * 2 ** (places - twos) * 5 ** (places - fives))
    found = f"{digits}e-{places}" if places else digits
    if max(len(found), places) > LONGEST and abs(numerator) < LARGEST:
        found = f"{abs(numerator)}*2^-{twos}" + (f"*5^-{fives}" if fives else "")
    return f"(-{found})" if numerator < 0 else f"({found})"


def value(node: Node, point: Sequence[fmpq], decisions: Decisions | None = None) -> Exact:
    """Return the value at a point with rational coordinates, at 220 bits.

    Args:
        node: the expression; parts that several others share are evaluated once.
        point: the coordinates.
        decisions: which branches were taken is appended to this.

    Raises:
        NoValue, Undecided: see there.
    """
    with ctx.workprec(BITS):
        return _Evaluation(point, decisions if decisions is not None else []).of(node)


class _Evaluation:
    def __init__(self, point: Sequence[fmpq], decisions: Decisions) -> None:
        self._point = point
        self._decisions = decisions
        self._known: dict[Node, Exact] = {}

    def of(self, node: Node) -> Exact:
        kind = node.kind
        if kind == "number":
            return node.number
        if kind == "input":
            return self._point[node.number]
        if node not in self._known:
            self._known[node] = self._computed(node)
        return self._known[node]

    def _computed(self, node: Node) -> Exact:
        if node.kind == "where":
            return self.of(node.parts[1 if self._holds(node.parts[0]) else 2])
        if node.kind in CONDITIONS:
            return fmpq(int(self._holds(node)))
        found = VALUES[node.kind](*(self.of(part) for part in node.parts))
        if node.kind in SWITCHED:
            self._decisions.append(SWITCHED[node.kind](found, *map(self.of, node.parts)))
        return found

    def _holds(self, node: Node) -> bool:
        truth = self._truth(node)
        self._decisions.append(truth)
        return truth

    def _truth(self, node: Node) -> bool:
        if node.kind == "not":
            return not self._truth(node.parts[0])
        if node.kind in COMPARED:
            return _compared(node.kind, *map(self.of, node.parts))
        settles = node.kind == "or"  # the truth of one part that settles the whole
        failure: Exception | None = None
        for part in node.parts:
            try:
                if self._truth(part) == settles:
                    return settles
            except (NoValue, Undecided) as reason:
                failure = reason if not isinstance(failure, Undecided) else failure
        if failure is not None:
            raise failure
        return not settles


def _compared(kind: str, left: Exact, right: Exact) -> bool:
    if isinstance(left, fmpq) and isinstance(right, fmpq):
        return bool(COMPARED[kind](left, right))
    left, right = ball(left), ball(right)
    if left.overlaps(right):
        raise Undecided
    return bool(COMPARED[kind](left, right))


def ball(x: Exact) -> arb:
    """Return a value as a ball."""
    return x if isinstance(x, arb) else arb(x)


def _sign(x: Exact) -> int:
    if isinstance(x, fmpq):
        return (x > 0) - (x < 0)
    if x.contains(0):
        raise Undecided
    return 1 if x > 0 else -1


def _larger(a: Exact, b: Exact) -> Exact:
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return max(a, b)
    return ball(a).max(ball(b))


def _floor(x: Exact) -> Exact:
    if isinstance(x, fmpq):
        return fmpq(int(x.p) // int(x.q))
    found = x.floor().unique_fmpz()
    if found is None:
        raise Undecided
    return fmpq(found)


def _round(x: Exact) -> Exact:
    below = _floor(x)
    rest = _sign(x - below - fmpq(1, 2))
    return below + (1 if rest > 0 or (rest == 0 and below.p % 2 == 1) else 0)


def _root(x: Exact) -> Exact:
    sign = _sign(x)
    if sign < 0:
        raise NoValue
    return ball(x).sqrt() if sign else fmpq(0)


def _cube_root(x: Exact) -> Exact:
    sign = _sign(x)
    return sign * ball(abs(x)).root(3) if sign else fmpq(0)


def _logarithm(x: Exact) -> Exact:
    if _sign(x) <= 0:
        raise NoValue
    return ball(x).log()


def _quotient(a: Exact, b: Exact) -> Exact:
    if _sign(b) == 0:
        raise NoValue
    if isinstance(a, fmpq) and isinstance(b, fmpq):
        return a / b
    return ball(a) / ball(b)


def _joined(operation: Callable[[Any, Any], Any]) -> Callable[[Exact, Exact], Exact]:
    def join(a: Exact, b: Exact) -> Exact:
        if isinstance(a, fmpq) and isinstance(b, fmpq):
            return operation(a, b)
        return operation(ball(a), ball(b))

    return join


def _of_ball(function: Callable[[arb], arb]) -> Callable[[Exact], Exact]:
    return lambda x: function(ball(x))


def _elu(z: Exact) -> Exact:
    try:
        return z if _sign(z) >= 0 else ball(z).expm1()
    except Undecided:
        return z.union(z.expm1())


LEAK = fraction(0.01)  # the float that networks execute and proofs take
VALUES: dict[str, Callable[..., Exact]] = {
    "+": _joined(lambda a, b: a + b),
    "-": _joined(lambda a, b: a - b),
    "*": _joined(lambda a, b: a * b),
    "/": _quotient,
    "square": lambda x: x * x,
    "negative": lambda x: -x,
    "abs": abs, "sign": lambda x: fmpq(_sign(x)), "min": lambda a, b: -_larger(-a, -b),
    "max": _larger, "floor": _floor, "ceil": lambda x: -_floor(-x), "round": _round,
    "sqrt": _root, "cbrt": _cube_root, "log": _logarithm,
    "sin": _of_ball(arb.sin), "cos": _of_ball(arb.cos), "exp": _of_ball(arb.exp),
    "tanh": _of_ball(arb.tanh), "atan": _of_ball(arb.atan),
    # the activations of networks
    "linear": lambda z: z,
    "sigmoid": _of_ball(lambda z: (1 + (z / 2).tanh()) / 2),
    "gaussian": _of_ball(lambda z: (-z * z).exp()),
    "softplus": _of_ball(lambda z: z.max(arb(0)) + (-abs(z)).exp().log1p()),
    "silu": _of_ball(lambda z: z * (1 + (z / 2).tanh()) / 2),
    "gelu": _of_ball(lambda z: z * (-z / arb(2).sqrt()).erfc() / 2),
    "elu": _elu,
    "relu": lambda z: _larger(z, fmpq(0)),
    "leaky_relu": lambda z: _larger(z, _joined(lambda a, b: a * b)(LEAK, z)),
}  # fmt: skip
COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip
CONDITIONS = frozenset({*COMPARED, "and", "or", "not"})


def _side(found: Exact, z: Exact) -> Any:
    try:
        return _sign(z)
    except Undecided:
        return None


def _chosen(found: Exact, a: Exact, b: Exact) -> Any:
    return _side(found, a - b if isinstance(a, fmpq) == isinstance(b, fmpq) else ball(a) - ball(b))


SWITCHED: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("abs", "sign", "cbrt", "elu", "relu", "leaky_relu"), _side),
    **dict.fromkeys(("floor", "ceil", "round"), lambda found, z: int(found.p)),
    **dict.fromkeys(("min", "max"), _chosen),
}
TEXTS = {
    **{sign: f"({{}} {sign} {{}})" for sign in ("+", "-", "*", "/", *COMPARED)},
    "and": "({} and {})", "or": "({} or {})", "not": "(not {})",
    "where": "where({}, {}, {})", "square": "{}^2", "negative": "(-{})",
    **{name: f"{name}({{}})" for name in (
        "abs", "sign", "floor", "ceil", "round", "sqrt", "cbrt", "log", "sin", "cos", "exp",
        "tanh", "atan",
    )},
    "min": "min({}, {})", "max": "max({}, {})",
    "linear": "{}", "sigmoid": "(1/(1 + exp(-{})))", "gaussian": "exp(-{}^2)",
    "softplus": "log(1 + exp({}))", "silu": "({0}/(1 + exp(-{0})))",
    "gelu": "(0.5*{0}*(1 + erf({0}/sqrt(2))))", "elu": "where({0} > 0, {0}, expm1({0}))",
    "relu": "max({}, 0)", "leaky_relu": f"max({{0}}, {decimal(LEAK)}*{{0}})",
}  # fmt: skip
