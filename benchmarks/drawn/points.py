"""Where certificates are compared with the truth: switches, ends, borders, and beside them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np
from flint import fmpq

from approximant.arrays import Points
from approximant.certificate import Piece
from approximant.domain import Box
from approximant.model import Model
from drawn.expressions import NoValue, Undecided, fraction, value
from drawn.networks import KINKED, Case
from drawn.places import beside

Exacts = tuple[fmpq, ...]  # a point with rational coordinates
CLOSE = fmpq(1, 2**200)  # so near beside a place that no float is between
STEPS = (0, 1, -1, 2, -2)  # floats beside a place
BORDERS = (24, 9, 6)  # cells whose borders are looked at, by the number of inputs
SEARCHES = 6  # for switches that are not known beforehand
HALVINGS = 70  # of the way between two points; then no float is left


class Looks:
    """Points of a domain, each once: floats, and rational points where no float is.

    Args:
        box: the domain.
    """

    def __init__(self, box: Box) -> None:
        self._low = tuple(map(fraction, box.lows))
        self._high = tuple(map(fraction, box.highs))
        self.floats: dict[tuple[float, ...], None] = {}
        self.between: dict[Exacts, None] = {}

    def add(self, point: Iterable[float]) -> None:
        """Add a float point if it lies in the domain."""
        point = tuple(map(float, point))
        if self._holds(tuple(map(fraction, point))):
            self.floats[point] = None

    def add_exact(self, point: Exacts) -> None:
        """Add a point between the floats if it lies in the domain."""
        if self._holds(point):
            self.between[point] = None

    def _holds(self, point: Exacts) -> bool:
        ends = zip(self._low, point, self._high, strict=True)
        return all(low <= x <= high for low, x, high in ends)

    def around(self, point: Exacts, axis: int = 0) -> None:
        """Add what is next to a place in the direction of one axis, floats and others."""
        nearest = [nearest_float(x) for x in point]
        for step in STEPS:
            self.add([*nearest[:axis], beside(nearest[axis], step), *nearest[axis + 1 :]])
        near = CLOSE * max(abs(point[axis]), fmpq(1, 2**60))
        middles = [
            (fraction(nearest[axis]) + fraction(beside(nearest[axis], step))) / 2
            for step in (1, -1)
        ]
        for x in (point[axis], point[axis] + near, point[axis] - near, *middles):
            self.add_exact((*point[:axis], x, *point[axis + 1 :]))


def nearest_float(x: fmpq) -> float:
    """Return the float nearest to a fraction."""
    return int(x.p) / int(x.q)  # Python divides integers to the nearest float


def looks_at(case: Case, pieces: tuple[Piece, ...], rng: np.random.Generator) -> Looks:
    """Return the points at which the certificate of a case is compared with the truth."""
    box = case.model.domain
    looks = Looks(box)
    for point in _corners_and_others(box, rng):
        looks.add(point)
    for point, axis in _on_surfaces(case, rng):
        looks.around(point, axis)
    for point in _borders(pieces, rng):
        looks.add(point)
        exact = tuple(map(fraction, point))
        looks.around(exact, int(rng.integers(box.dimension)))
    for point in _switches(case, list(looks.floats), rng):
        looks.around(tuple(map(fraction, point)), int(rng.integers(box.dimension)))
    return looks


def _corners_and_others(box: Box, rng: np.random.Generator) -> Iterator[tuple[float, ...]]:
    for corner in itertools.product(*zip(box.lows, box.highs, strict=True)):
        yield corner
        for step in (1, 2):
            yield tuple(
                beside(x, step if x == low else -step) if rng.random() < 0.7 else x
                for x, low in zip(corner, box.lows, strict=True)
            )
    yield from map(tuple, box.from_unit(rng.random((16, box.dimension))).tolist())


def _on_surfaces(case: Case, rng: np.random.Generator) -> Iterator[tuple[Exacts, int]]:
    """Yield points at which one of the known affine functions is exactly 0."""
    box = case.model.domain
    d = box.dimension
    for slopes, offset in case.surfaces:
        axes = [k for k in range(d) if slopes[k] != 0]
        for axis in axes:
            for _ in range(1 if d == 1 else 3):
                point = [fraction(x) for x in _anywhere(box, rng)]
                rest = sum((slopes[k] * point[k] for k in range(d) if k != axis), offset)
                point[axis] = -rest / slopes[axis]
                yield tuple(point), axis


def _anywhere(box: Box, rng: np.random.Generator) -> list[float]:
    """Return a point of the domain, often with coordinates at its ends."""
    inside = box.from_unit(rng.random((1, box.dimension)))[0]
    ends = np.where(rng.random(box.dimension) < 0.5, box.lower, box.upper)
    return np.where(rng.random(box.dimension) < 0.3, ends, inside).tolist()


def _borders(pieces: tuple[Piece, ...], rng: np.random.Generator) -> list[tuple[float, ...]]:
    """Return corners of the smallest cells, of those with the largest bounds, and of others."""
    share = BORDERS[len(pieces[0].low) - 1] // 3
    sizes = [max(b - a for a, b in zip(p.low, p.high, strict=True)) for p in pieces]
    heights = [-max(piece.bound_real) for piece in pieces]
    chosen = {*np.argsort(sizes)[:share], *np.argsort(heights)[:share]}
    chosen |= {*rng.permutation(len(pieces))[:share]}
    corners: dict[tuple[float, ...], None] = {}
    for k in sorted(chosen):
        piece = pieces[k]
        corners[piece.low] = corners[piece.high] = None
        if len(piece.low) > 1:
            ends = zip(piece.low, piece.high, strict=True)
            corners[tuple((a, b)[rng.integers(2)] for a, b in ends)] = None
    return list(corners)


def _switches(
    case: Case, points: list[tuple[float, ...]], rng: np.random.Generator
) -> Iterator[tuple[float, ...]]:
    """Yield floats beside switches of deeper layers and of formulas, exact and as executed."""
    signs = [lambda x: _exact_signs(case, x)]
    if any(name in KINKED for layer in case.model.network.layers for name, _ in layer.groups):
        signs.append(lambda x: executed_signs(case.model, x))
    pairs = list(itertools.pairwise(sorted(points)))
    rng.shuffle(pairs)
    for of in signs:
        left = SEARCHES
        for pair in pairs[: 4 * SEARCHES]:
            start, end = (tuple(point) for point in pair)
            if left and of(start) != of(end):
                left -= 1
                yield from _between(start, end, of)


def _between(
    start: tuple[float, ...], end: tuple[float, ...], of: Callable[[tuple[float, ...]], Any]
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return neighbours on the way between two points that lie on two sides of a switch."""
    first = of(start)
    for _ in range(HALVINGS):
        middle = tuple(a + 0.5 * (b - a) for a, b in zip(start, end, strict=True))
        if middle in (start, end):
            break
        if of(middle) == first:
            start = middle
        else:
            end = middle
    return start, end


def _exact_signs(case: Case, point: tuple[float, ...]) -> Any:
    """Return the branches that the formulas, and the network in real arithmetic, take."""
    decisions: list[Any] = []
    exact = tuple(map(fraction, point))
    for node in {*case.targets, *case.written}:
        try:
            value(node, exact, decisions)
        except (NoValue, Undecided) as reason:
            decisions.append(type(reason))
    return decisions


def executed_signs(model: Model, point: tuple[float, ...]) -> Any:
    """Return on which side of 0 the executed network finds the arguments of its units."""
    found = []
    x: Points = model.input_scaling.apply(np.array([point]))
    with np.errstate(all="ignore"):
        for layer in model.network.layers:
            z = layer.affine(x)
            for activation, columns in layer.slices():
                if activation.name in KINKED:
                    found.append((z[:, columns] >= 0.0).tobytes())
            x = layer.activate(z)
    return found
