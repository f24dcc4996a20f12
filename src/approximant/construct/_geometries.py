"""The registry of geometries: rules that place hidden neurons in r directions of [-1, 1]."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Vector
from approximant.construct._even import even_tanh, harmonics
from approximant.construct._ridge import crossing_biases, dense_directions, sparse_directions
from approximant.domain import MAX_INPUTS

Placement = tuple[Array, Vector]  # weights (w, r) and biases (w,)
Place = Callable[[int, Vector, np.random.Generator], Placement]


@dataclass(frozen=True)
class Geometry:
    """A rule that places neurons.

    Args:
        name: what logs and tests call it.
        activation: name of the activation of its neurons.
        place: `place(width, scales, generator)` with one scale per direction, (r,); the larger, the
            steeper the neurons.
        start: the scale to try first.
        ranks: smallest and largest number of directions it is meant for.
    """

    name: str
    activation: str
    place: Place
    start: float
    ranks: tuple[int, int] = (2, MAX_INPUTS)


def _tanh_ridge(width: int, scales: Vector, generator: np.random.Generator) -> Placement:
    weights = dense_directions(width, len(scales), generator) * scales
    return weights, crossing_biases(weights, generator)


def _sin_ridge(width: int, scales: Vector, generator: np.random.Generator) -> Placement:
    weights = dense_directions(width, len(scales), generator) * scales
    return weights, generator.uniform(0.0, 2.0 * np.pi, width)


def _tanh_sparse(width: int, scales: Vector, generator: np.random.Generator) -> Placement:
    weights = sparse_directions(width, len(scales), generator) * scales
    return weights, crossing_biases(weights, generator)


def _sin_sparse(width: int, scales: Vector, generator: np.random.Generator) -> Placement:
    weights = sparse_directions(width, len(scales), generator) * scales
    return weights, generator.uniform(0.0, 2.0 * np.pi, width)


GEOMETRIES: dict[str, Geometry] = {
    geometry.name: geometry
    for geometry in (
        Geometry("even tanh", "tanh", even_tanh, 1.0, (1, 1)),
        Geometry("harmonics", "sin", harmonics, 1.0, (1, 1)),
        Geometry("tanh ridge", "tanh", _tanh_ridge, 1.0),
        Geometry("sin ridge", "sin", _sin_ridge, 2.0),
        Geometry("gaussian ridge", "gaussian", _tanh_ridge, 1.0),
        Geometry("tanh sparse", "tanh", _tanh_sparse, 1.0, (3, MAX_INPUTS)),
        Geometry("sin sparse", "sin", _sin_sparse, 2.0, (3, MAX_INPUTS)),
    )
}
