"""Neurons on an even grid along one direction: steps of tanh, or sines of rising frequency."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array, Vector

SLOPE = 0.3  # weight times spacing; more than 0.5 leaves ripples, less than 0.15 is ill-conditioned
HALO = 6  # neurons outside each end: they carry what smooth targets do beyond the box
SPACING = 0.5  # between the frequencies of neighbouring sine pairs, in radians per unit


def even_tanh(width: int, scales: Vector, generator: np.random.Generator) -> tuple[Array, Vector]:
    """Return weights (width, 1) and biases of tanh steps at even distances, past both ends."""
    halo = min(HALO, max(1, width // 5))
    spacing = 2.0 / max(1, width - 1 - 2 * halo)
    centres = (np.arange(width) - 0.5 * (width - 1)) * spacing
    slope = SLOPE * scales[0] / spacing
    return np.full((width, 1), slope), -slope * centres


def harmonics(width: int, scales: Vector, generator: np.random.Generator) -> tuple[Array, Vector]:
    """Return weights (width, 1) and phases of sine and cosine pairs of evenly rising frequency."""
    order = np.arange(width)
    weights = SPACING * scales[0] * (order // 2 + 1.0)
    return weights[:, None], np.where(order % 2 == 0, 0.0, 0.5 * np.pi)
