"""Whether boxes leave anything of a domain uncovered, decided by comparisons of floats alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

Box: TypeAlias = Sequence[tuple[float, float]]  # the ends on each axis, (d,)


def hole(boxes: Sequence[Box], domain: Box, *, floats: bool = False) -> Box | None:
    """Return a part of the domain that no box covers, or None.

    Between the coordinates at which boxes begin and end nothing changes; so one slab between two
    neighbouring coordinates after the other is looked at, axis by axis.

    Args:
        boxes: closed boxes.
        domain: what they should cover.
        floats: whether covering the floats is enough; for one input only.
    """
    (low, high), rest = domain[0], domain[1:]
    inside = (end for box in boxes for end in box[0] if low < end < high)
    edges = sorted({low, high, *inside})
    slabs = [*pairwise(edges)]
    if floats:
        slabs = [(a, b) for a, b in slabs if math.nextafter(a, b) != b]
        slabs += [(a, a) for a in edges]
    for a, b in slabs:
        across = [box[1:] for box in boxes if box[0][0] <= a and b <= box[0][1]]
        if not across:
            return ((a, b), *rest)
        found = hole(across, rest) if rest else None
        if found is not None:
            return ((a, b), *found)
    return None
