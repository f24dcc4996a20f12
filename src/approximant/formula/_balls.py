"""The tree as ball arithmetic: proved enclosures of a formula, with every decimal read exactly.

A formula that is defined branch by branch (`abs`, `max`, `where`, `floor`, ...) is analytic only
where no branch changes. `enclose` therefore tells which branch each such part of the tree takes on
a box of real balls; `value` then follows these branches, also into the complex plane, and is not
finite unless the result is analytic on the whole of its balls. Both take exact points as well: a
float is an exact ball.

Arb works at the precision of `flint.ctx`; constants are read at the precision of the compilation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np
from flint import arb, ctx

from approximant.formula._ball_functions import (
    ANALYTIC,
    EVERYWHERE,
    NOT_FINITE,
    OVERHANG,
    REAL,
    Ball,
    analytic_general_power,
    analytic_power,
    hull,
    real_general_power,
    real_power,
)
from approximant.formula._branches import BRANCHED, Branch, any_branch, decide, on_branch
from approximant.formula._exact import ARITHMETIC, number, rational
from approximant.formula._sides import threshold
from approximant.formula._tree import (
    Call,
    Chain,
    Comparison,
    Condition,
    Constant,
    Indicator,
    Logic,
    Negative,
    Not,
    Number,
    Power,
    Value,
    Variable,
    Where,
)
from approximant.formula._truth import Truth, compared, opposite

Branches: TypeAlias = tuple[Branch, ...]  # of the parts that have any, in the order of the text
_Columns: TypeAlias = Mapping[str, Ball]
_Enclosure: TypeAlias = Callable[[Mapping[str, arb], list[Branch]], arb]
_Continuation: TypeAlias = Callable[[_Columns, Branches], Ball]
_Test: TypeAlias = Callable[[Mapping[str, arb], list[Branch]], Truth]

LARGEST_POWER = 10**6


class BallReading:
    """A formula on balls, at the precision of `flint.ctx` when it is made.

    Args:
        tree: of the formula.
        everywhere: whether `enclose` is finite only where the formula has a value on all of a box.

    Attributes:
        bits: the precision.
    """

    def __init__(self, tree: Value, *, everywhere: bool = False) -> None:
        self.bits = ctx.prec
        self._real = EVERYWHERE if everywhere else REAL
        self._overhang = 0.0 if everywhere else OVERHANG
        self._everywhere = everywhere
        self._count = 0
        self._enclosure, self._continuation = self._compile(tree)

    def enclose(self, columns: Mapping[str, arb]) -> tuple[arb, Branches]:
        """Return an enclosure of all values on a box of real balls, and the branches taken there.

        Where rounding lets a ball reach outside the domain of a root, the values inside count,
        unless the formula is read `everywhere`. Not finite where no finite enclosure is found; a
        branch is None where the box does not decide.
        """
        branches: list[Branch] = [0] * self._count  # 0 remains where a part has no effect
        return self._enclosure(columns, branches), tuple(branches)

    def value(self, columns: _Columns, branches: Branches) -> Ball:
        """Return an enclosure of the values on real or complex balls, on given branches.

        Columns may also be arrays of balls (dtype object) that broadcast against each other, such
        as the axes of a grid: a part of the formula is then evaluated once for what it depends on.

        Not finite unless the analytic continuation of the formula from the reals where these
        branches hold is analytic on the whole of the balls, nor where a branch needed is None.
        """
        return self._continuation(columns, branches)

    def _compile(self, node: Value) -> tuple[_Enclosure, _Continuation]:
        match node:
            case Number() | Constant():
                constant = number(node)
                return (lambda columns, branches: constant), (lambda columns, branches: constant)
            case Variable(name=name):
                return (lambda c, branches: c[name]), (lambda c, branches: c[name])
            case Negative(operand=operand):
                return _mapped(lambda z: -z, *self._compile(operand))
            case Chain():
                return self._chain(node)
            case Power():
                return self._power(node)
            case Call(function=name, arguments=arguments) if name in BRANCHED:
                return self._branched(name, arguments)
            case Call(function=name, arguments=(argument,)):
                real, analytic = self._compile(argument)
                return _mapped(self._real[name], real, analytic, ANALYTIC[name])
            case Where(condition=condition, holding=holding, otherwise=otherwise):
                return self._where(condition, self._compile(holding), self._compile(otherwise))
            case Indicator(condition=condition):
                one, zero = arb(1), arb(0)
                return self._where(
                    condition,
                    ((lambda c, b: one), (lambda c, b: one)),
                    ((lambda c, b: zero), (lambda c, b: zero)),
                )
        raise TypeError(f"no reading in balls for {type(node).__name__}")

    def _chain(self, node: Chain) -> tuple[_Enclosure, _Continuation]:
        parts = [self._compile(operand) for operand in node.operands]
        steps = [ARITHMETIC[sign] for sign in node.operators]
        return (
            _accumulated(steps, [real for real, _ in parts]),
            _accumulated(steps, [analytic for _, analytic in parts]),
        )

    def _power(self, node: Power) -> tuple[_Enclosure, _Continuation]:
        if isinstance(node.base, Constant) and node.base.name == "e":
            return _mapped(lambda z: z.exp(), *self._compile(node.exponent))
        real, analytic = self._compile(node.base)
        exponent = rational(node.exponent)
        if exponent is not None and (
            exponent.denominator > 1 or abs(exponent.numerator) <= LARGEST_POWER
        ):
            return _mapped(
                lambda x: real_power(x, exponent, self._overhang),
                real,
                analytic,
                lambda z: analytic_power(z, exponent),
            )
        up, analytic_up = self._compile(node.exponent)
        power = _elementwise(analytic_general_power)
        return (
            (lambda c, b: real_general_power(real(c, b), up(c, b), self._overhang)),
            (lambda c, b: power(analytic(c, b), analytic_up(c, b))),
        )

    def _branched(
        self, name: str, arguments: tuple[Value, ...]
    ) -> tuple[_Enclosure, _Continuation]:
        parts = [self._compile(argument) for argument in arguments]
        index = self._next()

        def enclosure(columns: Mapping[str, arb], branches: list[Branch]) -> arb:
            balls = [real(columns, branches) for real, _ in parts]
            branch = branches[index] = decide(name, balls)
            if branch is None:
                return any_branch(name, balls)
            return on_branch(name, balls, branch) if name != "cbrt" else any_branch(name, balls)

        def continuation(columns: _Columns, branches: Branches) -> Ball:
            branch = branches[index]
            if branch is None:
                return NOT_FINITE
            if name in ("min", "max"):
                return parts[branch][1](columns, branches)
            balls = [analytic(columns, branches) for _, analytic in parts]
            return _elementwise(lambda *z: on_branch(name, list(z), branch))(*balls)

        return enclosure, continuation

    def _where(
        self,
        condition: Condition,
        holding: tuple[_Enclosure, _Continuation],
        otherwise: tuple[_Enclosure, _Continuation],
    ) -> tuple[_Enclosure, _Continuation]:
        test, border = self._test(condition), threshold(condition)
        index = self._next()

        def enclosure(columns: Mapping[str, arb], branches: list[Branch]) -> arb:
            truth = test(columns, branches)
            branches[index] = int(truth) if isinstance(truth, bool) else None
            if truth == "no value":
                return NOT_FINITE
            if truth is None:
                either = hull(holding[0](columns, branches), otherwise[0](columns, branches))
                if border is None or either.is_finite():
                    return either
                # Each may lack a value only where the other is taken.
                there, elsewhere = (border.side(columns, holding=at) for at in (True, False))
                return hull(holding[0](there, branches), otherwise[0](elsewhere, branches))
            return (holding if truth else otherwise)[0](columns, branches)

        def continuation(columns: _Columns, branches: Branches) -> Ball:
            if branches[index] is None:  # undecided: neither branch may stand for both
                return NOT_FINITE
            return (holding if branches[index] else otherwise)[1](columns, branches)

        return enclosure, continuation

    def _next(self) -> int:
        self._count += 1
        return self._count - 1

    def _test(self, node: Condition) -> _Test:
        """Return whether a condition holds on a box: on all of it, nowhere, undecided, no value."""
        match node:
            case Comparison(operators=operators, operands=operands):
                parts = [self._compile(operand)[0] for operand in operands]

                def compare(columns: Mapping[str, arb], branches: list[Branch]) -> Truth:
                    inner = branches.copy()  # branches that only the condition takes
                    balls = [part(columns, inner) for part in parts]
                    pairs = zip(operators, balls[:-1], balls[1:], strict=True)
                    return self._all_hold([compared(*pair) for pair in pairs])

                return compare
            case Logic(operator=operator, operands=conditions):
                tests = [self._test(condition) for condition in conditions]
                if operator == "and":
                    return lambda c, b: self._all_hold([test(c, b) for test in tests])
                return lambda c, b: opposite(self._all_hold([opposite(t(c, b)) for t in tests]))
            case Not(operand=operand):
                inner = self._test(operand)
                return lambda c, b: opposite(inner(c, b))
        raise TypeError(f"no reading in balls for {type(node).__name__}")

    def _all_hold(self, truths: list[Truth]) -> Truth:
        """Return whether all conditions hold; one that fails spares the others a value."""
        if False in truths:
            return False
        # An undecided part may fail at some points, which would spare them the value.
        if "no value" in truths and (self._everywhere or None not in truths):
            return "no value"
        return None if None in truths else True


def _mapped(
    operation: Callable[[Any], Any],
    real: _Enclosure,
    analytic: _Continuation,
    continuation: Callable[[Any], Any] | None = None,
) -> tuple[_Enclosure, _Continuation]:
    onwards = _elementwise(continuation or operation)
    return (lambda c, b: operation(real(c, b))), (lambda c, b: onwards(analytic(c, b)))


def _elementwise(operation: Callable[..., Any]) -> Callable[..., Any]:
    """Return an operation on balls that takes arrays of them as well."""

    def operate(*balls: Any) -> Any:
        if any(isinstance(ball, np.ndarray) for ball in balls):
            return np.frompyfunc(operation, len(balls), 1)(*balls)
        return operation(*balls)

    return operate


def _accumulated(steps: list[Any], parts: list[Any]) -> Any:
    if len(steps) == 1:
        step, first, second = steps[0], *parts
        return lambda c, b: step(first(c, b), second(c, b))

    def accumulate(columns: Any, branches: Any) -> Any:
        total = parts[0](columns, branches)
        for step, part in zip(steps, parts[1:], strict=True):
            total = step(total, part(columns, branches))
        return total

    return accumulate
