"""Breaks of a target of one input: where it jumps, has a kink, or is singular inside."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array, Indices, Mask, Vector
from approximant.probe._cells import Cells, expand
from approximant.profile import Break, Line

NARROW = 2.0**-18  # shares of the interval this narrow are a break, wider ones a steep feature
MAX_BREAKS = 200
PARTS = np.array([[0.0, 0.4], [0.3, 0.7], [0.6, 1.0]])  # overlap, so that no break sits on a seam
HIDDEN = 1e-3  # share of the tolerance that may vary unseen around a break
FINEST = 2.0**-60  # share of the interval below which only 0 can still be approached


def find_breaks(line: Line, cells: Cells) -> list[Break]:
    """Return the breaks inside the interval in increasing order, none if there are too many.

    Suspects are the cells narrower than their surroundings. Each is searched for the place where
    no polynomial follows the target down to rounding noise: a steep feature ends somewhere, a kink
    goes on until the tolerance hides it, a jump or a root singularity to neighbouring floats.
    """
    suspects = _narrowest(cells.high - cells.low)
    if not 0 < len(suspects) <= 4 * MAX_BREAKS:
        return []
    low = cells.low[np.maximum(suspects - 1, 0)]
    high = cells.high[np.minimum(suspects + 1, len(cells.high) - 1)]
    low, high = _zoom(line, low, high)
    breaks: list[Break] = []
    for place in _classify(line, low, high):
        if not breaks or place.left >= breaks[-1].right:
            breaks.append(place)
    return breaks if len(breaks) <= MAX_BREAKS else []


def _narrowest(width: Vector) -> Indices:
    """Return the indices of cells narrower than some cell near them by a factor of 8."""
    level = np.round(np.log2(width)).astype(int)
    ends = np.flatnonzero(np.diff(level)) + 1
    starts, ends = np.append(0, ends), np.append(ends, len(level))
    suspects = []
    for start, end in zip(starts, ends, strict=True):  # runs of equal width
        lower = (start == 0 or level[start - 1] > level[start]) and (
            end == len(level) or level[end] > level[start]
        )
        deep = level[max(0, start - 12) : end + 12].max() - level[start] >= 3
        if lower and deep and end - start <= 4:
            suspects.append((start + end - 1) // 2)
    return np.array(suspects, dtype=np.intp)


def _zoom(line: Line, low: Vector, high: Vector) -> tuple[Vector, Vector]:
    """Narrow each interval (k,) to where the target resists polynomials most."""
    low, high = low.copy(), high.copy()
    active: Mask = np.ones(len(low), bool)
    while active.any():
        part = low[active, None, None] + PARTS * (high - low)[active, None, None]
        part[:, 0, 0], part[:, 2, 1] = low[active], high[active]
        coefficients, noise = expand(line, part[:, :, 0].ravel(), part[:, :, 1].ravel())
        tail = np.abs(coefficients[:, :, -3:]).max(axis=2)
        resist = (tail / (noise + np.finfo(float).tiny)).max(axis=1).reshape(-1, 3)
        varies = np.abs(coefficients[:, :, 1:]).sum(axis=2) > HIDDEN * line.tolerance
        rough = np.any(varies, axis=1).reshape(-1, 3) & (resist > 1.0)
        worst = np.argmax(np.where(rough, resist, 0.0), axis=1)
        rows = np.arange(len(worst))
        going = rough[rows, worst] & (part[:, 1, 0] < part[:, 1, 1])
        going &= (part[rows, worst, 0] > low[active]) | (part[rows, worst, 1] < high[active])
        going &= (high - low)[active] > FINEST * (line.high - line.low)
        where = np.flatnonzero(active)
        low[where[going]] = part[rows, worst, 0][going]
        high[where[going]] = part[rows, worst, 1][going]
        active[where[~going]] = False
    # Where hardly anything resists any more noise may have chosen the part beside the break.
    beside = np.where(high - low <= 0.25 * NARROW * (line.high - line.low), high - low, 0.0)
    return np.maximum(low - beside, line.low), np.minimum(high + beside, line.high)


def _classify(line: Line, low: Vector, high: Vector) -> list[Break]:
    """Return the breaks among the zoomed intervals; steep but smooth features drop out."""
    span = line.high - line.low
    breaks: list[Break] = []
    left, right = _steepest_pairs(line, low, high)
    sharpest = _sharpest(line, low, high)
    for k in np.flatnonzero(high - low <= NARROW * span):
        height = _jump(line, left[k], right[k])
        if height.any():
            breaks += _jumps_around(line, float(left[k]), float(right[k]), height)
            continue
        place = 0.0 if low[k] <= 0.0 <= high[k] else float(sharpest[k])
        if min(place - line.low, line.high - place) > 2.0 * NARROW * span:
            breaks.append(Break(place, place, height))
    return breaks


def _jumps_around(line: Line, left: float, right: float, height: Array) -> list[Break]:
    """Return the jump and a second one where a single number stands apart, as 0 does in sign(x)."""
    breaks = [Break(left, right, height)]
    for low, high in ((np.nextafter(left, -np.inf), left), (right, np.nextafter(right, np.inf))):
        if line.low <= low and high <= line.high:
            height = _jump(line, float(low), float(high))
            if height.any():
                breaks.append(Break(float(low), float(high), height))
    return sorted(breaks, key=lambda place: place.left)


def _steepest_pairs(line: Line, low: Vector, high: Vector) -> tuple[Vector, Vector]:
    """Return for each interval (k,) the neighbouring floats between which the values change most.

    Intervals over which nothing changes noticeably are left as they are.
    """
    low, high = low.copy(), high.copy()
    active = np.nextafter(low, high) < high
    while active.any():
        x = np.clip(np.linspace(low[active], high[active], 17, axis=1), line.low, line.high)
        values = line(x.ravel()).reshape(*x.shape, -1)
        change = np.abs(np.diff(values, axis=1))
        k = np.argmax((change / line.tolerance).max(axis=2), axis=1)
        rows = np.arange(len(k))
        low[active], high[active] = x[rows, k], x[rows, k + 1]
        going = np.any(change[rows, k] > HIDDEN * line.tolerance, axis=1)
        active[active] = going & (np.nextafter(x[rows, k], x[rows, k + 1]) < x[rows, k + 1])
    return low, high


def _sharpest(line: Line, low: Vector, high: Vector) -> Vector:
    """Return the place (k,) in each interval where the target bends most, to the float if it shows.

    A root singularity rises by its whole steepness within a few floats: a place beside it would
    leave an error that only those floats see.
    """
    low, high = low.copy(), high.copy()
    place = low + 0.5 * (high - low)
    active: Mask = np.ones(len(low), bool)
    while active.any():
        least = np.spacing(np.maximum(np.abs(low), np.abs(high))[active])
        step = np.maximum((high - low)[active] / 16.0, least)
        x = np.clip(low[active, None] + step[:, None] * np.arange(17.0), line.low, line.high)
        values = line(x.ravel()).reshape(*x.shape, -1) / line.tolerance
        change = np.diff(values, axis=1)
        bend = np.abs(np.diff(change, axis=1)).max(axis=2)
        k, rows = np.argmax(bend, axis=1) + 1, np.arange(len(x))
        shows, finest = bend[rows, k - 1] > HIDDEN, step <= least
        # At the place itself the target rises steeply on both sides, one float on only one.
        sides = np.minimum(np.abs(change[:, :-1]), np.abs(change[:, 1:])).max(axis=2)
        best = np.argmax(sides, axis=1) + 1
        at = np.where(finest, x[rows, best], x[rows, k])
        where = np.flatnonzero(active)
        place[where[shows]] = at[shows]
        low[where], high[where] = x[rows, np.maximum(k - 2, 0)], x[rows, np.minimum(k + 2, 16)]
        active[where[finest | ~shows]] = False
    return place


def _jump(line: Line, left: float, right: float) -> Vector:
    """Return the jump (m,) between neighbouring floats; zeros if the target only varies fast."""
    if np.nextafter(left, right) < right:
        return np.zeros_like(line.tolerance)
    x = np.array([left, left, right, right])
    for _ in range(4):
        x[0], x[3] = np.nextafter(x[0], -np.inf), np.nextafter(x[3], np.inf)
    x = np.clip(x, line.low, line.high)
    values = line(x)
    height = values[2] - values[1]
    sides = [np.abs(values[k + 1] - values[k]) for k in (0, 2) if x[k] < x[k + 1]]
    jumps = (np.abs(height) > line.tolerance) & (np.abs(height) > 4.0 * np.min(sides, axis=0))
    return np.asarray(np.where(jumps, height, 0.0))
