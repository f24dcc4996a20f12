"""Hidden directions: the few linear combinations through which inputs enter a target."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from approximant.arrays import Array, Points, Values

STEP = 0.03  # of the half width: sixth-order differences are then exact to about 1e-10
REACH = 0.9  # gradients are taken at points of [-REACH, REACH]^d
STENCIL = {-3: -1 / 60, -2: 3 / 20, -1: -3 / 4, 1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
FLAT = 1e-7  # singular values of the gradients below this share of the largest do not count
ZERO = 1e-7  # entries of the directions that are zero up to the error of the differences
CHECKS = 24


def hidden_directions(
    evaluate: Callable[[Points], Values],
    dimension: int,
    inputs: tuple[int, ...],
    negligible: float,
    generator: np.random.Generator,
) -> Array:
    """Return the directions (r, d) that the target really depends on, as sparse as can be.

    The singular value decomposition of gradients at random points gives the span (active
    subspaces, Constantine 2015); its reduced echelon form gives directions of few inputs. They are
    believed only if the target stays the same, up to `negligible`, along large steps across them;
    otherwise the inputs themselves are returned.

    Args:
        evaluate: the target, (n, d) to (n, m).
        dimension: number of inputs d.
        inputs: the group of inputs to look at; they interact with no others.
        negligible: largest change that counts as none.
        generator: draws the points.
    """
    columns = list(inputs)
    plain = np.eye(dimension)[columns]
    gradients = _gradients(evaluate, dimension, columns, generator)
    _, sizes, rows = np.linalg.svd(gradients, full_matrices=True)
    rank = int((sizes > FLAT * sizes[0]).sum())
    if rank == len(columns):
        return plain
    span, across = rows[:rank], rows[rank:]
    starts = generator.uniform(-1.0, 1.0, (CHECKS, dimension))
    ends = starts.copy()
    steps = generator.standard_normal((CHECKS, len(across))) @ across
    ends[:, columns] += steps * _room(starts[:, columns], steps)[:, None]
    if np.abs(evaluate(ends) - evaluate(starts)).max() > negligible:
        return plain
    basis = np.zeros((rank, dimension))
    basis[:, columns] = _echelon(span)
    return np.asarray(basis / np.abs(basis).sum(axis=1, keepdims=True))


def _gradients(
    evaluate: Callable[[Points], Values],
    dimension: int,
    columns: list[int],
    generator: np.random.Generator,
) -> Array:
    count = 2 * len(columns) + 6
    centres = generator.uniform(-REACH, REACH, (count, dimension))
    slopes = []
    for column in columns:
        shift = STEP * np.eye(dimension)[column]
        stacked = np.concatenate([centres + k * shift for k in STENCIL])
        values = evaluate(stacked).reshape(len(STENCIL), count, -1)
        slopes.append(np.tensordot(list(STENCIL.values()), values, 1) / STEP)
    return np.stack(slopes, axis=-1).reshape(-1, len(columns))


def _room(starts: Points, steps: Points) -> Array:
    """Return how many steps fit between each start and the walls of [-1, 1]^d, (n,)."""
    still = steps == 0.0
    rooms = (np.sign(steps) - starts) / np.where(still, 1.0, steps)
    return np.asarray(np.where(still, np.inf, rooms).min(axis=1))


def _echelon(span: Array) -> Array:
    """Return the reduced echelon form of the rows, pivots chosen by size."""
    rows = span.copy()
    done: list[int] = []
    for k in range(len(rows)):
        rest = np.abs(rows[k:])
        rest[:, done] = 0.0
        i, j = (int(index) for index in np.unravel_index(int(rest.argmax()), rest.shape))
        rows[[k, k + i]] = rows[[k + i, k]]
        rows[k] /= rows[k, j]
        others = np.arange(len(rows)) != k
        rows[others] -= rows[others, j, None] * rows[k]
        done.append(j)
    rows[np.abs(rows) < ZERO] = 0.0
    return rows
