"""FunctionTarget: a formula or a callable behind one face, counted and checked."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np

from approximant.arrays import Mask, Points, Values, frozen
from approximant.domain import Box
from approximant.errors import DomainError, TargetError
from approximant.sampling import Samples
from approximant.targets._budget import Budget, TimeUp
from approximant.targets._size import too_large
from approximant.targets._words import count_text, point_text

Evaluate: TypeAlias = Callable[[Points], Values]  # (n, d) to (n, m), counting by itself
MAX_INPUTS = 20  # a box of more has more corners than anyone can look at
ROUNDING = 1e-12  # of an interval's width: mapped points may leave the box by this much


class FunctionTarget:
    """A target that can be evaluated at any point of its domain.

    Args:
        kind: "formula" or "callable".
        domain: the box in which it is evaluated.
        outputs: names of the m outputs.
        description: what it is, in words.
        evaluate: maps points (n, d) to values (n, m), and spends from the budget.
        evaluate_outside: the same where the target may fail; its failures become NaN.
        budget: counts the evaluations.
        texts: the formula texts, None for a callable.
        unused_inputs: inputs that no formula uses.
        notes: facts worth knowing, a sentence each.
        known: points evaluated already, while finding out how the callable wants to be called.

    Attributes:
        scale: largest |value| seen inside the domain, (m,); 0 before the first evaluation.
        scale_points: where it was seen, (m, d); NaN before the first evaluation.
        low, high: smallest and largest value seen inside the domain, (m,).
        seconds: time spent in evaluations so far.
    """

    def __init__(
        self,
        *,
        kind: Literal["formula", "callable"],
        domain: Box,
        outputs: tuple[str, ...],
        description: str,
        evaluate: Evaluate,
        evaluate_outside: Evaluate,
        budget: Budget,
        texts: tuple[str, ...] | None = None,
        unused_inputs: tuple[str, ...] = (),
        notes: tuple[str, ...] = (),
        known: Sequence[Samples] = (),
    ) -> None:
        _check_inputs(domain)
        self.kind = kind
        self.domain = domain
        self.outputs = outputs
        self.description = description
        self.texts = texts
        self.unused_inputs = unused_inputs
        self.notes = notes
        self.seconds = 0.0
        self._evaluate = evaluate
        self._evaluate_outside = evaluate_outside
        self._budget = budget
        self._kept: list[Samples] = []
        self._to_keep = 0
        m, d = len(outputs), domain.dimension
        self.scale = frozen(np.zeros(m))
        self.scale_points = frozen(np.full((m, d), np.nan))
        self.low, self.high = frozen(np.full(m, np.inf)), frozen(np.full(m, -np.inf))
        for samples in known:
            self._take(samples.points, samples.values)

    def __setstate__(self, state: dict[str, Any]) -> None:
        arrays = {name: v for name, v in state.items() if isinstance(v, np.ndarray)}
        self.__dict__.update(state | {name: frozen(numbers) for name, numbers in arrays.items()})

    @property
    def evaluations(self) -> int:
        """Number of points evaluated so far."""
        return self._budget.count

    @property
    def remaining(self) -> int | None:
        """Evaluations still allowed, or None without a limit."""
        return self._budget.remaining

    def break_off(self, time_is_up: Callable[[], bool] | None) -> None:
        """Let a clock break off the calls of a callable with TimeUp; None for no clock."""
        self._budget.time_is_up = time_is_up

    def keep(self, most: int) -> None:
        """Forget what was kept, and keep the next evaluations, about `most` of them."""
        self._kept, self._to_keep = [], most

    @property
    def kept(self) -> Samples:
        """The evaluations kept, in the order in which they were made."""
        nothing = Samples(np.empty((0, self.domain.dimension)), np.empty((0, len(self.outputs))))
        return Samples.joined([nothing, *self._kept])

    def affordable(self, points: int, seconds: float) -> int:
        """Return at how many of these points it may be evaluated for a picture, in the time."""
        each = self.seconds / max(self.evaluations, 1)
        points = min(points, int(seconds / max(each, 1e-9)))
        return points if self.remaining is None else min(points, self.remaining // 4)

    def __call__(self, points: Points) -> Values:
        """Return the values (n, m) at points (n, d) of the domain.

        Raises:
            TargetError: the target failed or is not finite somewhere, or these are more points
                than `max_evaluations` allows; in that case none of them is evaluated.
            TimeUp: the clock broke the evaluations off; what was done is kept.
            DomainError: a point lies outside the domain.
        """
        points = self._inside(points)
        try:
            values = self._timed(self._evaluate, points)
        except TimeUp as broken_off:
            self._take(points[broken_off.rows], broken_off.values)
            raise
        self._take(points, values)
        return values

    def measure_outside(self, points: Points) -> Values:
        """Return the values (n, m) at points (n, d) anywhere; NaN where there is no finite value.

        They are counted, but take no part in scale, low and high.

        Raises:
            TargetError: these are more points than `max_evaluations` allows.
        """
        values = self._timed(self._evaluate_outside, points)
        return np.where(np.isfinite(values), values, np.nan)

    def _timed(self, evaluate: Evaluate, points: Points) -> Values:
        start = time.perf_counter()
        try:
            return evaluate(points)
        finally:
            self.seconds += time.perf_counter() - start

    def _inside(self, points: Points) -> Points:
        clipped = self.domain.clip(points)
        far = np.abs(clipped - points) > ROUNDING * self.domain.width
        bad = np.any(far | np.isnan(points), axis=1)
        if bad.any():
            where = point_text(self.domain.names, points[bad][0])
            raise DomainError(
                f"{bad.sum()} of {len(points)} points lie outside the domain of the target, "
                f"the first at {where}; it is evaluated inside only."
            )
        return clipped

    def _take(self, points: Points, values: Values) -> None:
        """Check the values and update the extremes."""
        finite = np.all(np.isfinite(values), axis=1)
        if not finite.all():
            raise TargetError(self._not_finite(points, values, ~finite))
        if not len(values):
            return
        if reason := too_large(self.domain.names, self.outputs, points, values):
            raise TargetError(reason)
        if self._to_keep > 0:
            self._kept.append(Samples(points, values))
            self._to_keep -= len(values)
        self.low = frozen(np.minimum(self.low, values.min(axis=0)))
        self.high = frozen(np.maximum(self.high, values.max(axis=0)))
        rows = np.abs(values).argmax(axis=0)
        sizes = np.abs(values).max(axis=0)
        larger = (sizes > self.scale) | np.isnan(self.scale_points[:, 0])
        self.scale = frozen(np.where(larger, sizes, self.scale))
        self.scale_points = frozen(np.where(larger[:, None], points[rows], self.scale_points))

    def _not_finite(self, points: Points, values: Values, bad: Mask) -> str:
        where, names = points[bad], self.domain.names
        first = values[bad][0]
        output = int(np.flatnonzero(~np.isfinite(first))[0])
        which = f"{self.outputs[output]} = " if len(self.outputs) > 1 else ""
        value = "not a number" if np.isnan(first[output]) else "infinite"
        message = (
            f"The target has no finite value at {bad.sum():,} of "
            f"{count_text(len(points), 'point')}; the first is {point_text(names, where[0])}: "
            f"{which}{value}."
        )
        if self.kind == "formula" and len(where) > 1:
            ends = zip(names, where.min(axis=0), where.max(axis=0), strict=True)
            region = ", ".join(f"{name}={low:.6g}:{high:.6g}" for name, low, high in ends)
            message += f" All of them lie in {region}."
        return message + " Leave such points out of the domain, or give the target a value there."


def _check_inputs(domain: Box) -> None:
    if domain.dimension > MAX_INPUTS:
        raise DomainError(
            f"{domain.dimension} inputs are too many for a function: at most {MAX_INPUTS} are "
            "supported; hold some fixed, or give samples of it as a table."
        )
