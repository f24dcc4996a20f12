"""Errors of a model on fresh points, with the peaks between them hunted down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from approximant.arrays import Array, Points, Values, Vector
from approximant.domain import Box
from approximant.sampling import corner_points, edge_points

Evaluate: TypeAlias = Callable[[Points], Values]

CLIMBS = (12, 32)  # starting points of the peak hunt: for one input, for several
ROUNDS = (3, 8)
CROWD = (15, 24)  # points tried around each in a round
SHRINK = (0.15, 0.6)  # of the neighbourhood from round to round
CORNERS = 256


@dataclass(frozen=True, eq=False)
class Errors:
    """What fresh points say about a model.

    Args:
        max_error: largest |target - model|, (m,).
        worst_points: where, (m, d).
        rmse: root mean square error over points spread evenly, (m,).
        mae: mean absolute error over the same points, (m,).
        checked: number of points looked at.
    """

    max_error: Vector
    worst_points: Points
    rmse: Vector
    mae: Vector
    checked: int

    def ratio(self, tolerance: Vector) -> float:
        """Return the largest error as a multiple of its tolerance."""
        return float(np.max(self.max_error / tolerance))


def measure_function(
    target: Evaluate,
    model: Evaluate,
    box: Box,
    tolerance: Vector,
    *,
    points: int,
    generator: np.random.Generator,
    watched: Points | None = None,
) -> Errors:
    """Return the errors on fresh random points of the box, its faces, corners and watched places.

    The worst of them are starting points of a search for the peaks in between: random points in
    shrinking neighbourhoods, keeping the best.

    Args:
        target: maps points (n, d) to values (n, m).
        model: the same.
        box: where to look.
        tolerance: per output, weighs outputs against each other, (m,).
        points: how many evenly spread points.
        generator: draws all points; a fresh one, so that none of them took part in a fit.
        watched: places (k, d) that deserve a closer look, such as kinks.
    """
    spread = _spread(box, points, generator)
    extra = [box.from_unit(corner_points(box.dimension, CORNERS, generator))]
    if box.dimension > 1:
        extra.append(box.from_unit(edge_points(points // 4, box.dimension, generator)))
    if watched is not None and len(watched):
        extra.append(_around(box, watched, generator))
    x = np.concatenate([spread, *extra])
    error = _distance(target(x), model(x))
    even = error[: len(spread)]
    peaks, peak_error, climbed = _climb(target, model, box, tolerance, x, error, generator)
    x, error = np.concatenate([x, peaks]), np.concatenate([error, peak_error])
    worst = np.argmax(error, axis=0)
    outputs = np.arange(error.shape[1])
    return Errors(
        error[worst, outputs],
        x[worst],
        _root_mean_square(even),
        even.mean(axis=0),
        len(x) - len(peaks) + climbed,
    )


def _root_mean_square(error: Values) -> Vector:
    """Return the root of the mean square of each column; the largest is divided out before."""
    largest = error.max(axis=0)
    unit = np.where((largest > 0.0) & np.isfinite(largest), largest, 1.0)
    return np.asarray(unit * np.sqrt(np.mean((error / unit) ** 2, axis=0)))


def _distance(values: Values, predicted: Values) -> Values:
    """Return |values - predicted|, infinite where that is no number: a network that overflows."""
    return np.nan_to_num(np.abs(values - predicted), nan=np.inf, posinf=np.inf)


def measure_rows(values: Values, predicted: Values, points: Points) -> Errors:
    """Return the errors on rows of a table that took no part in a fit: values (n, m) at (n, d)."""
    error = _distance(values, predicted)
    worst = error.argmax(axis=0)
    return Errors(
        error[worst, np.arange(error.shape[1])],
        points[worst],
        _root_mean_square(error),
        error.mean(axis=0),
        len(points),
    )


def _spread(box: Box, n: int, generator: np.random.Generator) -> Points:
    """Return evenly spread points in random order: the first of them are spread as well."""
    if box.dimension > 1:
        return box.from_unit(generator.random((n, box.dimension)))
    return box.from_unit((generator.permutation(n)[:, None] + generator.random((n, 1))) / n)


def _around(box: Box, watched: Points, generator: np.random.Generator) -> Points:
    """Return the watched places, the floats beside them, and points at all distances from them."""
    if len(watched) > 400:
        watched = watched[generator.choice(len(watched), 400, replace=False)]
    near = [np.nextafter(watched, end) for end in (-np.inf, np.inf)]
    each = max(16, 12_000 // len(watched))
    octaves = generator.uniform(-1.0, 0.0, (len(watched), each, 1))
    octaves *= generator.choice([20.0, 70.0, 400.0], octaves.shape)  # root singularities reach far
    distance = box.width * 2.0 ** (octaves - 4.0)
    sign = generator.choice([-1.0, 1.0], (len(watched), each, box.dimension))
    far = (watched[:, None, :] + sign * distance).reshape(-1, box.dimension)
    return box.clip(np.concatenate([watched, *near, far]))


def _reach(box: Box, x: Points) -> Points:
    """Return how far from each point a higher peak may hide between the others, (n, d).

    Points of one input crowd by many octaves around singular places, and so do the peaks there.
    """
    if box.dimension > 1:
        return np.tile(3.0 * len(x) ** (-1.0 / box.dimension) * box.width, (len(x), 1))
    order = np.argsort(x[:, 0], kind="stable")
    places, first = np.unique(x[order, 0], return_inverse=True)
    gaps = np.diff(places)
    widest = np.maximum(np.append(gaps, 0.0), np.append(0.0, gaps))
    reach = np.empty_like(x)
    reach[order, 0] = 2.0 * widest[first]
    return reach


def _climb(
    target: Evaluate,
    model: Evaluate,
    box: Box,
    tolerance: Vector,
    x: Points,
    error: Array,
    generator: np.random.Generator,
) -> tuple[Points, Array, int]:
    """Return the peaks found from the worst points, their errors, and how many points it took."""
    many = int(box.dimension > 1)
    score = np.max(error / tolerance, axis=1)
    start = np.argsort(-score, kind="stable")[: CLIMBS[many]]
    best, best_error, best_score = x[start], error[start], score[start]
    reach = _reach(box, x)[start][:, None, :]
    rows = np.arange(len(start))
    for _ in range(ROUNDS[many]):
        step = generator.uniform(-1.0, 1.0, (len(start), CROWD[many], box.dimension)) * reach
        trial = box.clip((best[:, None, :] + step).reshape(-1, box.dimension))
        trial_error = np.abs(target(trial) - model(trial))
        trial_score = np.max(trial_error / tolerance, axis=1).reshape(len(start), -1)
        k = np.argmax(trial_score, axis=1)
        better = trial_score[rows, k] > best_score
        flat = rows * CROWD[many] + k
        best[better], best_error[better] = trial[flat][better], trial_error[flat][better]
        best_score = np.maximum(best_score, trial_score[rows, k])
        reach = reach * SHRINK[many]
    return best, best_error, len(start) * CROWD[many] * ROUNDS[many]
