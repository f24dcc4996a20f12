"""What a probe finds out about a function of one input, passed on to the builders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from approximant.arrays import Values, Vector


class Line(Protocol):
    """A target of one input, as the rooms see it: evaluated at will, in the user's units."""

    low: float
    high: float

    @property
    def tolerance(self) -> Vector:
        """Largest error allowed, (m,); grows with the largest value seen so far."""

    def __call__(self, x: Vector) -> Values:
        """Return the target's values (n, m) at points (n,) inside the interval."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A part of the interval on which the target is smooth inside.

    Args:
        low: first number of the piece.
        high: last number of the piece.
        edges: ends of the cells on each of which a short polynomial follows the target, (k + 1,);
            they crowd where the target changes fast or is singular.
    """

    low: float
    high: float
    edges: Vector

    @property
    def cells(self) -> int:
        """Number of cells; grows with the difficulty of the target."""
        return len(self.edges) - 1

    def share(self, end: str) -> float:
        """Width of the cell at the "low" or "high" end as a share of the piece."""
        if self.high <= self.low:
            return 1.0
        first, last = self.edges[1] - self.edges[0], self.edges[-1] - self.edges[-2]
        return float(first if end == "low" else last) / (self.high - self.low)


@dataclass(frozen=True, eq=False)
class Break:
    """A place where the target is not smooth.

    Args:
        left: last number of the piece before it.
        right: first number of the piece after it; the next float after `left` at a jump.
        height: by how much the outputs jump between the two, (m,); zeros at a kink.
    """

    left: float
    right: float
    height: Vector

    @property
    def jumps(self) -> bool:
        """Whether any output jumps here."""
        return bool(self.height.any())


@dataclass(frozen=True, eq=False)
class LineProfile:
    """The pieces of a line and the breaks between them, from low to high.

    Args:
        pieces: one more than there are breaks.
        breaks: where neighbouring pieces meet.
        resolved: whether the cells follow the target; False when it varies too fast everywhere.
        watched: points near which errors are worth hunting.
    """

    pieces: tuple[Piece, ...]
    breaks: tuple[Break, ...]
    resolved: bool
    watched: Vector

    def whole(self) -> Piece:
        """Return the interval as one piece, cells of all pieces together."""
        edges = np.unique(np.concatenate([piece.edges for piece in self.pieces]))
        return Piece(float(edges[0]), float(edges[-1]), edges)
