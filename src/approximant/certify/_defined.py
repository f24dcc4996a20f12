"""Whether formulas have a value on all of a cell that is bounded without analyticity.

Where a root begins, rounding takes a ball outside its domain; an enclosure then counts what lies
inside. That nothing else lies outside is shown here, on parts of the cell as small as it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
from flint import arb

from approximant.arrays import Vector
from approximant.certify._deep import boxes_around, real_box
from approximant.formula import Formula

if TYPE_CHECKING:
    from approximant.formula import BallReading, Branches

Extent: TypeAlias = Literal["everywhere", "almost everywhere", "not shown"]

MOST_LOOKS = {1: 4000, 2: 400, 3: 400}  # at parts of a cell, by the number of inputs
SMALLEST = 2.0**-40  # share of a cell of several inputs that is not halved any more


class Definedness:
    """Tells where formulas have values.

    Args:
        formulas: in balls at the precision of `flint.ctx`.
        names: of the inputs.
    """

    def __init__(self, formulas: Sequence[Formula], names: Sequence[str]) -> None:
        self._names = names
        self._everywhere = [formula.balls(everywhere=True) for formula in formulas]
        self._inside = [formula.balls() for formula in formulas]

    def on(self, low: Vector, high: Vector) -> Extent:
        """Return whether all formulas have a value on a box.

        "Almost everywhere" means: for one input certainly at every float, for several at the
        corners of the parts looked at; and no part reaches outside the domain of a root by more
        than balls are rounded, however small it is.
        """
        found: Extent = "everywhere"
        waiting = [(low, high)]
        for _ in range(MOST_LOOKS[len(low)]):
            if not waiting:
                return found
            part = waiting.pop()
            if self._on_all_of(*part):
                continue
            smaller = _halves(*part, SMALLEST * (high - low))
            waiting += smaller
            if not smaller or len(low) > 1:
                if not self._at_corners(*part):
                    return "not shown"
                found = "almost everywhere"
        return found if len(low) > 1 or not waiting else "not shown"

    def branches(self, low: Vector, high: Vector) -> list[Branches] | None:
        """Return the branches that the formulas take on a box, None where one is not decided.

        None, too, where a part that decides has no value somewhere on it.
        """
        for box in boxes_around(low, high):
            columns = dict(zip(self._names, box, strict=True))
            found = [formula.enclose(columns)[1] for formula in self._everywhere]
            if not any(None in branches for branches in found):
                return found
        return None

    def _on_all_of(self, low: Vector, high: Vector) -> bool:
        """Tell whether balls around a box, some of them exact at one end, show values on it."""
        boxes = boxes_around(low, high)
        return any(_finite(self._everywhere, self._names, box) for box in boxes)

    def _at_corners(self, low: Vector, high: Vector) -> bool:
        """Tell whether there are values at the corners, and inside but for rounding."""
        corners = map(np.array, product(*zip(low, high, strict=True)))
        return _finite(self._inside, self._names, real_box(low, high)) and all(
            _finite(self._everywhere, self._names, real_box(corner, corner)) for corner in corners
        )


def _finite(formulas: Sequence[BallReading], names: Sequence[str], box: list[arb]) -> bool:
    columns = dict(zip(names, box, strict=True))
    return all(formula.enclose(columns)[0].is_finite() for formula in formulas)


def _halves(low: Vector, high: Vector, smallest: Vector) -> list[tuple[Vector, Vector]]:
    """Return the halves of a box along its longest side; none if that is too small.

    Sides of one input are halved until no float lies inside.
    """
    k = int(np.argmax(high - low))
    middle = low[k] + 0.5 * (high[k] - low[k])
    if not low[k] < middle < high[k] or (len(low) > 1 and high[k] - low[k] <= smallest[k]):
        return []
    left, right = high.copy(), low.copy()
    left[k] = right[k] = middle
    return [(low, left), (right, high)]
