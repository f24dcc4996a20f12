"""From what scikit-learn hands over to a table: rows with weights, columns with names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from approximant.arrays import Indices, Points, Values, Vector
from approximant.domain import MIN_FLOATS
from approximant.targets import Table

Rows: TypeAlias = tuple[Points, Values, Vector]  # points, values, and how much each row counts

WHOLE = 1000  # largest whole number of times that a row is repeated
TENTHS = 10  # copies of a row of mean weight where the weights are no whole numbers


def column_names(y: Any) -> list[str] | None:
    """Return the names that a data frame or series of outputs brings along, or None."""
    names = getattr(y, "columns", None)
    names = [getattr(y, "name", None)] if names is None else list(names)
    return names if all(isinstance(name, str) and name.strip() for name in names) else None


def distinct_rows(points: Points, values: Values, weights: Vector | None) -> Rows:
    """Return the different rows, sorted, and how much each counts; rows of weight 0 are left out.

    So a row repeated k times and a row of weight k are the same to the last bit.

    Raises:
        ValueError: no row has any weight.
    """
    weights = np.ones(len(points)) if weights is None else weights
    kept = weights > 0.0
    if not kept.any():
        raise ValueError("Every row has weight zero; give at least four rows a positive weight.")
    rows, which = np.unique(np.column_stack([points, values])[kept], axis=0, return_inverse=True)
    counts = np.asarray(np.bincount(which.ravel(), weights[kept]), dtype=np.float64)
    d = points.shape[1]
    return rows[:, :d], rows[:, d:], counts


def varying_columns(points: Points) -> Indices:
    """Return the columns that vary: the others tell nothing; all columns where none does."""
    floats = np.spacing(np.abs(points).max(axis=0))
    varies = np.flatnonzero(np.ptp(points, axis=0) > MIN_FLOATS * floats)
    return varies if len(varies) else np.arange(points.shape[1])


def repeated_rows(points: Points, values: Values, counts: Vector) -> Rows:
    """Return rows repeated by weight, for a descent that knows no other.

    Weights that are multiples of the smallest are met exactly, others to a tenth of their mean.
    """
    shares = counts / counts.min()
    whole = bool(np.all(shares == np.round(shares))) and shares.max() <= WHOLE
    copies = shares if whole else np.maximum(np.round(TENTHS * counts / counts.mean()), 1.0)
    times = copies.astype(np.intp)
    repeated = np.repeat(points, times, axis=0), np.repeat(values, times, axis=0)
    return *repeated, np.ones(int(times.sum()))


def weighted_table(
    points: Points,
    values: Values,
    counts: Vector,
    inputs: list[str] | None,
    outputs: list[str] | None,
) -> Table:
    """Return the table; weights that are all the same are left out.

    Names of outputs that repeat, or that an input has already, give way to y or y1, y2, ...

    Raises:
        TableError: names that cannot be used.
    """
    if outputs is not None and len({*outputs, *(inputs or [])}) < len(outputs) + len(inputs or []):
        outputs = None
    table = Table.from_arrays(points, values, inputs=inputs, outputs=outputs)
    return table if np.ptp(counts) == 0.0 else replace(table, weights=counts)
