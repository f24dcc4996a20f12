"""A model in balls: on regions where its piecewise activations keep their branches."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from flint import arb, fmpq

from approximant.arrays import Array, Vector
from approximant.certify._activations import PIECEWISE
from approximant.certify._affine import affine_units
from approximant.certify._deep import deep_region, enclose_network, real_box
from approximant.certify._weights import Weights
from approximant.model import Model


class OnCell(Protocol):
    """A network on a cell.

    `ranges` are those of the arguments of the last layer that is not linear, `slopes` bounds on the
    derivatives of each output by each input, (m, d), both None where they are not known.
    """

    @property
    def ranges(self) -> tuple[Vector, Vector] | None: ...
    @property
    def slopes(self) -> Array | None: ...
    def magnitude(self, ellipse: Vector) -> Vector: ...
    def values(self, points: list[list[arb]]) -> list[list[arb]]: ...


class Region(Protocol):
    """A network on a region where it is analytic."""

    def on(self, low: Vector, high: Vector) -> OnCell: ...


class BallNetwork:
    """A model as balls at the precision of `flint.ctx`.

    Args:
        model: the model; its weights are taken as exact.
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self._weights = Weights.of(model)
        self._regions: dict[int, Region | None] = {}  # by their place between the kinks
        names = [[name for name, _ in layer.groups] for layer in model.network.layers]
        bends = [any(name in PIECEWISE or name == "step" for name in layer) for layer in names]
        box = model.domain
        self._edges = np.array([])  # ends of the regions, where they are known beforehand
        if box.dimension == 1 and not any(bends[1:]):
            kinks = [end for pair in self.kinks() for end in pair]
            inside = [end for end in kinks if box.lows[0] < end < box.highs[0]]
            self._edges = np.unique([box.lows[0], *inside, box.highs[0]])
        elif not any(bends):
            self._edges = np.array([-np.inf, np.inf])

    def region(self, low: Vector, high: Vector) -> Region | None:
        """Return the network on a box, None where some activation changes its branch inside."""
        if not len(self._edges):
            return self._new_region(low, high)
        place = int(np.searchsorted(self._edges[1:-1], low[0], side="right"))
        if high[0] > self._edges[place + 1]:
            return None
        if place not in self._regions:
            self._regions[place] = self._between_kinks(place, low, high)
        return self._regions[place]

    def _between_kinks(self, place: int, low: Vector, high: Vector) -> Region | None:
        """Return the network between two neighbouring kinks.

        No branch changes there, so that those of the middle hold; at a kink itself a ball could
        not tell. Between neighbouring floats there is no middle, and there may be a kink.
        """
        left, right = self._edges[place : place + 2]
        if not np.isfinite(right - left):  # there are no kinks
            return self._new_region(low, high)
        middle = left + 0.5 * (right - left)
        if left < middle < right:
            return self._new_region(np.array([middle]), np.array([middle]))
        return self._new_region(np.array([left]), np.array([right]))

    def _new_region(self, low: Vector, high: Vector) -> Region | None:
        units = affine_units(self._weights, low, high)
        return deep_region(self._weights, low, high) if units is None else units

    def enclose(self, low: Vector, high: Vector) -> list[arb]:
        """Return an enclosure (m,) of the values on a box, which may be a point."""
        box = real_box(low, high)
        region = self.region(low, high)
        if region is None:
            return enclose_network(self._weights, box)
        return region.on(low, high).values([box])[0]

    def kinks(self) -> list[tuple[float, float]]:
        """Return where in the domain units of the first layer bend or jump, between which floats.

        For a place that is a float itself the pair holds it twice, for a jump it holds the float
        before the unit is on, and the first where it is.
        """
        layer = self.model.network.layers[0]
        into = self.model.input_scaling
        anchor, width = _exact(into.anchor[0]), _exact(into.width[0])
        low, high = _exact(self.model.domain.lows[0]), _exact(self.model.domain.highs[0])
        biases = np.zeros(layer.width) if layer.biases is None else layer.biases
        pairs = set()
        start = 0
        for name, count in layer.groups:
            for j in range(start, start + count):
                weight, bias = float(layer.weights[j, 0]), float(biases[j])
                if (name in PIECEWISE or name == "step") and weight:
                    place = anchor - width * _exact(bias) / _exact(weight)
                    if low <= place <= high:
                        pairs.add(_neighbours(place, weight, name == "step"))
            start += count
        return sorted(pairs)


def _exact(x: float) -> fmpq:
    numerator, denominator = float(x).as_integer_ratio()
    return fmpq(numerator, denominator)


def _neighbours(place: fmpq, weight: float, jump: bool) -> tuple[float, float]:
    nearest = int(place.p) / int(place.q)  # Python divides integers to the nearest float
    exact = _exact(nearest)
    if exact == place:
        if not jump:
            return nearest, nearest
        # The unit is on at its place: from there upwards, or downwards.
        away = -np.inf if weight > 0 else np.inf
        return tuple(sorted((nearest, float(np.nextafter(nearest, away)))))  # type: ignore[return-value]
    other = float(np.nextafter(nearest, np.inf if exact < place else -np.inf))
    return (nearest, other) if nearest < other else (other, nearest)
