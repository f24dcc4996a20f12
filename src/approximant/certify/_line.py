"""The domain of one input cut into cells, each bounded in balls.

First the places where a branch changes are found by bisection, down to neighbouring floats: of
`abs`, `max`, `where` in the formulas, of relu and step units in the network. Between them both are
analytic but perhaps singular at the ends; there cells are halved until an ellipse fits, so that
they become graded towards singular points all by themselves. What is left around such a place is a
cell so small that evaluating both sides on all of it is good enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Points, Vector
from approximant.certify._cell import bound_cell, choose_ellipse
from approximant.certify._difference import Difference, DifferenceOnRegion
from approximant.certify._found import Bounded, Found, direct_cell
from approximant.progress import Watch

if TYPE_CHECKING:
    from approximant.formula import Branches

MOST_LOOKS = 50_000  # at branches
STUCK = 200  # cells of a few floats, side by side: abs(x - x) decides no branch on any of them
HOPELESS = 2.0**-60  # share of the domain: narrower cells at an end without a value are given up
LARGEST_DIRECT = 2.0**-20  # share of the domain: wider cells are never bounded directly at will
NEAR = 1.02  # multiple of what is attained in a cell that no better bound could undercut by much
NEARER = 0.25  # share of a cell cut off towards a singular end: its ellipses still fit
START = 4  # index of the ellipse tried first


class LineProof:
    """Bounds |target - network| on an interval, cell by cell.

    Args:
        difference: target minus network in balls.
        goal: size of the bound worth aiming at, (m,).
        watch: says when time is up; what is left is then bounded crudely.

    """

    def __init__(self, difference: Difference, goal: Vector, watch: Watch) -> None:
        self.difference = difference
        self.goal = goal
        self.watch = watch
        self._cells: list[Bounded] = []
        self._failed: Points | None = None
        self._rough = self._open = 0.0
        box = difference.model.domain
        self.low, self.high = box.lows[0], box.highs[0]
        self._ellipse = START
        self._looks = self._stuck = 0

    def run(self) -> Found:
        """Bound the whole interval, or stop at the first place where that is impossible."""
        for low, high in self._between_kinks():
            for left, right, branches in self._runs(low, high):
                if branches is None and self.watch.expired():
                    self._crude(left, right)
                elif branches is None:
                    self._direct(left, right)
                else:
                    self._analytic(left, right, branches)
                if self._failed is not None:
                    return Found(self._cells, self._failed, 0.0, 0.0)
        self._cover_floats()
        return Found(self._cells, self._failed, self._rough, self._open)

    def _between_kinks(self) -> Iterator[tuple[float, float]]:
        """Yield the intervals between the kinks of the network, and those that hold a kink."""
        ends = [self.low]
        for left, right in self.difference.network.kinks():
            ends += [end for end in (left, right) if self.low < end < self.high]
        ends.append(self.high)
        places = sorted(set(ends))
        yield from zip(places[:-1], places[1:], strict=True)

    def _runs(self, low: float, high: float) -> list[tuple[float, float, list[Branches] | None]]:
        """Return the parts of an interval with the branches of the formulas on each.

        The branches are None for a part too narrow to decide them, or so that it does not matter.
        """
        runs: list[tuple[float, float, list[Branches] | None]] = []
        waiting = [(low, high)]
        while waiting:
            left, right = waiting.pop()
            branches = self.difference.branches(np.array([left]), np.array([right]))
            middle = None if branches or self._settled(left, right) else _middle(left, right)
            if middle is not None and self._may_look():
                waiting += [(middle, right), (left, middle)]
            elif runs and runs[-1][2] == branches and (branches or not self._may_look()):
                runs[-1] = (runs[-1][0], right, branches)
            else:
                runs.append((left, right, branches))
                self._stuck = self._stuck + 1 if branches is None else 0
        return runs

    def _may_look(self) -> bool:
        """Tell whether branches may be looked at once more."""
        self._looks += 1
        return max(self._looks / MOST_LOOKS, self._stuck / STUCK) < 1.0 and not self.watch.expired()

    def _settled(self, low: float, high: float) -> bool:
        """Tell whether a crude bound of a narrow part reaches the goal."""
        if high - low > LARGEST_DIRECT * (self.high - self.low):
            return False
        return bool(np.all(self.difference.enclose(np.array([low]), np.array([high])) <= self.goal))

    def _small(self, low: float, high: float) -> bool:
        """Tell whether a crude bound is good enough: for the goal, or for what the ends attain."""
        if high - low > LARGEST_DIRECT * (self.high - self.low):
            return False
        ends = np.array([low]), np.array([high])
        bound = self.difference.enclose(*ends)
        if not np.isfinite(bound).all():
            return False
        enough = self.goal
        if np.any(bound > enough):
            attained = [self.difference.enclose(end, end) for end in ends]
            enough = np.maximum(enough, NEAR * np.max(attained, axis=0))
        return bool(np.all(bound <= enough))

    def _analytic(self, low: float, high: float, branches: list[Branches]) -> None:
        """Bound a part with known branches, halving it where no ellipse fits."""
        whole = self.difference.region(np.array([low]), np.array([high]), branches)
        waiting = [(low, high)]
        while waiting and self._failed is None:
            left, right = waiting.pop()
            if self.watch.expired():
                self._crude(left, right)
                continue
            ends = np.array([left]), np.array([right])
            region = whole or self.difference.region(*ends, branches)
            if region is not None and self._fits(region, *ends):
                continue
            middle = _cut(left, right, left == low, right == high)
            if middle is None or self._small(left, right) or self._hopeless(left, right):
                self._direct(left, right)
            else:
                waiting += [(middle, right), (left, middle)]

    def _fits(self, region: DifferenceOnRegion, low: Vector, high: Vector) -> bool:
        cell = region.on(low, high)
        ellipse, index = choose_ellipse(cell, self.goal, self._ellipse)
        if ellipse is None:
            return False
        self._ellipse = index
        found = bound_cell(self.difference.model, cell, ellipse)
        if found is None:
            return False
        self._cells.append(found)
        return True

    def _hopeless(self, low: float, high: float) -> bool:
        if high - low > HOPELESS * (self.high - self.low):
            return False
        ends = np.array([[low], [high]])
        return any(self.difference.definedness.on(x, x) == "not shown" for x in ends)

    def _direct(self, low: float, high: float) -> None:
        """Bound a part by evaluating target and network on all of it."""
        ends = np.array([low]), np.array([high])
        cell = direct_cell(self.difference, *ends)
        if cell is None:
            self._failed = np.array([[low], [high]])
        else:
            self._cells.append(cell)

    def _crude(self, low: float, high: float) -> None:
        """Bound a part for which there is no time; leave it open if that gives nothing finite."""
        cell = direct_cell(self.difference, np.array([low]), np.array([high]), rough=True)
        share = (high - low) / (self.high - self.low)
        if cell is None:
            self._open += share
        else:
            self._cells.append(cell)
            self._rough += share

    def _cover_floats(self) -> None:
        """Add the floats that lie between two gaps, or at an end of the domain, as cells."""
        ends = [cell.piece for cell in self._cells if cell.piece.kind != "gap"]
        covered = {end for piece in ends for end in (piece.low[0], piece.high[0])}
        gaps = [cell.piece for cell in self._cells if cell.piece.kind == "gap"]
        for end in sorted({end for piece in gaps for end in (piece.low[0], piece.high[0])}):
            if end not in covered:
                self._direct(end, end)
        self._cells.sort(key=lambda cell: (cell.piece.low, cell.piece.high))


def _cut(low: float, high: float, at_low: bool, at_high: bool) -> float | None:
    """Return where to cut a cell that no ellipse fits: nearer to an end that may be singular."""
    share = 0.5 if at_low == at_high else (NEARER if at_low else 1.0 - NEARER)
    place = low + share * (high - low)
    return place if low < place < high else _middle(low, high)


def _middle(low: float, high: float) -> float | None:
    """Return a float strictly between two others, None if there is none."""
    middle = low + 0.5 * (high - low)
    return middle if low < middle < high else None
