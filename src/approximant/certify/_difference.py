"""The difference target - network in balls: on boxes, at points, and in ellipses."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from flint import arb, ctx

from approximant.arrays import Values, Vector
from approximant.certify._deep import real_box, rectangle, upper_size
from approximant.certify._defined import Definedness
from approximant.certify._network import BallNetwork, OnCell, Region
from approximant.formula import Formula
from approximant.model import Model

if TYPE_CHECKING:
    from approximant.formula import BallReading, Branches


ROOM = 1.25  # of sizes in ellipses, for a checker whose balls are rounded otherwise


class Difference:
    """Target minus network as balls at the precision of `flint.ctx`.

    Args:
        model: the network.
        formulas: one per output, of the inputs of the model's domain.

    Attributes:
        targets: the formulas in balls.
        definedness: tells where they have values.
        network: the network in balls.
    """

    def __init__(self, model: Model, formulas: Sequence[Formula]) -> None:
        self.bits = ctx.prec
        self.model = model
        self.names = model.domain.names
        self.targets = [formula.balls() for formula in formulas]
        self.definedness = Definedness(formulas, self.names)
        self.network = BallNetwork(model)

    def branches(self, low: Vector, high: Vector) -> list[Branches] | None:
        """Return the branches that the formulas take on a box, None where one changes inside."""
        return self.definedness.branches(low, high)

    def region(
        self, low: Vector, high: Vector, branches: list[Branches] | None = None
    ) -> DifferenceOnRegion | None:
        """Return the difference on a box inside which no branch changes, else None.

        Args:
            low, high: the box.
            branches: of the formulas, where they are known.
        """
        if branches is None:
            branches = self.branches(low, high)
        network = None if branches is None else self.network.region(low, high)
        if branches is None or network is None:
            return None
        return DifferenceOnRegion(self, branches, network)

    def enclose(self, low: Vector, high: Vector) -> Vector:
        """Return a bound on |target - network| on a box or at a point, (m,); maybe infinite."""
        columns = dict(zip(self.names, real_box(low, high), strict=True))
        values = [target.enclose(columns)[0] for target in self.targets]
        network = self.network.enclose(low, high)
        return np.array([upper_size(f - n) for f, n in zip(values, network, strict=True)])

    def radius(self, point: Vector) -> Vector:
        """Return how far the difference at a point is uncertain, (m,); NaN for no value."""
        columns = dict(zip(self.names, real_box(point, point), strict=True))
        values = [target.enclose(columns)[0] for target in self.targets]
        network = self.network.enclose(point, point)
        return np.array([float((f - n).rad()) for f, n in zip(values, network, strict=True)])


class DifferenceOnRegion:
    """The difference on a region where all branches are known: there it is analytic.

    Args:
        whole: the difference.
        branches: of each formula.
        network: the network on the region.
    """

    def __init__(self, whole: Difference, branches: list[Branches], network: Region) -> None:
        self.whole = whole
        self._targets = list(zip(whole.targets, branches, strict=True))
        self._network = network

    def on(self, low: Vector, high: Vector) -> DifferenceOnCell:
        """Return the difference on a cell of the region."""
        network = self._network.on(low, high)
        return DifferenceOnCell(self.whole.names, self._targets, network, low, high)


class DifferenceOnCell:
    """The difference on one cell.

    Attributes:
        low, high: ends of the cell, (d,).
        network: the network on the cell.
    """

    def __init__(
        self,
        names: tuple[str, ...],
        targets: list[tuple[BallReading, Branches]],
        network: OnCell,
        low: Vector,
        high: Vector,
    ) -> None:
        self._names = names
        self._targets = targets
        self.network = network
        self.low, self.high = low, high

    def magnitude(self, ellipse: Vector) -> Vector:
        """Return a bound on |target - network| in a polyellipse, (m,).

        Finite only where target and network are analytic in all of it.
        """
        of_network = self.network.magnitude(ellipse)
        if not np.isfinite(of_network).all():
            return of_network
        return (self.target_size(ellipse) + of_network) * ROOM

    def target_size(self, ellipse: Vector) -> Vector:
        """Return a bound on |target| in a polyellipse, (m,); maybe infinite."""
        ends = zip(self.low, self.high, ellipse, strict=True)
        columns = dict(zip(self._names, [rectangle(a, b, rho) for a, b, rho in ends], strict=True))
        return np.array(
            [upper_size(target.value(columns, known)) for target, known in self._targets]
        )

    def targets_on(self, axes: list[list[arb]]) -> list[list[arb]]:
        """Return the target's values (n, m) on a tensor grid, the last axis fastest, as balls."""
        grid = np.ix_(*[np.array(axis, dtype=object) for axis in axes])
        columns = dict(zip(self._names, grid, strict=True))
        shape = tuple(map(len, axes))
        values = [target.value(columns, known) for target, known in self._targets]
        flat = [np.broadcast_to(np.asarray(value), shape).ravel().tolist() for value in values]
        return [list(row) for row in zip(*flat, strict=True)]

    def values(self, axes: list[list[arb]]) -> tuple[Values, Values]:
        """Return the differences (n, m) on a tensor grid as floats, and how far these are off."""
        points = [list(point) for point in product(*axes)]
        rows = zip(self.targets_on(axes), self.network.values(points), strict=True)
        return as_floats([[f - n for f, n in zip(*row, strict=True)] for row in rows])


def as_floats(balls: list[list[arb]]) -> tuple[Values, Values]:
    """Return balls (n, m) as floats, and how far these may be off."""
    middle = np.array([[float(ball.mid()) for ball in row] for row in balls])
    radius = np.array([[float(ball.rad()) for ball in row] for row in balls])
    # Converting a midpoint to a float is one more rounding.
    return middle, radius * (1.0 + 1e-9) + np.abs(middle) * 2.0**-52 + 2.0**-1070
