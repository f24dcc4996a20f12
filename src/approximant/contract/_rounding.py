"""What rounding can add to one evaluation of a model: the bound that certificates use too."""

from __future__ import annotations

from heapq import heapify, heapreplace

import numpy as np

from approximant.arrays import Vector
from approximant.certify import rounding_bound
from approximant.model import Model

CELLS = 256  # into which a domain is cut at most: a tenth of a second


def rounding_over(model: Model, enough: Vector) -> Vector:
    """Return a bound (m,) on the rounding error of one evaluation anywhere in the domain.

    The running bound over the whole domain is crude where neurons are steep: there it takes the
    steepest slope for the largest argument. It is taken cell by cell instead until it is small
    enough, always halving the cell where it is worst.

    Args:
        model: the model.
        enough: what need not be looked at any closer, (m,).
    """

    def cell(low: Vector, high: Vector) -> tuple[float, int, Vector, Vector, Vector]:
        bound = rounding_bound(model, low, high)
        return -float(np.max(bound / enough)), next(number), low, high, bound

    number = iter(range(2 * CELLS))
    width = model.domain.width
    cells = [cell(model.domain.lower, model.domain.upper)]
    while cells[0][0] < -1.0 and len(cells) < CELLS:
        _, _, low, high, _ = cells[0]
        k = int(np.argmax((high - low) / width))
        middle = low[k] + 0.5 * (high[k] - low[k])
        below, above = high.copy(), low.copy()
        below[k] = above[k] = middle
        heapreplace(cells, cell(low, below))
        cells.append(cell(above, high))
        heapify(cells)
    return np.asarray(np.max([bound for *_, bound in cells], axis=0))
