"""What a network left over: whether its residuals still depend on the inputs, or are noise."""

from __future__ import annotations

from itertools import combinations, islice

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Points, Values

CELL = 8  # rows in a cell on average, at least
ALONE, PAIRED = (8, 64), (4, 12)  # cells along an input: few find faint structure, many find fine
PAIRS = 200  # of inputs that are looked at
SIGNIFICANT = 4.0  # standard deviations: noise seems structured in one of 30,000 looks
SHARE = 0.03  # of the variance of the residuals: less than this is not worth the work
SMALL = 1e-4  # of the variance of the values: residuals as small as this may be anything


def structure_left(points: Points, residuals: Values, values: Values) -> bool:
    """Tell whether something in the residuals can still be learned.

    Rows are put into cells along every input and every pair of inputs; means over cells that vary
    more than those of noise would show what the network has missed, unless it needs three inputs
    or more to be seen. Residuals that are small beside the values count as something left.

    Args:
        points: (n, d).
        residuals: (n, m).
        values: (n, m).
    """
    variance = residuals.var(axis=0)
    if np.any((variance > 0.0) & (variance <= SMALL * values.var(axis=0))):
        return True
    return varies(points, residuals)


def varies(points: Points, residuals: Values) -> bool:
    """Tell whether residuals (n, m) at points (n, d) depend on the inputs more than by chance."""
    variance = residuals.var(axis=0)
    scaled = (residuals - residuals.mean(axis=0)) / np.where(variance > 0.0, variance, 1.0) ** 0.5
    n = len(points)
    if points.shape[1] == 1 and _neighbours_agree(scaled[points[:, 0].argsort(kind="stable")]):
        return True
    ranks = points.argsort(axis=0).argsort(axis=0) / n
    for count in _divisions(ALONE, n / CELL):
        if any(_cells_differ(cell, scaled) for cell in (ranks * count).astype(np.intp).T):
            return True
    for count in _divisions(PAIRED, (n / CELL) ** 0.5):
        cells = (ranks * count).astype(np.intp)
        pairs = islice(combinations(cells.T, 2), PAIRS)
        if any(_cells_differ(count * first + second, scaled) for first, second in pairs):
            return True
    return False


def _neighbours_agree(scaled: Values) -> bool:
    """Tell whether residuals in the order of their input change less than noise does.

    For n values of noise with variance one, half the mean square of their n - 1 differences is one
    with a standard deviation of about n^-0.5 (von Neumann 1941).
    """
    if len(scaled) < CELL:
        return False
    changes = 0.5 * np.mean(np.diff(scaled, axis=0) ** 2, axis=0)
    return bool(np.any((1.0 - changes) * len(scaled) ** 0.5 > SIGNIFICANT))


def _divisions(wanted: tuple[int, ...], most: float) -> list[int]:
    """Return into how many cells to divide an input, at least two and not more than the most."""
    return sorted({count for count in (min(number, int(most)) for number in wanted) if count > 1})


def _cells_differ(cell: NDArray[np.intp], scaled: Values) -> bool:
    """Tell whether means over cells vary more than those of noise with variance one."""
    numbers = np.bincount(cell)
    used = numbers > 0
    for column in scaled.T:
        sums = np.bincount(cell, column)
        explained = float((sums[used] ** 2 / numbers[used]).sum())
        freedom = int(used.sum()) - 1
        worthwhile = explained - freedom > SHARE * len(column)
        if worthwhile and _normal_score(explained, freedom) > SIGNIFICANT:
            return True
    return False


def _normal_score(square: float, freedom: int) -> float:
    """Return how far out a chi-squared value lies, in normal deviations (Wilson, Hilferty 1931)."""
    if freedom < 1:
        return 0.0
    variance = 2.0 / (9.0 * freedom)
    return float(((square / freedom) ** (1.0 / 3.0) - 1.0 + variance) / variance**0.5)
