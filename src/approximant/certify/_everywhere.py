"""What rounding can add to one evaluation of a model anywhere in its domain."""

from __future__ import annotations

from heapq import heappush, heapreplace
from itertools import count

import numpy as np

from approximant.arrays import Vector
from approximant.certify._rounding import rounding_bound
from approximant.model import Model

CELLS = 256  # into which a domain is cut at most: a fraction of a second
LOOK = 32  # cells after which the bound must have fallen to SHARE, or more of them are no use
SHARE = 0.95


def rounding_over(model: Model, enough: Vector, coarse: float = 0.0) -> Vector:
    """Return a bound (m,) on the rounding error of one evaluation anywhere in the domain.

    The running bound over the whole domain is crude where neurons are steep: there it takes the
    steepest slope for the largest argument. It is taken cell by cell instead until it is small
    enough, always halving the cell where it is worst, as long as that helps.

    Args:
        model: the model.
        enough: what need not be looked at any closer, (m,).
        coarse: as for `rounding_bound`.
    """
    number = count()  # cells as bad as each other are halved in turn

    def cell(low: Vector, high: Vector) -> tuple[float, int, Vector, Vector, Vector]:
        bound = rounding_bound(model, low, high, coarse=coarse)
        return -float(np.max(bound / enough)), next(number), low, high, bound

    width = model.domain.width
    cells = [cell(model.domain.lower, model.domain.upper)]
    looked = np.inf
    while cells[0][0] < -1.0 and len(cells) < CELLS:
        worst, _, low, high, _ = cells[0]
        if len(cells) % LOOK == 0:
            if -worst > SHARE * looked:
                break
            looked = -worst
        k = int(np.argmax((high - low) / width))
        below, above = high.copy(), low.copy()
        below[k] = above[k] = low[k] + 0.5 * (high[k] - low[k])
        heapreplace(cells, cell(low, below))
        heappush(cells, cell(above, high))
    return np.asarray(np.max([bound for *_, bound in cells], axis=0))
