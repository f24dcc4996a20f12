"""One analytic cell of one input: which ellipse, which degree, and the bound that follows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb

from approximant.arrays import Vector
from approximant.certificate import Piece
from approximant.certify._chebyshev import (
    degrees_for,
    exact_nodes,
    finer_values,
    lebesgue,
    spread,
    tail,
)
from approximant.certify._difference import DifferenceOnCell
from approximant.certify._found import Bounded
from approximant.certify._rounding import rounding_bound
from approximant.model import Model

ELLIPSES = (1.45, 1.6, 1.8, 2.1, 2.5, 3.0, 3.7, 4.7, 6.5, 9.5, 15.0)  # parameters that are tried
MAX_DEGREE = 80  # a cell that needs more is cut
MULTIPLE = 16  # nodes searched per degree: the polynomial is at most 1.005 of what is found
TAIL = 0.005  # share of the goal that may be left to the remainder


@dataclass(frozen=True)
class Ellipse:
    """A choice that works: the parameter, the degree, and the size of the difference inside."""

    parameter: float
    degree: int
    magnitude: Vector


def choose_ellipse(cell: DifferenceOnCell, goal: Vector, start: int) -> tuple[Ellipse | None, int]:
    """Return the ellipse with the smallest degree, and its index; None if all need too many.

    Args:
        cell: the difference on the cell.
        goal: size of the bound aimed at, (m,).
        start: index in ELLIPSES at which to begin.
    """
    best, index = _try(cell, goal, start), start
    for step in (1, -1):
        at = start + step
        while 0 <= at < len(ELLIPSES):
            found = _try(cell, goal, at)
            if best is None or (found is not None and found.degree < best.degree):
                best, index = found, at
            elif found is None or found.degree >= best.degree:
                break
            at += step
        if index > start:
            break
    return best, index


def _try(cell: DifferenceOnCell, goal: Vector, index: int) -> Ellipse | None:
    rho = ELLIPSES[index]
    magnitude = cell.magnitude(np.array([rho]))
    if not np.isfinite(magnitude).all():
        return None
    ratio = float(np.min(TAIL * goal / np.maximum(magnitude, goal)))
    (degree,) = degrees_for(ratio, [rho])
    return Ellipse(rho, degree, magnitude) if degree <= MAX_DEGREE else None


def bound_cell(model: Model, cell: DifferenceOnCell, ellipse: Ellipse) -> Bounded | None:
    """Return the cell with its bound; None where a value at a node is not finite."""
    degree = ellipse.degree
    low, high = float(cell.low[0]), float(cell.high[0])
    middle, half = (arb(low) + arb(high)) / 2, (arb(high) - arb(low)) / 2
    values, radius = cell.values([[middle + half * node for node in exact_nodes(degree)]])
    if not (np.isfinite(values).all() and np.isfinite(radius).all()):
        return None
    tails = tail(ellipse.magnitude, [ellipse.parameter], [degree])
    grid, delta, peaks = [], [], []
    for k in range(values.shape[1]):
        finer, error = finer_values(values[:, k], MULTIPLE)
        at = int(np.argmax(np.abs(finer)))
        grid.append(float(np.abs(finer[at])))
        delta.append(lebesgue(degree) * float(radius[:, k].max()) + error)
        angle = (2 * at + 1) * np.pi / (2 * len(finer))
        x = low + 0.5 * (high - low) * (1.0 + np.cos(angle))
        peaks.append((float(np.clip(x, low, high)),))
    piece = Piece(
        (low,),
        (high,),
        "analytic",
        _sizes((np.array(grid) + np.array(delta) + 2.0 * tails) * spread(MULTIPLE, 1) + tails),
        _sizes(rounding_bound(model, cell.low, cell.high, cell.network.ranges)),
        (ellipse.parameter,),
        (degree,),
        MULTIPLE,
        _sizes(ellipse.magnitude),
        tuple(grid),
        tuple(delta),
        _sizes(tails),
    )
    return Bounded(piece, tuple(peaks))


def _sizes(values: Vector) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
