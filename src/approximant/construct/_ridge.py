"""Random ridge directions: neurons that look along a line through the box, or along few inputs."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array, Vector

OVERHANG = 1.2  # hyperplanes also cross a little outside the box, where errors concentrate
LONGEST = 1.5


def dense_directions(width: int, rank: int, generator: np.random.Generator) -> Array:
    """Return (width, rank) directions, even on the sphere, with lengths of mean 1 up to 1.5."""
    normal = generator.standard_normal((width, rank))
    length = LONGEST * np.sqrt(generator.random((width, 1)))
    return np.asarray(normal * (length / np.linalg.norm(normal, axis=1, keepdims=True)))


def sparse_directions(width: int, rank: int, generator: np.random.Generator) -> Array:
    """Return directions (width, rank) that each see few inputs: k of them with chance 2^-k.

    Targets of many inputs are mostly made of interactions of few, which dense directions waste
    their neurons on.
    """
    directions = dense_directions(width, rank, generator)
    counts = np.minimum(generator.geometric(0.5, width), rank)
    ranks = generator.random((width, rank)).argsort(axis=1).argsort(axis=1)
    directions[ranks >= counts[:, None]] = 0.0
    length = np.linalg.norm(directions, axis=1, keepdims=True)
    wanted = LONGEST * np.sqrt(generator.random((width, 1)))
    return np.asarray(directions * (wanted / length))


def crossing_biases(weights: Array, generator: np.random.Generator) -> Vector:
    """Return biases (width,) that let each neuron's hyperplane pass a random point of the box."""
    points = generator.uniform(-OVERHANG, OVERHANG, weights.shape)
    return np.asarray(-np.einsum("ij,ij->i", weights, points))
