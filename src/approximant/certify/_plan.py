"""Cells of two or three inputs: which polyellipse fits, and where cutting saves evaluations."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector
from approximant.certify._chebyshev import degrees_for
from approximant.certify._difference import Difference, DifferenceOnCell

ELLIPSES = (1.3, 1.45, 1.6, 1.8, 2.1, 2.5, 3.0, 3.7, 4.7, 6.5, 9.5, 15.0, 40.0)
START = 5
TAIL = 0.03  # share of the goal that may be left to the remainder
MAX_DEGREE = {2: 180, 3: 80}
FEW = 900  # nodes up to which no cut is considered
GAIN = 0.8  # share of the nodes that a cut must get along with


@dataclass(frozen=True, eq=False)
class Plan:
    """A cell with the polyellipse chosen for it.

    Args:
        cell: the difference on it.
        ellipse: parameter on each axis, (d,).
        degree: of the interpolant on each axis.
        magnitude: of the difference in the polyellipse, (m,).
    """

    cell: DifferenceOnCell
    ellipse: Vector
    degree: tuple[int, ...]
    magnitude: Vector

    @property
    def nodes(self) -> int:
        """Number of points at which the difference is needed."""
        return math.prod(n + 1 for n in self.degree)


class Planner:
    """Chooses cells.

    Args:
        difference: target minus network in balls.
        goal: size of the bound worth aiming at, (m,).
    """

    def __init__(self, difference: Difference, goal: Vector) -> None:
        self.difference = difference
        self.goal = goal
        self._start = START

    def plan(self, low: Vector, high: Vector) -> Plan | None:
        """Return the cheapest plan for a cell as it is, None where no polyellipse fits."""
        region = self.difference.region(low, high)
        if region is None:
            return None
        cell = region.on(low, high)
        index = np.full(len(low), self._start)
        best = self._try(cell, index)
        for step in (1, -1):
            for axes in ([*range(len(low))], *([k] for k in range(len(low)))):
                best, index = self._walk(cell, best, index, axes, step)
        if best is not None:
            self._start = int(np.median(index))
        return best

    def _walk(
        self, cell: DifferenceOnCell, best: Plan | None, index: Vector, axes: list[int], step: int
    ) -> tuple[Plan | None, Vector]:
        """Step to larger or smaller ellipses on some axes as long as that saves nodes."""
        while True:
            trial = index.copy()
            trial[axes] += step
            if trial.min() < 0 or trial.max() >= len(ELLIPSES):
                return best, index
            found = self._try(cell, trial)
            if found is not None and (best is None or found.nodes < best.nodes):
                best, index = found, trial
            elif best is not None or step > 0:
                return best, index
            else:  # nothing fits yet: on to smaller ones
                index = trial

    def _try(self, cell: DifferenceOnCell, index: Vector) -> Plan | None:
        ellipse = np.array([ELLIPSES[k] for k in index])
        magnitude = cell.magnitude(ellipse)
        if not np.isfinite(magnitude).all():
            return None
        ratio = float(np.min(TAIL * self.goal / np.maximum(magnitude, self.goal)))
        degree = degrees_for(ratio, ellipse.tolist())
        if max(degree) > MAX_DEGREE[len(degree)]:
            return None
        return Plan(cell, ellipse, degree, magnitude)

    def better_cut(self, plan: Plan) -> list[tuple[Vector, Vector]] | None:
        """Return the halves of a cell if together they need clearly fewer nodes."""
        if plan.nodes <= FEW:
            return None
        low, high = plan.cell.low, plan.cell.high
        best, chosen = GAIN * plan.nodes, None
        for axis in range(len(low)):
            parts = list(halves(low, high, axis))
            plans = [self.plan(*part) for part in parts]
            nodes = sum(found.nodes if found is not None else math.inf for found in plans)
            if nodes < best:
                best, chosen = nodes, parts
        return chosen

    def rescue_cut(self, low: Vector, high: Vector) -> list[tuple[Vector, Vector]] | None:
        """Return the halves of a cell that no polyellipse fits, cut where most is gained."""
        fits = []
        for axis in range(len(low)):
            parts = list(halves(low, high, axis))
            if len(parts) == 2:
                fit = sum(self.plan(*part) is not None for part in parts)
                share = (high - low)[axis] / self.difference.model.domain.width[axis]
                fits.append((fit, share, axis))
        if not fits:
            return None
        return list(halves(low, high, max(fits)[2]))


def halves(low: Vector, high: Vector, axis: int) -> Iterator[tuple[Vector, Vector]]:
    """Yield the two halves of a box, or nothing where no float lies in between."""
    middle = low[axis] + 0.5 * (high[axis] - low[axis])
    if low[axis] < middle < high[axis]:
        left, right = high.copy(), low.copy()
        left[axis] = right[axis] = middle
        yield low, left
        yield right, high
