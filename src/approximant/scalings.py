"""Scalings: how the columns of inputs or outputs are shifted and stretched before a training."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array, Vector
from approximant.domain import Box
from approximant.model import Scaling
from approximant.settings import unknown

SCALINGS: dict[str, str] = {
    "none": "numbers as they are",
    "standard": "each column to mean 0 and standard deviation 1",
    "standard_joint": "all columns by one mean and one standard deviation of the whole table",
    "box": "each column to -1 to 1: the ends of the domain, or of the values where there is none",
}


def fit_scaling(kind: str, columns: Array, box: Box | None = None) -> Scaling:
    """Return the scaling of one kind that suits a table.

    A column without any spread, which has nothing to scale, gets the width 1. Standard deviations
    are those of the rows themselves (divided by n).

    Args:
        kind: one of SCALINGS.
        columns: (n, k), n at least 1.
        box: the k intervals that "box" maps to -1 to 1; the range of each column without it.

    Raises:
        SettingError: an unknown kind.
    """
    if kind not in SCALINGS:
        raise unknown("scaling", kind, SCALINGS)
    count = columns.shape[1]
    if kind == "none":
        return Scaling.identity(count)
    if kind == "standard":
        return _standard(columns)
    if kind == "standard_joint":
        joint = _standard(columns.reshape(-1, 1))
        return Scaling(np.repeat(joint.anchor, count), np.repeat(joint.width, count))
    lower, upper = columns.min(axis=0), columns.max(axis=0)
    if box is not None:
        lower, upper = box.lower, box.upper
    half = 0.5 * (upper - lower)
    return Scaling(lower + half, _width(half))


def _standard(columns: Array) -> Scaling:
    """Return mean and standard deviation per column, sound for values as small as floats get."""
    mean = columns.mean(axis=0)
    away = columns - mean
    # Squares of tiny numbers would vanish, so they are taken in units of the largest.
    reach = _width(np.abs(away).max(axis=0))
    deviation = reach * np.sqrt(np.mean((away / reach) ** 2, axis=0))
    # Rounding can put the mean of a constant column beside it, by more than its spread.
    constant = columns.max(axis=0) == columns.min(axis=0)
    return Scaling(np.where(constant, columns[0], mean), _width(np.where(constant, 0.0, deviation)))


def _width(spread: Vector) -> Vector:
    """Return the spreads, 1 in place of those that are 0."""
    return np.where(spread > 0.0, spread, 1.0)
