"""Rows of a sweep: what came of each combination over its seeds, and how rows compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from approximant.arrays import Vector
from approximant.store import FINISHED, StoredRun
from approximant.sweeps._combinations import Combination


@dataclass(frozen=True, eq=False)
class Row:
    """What came of one combination.

    Args:
        number: of the combination, from 0.
        title: what it is called.
        values: its settings, by dotted name.
        by: the measured value that is compared.
        runs: one per seed that has run, finished or failed.
        seeds: how many there should be.
        epochs: to which it got, where halving decided that; None otherwise.
        reported: how its author judged it, the better the higher, or None.
        expected: the band in which its author's successors expect the median, or None.
    """

    number: int
    title: str
    values: Combination
    by: str
    runs: tuple[StoredRun, ...]
    seeds: int
    epochs: int | None = None
    reported: float | None = None
    expected: tuple[float, float] | None = None

    @cached_property
    def finished(self) -> tuple[StoredRun, ...]:
        """The runs that ended well."""
        return tuple(run for run in self.runs if run.status == FINISHED)

    @cached_property
    def errors(self) -> Vector:
        """The value that is compared, one per finished run, without those not finite."""
        values = [run.metrics.get(self.by) for run in self.finished]
        return np.array([value for value in values if value is not None], dtype=float)

    @property
    def median(self) -> float:
        """The median of the values over the seeds; NaN if no run ended well."""
        return middle(self.errors)

    @property
    def low(self) -> float:
        """The smallest of the values; NaN without any."""
        return float(self.errors.min()) if len(self.errors) else math.nan

    @property
    def high(self) -> float:
        """The largest of the values; NaN without any."""
        return float(self.errors.max()) if len(self.errors) else math.nan

    @property
    def parameters(self) -> int | None:
        """Weights and biases of the network; None if no run ended well."""
        counts = [run.metrics.get("parameters") for run in self.finished]
        return next((int(count) for count in counts if count is not None), None)

    @property
    def seconds(self) -> float:
        """The median time of a training; NaN if none ended well."""
        return middle(np.array([run.seconds for run in self.finished]))

    @property
    def failures(self) -> tuple[str, ...]:
        """Why runs failed, a line each."""
        return tuple(run.reason for run in self.runs if run.status != FINISHED)

    @property
    def holds(self) -> bool | None:
        """Whether the median lies in the band expected; None without one."""
        if self.expected is None:
            return None
        low, high = self.expected
        return low <= self.median <= high

    @property
    def middle_run(self) -> StoredRun | None:
        """The run whose value is the (lower) median; None if none ended well."""
        known = [run for run in self.finished if run.metrics.get(self.by) is not None]
        known.sort(key=lambda run: run.metrics[self.by] or 0.0)
        return known[(len(known) - 1) // 2] if known else None

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "row": self.number,
            "title": self.title,
            "settings": dict(self.values),
            self.by: _known(self.median),
            "low": _known(self.low),
            "high": _known(self.high),
            "values": self.errors.tolist(),
            "reported": self.reported,
            "expected": None if self.expected is None else list(self.expected),
            "holds": self.holds,
            "epochs": self.epochs,
            "parameters": self.parameters,
            "seconds": _known(self.seconds),
            "runs": [run.id for run in self.runs],
            "failed": list(self.failures),
        }


def middle(values: Vector) -> float:
    """Return the median; NaN of nothing. (NumPy's loads a large library first.)"""
    if not len(values):
        return math.nan
    ordered = np.sort(values)
    return float(0.5 * (ordered[(len(values) - 1) // 2] + ordered[len(values) // 2]))


def ranked(rows: Sequence[Row]) -> list[Row]:
    """Return rows with the best first; of halving, those that got furthest; failures last."""

    def place(row: Row) -> tuple[int, float, int]:
        return -(row.epochs or 0), row.median if len(row.errors) else math.inf, row.number

    return sorted(rows, key=place)


def front(rows: Sequence[Row]) -> set[int]:
    """Return the numbers of the rows on the Pareto front of parameters, error and seconds.

    A row is on it if no other is at least as good in all three and better in one.
    """
    known = [row for row in rows if len(row.errors) and row.parameters is not None]
    points = np.array([[float(row.parameters or 0), row.median, row.seconds] for row in known])
    kept = set()
    for row, point in zip(known, points, strict=True):
        dominated = (points <= point).all(axis=1) & (points < point).any(axis=1)
        if not dominated.any():
            kept.add(row.number)
    return kept


def rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    """Return Spearman's correlation of two columns, equal values with their mean rank; else NaN."""
    a, b = _ranks(first), _ranks(second)
    if len(a) < 2 or not (np.ptp(a) and np.ptp(b)):
        return math.nan
    return float(np.corrcoef(a, b)[0, 1])


def _ranks(values: Sequence[float]) -> Vector:
    given = np.asarray(values, dtype=float)
    _, place, times = np.unique(given, return_inverse=True, return_counts=True)
    ends = np.cumsum(times)
    mean: Vector = (ends - 0.5 * (times - 1))[place]
    return mean


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
