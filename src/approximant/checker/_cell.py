"""One cell proved again: |target - network| bounded by this room's own arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from flint import acb, arb

from approximant.arrays import Vector
from approximant.certificate import Piece
from approximant.checker._cover import Box
from approximant.checker._formulas import BallFormulas
from approximant.checker._lemma import largest, rectangle, spread, tail, upper
from approximant.checker._network import ExactNetwork, KinkError
from approximant.checker._rounding import rounding
from approximant.checker._target import BranchError, CellTarget
from approximant.checker._terms import ExactBox
from approximant.formula import Formula
from approximant.model import Model

ATTEMPTS = 3  # each with a higher degree and a finer grid than the one before
HIGHER = 3.0  # by which factor the tail shrinks from attempt to attempt, at least
MOST_NODES = 600_000  # of an interpolant: more than provers take, and no danger to the memory
MOST_ENTRIES = 2**20  # of a matrix that takes it to a finer grid
NODES = 500  # at which the network is evaluated at a time
RECTANGLES = 400  # into which the surroundings of a cell may be divided to bound e there
HALVINGS = 4000  # of a cell that is bounded directly
HALVINGS_OF_ROUNDING = 400  # of a cell, to bound what rounding adds
ROOM, TINY = 1.0 + 1e-6, 2.0**-1000  # of stated numbers for which floats were used


class Refuted(Exception):
    """What a certificate says of a cell could not be proved; the text says why.

    Args:
        reason: the text.
        final: whether no higher precision can help.
    """

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.final = final


class CellChecker:
    """Proves again what a certificate says of single cells, at the present precision.

    Args:
        model: the network.
        formulas: one per output.
        tick: called again and again; raises where time is up.
    """

    def __init__(
        self,
        model: Model,
        formulas: Sequence[Formula],
        tick: Callable[[], object] = lambda: None,
    ) -> None:
        self.model = model
        self.formulas = BallFormulas(formulas, model.domain.names, tick)
        self.network = ExactNetwork(model)
        self.tick = tick

    def piece(self, piece: Piece) -> tuple[Vector, Vector]:
        """Return proved bounds on the error in real arithmetic and as executed, (m,) each.

        Raises:
            Refuted: one of the bounds of the piece was not reached, or it has more values missing
                than it says.
        """
        box = [*zip(piece.low, piece.high, strict=True)]
        if piece.kind == "analytic":
            real = self._analytic(piece, box)
        else:
            self._exist(piece, box)
            real = self._direct(box, piece.bound_real)
        if not np.all(real <= piece.bound_real):
            raise Refuted(_too_small(piece.bound_real, real))
        if piece.kind == "gap":  # no float lies strictly inside
            return real, np.zeros_like(real)
        return real, self._executed(real, box, piece.bound)

    def _executed(self, real: Vector, box: Box, limit: Sequence[float]) -> Vector:
        """Add what rounding adds, on ever smaller parts, until no part exceeds the limit."""
        found, waiting = np.zeros_like(real), [box]
        for _ in range(HALVINGS_OF_ROUNDING):
            self.tick()
            part = waiting.pop()
            stages = self.network.on(_exact(part), bent=True).stages
            executed = np.nextafter(real + rounding(self.model, part, stages), np.inf)
            if np.all(executed <= limit):
                found = np.maximum(found, executed)
            elif not (halves := _float_halves(part)):
                break
            else:
                waiting += halves
            if not waiting:
                return found
        raise Refuted(f"rounding takes its bound {_shown(limit)} to {_shown(executed)}", final=True)

    def at(self, point: Sequence[float]) -> tuple[list[arb], Vector]:
        """Return the error in real arithmetic at a point, and what rounding may add, (m,) each."""
        box = [(x, x) for x in point]
        network = self.network.on(_exact(box), bent=True)
        x = [arb(value) for value in point]
        pairs = zip(self.formulas.enclose(x), network.inside.at(x), strict=True)
        return [abs(f - n) for f, n in pairs], rounding(self.model, box, network.stages)

    def _exist(self, piece: Piece, box: Box) -> None:
        """Check that the formulas have values where a piece says so."""
        known = self.formulas.exist_on(box)
        if known is False or (known is None and not piece.partial):
            raise Refuted("the formula could not be shown to have a value all over it")

    def _analytic(self, piece: Piece, box: Box) -> Vector:
        try:
            network = self.network.on(_exact(box))
            sides = rectangle(box, piece.ellipse)
            around = [
                (min(low, float(re.lower())), max(high, float(re.upper())))
                for (low, high), (re, _) in zip(box, sides, strict=True)
            ]
            target = CellTarget(self.formulas, box, around)
        except KinkError as reason:
            raise Refuted(str(reason)) from None
        except BranchError:
            raise Refuted("the formula changes its branch inside") from None

        def errors(points: list[list[arb]]) -> list[list[arb]]:
            found: list[list[arb]] = []
            for start in range(0, len(points), NODES):
                part = points[start : start + NODES]
                values = zip(map(target.at, part), network.inside.values(part), strict=True)
                found += [[f - n for f, n in zip(*row, strict=True)] for row in values]
            return found

        def sizes(x: Sequence[acb]) -> list[arb]:
            f, n = target.at(x), network.around.at(x)
            apart = zip(f, network.around.sizes(x), strict=True)
            together = [abs(a - b) for a, b in zip(f, n, strict=True)]
            return [a if a.is_finite() and a < abs(b) + c else abs(b) + c
                    for a, (b, c) in zip(together, apart, strict=True)]  # fmt: skip

        magnitude = _magnitude(sizes, sides, piece.magnitude)
        found = self._by_lemma(errors, box, piece, magnitude)
        for sliver in target.slivers:
            if not self.formulas.exist(sliver):
                raise Refuted("the formula could not be shown to have a value at its ends")
            f, n = self.formulas.enclose(sliver), network.inside.at(sliver)
            there = [upper((a - b).abs_upper()) for a, b in zip(f, n, strict=True)]
            found = np.maximum(found, there)
        return found

    def _by_lemma(
        self, errors: Callable[..., list[Any]], box: Box, piece: Piece, magnitude: list[arb]
    ) -> Vector:
        found = np.full(len(magnitude), np.inf)
        for attempt in range(ATTEMPTS):
            shrink = attempt * math.log(HIGHER) / math.log(min(piece.ellipse))
            degree = [n + math.ceil(min(shrink, MOST_NODES)) for n in piece.degree]
            multiple = 2**attempt * piece.multiple
            if too_large(degree, multiple):
                break
            grid, seen = largest(errors, box, degree, multiple, self.tick)
            if attempt == 0:
                _check_stated(piece, grid)
            if any(size.lower() > most for size, most in zip(seen, piece.bound_real, strict=True)):
                raise Refuted(_too_small(piece.bound_real, map(upper, seen)), final=True)
            wider = spread(multiple, len(box))
            tails = [tail(size, piece.ellipse, degree) for size in magnitude]
            bounds = [upper(size * wider + rest) for size, rest in zip(grid, tails, strict=True)]
            found = np.minimum(found, bounds)
            if np.all(found <= piece.bound_real):
                break
        return found

    def _direct(self, box: Box, limit: Sequence[float]) -> Vector:
        """Bound the error by balls on ever smaller parts, until no part exceeds the limit."""
        whole = _exact(box)
        found, waiting = np.zeros(len(limit)), [whole]
        for _ in range(HALVINGS):
            part = waiting.pop()
            x = [low.union(high) for low, high in part]
            here = self.network.on(part, bent=True).inside
            pairs = zip(self.formulas.enclose(x), here.at(x), strict=True)
            errors = [f - n for f, n in pairs]
            sizes = np.array([upper(error.abs_upper()) for error in errors])
            if any(e.abs_lower() > most for e, most in zip(errors, limit, strict=True)):
                raise Refuted(_too_small(limit, sizes), final=True)
            if np.all(sizes <= limit):
                found = np.maximum(found, sizes)
            else:
                waiting += _halves(part)
            if not waiting:
                return found
        raise Refuted(f"{HALVINGS} parts of it were too few to show its bound {_shown(limit)}")


def too_large(degree: Sequence[int], multiple: int) -> bool:
    """Tell whether an interpolant needs more memory than the checker takes."""
    most = max(degree) + 1
    return math.prod(n + 1 for n in degree) > MOST_NODES or multiple * most**2 > MOST_ENTRIES


def _check_stated(piece: Piece, grid: list[arb]) -> None:
    """Check what a piece says about its polynomial: tau, and G up to delta.

    Raises:
        Refuted: one of them is smaller than it is.
    """
    for k, largest_value in enumerate(grid):
        rest = tail(arb(piece.magnitude[k]), piece.ellipse, piece.degree)
        if rest > arb(piece.tail[k]) * ROOM + TINY:
            raise Refuted(f"its tail {_shown(piece.tail)} is smaller than it is", final=True)
        if largest_value.lower() > (arb(piece.grid[k]) + arb(piece.delta[k])) * ROOM + TINY:
            raise Refuted(f"its grid {_shown(piece.grid)} is smaller than it is", final=True)


def _too_small(bound: Sequence[float], found: Iterable[float]) -> str:
    sizes = ", ".join(f"{value:.4g}" for value in found)
    return f"its bound {_shown(bound)} is too small: {sizes} was found"


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


def _float_halves(part: Box) -> list[Box]:
    """Divide a box along its widest axis at a float; empty where none lies inside."""
    k = max(range(len(part)), key=lambda axis: part[axis][1] / 2 - part[axis][0] / 2)
    low, high = part[k]
    middle = low / 2 + high / 2
    if not low < middle < high:
        return []
    return [[*part[:k], ends, *part[k + 1 :]] for ends in ((low, middle), (middle, high))]


def _exact(box: Box) -> ExactBox:
    return [(arb(low), arb(high)) for low, high in box]


def _shown(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.4g}" for value in values)
