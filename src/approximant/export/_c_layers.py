"""The numbers of a network as the C code wants them: a row per input, neurons in blocks of eight.

A loop over neurons then vectorises, and sums run in eight lanes, which also keeps their rounding
errors small. Neurons that fill up a block have zero weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Vector
from approximant.networks import Layer, Network

LANES = 8

Groups = tuple[tuple[str, int], ...]


@dataclass(frozen=True, eq=False)
class Hidden:
    """A hidden layer: weights (inputs, padded width), biases (padded width,), padded groups."""

    weights: Array
    biases: Vector
    groups: Groups

    @property
    def width(self) -> int:
        """Number of neurons, filled up to whole blocks."""
        return int(self.weights.shape[1])


@dataclass(frozen=True, eq=False)
class Arranged:
    """A network for C.

    Args:
        hidden: the hidden layers.
        weights: output weights, (m, padded width of the last hidden layer or of the inputs).
        biases: (m,).
        groups: activations of the outputs.
    """

    hidden: tuple[Hidden, ...]
    weights: Array
    biases: Vector
    groups: Groups


def arranged(network: Network) -> Arranged:
    """Return the numbers of a network in blocks."""
    hidden, inputs = [], network.widths[0]
    for layer in network.layers[:-1]:
        hidden.append(_hidden(layer, inputs))
        inputs = hidden[-1].width
    if not hidden:
        inputs = _filled(inputs)
    last = network.layers[-1]
    return Arranged(
        tuple(hidden), _padded(last.weights, columns=inputs), _biases(last), last.groups
    )


def _hidden(layer: Layer, inputs: int) -> Hidden:
    width = _filled(layer.width)
    weights = _padded(layer.weights.T, rows=inputs, columns=width)
    biases = np.zeros(width)
    biases[: layer.width] = _biases(layer)
    name, count = layer.groups[-1]
    return Hidden(weights, biases, (*layer.groups[:-1], (name, count + width - layer.width)))


def _biases(layer: Layer) -> Vector:
    return np.zeros(layer.width) if layer.biases is None else layer.biases


def _filled(width: int) -> int:
    return -(-width // LANES) * LANES


def _padded(weights: Array, *, columns: int, rows: int | None = None) -> Array:
    whole = np.zeros((len(weights) if rows is None else rows, columns))
    whole[: weights.shape[0], : weights.shape[1]] = weights
    return whole
