"""Sampled errors: a goal for the proof before it begins, and a number to compare it with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from flint import arb

from approximant.arrays import Points, Values, Vector
from approximant.domain import Box
from approximant.formula import Formula
from approximant.model import Model
from approximant.streams import Stream

if TYPE_CHECKING:
    from approximant.formula import BallReading

LINE_POINTS = 2000
MANY_POINTS = 20_000


def float_errors(model: Model, formulas: Sequence[Formula], points: Points) -> Values:
    """Return |target - network| (n, m) at points, all in floats; NaN where not finite."""
    columns = dict(zip(model.domain.names, points.T, strict=True))
    target = np.stack([formula(columns) for formula in formulas], axis=1)
    with np.errstate(all="ignore"):
        error = np.abs(target - model.evaluate(points))
    return np.where(np.isfinite(error), error, np.nan)


def spread_points(box: Box) -> Points:
    """Return points of a box: even, crowded at the faces, and graded to ends of one input."""
    d = box.dimension
    generator = Stream.PROOF_POINTS.generator(0)
    if d == 1:
        n = LINE_POINTS // 2
        even = (np.arange(n) + generator.random(n)) / n
        graded = 2.0 ** -generator.uniform(0.0, 60.0, n // 2)
        inner = 0.5 - 0.5 * np.cos(np.pi * even)
        unit = np.concatenate([[0.0, 1.0], inner, graded, 1.0 - graded])[:, None]
    else:
        unit = 0.5 - 0.5 * np.cos(np.pi * generator.random((MANY_POINTS, d)))
    return box.from_unit(unit)


def executed_errors(model: Model, targets: Sequence[BallReading], points: Points) -> Values:
    """Return |target - network as executed| (n, m), the target in balls; NaN where undefined.

    What is uncertain about the target is subtracted: the errors are no smaller than this.
    """
    values = model.evaluate(points)
    found = np.full(values.shape, np.nan)
    for row, point in enumerate(points):
        columns = dict(zip(model.domain.names, map(arb, map(float, point)), strict=True))
        for k, target in enumerate(targets):
            ball = target.enclose(columns)[0] - arb(float(values[row, k]))
            if ball.is_finite():
                found[row, k] = float(ball.abs_lower())
    return found


def worst_of(points: Points, errors: Iterable[Vector]) -> tuple[Vector, Points]:
    """Return the largest errors (m,) and where they are, (m, d)."""
    table = np.nan_to_num(np.asarray(list(errors)), nan=-1.0)
    rows = table.argmax(axis=0)
    return np.maximum(table[rows, np.arange(table.shape[1])], 0.0), points[rows]
