"""Widening: a trained network's last hidden layer, filled up with varied copies of its neurons."""

from __future__ import annotations

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, Vector
from approximant.networks import Layer, Network
from approximant.sampling import Samples
from approximant.solving import least_squares

DAMPING = 0.12  # ridge per neuron, as large as the rounding that neurons commit anyway
SPREADS = (0.15, 0.3, 0.6)  # of the variations, in units of the layer's mean weight


def widened(
    network: Network, width: int, spread: float, samples: Samples, generator: np.random.Generator
) -> Network:
    """Return the network with `width` more neurons in its last hidden layer and a new output layer.

    The new neurons are copies of the old with random changes of their weights and biases: they span
    what the network would do if its last hidden layer were moved, to all orders. One least-squares
    solve then takes several times the error off a network that training improves only slowly.

    Args:
        network: at least one hidden layer, linear output.
        width: number of neurons to add.
        spread: size of the changes.
        samples: fitting samples, several times more than neurons.
        generator: draws the changes.
    """
    last = network.layers[-2]
    rows = generator.integers(last.width, size=width)
    size = spread * float(np.abs(last.weights).mean())
    weights = last.weights[rows] + size * generator.standard_normal((width, last.weights.shape[1]))
    biases = np.zeros(last.width) if last.biases is None else last.biases
    moved = biases[rows] + spread * generator.standard_normal(width)
    hidden = _grouped(np.concatenate([last.weights, weights]), np.concatenate([biases, moved]),
                      np.concatenate([np.arange(last.width), rows]), last)  # fmt: skip
    before = network.layers[:-2]
    output = network.layers[-1]
    grown = Network((*before, hidden, _blank(hidden.width, output)))
    return exact_output(grown, samples)


def exact_output(network: Network, samples: Samples) -> Network:
    """Return the network with its linear output layer solved by QR, all digits kept."""
    columns = network.hidden(samples.points)
    design = np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
    ridge = DAMPING * UNIT_ROUNDOFF * design.shape[1] ** 1.5
    weights = least_squares(samples.weighed(design), samples.weighed(samples.values), ridge)
    output = Layer(weights[:-1].T.copy(), weights[-1], network.layers[-1].groups)
    return Network((*network.layers[:-1], output))


def _grouped(weights: Array, biases: Vector, origins: Vector, like: Layer) -> Layer:
    """Return the layer with neurons ordered by activation; `origins` are rows of `like`."""
    kinds = np.repeat(np.arange(len(like.groups)), [count for _, count in like.groups])
    kind = kinds[origins]
    order = np.argsort(kind, kind="stable")
    counts = np.bincount(kind, minlength=len(like.groups))
    names = [name for name, _ in like.groups]
    groups = tuple((name, int(count)) for name, count in zip(names, counts, strict=True))
    return Layer(weights[order], biases[order], groups)


def _blank(width: int, output: Layer) -> Layer:
    return Layer(np.zeros((output.width, width)), np.zeros(output.width), output.groups)
