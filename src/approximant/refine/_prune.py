"""Pruning: the neurons of a network that contribute most, to start a smaller one from."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Points
from approximant.networks import Layer, Network


def pruned(network: Network, width: int, points: Points) -> Layer:
    """Return the hidden layer with the `width` neurons whose contribution varies most.

    What a neuron contributes is its output weight times the range of its activation; what is lost
    is small, so a refinement of the rest starts close to a network that works.

    Args:
        network: one hidden layer.
        width: neurons to keep, fewer than there are.
        points: where the range is measured, (n, d).
    """
    hidden, output = network.layers
    spread = np.ptp(hidden(points), axis=0)
    size = np.abs(output.weights).max(axis=1, keepdims=True)
    contribution = (np.abs(output.weights) / np.where(size > 0, size, 1.0)).sum(axis=0) * spread
    return some_neurons(hidden, np.sort(np.argsort(-contribution, kind="stable")[:width]))


def some_neurons(layer: Layer, kept: np.ndarray[tuple[int], np.dtype[np.intp]]) -> Layer:
    """Return the layer with the neurons of these increasing indices."""
    names = np.repeat([name for name, _ in layer.groups], [count for _, count in layer.groups])
    groups = tuple(
        (name, int((names[kept] == name).sum()))
        for name, _ in layer.groups
        if (names[kept] == name).any()
    )
    biases = None if layer.biases is None else layer.biases[kept]
    return Layer(layer.weights[kept], biases, groups)
