"""Losses of one run or of several, and what of them a log axis can show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._subject import LARGEST, SMALLEST

Runs: TypeAlias = Vector | Sequence[Vector]  # one run (epochs,), or several, perhaps not as long


def each_run(losses: Runs) -> list[Vector]:
    """Return the runs one by one, also where there is but one."""
    if isinstance(losses, np.ndarray) and losses.ndim == 1:
        return [losses]
    return [np.asarray(run, dtype=float) for run in losses]


def measured(losses: Runs) -> list[Vector]:
    """Return the runs up to where each was measured for the last time."""
    ends = [(run, np.flatnonzero(~np.isnan(run))) for run in each_run(losses)]
    return [run[: known[-1] + 1] if len(known) else run[:0] for run, known in ends]


def diverged(run: Vector) -> bool:
    """Say whether a run ended in a loss that is not finite."""
    return len(run) > 0 and not np.isfinite(run[-1])


def held(each: list[Vector]) -> Array:
    """Return runs as rows of one array; the shorter ones keep their end, a diverged one is inf."""
    rows = np.full((len(each), max(map(len, each), default=0)), np.nan)
    for row, run in zip(rows, each, strict=True):
        row[: len(run)] = run
        if len(run):
            row[len(run) - 1 :] = np.inf if diverged(run) else run[-1]
    return rows


def median(rows: Array) -> Vector:
    """Return the median of what was measured at each epoch, NaN where nothing was."""
    middle = np.full(rows.shape[1], np.nan)
    known = ~np.isnan(rows).all(axis=0)
    if known.any():
        with np.errstate(over="ignore"):  # the mean of two huge losses
            middle[known] = np.nanmedian(rows[:, known], axis=0)
    return middle


def positive(values: Array) -> Array:
    """Return values with NaN where a log axis has no place for them."""
    kept: Array = np.where((values >= SMALLEST) & (values <= LARGEST), values, np.nan)
    return kept


def shown(numbers: Vector, values: Vector) -> tuple[Vector, Vector]:
    """Return the points of a curve that a log axis can show."""
    known = np.isfinite(positive(values[: len(numbers)]))
    return numbers[: len(known)][known], values[: len(known)][known]
