"""Packing: all weights of a network in one flat array, and the tables that say what is where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Vector
from approximant.errors import SettingError
from approximant.networks import Layer, Network

ACTIVATION_CODES = {
    name: code
    for code, name in enumerate(
        (
            *("linear", "relu", "leaky_relu", "elu", "sigmoid", "tanh", "sin"),
            *("softplus", "gelu", "silu", "gaussian"),
        )
    )
}
Table = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Packing:
    """Where the weights of a network stand in a flat array.

    The weights of all layers come first, each (in, out) in C order, then the biases of all layers.
    Neurons are numbered from the inputs to the outputs.

    Args:
        shape: a network of this shape; its numbers do not matter.
        layers: a row per layer: numbers of inputs and outputs; where weights and biases start
            (-1 without biases); the first neuron it reads and the first it writes; the first of
            its groups and the end.
        groups: a row per group of neurons: code of the activation, first neuron, end.
        weights: number of weights, biases left out.
        parameters: number of weights and biases.
        neurons: number of neurons, inputs and outputs included.
    """

    shape: Network
    layers: Table
    groups: Table
    weights: int
    parameters: int
    neurons: int

    @classmethod
    def of(cls, network: Network) -> Packing:
        """Return the packing of a network.

        Raises:
            SettingError: an activation that gradient descent cannot use.
        """
        weights = sum(layer.weights.size for layer in network.layers)
        layers: list[tuple[int, ...]] = []
        groups: list[tuple[int, int, int]] = []
        weights_at, biases_at, neuron = 0, weights, network.widths[0]
        for layer in network.layers:
            inputs, outputs = layer.weights.shape[1], layer.width
            first_group = len(groups)
            start = neuron
            for name, count in layer.groups:
                groups.append((_code(name), start, start + count))
                start += count
            at = -1 if layer.biases is None else biases_at
            reads = neuron - inputs
            layers.append(
                (inputs, outputs, weights_at, at, reads, neuron, first_group, len(groups))
            )
            weights_at += layer.weights.size
            biases_at += 0 if layer.biases is None else outputs
            neuron += outputs
        table = np.array(layers, np.int64), np.array(groups, np.int64)
        return cls(network, *table, weights, network.parameters, neuron)

    def flat(self, network: Network, dtype: Any = np.float64) -> NDArray[Any]:
        """Return weights and biases of a network of this shape as one array (p,)."""
        parts = [layer.weights.T.ravel() for layer in network.layers]
        parts += [layer.biases for layer in network.layers if layer.biases is not None]
        return np.concatenate(parts).astype(dtype)

    def network(self, flat: NDArray[Any]) -> Network:
        """Return the network, in float64, whose weights and biases are these."""
        numbers: Vector = flat.astype(np.float64)
        layers = []
        for row, layer in zip(self.layers, self.shape.layers, strict=True):
            inputs, outputs, at, biases_at = (int(n) for n in row[:4])
            weights = numbers[at : at + inputs * outputs].reshape(inputs, outputs).T.copy()
            biases = None if biases_at < 0 else numbers[biases_at : biases_at + outputs].copy()
            layers.append(Layer(weights, biases, layer.groups))
        return Network(tuple(layers))


def _code(name: str) -> int:
    if name not in ACTIVATION_CODES:
        raise SettingError(
            f"The activation {name!r} has no useful slope, so descent cannot train it; "
            f"choose one of {', '.join(ACTIVATION_CODES)}."
        )
    return ACTIVATION_CODES[name]
