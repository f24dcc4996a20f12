"""The part of a box that rows cover: a few stored rows, and how far from them is still inside."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Points, Vector
from approximant.domain import SampledRegion
from approximant.streams import Stream

MAX_ANCHORS = 1000
CANDIDATES = 10_000  # rows among which the stored ones are chosen, and the radius is measured
QUANTILE = 0.999  # share of the rows that the radius must reach
SHARE_POINTS = (10_000, 2000)  # up to so many inputs, and beyond: neighbours are then costly
FEW_INPUTS = 3


def sampled_region(unit: Points) -> SampledRegion:
    """Return the region that rows cover.

    The stored rows are spread out: each is the row furthest from those before (Gonzalez 1985). The
    radius is the 99.9 % quantile of the distance from a row to the nearest other stored row. Two
    arrangements need more, or gaps between ordinary neighbours would count as outside: one input,
    where half the largest ordinary gap is reached, and a full grid, half the diagonal of its
    largest cell.

    Args:
        unit: different rows (k, d), mapped to the unit cube, in random order.
    """
    from scipy.spatial import cKDTree

    rows = unit[:CANDIDATES]
    anchors = _furthest_first(rows)
    # A stored row finds itself first, any other row a stored one.
    first, second = np.asarray(cKDTree(anchors).query(rows, k=2)[0]).T
    nearest = np.where(first > 0, first, second)
    radius = float(np.quantile(nearest, QUANTILE))
    if rows.shape[1] == 1:
        radius = max(radius, _gap_radius(anchors[:, 0]))
    else:
        radius = max(radius, _grid_radius(unit))
    return SampledRegion(anchors, radius)


def empty_share(region: SampledRegion) -> float:
    """Return the share of the unit cube outside the region, from random points."""
    d = region.anchors.shape[1]
    generator = Stream.EMPTY_SHARE.generator(0)
    points = generator.random((SHARE_POINTS[d > FEW_INPUTS], d))
    return float(np.mean(~region.contains(points)))


def _furthest_first(rows: Points) -> Points:
    if len(rows) <= MAX_ANCHORS:
        return rows
    chosen = np.zeros(MAX_ANCHORS, dtype=np.intp)
    columns = np.ascontiguousarray(rows.T)
    squared = _squared(columns, 0)
    for k in range(1, MAX_ANCHORS):
        chosen[k] = squared.argmax()
        np.minimum(squared, _squared(columns, int(chosen[k])), out=squared)
    return rows[chosen]


def _squared(columns: Points, row: int) -> Vector:
    """Squared distances of all rows, given as columns (d, k), from one of them."""
    total = np.zeros(columns.shape[1])
    for column in columns:
        total += (column - column[row]) ** 2
    return total


def _gap_radius(anchors: Vector) -> float:
    """Return half the largest gap that rows scattered at random would leave in 99.9 % of cases.

    Such gaps are exponentially distributed, so that the largest of n exceeds their mean times
    log(n / 0.001) with a chance of 0.001. The mean comes from the upper quartile: it sees neither
    holes nor rows that stand in close pairs.
    """
    gaps = np.diff(np.sort(anchors))
    mean = np.quantile(gaps, 0.75) / np.log(4)
    ordinary = gaps <= mean * np.log(len(gaps) / (1 - QUANTILE))
    return 0.5 * float(gaps[ordinary].max())


def _grid_radius(unit: Points) -> float:
    """Return half the diagonal of the largest cell if the rows form a full grid, else 0."""
    levels = [np.unique(column) for column in unit.T]
    if np.prod([float(len(level)) for level in levels]) != len(unit):
        return 0.0
    return 0.5 * float(np.linalg.norm([np.diff(level).max() for level in levels]))
