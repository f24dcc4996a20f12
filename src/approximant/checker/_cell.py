"""One cell proved again: |target - network| bounded by this room's own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import acb, arb

from approximant.arrays import Vector
from approximant.certificate import Piece
from approximant.checker._cover import Box
from approximant.checker._lemma import largest, rectangle, tail, upper
from approximant.checker._network import CellNetwork, ExactNetwork, KinkError
from approximant.checker._rounding import rounding
from approximant.checker._target import (
    BranchError,
    CellTarget,
    enclose,
    has_values,
    read_everywhere,
    read_formulas,
)
from approximant.checker._terms import ExactBox
from approximant.formula import Formula
from approximant.model import Model

ATTEMPTS = 3  # each with a higher degree and a finer grid than the one before
HIGHER = 3.0  # by which factor the tail shrinks from attempt to attempt, at least
RECTANGLES = 400  # into which the surroundings of a cell may be divided to bound e there
HALVINGS = 4000  # of a cell that is bounded directly
MOST_NODES = 2**23  # at which an interpolant is searched, about a gigabyte of balls


class Refuted(Exception):
    """What a certificate says of a cell could not be proved; the text says why."""


class CellChecker:
    """Proves again what a certificate says of single cells.

    Args:
        model: the network.
        formulas: one per output.
        tick: called again and again within a cell; raises where time is up.

    Attributes:
        edges: whether a root begins in some cell, so that its bounds are for where it has a value.
    """

    def __init__(
        self,
        model: Model,
        formulas: Sequence[Formula],
        tick: Callable[[], object] = lambda: None,
    ) -> None:
        self.edges = False
        self.tick = tick
        self.model = model
        self.names = model.domain.names
        self.readings = read_formulas(formulas)
        self.everywhere = read_everywhere(formulas)
        self.network = ExactNetwork(model)

    def piece(self, piece: Piece) -> tuple[Vector, Vector]:
        """Return proved bounds on the error in real arithmetic and as executed, (m,) each.

        Raises:
            Refuted: one of the bounds of the piece was not reached.
        """
        box = [*zip(piece.low, piece.high, strict=True)]
        if piece.kind == "analytic":
            real, network = self._analytic(piece, box)
        else:
            known = has_values(self.everywhere, self.names, box)
            if known is False:
                raise Refuted("the formula could not be shown to have a value all over it")
            self.edges = self.edges or known is None
            real, network = self._direct(box, piece.bound_real)
        if not np.all(real <= piece.bound_real):
            found = ", ".join(f"{value:.4g}" for value in real)
            raise Refuted(f"its bound {_shown(piece.bound_real)} is too small: {found} was found")
        if piece.kind == "gap":  # no float lies strictly inside
            return real, np.zeros_like(real)
        executed = np.nextafter(real + rounding(self.model, box, network.stages), np.inf)
        if not np.all(executed <= piece.bound):
            found = ", ".join(f"{value:.4g}" for value in executed)
            raise Refuted(f"rounding takes its bound {_shown(piece.bound)} to {found}")
        return real, executed

    def _analytic(self, piece: Piece, box: Box) -> tuple[Vector, CellNetwork]:
        try:
            network = self.network.on(_exact(box))
            sides = rectangle(box, piece.ellipse)
            around = [
                (min(low, float(re.lower())), max(high, float(re.upper())))
                for (low, high), (re, _) in zip(box, sides, strict=True)
            ]
            target = CellTarget(self.readings, self.names, box, around)
        except KinkError as reason:
            raise Refuted(str(reason)) from None
        except BranchError:
            raise Refuted("the formula changes its branch inside") from None

        def errors(points: list[list[arb]]) -> list[list[arb]]:
            values = zip(map(target.at, points), network.inside.values(points), strict=True)
            return [[f - n for f, n in zip(*row, strict=True)] for row in values]

        def sizes(x: Sequence[acb]) -> list[arb]:
            self.tick()
            f, n = target.at(x), network.around.at(x)
            apart = zip(f, network.around.sizes(x), strict=True)
            together = [abs(a - b) for a, b in zip(f, n, strict=True)]
            return [a if a.is_finite() and a < abs(b) + c else abs(b) + c
                    for a, (b, c) in zip(together, apart, strict=True)]  # fmt: skip

        magnitude = _magnitude(sizes, sides, piece.magnitude)
        found = self._by_lemma(errors, box, piece, magnitude)
        for sliver in target.slivers:
            f, n = enclose(self.readings, self.names, sliver), network.inside.at(sliver)
            there = [upper((a - b).abs_upper()) for a, b in zip(f, n, strict=True)]
            found = np.maximum(found, there)
        return found, network

    def _by_lemma(
        self, errors: Callable[..., list[Any]], box: Box, piece: Piece, magnitude: list[arb]
    ) -> Vector:
        found = np.full(len(magnitude), np.inf)
        for attempt in range(ATTEMPTS):
            shrink = attempt * math.log(HIGHER) / math.log(min(piece.ellipse))
            degree = [n + math.ceil(shrink) for n in piece.degree]
            multiple = _affordable(degree, 2 ** (attempt + 1) * piece.multiple)
            if multiple is None and attempt == 0:
                raise Refuted(f"an interpolant of degree {max(degree)} is too large to be searched")
            if multiple is None:
                break
            self.tick()
            sizes = largest(errors, box, degree, multiple)
            tails = [tail(size, piece.ellipse, degree) for size in magnitude]
            bounds = [upper(size + rest) for size, rest in zip(sizes, tails, strict=True)]
            found = np.minimum(found, bounds)
            if np.all(found <= piece.bound_real):
                break
        return found

    def _direct(self, box: Box, limit: Sequence[float]) -> tuple[Vector, CellNetwork]:
        """Bound the error by balls on ever smaller parts, until no part exceeds the limit."""
        whole = _exact(box)
        network = self.network.on(whole, bent=True)
        found, waiting = np.zeros(len(limit)), [whole]
        for _ in range(HALVINGS):
            self.tick()
            part = waiting.pop()
            x = [low.union(high) for low, high in part]
            here = self.network.on(part, bent=True).inside
            pairs = zip(enclose(self.readings, self.names, x), here.at(x), strict=True)
            sizes = np.array([upper((f - n).abs_upper()) for f, n in pairs])
            if np.all(sizes <= limit):
                found = np.maximum(found, sizes)
            else:
                waiting += _halves(part)
            if not waiting:
                return found, network
        return np.full(len(limit), np.inf), network


def _affordable(degree: Sequence[int], multiple: int) -> int | None:
    """Return how many nodes per degree may be searched, at most `multiple`; None for too many.

    An ellipse near 1 asks for degrees without end, which would take all the memory there is.
    """

    def nodes(per_degree: int) -> int:
        fine = [per_degree * max(n, 1) for n in degree]
        matrices = [(n + 1) * many for n, many in zip(degree, fine, strict=True)]
        return max(math.prod(fine), *matrices)

    while multiple > 2 and nodes(multiple) > MOST_NODES:
        multiple //= 2
    return multiple if nodes(multiple) <= MOST_NODES else None


def _magnitude(
    sizes_on: Callable[[Sequence[acb]], list[arb]],
    sides: list[tuple[arb, arb]],
    claimed: Sequence[float],
) -> list[arb]:
    """Return a bound on e in the rectangle for every output, at most what is claimed.

    Args:
        sizes_on: bounds |e| on a rectangle; not finite unless e is analytic there.
        sides: real and imaginary part of the rectangle on each axis.
        claimed: what the certificate says, (m,).

    Raises:
        Refuted: e is not analytic there, or the claim was not reached.
    """
    found, waiting = [arb(0)] * len(claimed), [sides]
    for _ in range(RECTANGLES):
        part = waiting.pop()
        sizes = sizes_on([acb(re, im) for re, im in part])
        if all(
            size.is_finite() and size <= most for size, most in zip(sizes, claimed, strict=True)
        ):
            found = [a.max(b.upper()) for a, b in zip(found, sizes, strict=True)]
        else:
            waiting += _quarters(part)
        if not waiting:
            return found
    raise Refuted(
        "target and network could not be shown to be analytic around it and to differ by no more "
        f"than {_shown(claimed)} there"
    )


def _quarters(part: list[tuple[arb, arb]]) -> list[list[tuple[arb, arb]]]:
    """Divide a rectangle along its widest axis, real and imaginary part alike."""
    k = max(range(len(part)), key=lambda axis: float(part[axis][0].rad()))
    return [
        [*part[:k], (real, imaginary), *part[k + 1 :]]
        for real in _two(part[k][0])
        for imaginary in _two(part[k][1])
    ]


def _two(ball: arb) -> tuple[arb, arb]:
    middle = ball.mid()
    return ball.lower().union(middle), middle.union(ball.upper())


def _halves(part: ExactBox) -> list[ExactBox]:
    k = max(range(len(part)), key=lambda axis: float(part[axis][1] - part[axis][0]))
    low, high = part[k]
    middle = ((low + high) / 2).mid()
    return [[*part[:k], ends, *part[k + 1 :]] for ends in ((low, middle), (middle, high))]


def _exact(box: Box) -> ExactBox:
    return [(arb(low), arb(high)) for low, high in box]


def _shown(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
