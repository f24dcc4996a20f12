"""A hidden layer under construction: placed neurons, the solve on top, and how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import UNIT_ROUNDOFF, Array, Points, Values, Vector
from approximant.networks import Layer, Network
from approximant.sampling import Samples
from approximant.solving import least_squares

Columns: TypeAlias = NDArray[np.intp]  # (k,): columns of the points

DAMPING = 0.12  # ridge per neuron: rounding costs W u per unit of weight in any case
GUARD = 4.0  # a network may spend a quarter of its tolerance on rounding


@dataclass(frozen=True, eq=False)
class Fit:
    """A network and what the choosing points say about it.

    Args:
        network: the network.
        ratio: largest error, or four times the rounding S (W + 14) u if that is larger, as
            a multiple of the tolerance.
        spread: root mean square error as a multiple of the tolerance.
    """

    network: Network
    ratio: float
    spread: float


def solve_network(hidden: Layer, fit: Samples, choose: Samples, tolerance: Vector) -> Fit:
    """Return the network with this hidden layer and the best output weights, and its quality.

    A linear function of the inputs is part of the solve; it becomes one linear neuron per output.

    Args:
        hidden: the placed neurons, (w, d).
        fit: samples for the least-squares solve.
        choose: samples that judge it.
        tolerance: largest error allowed, (m,).
    """
    used = np.flatnonzero(np.ptp(fit.points, axis=0) > 0.0)
    design = _design(hidden, fit.points, used)
    ridge = DAMPING * UNIT_ROUNDOFF * design.shape[1] ** 1.5
    weights = least_squares(fit.weighed(design), fit.weighed(fit.values), ridge)
    network = _assemble(hidden, used, weights)
    errors = np.abs(_design(hidden, choose.points, used) @ weights - choose.values) / tolerance
    rounding = network.rounding_estimates / tolerance
    ratio = max(float(errors.max()), GUARD * float(rounding.max()))
    return Fit(network, ratio, float(np.sqrt(np.square(errors).mean(axis=0)).max()))


def _design(hidden: Layer, points: Points, used: Columns) -> Array:
    n, w = len(points), hidden.width
    design = np.empty((n, w + len(used) + 1))
    design[:, :w] = hidden(points)
    design[:, w:-1] = points[:, used]
    design[:, -1] = 1.0
    return design


def _assemble(hidden: Layer, used: Columns, weights: Values) -> Network:
    w, d = hidden.weights.shape
    outputs = weights.shape[1]
    slopes = np.zeros((outputs, d))
    slopes[:, used] = weights[w:-1].T
    if outputs <= len(used):
        sizes = np.abs(slopes).sum(axis=1)
        linear, mix = slopes / np.where(sizes > 0.0, sizes, 1.0)[:, None], np.diag(sizes)
    else:
        linear, mix = np.eye(d)[used], slopes[:, used]
    assert hidden.biases is not None
    layer = Layer(
        np.concatenate([hidden.weights, linear]),
        np.concatenate([hidden.biases, np.zeros(len(linear))]),
        (*hidden.groups, ("linear", len(linear))),
    )
    outer = np.concatenate([weights[:w].T, mix], axis=1)
    return Network((layer, Layer.uniform(outer, weights[-1], "linear")))


def joined(layers: list[Layer]) -> Layer:
    """Return one layer with the neurons of all, neurons of one activation side by side."""
    names = sorted({name for layer in layers for name, _ in layer.groups})
    weights, biases, groups = [], [], []
    for name in names:
        parts = [part for layer in layers for part in _parts(layer, name)]
        weights += [w for w, _ in parts]
        biases += [b for _, b in parts]
        groups.append((name, sum(len(w) for w, _ in parts)))
    return Layer(np.concatenate(weights), np.concatenate(biases), tuple(groups))


def _parts(layer: Layer, name: str) -> list[tuple[Array, Vector]]:
    assert layer.biases is not None
    return [
        (layer.weights[columns], layer.biases[columns])
        for (group, _), (_, columns) in zip(layer.groups, layer.slices(), strict=True)
        if group == name
    ]
