"""The attempt to refute a certificate: points where a wrong bound would show."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from flint import arb

from approximant.arrays import Points, Vector
from approximant.certificate import Certificate
from approximant.formula import Formula
from approximant.model import Model
from approximant.precision import precision
from approximant.streams import Stream

if TYPE_CHECKING:
    from approximant.formula import BallReading, Branches

POINTS = 200_000
BITS = 100  # at which every point is looked at
MANY_BITS = 600  # for those that this does not decide
SUSPECTS = 200  # points whose surroundings are climbed
CLIMBS = 12  # rounds of looking for higher peaks beside the highest points
CROWD = 512  # neighbouring points of which one ball tells the branches of a formula
OCTAVES = (1.0, 10.0, 60.0, 1074.0)  # how far points crowd at the borders of cells


def refuted(
    certificate: Certificate,
    model: Model,
    formulas: Sequence[Formula],
    *,
    points: int = POINTS,
    seed: int = 0,
) -> bool:
    """Tell whether some float64 point has an error above the certificate's bound.

    Looks at random points, at points beside the borders of the cells and at the floats next to
    these, and climbs the peaks; the network as executed, the formula in balls at every point.

    Args:
        certificate: the claim.
        model: the network it is about.
        formulas: the target.
        points: how many points to look at.
        seed: of the points.
    """
    generator = Stream.HOSTILE_POINTS.generator(seed)
    box = model.domain
    d = box.dimension
    climbs = min(CLIMBS * SUSPECTS, points // 4)
    count = (points - climbs) // 2
    spread = box.from_unit(generator.random((count, d)))
    x = box.clip(np.concatenate([spread, _beside_borders(certificate, generator, count)]))
    attack = _Attack(model, formulas, np.atleast_1d(certificate.bound))
    heights = attack.heights(x)
    best = np.argsort(-heights)[: climbs // CLIMBS]
    x, heights = x[best], heights[best]
    reach = box.width * points ** (-1.0 / d)
    for _ in range(CLIMBS):
        trial = box.clip(x + reach * generator.uniform(-1.0, 1.0, x.shape))
        found = attack.heights(trial)
        higher = found > heights
        x[higher], heights[higher] = trial[higher], found[higher]
        reach = reach * 0.6
    return attack.won


class _Attack:
    """Errors at points, proved with balls; remembers whether one was above its bound.

    Args:
        model: the network.
        formulas: the target.
        bound: the claim, (m,).

    Attributes:
        won: whether a point was found whose error is certainly above the bound.
    """

    def __init__(self, model: Model, formulas: Sequence[Formula], bound: Vector) -> None:
        self.model = model
        self.bound = bound
        self.won = False
        with precision(BITS):
            self._coarse = [formula.balls() for formula in formulas]
        with precision(MANY_BITS):
            self._fine = [formula.balls() for formula in formulas]

    def heights(self, points: Points) -> Vector:
        """Return the largest error at points, (n,), as a multiple of its bound; -1 for no value."""
        order = np.argsort(points[:, 0], kind="stable")
        heights = np.full(len(points), -1.0)
        for start in range(0, len(points), CROWD):
            rows = order[start : start + CROWD]
            executed = self.model.evaluate(points[rows])
            for k, target in enumerate(self._coarse):
                with precision(BITS):
                    sizes = _sizes(target, self.model.domain.names, points[rows], executed[:, k])
                for row in np.flatnonzero(~(sizes <= self.bound[k])):
                    sizes[row] = self._examined(k, points[rows[row]], float(executed[row, k]))
                heights[rows] = np.maximum(heights[rows], sizes / max(self.bound[k], 1e-300))
        return heights

    def _examined(self, k: int, point: Vector, executed: float) -> float:
        """Return the error at a point that was not decided, with many digits; -1 for no value."""
        with precision(MANY_BITS):
            value = self._fine[k].enclose(_columns(self.model.domain.names, point))[0]
            error = abs(value - arb(executed))
        if not error.is_finite():
            return -1.0
        self.won = self.won or bool(error > arb(float(self.bound[k])))
        return float(error.mid())


def _sizes(target: BallReading, names: Sequence[str], points: Points, executed: Vector) -> Vector:
    """Return upper bounds on |target - executed|, (n,); NaN where the ball is not finite."""
    branches = _shared_branches(target, names, points)
    if branches is None:
        values = np.array(
            [target.enclose(_columns(names, point))[0] for point in points], dtype=object
        )
    else:
        balls = np.array([[arb(c) for c in row] for row in points.tolist()], dtype=object)
        columns = dict(zip(names, balls.T, strict=True))
        values = np.broadcast_to(np.asarray(target.value(columns, branches)), len(points))
    pairs = zip(values.tolist(), executed.tolist(), strict=True)
    return np.array([float((value - arb(size)).abs_upper()) for value, size in pairs])


def _shared_branches(target: BallReading, names: Sequence[str], points: Points) -> Branches | None:
    """Return the branches taken at all points, None where they are not known to be the same."""
    low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    box = [arb(a).union(arb(b)) for a, b in zip(low, high, strict=True)]
    branches = target.enclose(dict(zip(names, box, strict=True)))[1]
    return None if None in branches else branches


def _columns(names: Sequence[str], point: Vector) -> dict[str, arb]:
    return dict(zip(names, map(arb, point.tolist()), strict=True))


def _beside_borders(certificate: Certificate, generator: np.random.Generator, count: int) -> Points:
    """Return points in cells, crowded at their borders by many octaves, some the next floats."""
    pieces = certificate.pieces
    chosen = generator.integers(len(pieces), size=count)
    low = np.array([piece.low for piece in pieces])[chosen]
    high = np.array([piece.high for piece in pieces])[chosen]
    octaves = generator.uniform(0.0, 1.0, low.shape) * generator.choice(OCTAVES, low.shape)
    step = 0.5 * 2.0**-octaves * (high - low)
    from_low = generator.random(low.shape) < 0.5
    places = np.where(from_low, low + step, high - step)
    next_one = np.where(from_low, np.nextafter(low, high), np.nextafter(high, low))
    beside = generator.random(low.shape) < 0.05
    return np.asarray(np.clip(np.where(beside, next_one, places), low, high))
