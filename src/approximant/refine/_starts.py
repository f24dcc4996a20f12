"""Random starts for networks of any shape, the best of several kept."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array
from approximant.networks import Layer, Network, NetworkSpec
from approximant.refine._levenberg import solve_output
from approximant.sampling import Samples
from approximant.streams import Stream

GAINS = (0.5, 1.0, 2.0, 4.0)
SHIFT = 0.5  # largest bias of a deeper neuron, in units of its gain


def random_network(spec: NetworkSpec, gain: float, generator: np.random.Generator) -> Network:
    """Return a network whose neurons see inputs of size one as steps of width 1 / gain.

    First-layer hyperplanes cross the box; deeper weights have variance gain^2 / fan-in.
    """
    layers = []
    for index, (fan_in, width) in enumerate(zip(spec.widths, spec.widths[1:], strict=False)):
        weights = generator.standard_normal((width, fan_in)) * (gain / np.sqrt(fan_in))
        biases = None
        if spec.biases:
            biases = generator.uniform(-SHIFT, SHIFT, width) * gain
            if index == 0:
                biases = _crossing(weights, generator)
        layers.append(Layer(weights, biases, spec.groups[index]))
    return Network(tuple(layers))


def best_start(spec: NetworkSpec, samples: Samples, choose: Samples, seed: int) -> Network:
    """Return the start with the smallest error on `choose`, output layers solved exactly."""
    starts = [
        solve_output(random_network(spec, gain, Stream.START_WEIGHTS.generator(seed, k)), samples)
        for k, gain in enumerate(GAINS)
    ]
    return min(starts, key=lambda start: squared_error(start, choose))


def squared_error(network: Network, samples: Samples) -> float:
    """Return the mean squared error on the samples, infinite where the network overflows."""
    error = network(samples.points) - samples.values
    return float(np.square(samples.weighed(error)).mean()) if np.isfinite(error).all() else np.inf


def _crossing(weights: Array, generator: np.random.Generator) -> Array:
    points = generator.uniform(-1.0, 1.0, weights.shape)
    return np.asarray(-np.einsum("ij,ij->i", weights, points))
