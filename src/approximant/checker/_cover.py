"""Whether boxes leave anything of a domain uncovered, decided by comparisons of floats alone."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from approximant.arrays import Array
from approximant.errors import CertificateError

Box: TypeAlias = Sequence[tuple[float, float]]  # the ends on each axis, (d,)

FEW = 24  # boxes that are looked at slab by slab; more of them are divided
MOST_LOOKS = 100  # at each box on average; those of a prover need less than half of that


def hole(
    boxes: Sequence[Box],
    domain: Box,
    *,
    floats: bool = False,
    tick: Callable[[], object] = lambda: None,
) -> Box | None:
    """Return a part of the domain that no box covers, or None.

    Args:
        boxes: closed boxes.
        domain: what they should cover.
        floats: whether covering the floats is enough; for one input only.
        tick: called again and again; raises where time is up.

    Raises:
        CertificateError: boxes of two or three inputs overlap so much that it takes too long to
            tell; provers cut domains, and their boxes do not.
    """
    if len(domain) == 1:
        return _hole_on_line([box[0] for box in boxes], domain[0], floats)
    return _hole_among(np.array(boxes).reshape(len(boxes), len(domain), 2), domain, tick)


def _hole_on_line(
    intervals: Sequence[tuple[float, float]], domain: tuple[float, float], floats: bool
) -> Box | None:
    """Go from left to right: what begins after all that came before ended leaves a hole."""
    reach = -math.inf
    for low, high in sorted(intervals):
        if low > domain[1]:
            break
        beginning = reach < domain[0] and low > domain[0]
        if beginning or (reach >= domain[0] and low > _next(reach, floats)):
            return ((max(reach, domain[0]), low),)
        reach = max(reach, high)
    return None if reach >= domain[1] else ((max(reach, domain[0]), domain[1]),)


def _next(reach: float, floats: bool) -> float:
    return math.nextafter(reach, math.inf) if floats else reach


def _hole_among(boxes: Array, domain: Box, tick: Callable[[], object]) -> Box | None:
    """Divide a domain of two or three inputs at faces of boxes, until few meet each part."""
    waiting = [(boxes, np.array(domain))]
    left = MOST_LOOKS * len(boxes)  # bounds the memory too: every box kept was looked at
    while waiting:
        tick()
        near, part = waiting.pop()
        left -= len(near)
        if left < 0:
            raise CertificateError("Not checked: too many cells of the certificate overlap.")
        near = near[np.all((near[:, :, 0] < part[:, 1]) & (near[:, :, 1] > part[:, 0]), axis=1)]
        if np.any(np.all((near[:, :, 0] <= part[:, 0]) & (near[:, :, 1] >= part[:, 1]), axis=1)):
            continue
        if len(near) <= FEW:
            found = _hole_by_slabs(near.tolist(), part.tolist())
            if found is not None:
                return found
            continue
        axis, place = _division(near, part)
        for side in (0, 1):
            half = part.copy()
            half[axis, 1 - side] = place
            waiting.append((near, half))
    return None


def _division(boxes: Array, part: Array) -> tuple[int, float]:
    """Return the face inside a part on both sides of which the fewest boxes lie."""
    best = (math.inf, 0, 0.0)
    for axis in range(len(part)):
        low, high = np.sort(boxes[:, axis, 0]), np.sort(boxes[:, axis, 1])
        faces = np.concatenate([low, high])
        faces = faces[(faces > part[axis, 0]) & (faces < part[axis, 1])]
        if len(faces):
            left = np.searchsorted(low, faces, side="left")
            right = len(high) - np.searchsorted(high, faces, side="right")
            more = np.maximum(left, right)
            at = int(np.argmin(more))
            best = min(best, (float(more[at]), axis, float(faces[at])))
    return best[1], best[2]


def _hole_by_slabs(boxes: Sequence[Box], domain: Box) -> Box | None:
    """Look at one slab after the other, axis by axis: between faces nothing changes."""
    (low, high), rest = domain[0], domain[1:]
    inside = (end for box in boxes for end in box[0] if low < end < high)
    for a, b in pairwise(sorted({low, high, *inside})):
        across = [box[1:] for box in boxes if box[0][0] <= a and b <= box[0][1]]
        if not across:
            return ((a, b), *map(tuple, rest))  # type: ignore[arg-type]
        found = _hole_by_slabs(across, rest) if rest else None
        if found is not None:
            return ((a, b), *found)
    return None
