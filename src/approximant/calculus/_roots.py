"""Where a model of one input is zero."""

from __future__ import annotations

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Mask, Vector
from approximant.calculus._line import Curve, bisect, curve
from approximant.errors import SettingError
from approximant.model import Model

JUMP = 1e-9  # smallest jump told from rounding, as a share of the sum of output weights


def roots(model: Model, output: str | None) -> Vector:
    """Return where an output is zero, increasing, (k,).

    Raises:
        SettingError: there are several inputs, or no such output, or several to choose from.
    """
    if model.domain.dimension != 1:
        raise SettingError(
            f"Roots are points for one input only; this network has the inputs "
            f"{', '.join(model.domain.names)}. Use `minimum` and `maximum`, or fix all but one."
        )
    line = curve(model, output)
    x = line.grid()
    turned = line.stationary(x)
    x = np.unique(np.concatenate([x, turned]))
    y = line.values(x)
    found = [_crossings(line, x, y), _touches(line, x, y, turned), _zeros(x, y)]
    points = np.unique(np.concatenate(found))
    return np.asarray(points[line.inside(points)])


def _crossings(line: Curve, x: Vector, y: Vector) -> Vector:
    """Return the sign changes that are no jumps."""
    change = np.flatnonzero(y[:-1] * y[1:] < 0)
    low, high = bisect(line.values, x[change], x[change + 1])
    below, above = np.abs(line.values(low)), np.abs(line.values(high))
    nearest = np.where(below <= above, low, high)
    layers = line.model.network.layers
    if not any(name == "step" for layer in layers for name, _ in layer.groups):
        return nearest
    # Across a jump both sides stay away from zero, by more than a slope explains in one float.
    slope = np.maximum(np.abs(line.slopes(low)), np.abs(line.slopes(high)))
    sums = float(line.model.outer_weight_sums[line.output])
    small = np.minimum(below, above) <= 2 * slope * (high - low) + JUMP * sums
    return np.asarray(nearest[small])


def _touches(line: Curve, x: Vector, y: Vector, turned: Vector) -> Vector:
    """Return extrema that are zero to rounding, without a change of sign; one float of each."""
    inner = np.flatnonzero(np.isin(x[1:-1], turned)) + 1
    same = (y[inner] * y[inner - 1] > 0) & (y[inner] * y[inner + 1] > 0)
    size = np.abs(y[inner])
    lowest = (size <= np.abs(y[inner - 1])) & (size < np.abs(y[inner + 1]))
    return x[inner[same & lowest & (size <= _rounding(line))]]


def _zeros(x: Vector, y: Vector) -> Vector:
    """Return exact zeros of the grid; of neighbouring ones only the first and the last."""
    zero: Mask = y == 0
    before = np.concatenate([[False], zero[:-1]])
    after = np.concatenate([zero[1:], [False]])
    return np.asarray(x[zero & ~(before & after)])


def _rounding(line: Curve) -> float:
    """Return the size that values may have at a root."""
    scaling = line.model.output_scaling
    bound = line.model.network.rounding_bounds[line.output] * abs(scaling.width[line.output])
    return float(bound + 4 * UNIT_ROUNDOFF * abs(scaling.anchor[line.output]))
