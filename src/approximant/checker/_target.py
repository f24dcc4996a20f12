"""The formulas on one cell: which branches they take there, decided without a gap.

A kink at the end of a cell must not be missed, and a ball around the whole cell would blur it. So a
cell of one input is looked at in halves, quarters, eighths ... towards each end. What remains at
an end, shorter than the distance of two floats, is a sliver: there the formula is bounded on its
own, whatever branches it takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from flint import arb

from approximant.checker._cover import Box
from approximant.formula import Formula

FINEST = 24  # bits below the last one of a float, at which a sliver begins
HALVINGS = 4000  # with which the branches on a part, or that it has values, must be decided
TINIEST = 2.0**-1060  # the same at 0


class BranchError(Exception):
    """The branches of a formula are not the same all over the cell, or cannot be told."""


class CellTarget:
    """The formulas on one cell as analytic functions.

    Args:
        formulas: one per output, read in balls: of `read_formulas`.
        names: the inputs.
        box: the ends of the cell.
        around: a larger box; branches that hold on all of it are preferred, for they go on.

    Attributes:
        slivers: parts at the ends where the branches are not decided, as boxes of balls.

    Raises:
        BranchError: a formula changes its branch inside.
    """

    def __init__(
        self, formulas: Sequence[Any], names: Sequence[str], box: Box, around: Box | None = None
    ) -> None:
        self.formulas = formulas
        self.names = names
        self.slivers: list[list[arb]] = []
        for candidate in ([hull(*ends) for ends in around or box], *_leaning_boxes(box)):
            self.branches = self._taken(candidate)
            if not any(None in branches for branches in self.branches):
                return
        self.branches = self._taken([arb(low + 0.5 * (high - low)) for low, high in box])
        self._decide(box)

    def _taken(self, x: Sequence[arb]) -> list[Any]:
        columns = self._columns(x)
        return [formula.enclose(columns)[1] for formula in self.formulas]

    def _columns(self, x: Sequence[Any]) -> Mapping[str, Any]:
        return dict(zip(self.names, x, strict=True))

    def _decide(self, box: Box) -> None:
        if self._same([hull(*ends) for ends in box]):
            return
        low, high = box[0]
        if len(box) > 1 or not high > low:
            raise BranchError
        length = 2.0 ** math.floor(math.log2(0.5 * (high - low)))
        self._settle((arb(low) + length).union(arb(high) - length))
        for parts in (_towards(low, length), _towards(high, -length)):
            for inner, rest in parts:
                if self._same([rest]):
                    break
                if inner is None:
                    self.slivers.append([rest])
                else:
                    self._settle(inner)

    def _settle(self, whole: arb) -> None:
        """Show, by halving where one ball does not decide, that the branches are those of the cell.

        Raises:
            BranchError: they are not, or it takes too many halvings to tell.
        """
        waiting = [whole]
        for _ in range(HALVINGS):
            part = waiting.pop()
            found = self._taken([part])
            if found != self.branches:
                if _contradict(found, self.branches):
                    raise BranchError
                middle = part.mid()
                waiting += [part.lower().union(middle), middle.union(part.upper())]
            if not waiting:
                return
        raise BranchError

    def _same(self, x: Sequence[arb]) -> bool:
        return self._taken(x) == self.branches

    def at(self, x: Sequence[Any]) -> list[Any]:
        """Return the values (m,) at a point or on a rectangle x (d,), on the cell's branches."""
        columns = self._columns(x)
        pairs = zip(self.formulas, self.branches, strict=True)
        return [formula.value(columns, branches) for formula, branches in pairs]


def _contradict(found: Sequence[Any], known: Sequence[Any]) -> bool:
    """Tell whether two lists of branches differ where both are decided."""
    return any(
        a is not None and b is not None and a != b
        for one, other in zip(found, known, strict=True)
        for a, b in zip(one, other, strict=True)
    )


def read_formulas(formulas: Sequence[Formula]) -> list[Any]:
    """Return the formulas as ball arithmetic, at the present precision."""
    return [formula.balls() for formula in formulas]


def enclose(formulas: Sequence[Any], names: Sequence[str], x: Sequence[arb]) -> list[arb]:
    """Return all values (m,) that the formulas take on a box of balls, whatever the branches."""
    columns = dict(zip(names, x, strict=True))
    return [formula.enclose(columns)[0] for formula in formulas]


def read_everywhere(formulas: Sequence[Formula]) -> list[Any]:
    """Return the formulas as ball arithmetic that is finite only where all of a box has values."""
    return [formula.balls(everywhere=True) for formula in formulas]


def has_values(formulas: Sequence[Any], names: Sequence[str], box: Box) -> bool | None:
    """Tell whether formulas of `read_everywhere` have values all over a cell.

    None where a root begins there and only this is sure: that they have a value at every float of a
    cell of one input, or at the corners of another one.
    """

    def finite(ends: Box) -> bool:
        return any(
            all(value.is_finite() for value in enclose(formulas, names, balls))
            for balls in _leaning_boxes(ends)
        )

    found: bool | None = True
    waiting = [list(box)]
    for _ in range(HALVINGS):
        if not waiting:
            return found
        part = waiting.pop()
        if finite(part):
            continue
        low, high = part[0]
        middle = low + 0.5 * (high - low)
        if len(part) == 1 and low < middle < high:
            waiting += [[(low, middle)], [(middle, high)]]
            continue
        if not all(finite([(x, x) for x in corner]) for corner in product(*part)):
            return False
        found = None
    return False


def hull(low: float, high: float) -> arb:
    """Return a ball around an interval."""
    return arb(low).union(arb(high))


def _towards(end: float, length: float) -> Iterator[tuple[arb | None, arb]]:
    """Yield the far half and the whole of ever shorter intervals at an end; the last has no half.

    Lengths are powers of two, so that these balls end exactly where they should.
    """
    shortest = max(math.ulp(end) * 2.0**-FINEST, TINIEST)
    while abs(length) > shortest:
        yield _ball(end, 0.5 * length, 0.25 * length), _ball(end, 0.0, 0.5 * length)
        length *= 0.5
    yield None, _ball(end, 0.0, 0.5 * length)


def _leaning_boxes(box: Box) -> Iterator[list[arb]]:
    """Yield balls around a cell that begin, or end, exactly where it does: kinks may be there."""
    for turned in product((1, -1), repeat=len(box)):
        yield [_leaning(*pair[::way]) for pair, way in zip(box, turned, strict=True)]


def _leaning(end: float, other: float) -> arb:
    """Return a ball around an interval that reaches exactly to one of its ends."""
    if end == other:
        return arb(end)
    width = math.nextafter(abs(other - end), math.inf)
    return _ball(end, 0.0, math.copysign(0.5 * width, other - end))


def _ball(end: float, shift: float, radius: float) -> arb:
    """Return a ball that begins exactly at `end + shift` and reaches at least 2 radius away.

    Arb rounds a radius up when it is given; the midpoint makes up for that.
    """
    ball = arb(0, abs(radius))
    return arb(end) + arb(shift) + (ball.rad() if radius > 0 else -ball.rad()) + ball
