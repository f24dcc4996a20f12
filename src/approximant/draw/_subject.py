"""What a set of pictures is about, with everything per output in one shape."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from approximant.arrays import Points, Values, Vector
from approximant.draw._style import MAX_PANELS, label
from approximant.model import Model
from approximant.report import Report
from approximant.sampling import Samples, spread_points

Evaluate: TypeAlias = Callable[[Points], Values]
MARGIN = 0.25  # share of an interval that is shown beyond each of its ends
SMALLEST, LARGEST = 1e-280, 1e280  # a log axis cannot reach the ends of float64
FEWEST = 100  # evaluations below which a target is not drawn at all


@dataclass(frozen=True, eq=False)
class Subject:
    """A model, its report and what is known of its target.

    Args:
        model: what is drawn.
        report: what was measured.
        target: points (n, d) to values (n, m), NaN allowed; None where only rows are known.
        outside: whether the target may be evaluated outside the domain.
        rows: rows of a table that were used in the fit.
        fresh: rows of a table that were not.
        limit: most points at which one picture evaluates the target.
    """

    model: Model
    report: Report
    target: Evaluate | None
    outside: bool
    rows: Samples | None
    fresh: Samples | None
    limit: int

    @property
    def panels(self) -> int:
        """Number of outputs drawn."""
        return min(len(self.model.outputs), MAX_PANELS)

    @cached_property
    def max_error(self) -> Vector:
        """Largest error of each output, (m,)."""
        return np.atleast_1d(self.report.max_error)

    @cached_property
    def tolerance(self) -> Vector:
        """Tolerance of each output, (m,); 0 where none was asked for."""
        asked = self.report.tolerance
        return np.zeros(len(self.model.outputs)) if asked is None else np.atleast_1d(asked)

    @cached_property
    def worst(self) -> Points:
        """Worst point of each output, (m, d)."""
        return np.atleast_2d(self.report.worst_point)

    def input(self, k: int) -> str:
        """Return the name of input k for a label."""
        return label(self.model.domain.names[k])

    def output(self, k: int) -> str:
        """Return the name of output k for a label."""
        return label(self.model.outputs[k])

    def name(self, k: int) -> str:
        """Return the line that tells panels of several outputs apart, empty for a single one."""
        m = len(self.model.outputs)
        left_out = f"   (output {k + 1} of {m}; {self.panels} are drawn)" if m > self.panels else ""
        return self.output(k) + left_out if m > 1 else ""

    def error_label(self, k: int) -> str:
        """Return what an axis for errors of output k is called."""
        return f"error, in the unit of {label(self.model.outputs[k], 20)}"

    def verdict(self, k: int) -> str:
        """Return the error of output k in words, with its tolerance."""
        error, tolerance = self.max_error[k], self.tolerance[k]
        if self.report.tolerance is None:
            return f"largest error {error:.3g}"
        above = not error <= tolerance
        # Below the tolerance is not yet met: rounding may speak against it, or another output.
        word = ": met" if self.report.met else ": not met" if above else ""
        return f"largest error {error:.3g}, tolerance {tolerance:.3g}{word}"

    def values(self, points: Points) -> Values | None:
        """Return the target at points (n, d) as (n, m), NaN where it must not be asked."""
        if self.target is None or self.limit < FEWEST:
            return None
        asked = self.model.domain.contains(points) | self.outside
        values = np.full((len(points), len(self.model.outputs)), np.nan)
        values[asked] = self.target(points[asked])
        return np.where(np.isfinite(values), values, np.nan)

    @cached_property
    def checks(self) -> tuple[Samples, str] | None:
        """Points with true values to compare with, and what they are; None where none are known."""
        if self.fresh is not None and len(self.fresh):
            return self.fresh, "rows not used in the fit"
        if self.rows is not None and len(self.rows):
            return self.rows, "rows used in the fit"
        domain = self.model.domain
        points = domain.from_unit(spread_points(min(4000, self.limit), domain.dimension))
        values = self.values(points)
        if values is None:
            return None
        known = np.isfinite(values).all(axis=1)
        if not known.any():
            return None
        return Samples(points[known], values[known]), "points spread over the domain"


def floor_of(error: Vector, tolerance: float) -> float:
    """Return where a log axis ends below that shows nearly all errors and the tolerance."""
    known = error[np.isfinite(error) & (error > 0)]
    if len(known) == 0:
        return max((tolerance or 1.0) / 1e3, SMALLEST)
    top = max(float(known.max()), tolerance)
    low = max(float(np.quantile(known, 0.02)), 1e-8 * top)
    if tolerance > 1e-30 * top:
        low = min(low, tolerance / 3)
    return max(low / 2, SMALLEST)
