"""Oscillations that the rows are too few to show."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Points, Values, Vector
from approximant.measure._evidence import Evidence, evenly, neighbours
from approximant.report import Finding

# A sine of k evenly spaced rows per period lies 1 - cos(pi / k) of its amplitude away from the
# chord of two neighbours midway: 0.29 at four rows, 1 at the two below which nothing can be known.
CHORD = 0.3
MISSED = 0.1  # a network nearer than this to the target between the rows had enough of them
SEGMENTS = 256
ROUNDING = 1e-9  # values that differ by less, beside their size, are equal
# With many inputs rows are so few along each that only turns within this part of it tell anything.
FEWEST_ALONG = 4.0


def undersampled(evidence: Evidence) -> Finding | None:
    """Return the finding that target or network turn between neighbouring rows."""
    start, end = segments(evidence.rows.points, SEGMENTS)
    if not len(start):
        return None
    middle = 0.5 * (start + end)
    for name, function in (("target", evidence.target), ("network", evidence.network)):
        if function is None:
            continue
        ends, between = np.stack([function(start), function(end)]), function(middle)
        # Rows that meet only the zeros of an oscillation hide its size; the points between show it.
        spread = np.maximum(np.std([*ends, between], axis=(0, 1)), np.std(evidence.rows.values, 0))
        spread = np.maximum(spread, ROUNDING * evidence.deviations)
        departure = _largest(between - ends.mean(axis=0), spread)
        missed = _largest(between - evidence.network(middle), spread)
        if departure >= CHORD and (name == "network" or missed >= MISSED):
            return _undersampled(name, departure, len(evidence.rows))
    return None


def _undersampled(name: str, departure: float, rows: int) -> Finding:
    return Finding(
        "under-sampled oscillation",
        f"Midway between neighbouring rows the {name} lies {departure:.0%} of the standard "
        "deviation off the mean of its values there, where a wave with four rows to a period lies "
        f"29% off: {rows:,} rows cannot show what happens between them.",
        f"Train on more rows: {4 * rows:,} to begin with.",
    )


def _largest(difference: Values, spread: Vector) -> float:
    """Return the root mean square in units of the spread, of the worst output."""
    return float(np.max(np.sqrt(np.mean(difference**2, axis=0)) / spread))


def segments(points: Points, most: int) -> tuple[Points, Points]:
    """Return both ends (k, d) of short ways on which there are no rows, spread over all rows.

    With one input they lead from row to row. With several inputs they run along one of them, the
    others as in some row, and are as long as rows lie apart on average: as the values of that
    input, if these are few, else as so many rows that fill the rest of the box.
    """
    if points.shape[1] == 1:
        first, second = neighbours(points, most)
        return points[first], points[second]
    some = points[evenly(len(points), most)]
    low, high = points.min(axis=0), points.max(axis=0)
    length = (high - low) / np.maximum(_rows_along(points) - 1.0, FEWEST_ALONG)
    along = np.arange(len(some)) % points.shape[1]
    start, end = some.copy(), some.copy()
    k = np.arange(len(some)), along
    start[k] = np.clip(some[k], low[along], (high - length)[along])
    end[k] = start[k] + length[along]
    return start, end


def _rows_along(points: Points) -> Vector:
    """Return how many rows follow each other along each input, (d,), if they fill the box."""
    levels = np.array([len(np.unique(column)) for column in points.T], dtype=float)
    along, rows = np.ones(len(levels)), float(len(points))
    for done, k in enumerate(np.argsort(levels, kind="stable")):
        along[k] = min(levels[k], max(1.0, rows ** (1.0 / (len(levels) - done))))
        rows /= along[k]
    return along
