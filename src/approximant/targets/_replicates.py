"""Rows with equal inputs and different outputs: what they say about the noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Values, Vector


@dataclass(frozen=True, eq=False)
class Replicates:
    """How rows with equal inputs differ.

    Args:
        rows: how many rows contradict another one.
        spread: largest difference between outputs at equal inputs, (m,).
        noise: pooled standard deviation of the outputs at equal inputs, (m,).
        freedom: degrees of freedom behind `noise`.
    """

    rows: int
    spread: Vector
    noise: Vector
    freedom: int


def find_replicates(values: Values, starts: NDArray[np.intp]) -> Replicates | None:
    """Return how rows with equal inputs differ, or None where none contradicts another.

    Args:
        values: (n, m), equal inputs in sequence.
        starts: where each group of equal inputs begins.
    """
    sizes = np.diff(starts, append=len(values))
    lowest = np.minimum.reduceat(values, starts)
    spread = np.maximum.reduceat(values, starts) - lowest
    contradicting = np.any(spread > 0, axis=1)
    if not contradicting.any():
        return None
    freedom = len(values) - len(starts)
    # Differences from the lowest keep the digits that a large common value would cost.
    inner = values - np.repeat(lowest, sizes, axis=0)
    inner -= np.repeat(np.add.reduceat(inner, starts) / sizes[:, None], sizes, axis=0)
    noise = np.sqrt((inner**2).sum(axis=0) / freedom)
    return Replicates(int(sizes[contradicting].sum()), spread.max(axis=0), noise, freedom)
