"""What bounding a domain cell by cell found, whatever the number of inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Points, Vector
from approximant.certificate import Jump, Piece
from approximant.certify._difference import Difference
from approximant.certify._rounding import rounding_bound

NARROW = 64  # floats: where a jump is, no cell is wider
OUTSTANDING = 2.0  # multiple of the bound elsewhere from which a narrow place counts as a jump
CHECKABLE = 1.0 + 2.0**-20  # leaves room for a checker whose balls are rounded otherwise


@dataclass(frozen=True)
class Bounded:
    """A piece with what is worth knowing besides.

    Args:
        piece: the cell with its bounds.
        peaks: where in it the largest difference was seen, one point (d,) per output.
    """

    piece: Piece
    peaks: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Found:
    """The cells of a proof.

    Args:
        cells: all of the domain, unless there are open or failed ones.
        failed: ends of a cell in which no finite bound exists or was found, or None.
        rough: share of the domain that was bounded crudely because time was up.
        open: share of the domain that was not bounded at all because time was up.
    """

    cells: list[Bounded]
    failed: Points | None
    rough: float
    open: float

    @property
    def complete(self) -> bool:
        """Whether the cells cover the domain."""
        return self.failed is None and self.open == 0.0

    def bounds(self) -> tuple[Vector, Vector]:
        """Return the bounds for the network as executed and in real arithmetic, both (m,)."""
        return bounds_of(self.cells)


def bounds_of(cells: list[Bounded]) -> tuple[Vector, Vector]:
    """Return the largest bounds of cells: as executed, and in real arithmetic, both (m,)."""
    real = np.max([cell.piece.bound_real for cell in cells], axis=0)
    floats = [cell.piece.bound for cell in cells if cell.piece.kind != "gap"]
    return np.max(floats or [real], axis=0), real


def direct_cell(
    difference: Difference, low: Vector, high: Vector, rough: bool = False
) -> Bounded | None:
    """Return a cell bounded by evaluating target and network on all of it.

    None where that is not finite, or where the formulas could not be shown to have values.
    """
    bound = difference.enclose(low, high) * CHECKABLE
    if not np.isfinite(bound).all():
        return None
    extent = difference.definedness.on(low, high)
    if extent == "not shown":
        return None
    gap = len(low) == 1 and low[0] < high[0] == np.nextafter(low[0], np.inf)
    rounding = np.zeros_like(bound) if gap else rounding_bound(difference.model, low, high)
    piece = Piece(
        tuple(low.tolist()),
        tuple(high.tolist()),
        "gap" if gap else "direct",
        tuple(bound.tolist()),
        tuple(rounding.tolist()),
        partial=extent != "everywhere",
        crude=rough,
    )
    middle = tuple((low + 0.5 * (high - low)).tolist())
    return Bounded(piece, (middle,) * len(bound))


def jumps_of(cells: list[Bounded]) -> tuple[tuple[Jump, ...], list[Bounded]]:
    """Return the jumps among the sorted cells of one input, and the cells elsewhere.

    A jump is a run of cells a few floats wide whose bound stands out from that of all wider cells.
    """
    narrow = [_is_narrow(cell.piece) for cell in cells]
    wide = [cell.piece.bound_real for cell, thin in zip(cells, narrow, strict=True) if not thin]
    if not wide:
        return (), cells
    limit = OUTSTANDING * np.max(wide, axis=0)
    jumps: list[Jump] = []
    for cell, thin in zip(cells, narrow, strict=True):
        piece = cell.piece
        if not thin or np.all(np.array(piece.bound_real) <= limit):
            continue
        left, right = piece.low[0], piece.high[0]
        sizes = np.array(piece.bound_real)
        if jumps and jumps[-1].right >= left:
            left = jumps[-1].left
            sizes = np.maximum(sizes, jumps[-1].bound_real)
            jumps.pop()
        between = _floats_between(left, right)
        jumps.append(Jump(left, right, tuple(map(float, sizes)), between))
    elsewhere = [
        cell
        for cell in cells
        if not any(j.left <= cell.piece.low[0] and cell.piece.high[0] <= j.right for j in jumps)
    ]
    return tuple(jumps), elsewhere


def _is_narrow(piece: Piece) -> bool:
    low, high = piece.low[0], piece.high[0]
    unit = np.spacing(max(abs(low), abs(high)))
    return piece.kind != "analytic" and high - low <= NARROW * unit


def _floats_between(low: float, high: float) -> int:
    """Count the floats strictly between two."""
    return max(0, _ordinal(high) - _ordinal(low) - 1)


def _ordinal(x: float) -> int:
    """Return the place of a float in the order of all floats."""
    bits = int(np.float64(x).view(np.int64))
    return bits if bits >= 0 else -(bits & (2**63 - 1))
