"""A network of two hidden layers from fits of neighbouring pieces.

The first layer measures how far x has come into each piece, by differences of relu units that stay
constant before and after it; the second holds the neurons of every piece. So each piece is fitted
alone, kinks between pieces are exact, and distances from a singular point keep their digits: the
subtraction x - c is exact near c (Sterbenz). Jumps are step units between neighbouring floats.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from approximant.arrays import Array, Vector
from approximant.construct._piece_fitter import LineFit
from approximant.networks import Layer, Network
from approximant.profile import Piece


@dataclass
class _FirstLayer:
    """Units of the first layer, each made once: (activation, weight, place) -> index."""

    units: list[tuple[str, float, float]] = field(default_factory=list)

    def unit(self, activation: str, weight: float, place: float) -> int:
        """Return the index of the unit `activation(weight (x - place))`."""
        key = (activation, weight, place)
        if key not in self.units:
            self.units.append(key)
        return self.units.index(key)


@dataclass(frozen=True, eq=False)
class FittedPiece:
    """A piece with its fit, None where the target is constant; `start` (m,) is its first value."""

    piece: Piece
    fit: LineFit | None
    start: Vector

    def end(self) -> Vector:
        """Return the value (m,) at the last number of the piece."""
        if self.fit is None:
            return self.start
        return np.asarray(self.fit.predict(np.array([self.piece.high]))[0])


def join_pieces(fitted: list[FittedPiece]) -> Network:
    """Return the network, in the user's unit of x, that follows each fit on its piece."""
    first = _FirstLayer()
    rows: list[tuple[str, dict[int, float], float, Array]] = []  # second-layer neurons
    constant = fitted[0].start.copy()
    for k, part in enumerate(fitted):
        if part.fit is not None:
            rows += _piece_rows(first, part.piece, part.fit, k == 0, k == len(fitted) - 1)
            constant -= part.fit.layer(part.fit.frame.local(np.array([part.piece.low])))[0] @ (
                part.fit.weights
            )
        if k and part.piece.low > fitted[k - 1].piece.high:
            height = part.start - fitted[k - 1].end()
            step = first.unit("step", 1.0, part.piece.low)
            rows.append(("linear", {step: 1.0}, 0.0, height))
    return _assemble(first, rows, constant)


def _piece_rows(
    first: _FirstLayer, piece: Piece, fit: LineFit, is_first: bool, is_last: bool
) -> list[tuple[str, dict[int, float], float, Array]]:
    """Return the second-layer neurons of one piece: activation, inputs, bias, output weights."""
    sign = -1.0 if fit.frame.anchor == piece.high else 1.0
    origin, other = (piece.low, piece.high) if sign > 0 else (piece.high, piece.low)
    open_origin = is_first if sign > 0 else is_last
    inputs = {first.unit("linear" if open_origin else "relu", sign, origin): sign}
    if not (is_last if sign > 0 else is_first):
        inputs[first.unit("relu", sign, other)] = -sign
    shift = (fit.frame.anchor - origin) / fit.frame.width
    assert fit.layer.biases is not None
    slopes = fit.layer.weights[:, 0] / fit.frame.width
    biases = fit.layer.biases - fit.layer.weights[:, 0] * shift
    name = fit.layer.groups[0][0]
    return [
        (name, {unit: share * slope for unit, share in inputs.items()}, bias, weights)
        for slope, bias, weights in zip(slopes, biases, fit.weights, strict=True)
    ]


def _assemble(
    first: _FirstLayer, rows: list[tuple[str, dict[int, float], float, Array]], constant: Vector
) -> Network:
    if not rows:  # a constant target still needs a neuron to be a network
        rows = [("linear", {first.unit("linear", 1.0, 0.0): 0.0}, 0.0, np.zeros_like(constant))]
    order = sorted(range(len(first.units)), key=lambda k: first.units[k][0])
    column = {unit: k for k, unit in enumerate(order)}
    weights = np.array([[first.units[k][1]] for k in order])
    biases = np.array([-first.units[k][1] * first.units[k][2] for k in order])
    groups = _groups([first.units[k][0] for k in order])
    rows.sort(key=lambda row: row[0])
    inner = np.zeros((len(rows), len(order)))
    for k, (_, inputs, _, _) in enumerate(rows):
        for unit, weight in inputs.items():
            inner[k, column[unit]] = weight
    second = Layer(inner, np.array([row[2] for row in rows]), _groups([row[0] for row in rows]))
    outer = np.array([row[3] for row in rows]).T
    return Network(
        (Layer(weights, biases, groups), second, Layer.uniform(outer, constant, "linear"))
    )


def _groups(names: list[str]) -> tuple[tuple[str, int], ...]:
    """Return the groups of a sorted list of activation names."""
    return tuple((name, names.count(name)) for name in dict.fromkeys(names))
