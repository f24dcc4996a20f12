"""Where a model of one input is zero."""

from __future__ import annotations

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Indices, PerOutput, Vector
from approximant.calculus._line import Curve, bisect, curve
from approximant.errors import SettingError
from approximant.model import Model

JUMP = 1e-9  # smallest jump told from rounding, as a share of the sum of output weights
MARGIN = 2.0  # on the error seen, which was seen at some points only
TWINS = 4  # floats between two roots that are one
TELLING = 1e-3  # errors over this share of the largest value say nothing about zeros


def roots(model: Model, output: str | None, error: PerOutput) -> Vector:
    """Return where an output is zero, increasing, (k,).

    Args:
        model: of one input.
        output: its name; may be left out if there is only one.
        error: of the model against its target, per output.

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
    x = np.unique(np.concatenate([x, line.stationary(x)]))
    x = x[line.inside(x)]
    y = line.values(x)
    small = _indistinct(line, y, float(np.atleast_1d(error)[line.output]))
    large = np.concatenate([[0], np.cumsum(np.abs(y) > small)])

    def group(points: Vector) -> Indices:
        """Number points; the same for two if all values between them are small."""
        return np.asarray(large[np.searchsorted(x, points)])

    zeros = np.concatenate([_crossings(line, x, y), x[y == 0]])
    zeros, touches = zeros[line.inside(zeros)], _touches(x, y, small)
    touches = touches[~np.isin(group(touches), group(zeros))]
    found = np.concatenate([zeros, touches])
    return _ends(found, group(found))


def _crossings(line: Curve, x: Vector, y: Vector) -> Vector:
    """Return the sign changes that are no jumps."""
    signs = np.sign(y)  # products of values could underflow
    change = np.flatnonzero(signs[:-1] * signs[1:] < 0)
    low, high = bisect(line.values, x[change], x[change + 1], signs[change] > 0)
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


def _touches(x: Vector, y: Vector, small: float) -> Vector:
    """Return where |y| is smallest among its neighbours and small, without a change of sign."""
    size, signs = np.abs(y), np.sign(y)
    before = np.concatenate([[np.inf], size[:-1]])
    after = np.concatenate([size[1:], [np.inf]])
    crossed = signs[:-1] * signs[1:] < 0
    beside = np.concatenate([[False], crossed]) | np.concatenate([crossed, [False]])
    return np.asarray(x[(size <= small) & (size <= before) & (size < after) & ~beside])


def _ends(found: Vector, groups: Indices) -> Vector:
    """Return the first and the last of the points (k,) in each group, once if they are one."""
    names = np.unique(groups)
    first, last = (
        np.array([end(found[groups == name]) for name in names]) for end in (np.min, np.max)
    )
    wide = last - first > TWINS * np.spacing(np.abs(last))
    return np.unique(np.concatenate([first, last[wide]]))


def _indistinct(line: Curve, y: Vector, error: float) -> float:
    """Return the size up to which a value may stand for zero: by rounding, and by the error."""
    scaling, largest = line.model.output_scaling, float(np.abs(y).max(initial=0.0))
    size = line.model.rounding_estimates[line.output]
    rounding = float(size + 4 * UNIT_ROUNDOFF * abs(scaling.anchor[line.output]))
    return rounding + (MARGIN * error if MARGIN * error <= TELLING * largest else 0.0)
