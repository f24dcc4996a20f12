"""The bound on one cell of two or three inputs, from values on a grid.

The formula is evaluated in balls at the exact Chebyshev nodes, and so is a network where that is
cheap. Others are evaluated in float64 at the nearest floats, their output summed in short blocks so
that little rounding adds up; by how much the distance to the exact nodes may change a value follows
from bounds on the slopes of the network.
"""

from __future__ import annotations

import math

import numpy as np
from flint import arb

from approximant.arrays import UNIT_ROUNDOFF, Array, Points, Values, Vector
from approximant.certificate import Piece
from approximant.certify._chebyshev import exact_nodes, finer_values, lebesgue, spread, tail
from approximant.certify._difference import DifferenceOnCell, as_floats
from approximant.certify._found import Bounded
from approximant.certify._plan import Plan
from approximant.certify._rounding import rounding_bound
from approximant.model import Model

BLOCK = 32  # terms of an output sum that are added up by themselves
MULTIPLES = (6, 4, 3)  # nodes searched per degree, as long as they fit
BALLS = 200_000  # activations that are evaluated in balls
FINE = 2.0e7  # nodes searched at most
CAUCHY = (1.3, 1.8, 3.0)  # ellipses for the estimate of the derivative
ROWS = 2**13  # points at a time


def bound_grid(model: Model, plan: Plan) -> Bounded | None:
    """Return a cell with its bound; None where a value at a node is not finite."""
    cell, degree = plan.cell, plan.degree
    errors, radius = _differences(model, plan)
    if not (np.isfinite(errors).all() and np.isfinite(radius).all()):
        return None
    delta = radius * math.prod(map(lebesgue, degree))
    multiple = next((m for m in MULTIPLES if math.prod(m * n for n in degree) <= FINE), 2)
    grid, peaks = [], []
    for k in range(errors.shape[1]):
        finer, error = finer_values(errors[:, k].reshape([n + 1 for n in degree]), multiple)
        at = np.unravel_index(int(np.argmax(np.abs(finer))), finer.shape)
        grid.append(float(np.abs(finer[at])))
        delta[k] += error
        peaks.append(_place(cell, at, finer.shape))
    tails = tail(plan.magnitude, plan.ellipse.tolist(), degree)
    bound = (np.array(grid) + delta + 2.0 * tails) * spread(multiple, len(degree)) + tails
    piece = Piece(
        tuple(cell.low.tolist()),
        tuple(cell.high.tolist()),
        "analytic",
        tuple(bound.tolist()),
        tuple(rounding_bound(model, cell.low, cell.high, cell.network.ranges).tolist()),
        tuple(plan.ellipse.tolist()),
        degree,
        multiple,
        tuple(plan.magnitude.tolist()),
        tuple(grid),
        tuple(delta.tolist()),
        tuple(tails.tolist()),
    )
    return Bounded(piece, tuple(peaks))


def _differences(model: Model, plan: Plan) -> tuple[Values, Vector]:
    """Return target - network at the nodes, (n, m), and how far any value may be off, (m,)."""
    cell, degree = plan.cell, plan.degree
    axes = [_exact_axis(a, b, n) for a, b, n in zip(cell.low, cell.high, degree, strict=True)]
    if plan.nodes * model.network.neurons <= BALLS:
        values, radius = cell.values(axes)
        return values, radius.max(axis=0)
    values, radius = as_floats(cell.targets_on(axes))
    floats = [np.array([float(x.mid()) for x in axis]) for axis in axes]
    places = np.stack([grid.ravel() for grid in np.meshgrid(*floats, indexing="ij")], axis=1)
    errors = values - _network_values(model, places)
    rounding = rounding_bound(model, cell.low, cell.high, cell.network.ranges, _summands(model))
    subtraction = UNIT_ROUNDOFF * np.abs(errors).max(axis=0)
    return errors, radius.max(axis=0) + rounding + 2.0 * subtraction + _displacement(cell)


def _exact_axis(low: float, high: float, degree: int) -> list[arb]:
    middle, half = (
        (arb(float(low)) + arb(float(high))) / 2,
        (arb(float(high)) - arb(float(low))) / 2,
    )
    return [middle + half * node for node in exact_nodes(degree)]


def _place(
    cell: DifferenceOnCell, at: tuple[np.intp, ...], shape: tuple[int, ...]
) -> tuple[float, ...]:
    """Return the point of the finer grid with an index."""
    angles = (2.0 * np.array(at) + 1.0) * np.pi / (2.0 * np.array(shape))
    x = cell.low + 0.5 * (cell.high - cell.low) * (1.0 + np.cos(angles))
    return tuple(np.clip(x, cell.low, cell.high).tolist())


def _network_values(model: Model, points: Points) -> Values:
    """Return the network's values (n, m), the output summed in blocks."""
    values = np.empty((len(points), len(model.outputs)))
    for start in range(0, len(points), ROWS):
        rows = slice(start, start + ROWS)
        hidden = model.network.hidden(model.input_scaling.apply(points[rows]))
        output = model.network.layers[-1]
        total: Array = np.zeros((len(hidden), output.width))
        for first in range(0, hidden.shape[1], BLOCK):
            columns = slice(first, first + BLOCK)
            total += hidden[:, columns] @ output.weights[:, columns].T
        if output.biases is not None:
            total += output.biases
        values[rows] = model.output_scaling.undo(output.activate(total))
    return values


def _summands(model: Model) -> int:
    """Return how many roundings a product passes in `_network_values`."""
    width = model.network.widths[-2]
    return min(width, BLOCK) + math.ceil(width / BLOCK)


def _displacement(cell: DifferenceOnCell) -> Vector:
    """Return by how much the network may differ between a node and the nearest float, (m,)."""
    low, high = cell.low, cell.high
    moved = 2.0 * UNIT_ROUNDOFF * np.maximum(np.abs(low), np.abs(high))
    if cell.network.slopes is not None:
        return np.asarray(cell.network.slopes @ moved)
    best: Vector | None = None
    for rho in CAUCHY:  # |f'| <= M / distance to the border of an ellipse
        size = cell.network.magnitude(np.full(len(low), rho))
        room = 0.5 * (high - low) * (0.5 * (rho + 1.0 / rho) - 1.0) * (1.0 - 1e-9)
        change = size * float(np.sum(moved / np.maximum(room - moved, 0.0)))
        best = change if best is None else np.minimum(best, change)
    assert best is not None
    return best
