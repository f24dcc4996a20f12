"""The formulas of a certificate on balls, and where they have values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from flint import arb

from approximant.checker._cover import Box
from approximant.formula import Formula

HALVINGS = 4000  # of a cell, with which it must be shown that formulas have values all over it


class BallFormulas:
    """The formulas, one per output, read in balls at the present precision.

    Args:
        formulas: the texts, parsed.
        names: the inputs.
        tick: called at every evaluation; raises where time is up.
    """

    def __init__(
        self, formulas: Sequence[Formula], names: Sequence[str], tick: Callable[[], object]
    ) -> None:
        self._names, self._tick = names, tick
        self._inside = [formula.balls() for formula in formulas]
        self._everywhere = [formula.balls(everywhere=True) for formula in formulas]

    def enclose(self, x: Sequence[arb]) -> list[arb]:
        """Return all values (m,) that the formulas take on a box of balls, whatever branches."""
        columns = self._columns(x)
        return [formula.enclose(columns)[0] for formula in self._inside]

    def branches(self, x: Sequence[arb]) -> list[Any]:
        """Return the branches taken on a box of balls, formula by formula.

        Those that depend on a part without a value somewhere on it are not decided.
        """
        columns = self._columns(x)
        return [formula.enclose(columns)[1] for formula in self._everywhere]

    def values(self, x: Sequence[Any], branches: Sequence[Any]) -> list[Any]:
        """Return the values (m,) of given branches at a point or on a rectangle."""
        columns = self._columns(x)
        pairs = zip(self._inside, branches, strict=True)
        return [formula.value(columns, taken) for formula, taken in pairs]

    def exist(self, x: Sequence[arb]) -> bool:
        """Tell whether balls show that there are values all over them."""
        columns = self._columns(x)
        return all(formula.enclose(columns)[0].is_finite() for formula in self._everywhere)

    def exist_on(self, box: Box) -> bool | None:
        """Tell whether there are values all over a cell.

        None where a root begins there and only this is sure: that there is a value at every float
        of a cell of one input, or at the corners of another one.
        """
        found: bool | None = True
        waiting = [list(box)]
        for _ in range(HALVINGS):
            if not waiting:
                return found
            part = waiting.pop()
            if any(map(self.exist, balls_around(part))):
                continue
            low, high = part[0]
            middle = low + 0.5 * (high - low)
            if len(part) == 1 and low < middle < high:
                waiting += [[(low, middle)], [(middle, high)]]
                continue
            if not all(self.exist([arb(x) for x in corner]) for corner in product(*part)):
                return False
            found = None
        return False

    def _columns(self, x: Sequence[Any]) -> Mapping[str, Any]:
        self._tick()
        return dict(zip(self._names, x, strict=True))


def hull(low: float, high: float) -> arb:
    """Return a ball around an interval."""
    return arb(low).union(arb(high))


def balls_around(box: Box) -> Iterator[list[arb]]:
    """Yield balls around a cell: the smallest, and those that begin or end exactly where it does.

    There kinks may be, or a root may begin.
    """
    yield [hull(*ends) for ends in box]
    for turned in product((1, -1), repeat=len(box)):
        yield [_leaning(*pair[::way]) for pair, way in zip(box, turned, strict=True)]


def _leaning(end: float, other: float) -> arb:
    """Return a ball around an interval that reaches exactly to one of its ends."""
    if end == other:
        return arb(end)
    width = math.nextafter(abs(other - end), math.inf)
    return ball_from(end, arb(0), arb(math.copysign(width, other - end)) / 2)


def ball_from(end: float, shift: arb, radius: arb) -> arb:
    """Return a ball that begins exactly at `end + shift` and reaches at least 2 radius away.

    Arb rounds a radius up when it is given; the midpoint makes up for that.
    """
    ball = arb(0, abs(radius))
    return arb(end) + shift + (ball.rad() if radius > 0 else -ball.rad()) + ball
