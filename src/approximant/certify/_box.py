"""The domain of two or three inputs cut into cells, each bounded on a grid of floats."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Points, Vector
from approximant.certify._difference import Difference
from approximant.certify._found import Bounded, Found, direct_cell
from approximant.certify._grid import bound_grid
from approximant.certify._plan import Plan, Planner
from approximant.progress import Watch

SMALLEST = 2.0**-30  # share of the domain, on its widest axis: smaller cells are not cut
TARGET_SECONDS, NEURON_SECONDS = 5e-6, 1e-8  # per node: of the formula, and of each neuron


class BoxProof:
    """Bounds |target - network| on a box, cell by cell.

    Args:
        difference: target minus network in balls.
        goal: size of the bound worth aiming at, (m,).
        watch: says when time is up; what is left is then bounded crudely.
    """

    def __init__(self, difference: Difference, goal: Vector, watch: Watch) -> None:
        self.difference = difference
        self.model = difference.model
        self.goal = goal
        self.watch = watch
        self._planner = Planner(difference, goal)
        self._cells: list[Bounded] = []
        self._failed: Points | None = None
        self._rough = self._open = 0.0

    def run(self) -> Found:
        """Bound the whole box, or stop at the first place where that is impossible."""
        box = self.model.domain
        waiting = [(box.lower, box.upper)]
        done = 0.0
        while waiting and self._failed is None:
            low, high = waiting.pop()
            share = float(np.prod((high - low) / box.width))
            self.watch.tell("proving", done)
            plan, parts = (None, []) if self.watch.expired() else self._plan(low, high)
            if not parts:
                self._bound(low, high, share, plan)
                done += share
            waiting += reversed(parts)
        return Found(self._cells, self._failed, self._rough, self._open)

    def _plan(self, low: Vector, high: Vector) -> tuple[Plan | None, list[tuple[Vector, Vector]]]:
        """Return a plan for a cell, if any fits, and the parts into which it is better cut."""
        plan = self._planner.plan(low, high)
        if plan is not None:
            return plan, self._planner.better_cut(plan) or []
        width = float(np.max((high - low) / self.model.domain.width))
        if width <= SMALLEST or np.all(self.difference.enclose(low, high) <= self.goal):
            return None, []
        return None, self._planner.rescue_cut(low, high) or []

    def _bound(self, low: Vector, high: Vector, share: float, plan: Plan | None) -> None:
        """Bound a cell by its plan, or directly; crudely where there is no time for that."""
        hurried = self.watch.cut or (plan is not None and self._too_slow(plan))
        found = None if hurried or plan is None else bound_grid(self.model, plan)
        if found is None:
            found = direct_cell(self.difference, low, high, rough=hurried)
        if found is not None:
            self._cells.append(found)
            self._rough += share * hurried
        elif hurried:
            self._open += share
        else:
            self._failed = np.stack([low, high])

    def _too_slow(self, plan: Plan) -> bool:
        """Tell whether a cell would take more time than is left; then there is none any more."""
        each = TARGET_SECONDS + NEURON_SECONDS * self.model.network.neurons
        self.watch.cut = plan.nodes * each > max(self.watch.left, 0.0)
        return self.watch.cut
