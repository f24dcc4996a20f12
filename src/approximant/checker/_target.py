"""The formulas on one cell: which branches they take there, decided without a gap.

A kink at the end of a cell must not be missed, and a ball around the whole cell would blur it. So a
cell of one input is looked at in halves, quarters, eighths ... towards each end. What remains at
an end, shorter than the distance of two floats, is a sliver: there the formula is bounded on its
own, whatever branches it takes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from flint import arb

from approximant.checker._cover import Box
from approximant.checker._formulas import BallFormulas, ball_from, balls_around, hull

FINEST = 24  # bits below the last one of a float, at which a sliver begins
HALVINGS = 4000  # with which the branches on a part must be decided


class BranchError(Exception):
    """The branches of a formula are not the same all over the cell, or cannot be told."""


class CellTarget:
    """The formulas on one cell as analytic functions.

    Args:
        formulas: in balls.
        box: the ends of the cell.
        around: a larger box; branches that hold on all of it are preferred, for they go on.

    Attributes:
        slivers: parts at the ends where the branches are not decided, as boxes of balls.

    Raises:
        BranchError: a formula changes its branch inside.
    """

    def __init__(self, formulas: BallFormulas, box: Box, around: Box | None = None) -> None:
        self.formulas = formulas
        self.slivers: list[list[arb]] = []
        for candidate in ([hull(*ends) for ends in around or box], *balls_around(box)):
            self.branches = formulas.branches(candidate)
            if not any(None in branches for branches in self.branches):
                return
        self.branches = formulas.branches([arb(low + 0.5 * (high - low)) for low, high in box])
        self._decide(box)

    def _decide(self, box: Box) -> None:
        if self._same([hull(*ends) for ends in box]):
            return
        low, high = box[0]
        if len(box) > 1 or not high > low:
            raise BranchError
        length = arb(2) ** (math.frexp(high - low)[1] - 2)  # from a quarter to half of it
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
            found = self.formulas.branches([part])
            if found != self.branches:
                if _contradict(found, self.branches):
                    raise BranchError
                middle = part.mid()
                waiting += [part.lower().union(middle), middle.union(part.upper())]
            if not waiting:
                return
        raise BranchError

    def _same(self, x: Sequence[arb]) -> bool:
        return self.formulas.branches(x) == self.branches

    def at(self, x: Sequence[Any]) -> list[Any]:
        """Return the values (m,) at a point or on a rectangle x (d,), on the cell's branches."""
        return self.formulas.values(x, self.branches)


def _contradict(found: Sequence[Any], known: Sequence[Any]) -> bool:
    """Tell whether a formula is known to take other branches.

    As long as one of them is not decided, others may be those of a part that is not reached.
    """
    pairs = zip(found, known, strict=True)
    return any(None not in one and one != other for one, other in pairs)


def _towards(end: float, length: arb) -> Iterator[tuple[arb | None, arb]]:
    """Yield the far half and the whole of ever shorter intervals at an end; the last has no half.

    Lengths are powers of two, so that these balls end exactly where they should.
    """
    shortest = arb(math.ulp(end)) / 2**FINEST
    while abs(length) > shortest:
        length /= 2
        yield ball_from(end, length, length / 2), ball_from(end, arb(0), length)
    yield None, ball_from(end, arb(0), length / 2)
