"""Rows split three ways by a hash of their inputs, equal rows together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Points, Values
from approximant.errors import TableError
from approximant.targets._words import count_text

MIN_ROWS = 4  # different rows: two to fit, one to choose the network, one to verify
HELD_SHARE = 0.2  # of the different rows, to choose with; as many again to verify

Integers = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """An order of the rows in which equal ones follow each other, and the parts lie in sequence.

    Args:
        order: row numbers, (n,): those to fit, then those to choose with, then those to verify.
        starts: where each group of equal rows begins in `order`, (k,).
        parts: where the choosing and the verifying rows begin in `order`.
    """

    order: Integers
    starts: Integers
    parts: tuple[int, int]


def split_rows(points: Points, values: Values, seed: int = 0) -> Split:
    """Return the split of the rows into 60 % to fit, 20 % to choose, 20 % to verify.

    It depends on the rows alone, not on their order or on the platform. Rows with equal inputs
    fall together. Within each part the rows are in random order, so that the first ones are a fair
    sample; but the rows at the ends of each input come first, hence are fitted: outside them the
    network would be judged on an extrapolation that its domain leaves out.

    Args:
        points: inputs (n, d).
        values: outputs (n, m); they order equal inputs.
        seed: mixed into the hash.

    Raises:
        TableError: fewer than 4 rows are different.
    """
    order = np.lexsort((*values.T, row_hashes(points, seed)))
    points = points[order]
    new = np.ones(len(points), dtype=bool)
    new[1:] = np.any(points[1:] != points[:-1], axis=1)
    starts = np.flatnonzero(new)
    k = len(starts)
    if k < MIN_ROWS:
        only = f", only {k} of them with different inputs" if k < len(points) else ""
        raise TableError(
            f"The table has {count_text(len(points), 'row')}{only}; at least {MIN_ROWS} with "
            "different inputs are needed: 2 to fit, 1 to choose the network, 1 to verify it."
        )
    distinct = points[starts]
    ends = np.concatenate((distinct.argmin(axis=0), distinct.argmax(axis=0)))
    inner = np.ones(k, dtype=bool)
    inner[ends] = False
    groups = np.argsort(inner, kind="stable")
    sizes = np.diff(starts, append=len(points))[groups]
    rank = np.empty(k, dtype=np.intp)
    rank[groups] = np.arange(k)
    order = order[np.argsort(rank[np.cumsum(new) - 1], kind="stable")]
    starts = np.cumsum(sizes) - sizes
    held = max(1, round(HELD_SHARE * k))
    return Split(order, starts, (int(starts[k - 2 * held]), int(starts[k - held])))


def row_hashes(points: Points, seed: int) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each row, (n,), from the bits of its floats; -0.0 equals 0.0.

    Each step is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
    """
    bits = np.ascontiguousarray(points + 0.0).view(np.uint64)
    state = _mix(np.full(len(points), seed % 2**64, dtype=np.uint64))
    for column in bits.T:
        state = _mix(state ^ column)
    return state


def fingerprint(points: Points, values: Values, names: Sequence[str]) -> str:
    """Return the SHA-256 of names and numbers, in hexadecimal."""
    import hashlib

    digest = hashlib.sha256("\0".join(names).encode())
    for array in (points, values):
        digest.update(f"|{array.shape}|".encode())
        digest.update(np.ascontiguousarray(array + 0.0, dtype="<f8").tobytes())
    return digest.hexdigest()


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = state + np.uint64(0x9E3779B97F4A7C15)
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
