"""What a diagnosis looks at: a trained network beside its rows and its history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from approximant.arrays import Array, Indices, Points, Values, Vector
from approximant.history import History
from approximant.networks import Layer, Network
from approximant.sampling import Samples

LOOKED_AT = 4000  # rows on which every unit is watched
PAIRS = 2000  # neighbouring rows whose residuals are compared


class Activity(NamedTuple):
    """A layer with what its units did: z and their outputs a = f(z), (n, out) each."""

    layer: Layer
    z: Array
    a: Array


@dataclass(frozen=True, eq=False)
class Evidence:
    """A trained network, what it was trained with, and what follows from both; in its own units.

    Args:
        network: what came out.
        rows: all rows of the training.
        history: its epochs.
        held_out: rows that took no part, or None.
        target: the function without noise, or None where there are only rows.
        initial: the network before the training, where it is known.
        inputs: names of the inputs.
        settled: whether the training ended by itself, because nothing improved any more.
    """

    network: Network
    rows: Samples
    history: History
    held_out: Samples | None
    target: Callable[[Points], Values] | None
    initial: Network | None
    inputs: Sequence[str]
    settled: bool

    @cached_property
    def watched(self) -> Samples:
        """The rows on which every unit is watched: all, or some from beginning to end."""
        some = evenly(len(self.rows), LOOKED_AT)
        return Samples(self.rows.points[some], self.rows.values[some])

    @cached_property
    def layers(self) -> list[Activity]:
        """Every layer at work on the rows watched."""
        return at_work(self.network, self.watched.points)

    @cached_property
    def before(self) -> list[Activity]:
        """Every layer as it was before the training; empty where that is not known."""
        return at_work(self.initial, self.watched.points) if self.initial else []

    @cached_property
    def residuals(self) -> Values:
        """Network minus value on the rows watched, (n, m)."""
        return np.asarray(self.layers[-1].a - self.watched.values)

    @cached_property
    def deviations(self) -> Vector:
        """Standard deviation of the values of all rows, (m,); their size where they are equal."""
        spread = np.std(self.rows.values, axis=0)
        size = np.max(np.abs(self.rows.values), axis=0)
        return np.where(spread > 0, spread, np.where(size > 0, size, 1.0))

    @cached_property
    def relative_rmse(self) -> float:
        """Root mean square residual as a share of the standard deviation, of the worst output."""
        return float(np.max(np.sqrt(np.mean(self.residuals**2, axis=0)) / self.deviations))

    @cached_property
    def unlearned(self) -> float:
        """Share of the standard deviation that is left to learn, of the worst output.

        Noise differs from row to row; what neighbouring residuals have in common is the part that
        a better network would follow. Counted is what goes beyond chance.
        """
        first, second = neighbours(self.rows.points, PAIRS)
        if not len(first):
            return self.relative_rmse
        a, b = (self._residuals_of(rows) for rows in (first, second))
        chance = np.mean(0.5 * (a**2 + b**2), axis=0) / np.sqrt(len(first))
        common = np.maximum(np.mean(a * b, axis=0) - chance, 0.0)
        return float(np.max(np.sqrt(common) / self.deviations))

    def _residuals_of(self, rows: Indices) -> Values:
        return self.network(self.rows.points[rows]) - self.rows.values[rows]


def at_work(network: Network, x: Points) -> list[Activity]:
    """Return every layer at work on points (n, d)."""
    found = []
    for layer in network.layers:
        z = layer.affine(x)
        x = layer.activate(z.copy())
        found.append(Activity(layer, z, x))
    return found


def evenly(n: int, most: int) -> Indices:
    """Return at most `most` of the indices 0..n-1, spread evenly."""
    return np.linspace(0, max(n - 1, 0), min(n, most)).round().astype(np.intp)


def neighbours(points: Points, most: int) -> tuple[Indices, Indices]:
    """Return at most `most` pairs of neighbouring rows, as indices of both, spread over all rows.

    With one input these are rows next to each other; with d inputs a row and one of the 2 d nearest
    to it, each column in units of its spread. Rows at the same place are no neighbours.
    """
    if points.shape[1] == 1:
        order = np.argsort(points[:, 0], kind="stable")
        apart = np.flatnonzero(np.diff(points[order, 0]) > 0)
        apart = apart[evenly(len(apart), most)]
        return order[apart], order[apart + 1]
    from scipy.spatial import cKDTree

    near = min(2 * points.shape[1], len(points) - 1)
    spread = points.std(axis=0)
    steps = points / np.where(spread > 0, spread, 1.0)
    some = evenly(len(points), most)
    # Few are asked of many rows: a tree that is quick to build beats one that is quick to search.
    tree = cKDTree(steps, balanced_tree=False, compact_nodes=False)
    distances, found = (np.asarray(a) for a in tree.query(steps[some], k=near + 1))
    turn = np.arange(len(some)), np.arange(len(some)) % max(near, 1) + min(near, 1)
    apart = np.flatnonzero(distances.reshape(len(some), -1)[turn] > 0)
    return some[apart], found.reshape(len(some), -1)[turn][apart]
