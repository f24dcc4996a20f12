"""The tree of a formula: what the parser makes and every reading (NumPy, ...) takes.

Two kinds of node, kept apart by type so that no reading ever meets a number where a condition
belongs: a `Value` is a number at each point, a `Condition` holds or does not. `Indicator` is the
one bridge. Sums, products, comparisons and joined conditions hold all their operands side by
side; a formula of a thousand terms is therefore shallow, and readings may simply recurse.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class _Placed:
    """Where in the text a node stands: first character and one past the last."""

    place: tuple[int, int] = field(default=(0, 0), compare=False, repr=False)

    @property
    def children(self) -> tuple[Node, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Number(_Placed):
    """A decimal as typed, such as `0.1`, so that a reading may take it exactly."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant(_Placed):
    """The number `pi` or `e`."""

    name: str


@dataclass(frozen=True, slots=True)
class Variable(_Placed):
    """An input."""

    name: str


@dataclass(frozen=True, slots=True)
class Negative(_Placed):
    """Minus the operand."""

    operand: Value

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


@dataclass(frozen=True, slots=True)
class Chain(_Placed):
    """Operands joined from left to right, either by `+` and `-` or by `*` and `/`."""

    operators: tuple[str, ...]
    operands: tuple[Value, ...]  # one more than operators

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Power(_Placed):
    """Base to the exponent; NaN for a negative base and a fractional exponent."""

    base: Value
    exponent: Value

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.base, self.exponent)


@dataclass(frozen=True, slots=True)
class Call(_Placed):
    """A function of the table in `_functions`, by its own name (never an alias)."""

    function: str
    arguments: tuple[Value, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.arguments


@dataclass(frozen=True, slots=True)
class Where(_Placed):
    """One value where the condition holds, the other elsewhere; the one not taken has no effect."""

    condition: Condition
    holding: Value
    otherwise: Value

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.condition, self.holding, self.otherwise)


@dataclass(frozen=True, slots=True)
class Indicator(_Placed):
    """1 where the condition holds, 0 elsewhere."""

    condition: Condition

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.condition,)


@dataclass(frozen=True, slots=True)
class Comparison(_Placed):
    """Neighbouring operands compared, all of which must hold: `0 < x <= 1`."""

    operators: tuple[str, ...]
    operands: tuple[Value, ...]  # one more than operators

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Logic(_Placed):
    """Conditions joined by `and`, or by `or`."""

    operator: str
    operands: tuple[Condition, ...]

    @property
    def children(self) -> tuple[Node, ...]:
        return self.operands


@dataclass(frozen=True, slots=True)
class Not(_Placed):
    """The opposite of a condition."""

    operand: Condition

    @property
    def children(self) -> tuple[Node, ...]:
        return (self.operand,)


Value: TypeAlias = (
    Number | Constant | Variable | Negative | Chain | Power | Call | Where | Indicator
)
Condition: TypeAlias = Comparison | Logic | Not
Node: TypeAlias = Value | Condition


def walk(tree: Node) -> Iterator[tuple[Node, int]]:
    """Yields every node of a tree with its level, 1 for the tree itself; never recurses."""
    pending: list[tuple[Node, int]] = [(tree, 1)]
    while pending:
        node, level = pending.pop()
        yield node, level
        pending.extend((child, level + 1) for child in node.children)
