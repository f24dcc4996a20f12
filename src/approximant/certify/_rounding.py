"""What rounding can add when a model is executed: |network in real arithmetic - as executed|.

Every operation of `Model.evaluate` is followed through the layers with its rounding error, whatever
the order of summation and whether products are fused. Assumed of the libraries: elementary
functions within LIBRARY_ULPS units in the last place. A layer passes on the errors of the one
before, enlarged by its weights and slopes: with steep units in the second layer that counts most.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, Mask, Vector
from approximant.certify._activations import BOUNDS, PIECEWISE
from approximant.model import Model, Scaling
from approximant.networks import Layer

EXACT = (
    "linear",
    "relu",
    "leaky_relu",
    "abs",
    "step",
)  # activations without a function of a library
TINY = 2.0**-1000  # more than what underflow can add to a sum
HUGE = 2.0**1023  # sums up to here do not overflow, in whatever order
SLACK = 1.0 + 1e-6  # of this very computation
_U = UNIT_ROUNDOFF


@dataclass(frozen=True)
class Reach:
    """Ranges [low, high] of exact values and a bound on the error of executed ones, all (k,).

    `before` is the error before the last addition, which never changes the sign of a sum: where it
    is 0, a step unit jumps exactly where it should.
    """

    low: Vector
    high: Vector
    error: Vector
    before: Vector | None = None

    @property
    def size(self) -> Vector:
        """Bound on |exact value|."""
        return np.maximum(np.abs(self.low), np.abs(self.high))


def rounding_bound(
    model: Model,
    low: Vector,
    high: Vector,
    last: tuple[Vector, Vector] | None = None,
    summands: int | None = None,
    coarse: float = 0.0,
) -> Vector:
    """Return a bound (m,) on the rounding error of one evaluation anywhere in a box.

    Args:
        model: the model.
        low, high: the box, (d,).
        last: tighter ranges of the arguments of the last layer that is not linear, if known: of the
            output layer if that bends, otherwise of the last hidden one.
        summands: roundings that a product passes in the output sum; the width of the last hidden
            layer where the order of summation is free.
        coarse: what functions of another library than NumPy may add to the error of an activation
            of z, as a multiple of u max(1, |z|).
    """
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        reach = _scaled(model.input_scaling, low, high)
        *hidden, output = model.network.layers
        bent = any(name != "linear" for name, _ in output.groups)
        for k, layer in enumerate(hidden):
            known = last if k == len(hidden) - 1 and not bent else None
            reach = _activated(layer, _affine(layer, reach, None, known), coarse)
        z = _affine(output, reach, summands, last if bent else None)
        reach = _activated(output, z, coarse)
        bound = _unscaled(model.output_scaling, reach) * SLACK
    return np.asarray(np.where(np.isfinite(bound), bound, np.inf))


def _is_exact_factor(x: Array) -> Mask:
    """Tell for which factors no product rounds or underflows: powers of two from 1 on."""
    return np.asarray((np.abs(np.frexp(x)[0]) == 0.5) & (np.abs(x) >= 1.0))


def _scaled(scaling: Scaling, low: Vector, high: Vector) -> Reach:
    ends = np.stack([scaling.apply(low[None])[0], scaling.apply(high[None])[0]])
    roundings = (scaling.anchor != 0.0) * 1.0 + ~_is_exact_factor(1.0 / scaling.width)
    error = roundings * _U * np.abs(ends).max(axis=0) * SLACK + TINY * (roundings > 0)
    return Reach(ends.min(axis=0) - error, ends.max(axis=0) + error, error)


def _affine(
    layer: Layer, x: Reach, summands: int | None, known: tuple[Vector, Vector] | None
) -> Reach:
    weights = np.abs(layer.weights)
    biases = np.zeros(layer.width) if layer.biases is None else layer.biases
    positive, negative = np.maximum(layer.weights, 0.0), np.minimum(layer.weights, 0.0)
    low = positive @ x.low + negative @ x.high + biases
    high = positive @ x.high + negative @ x.low + biases
    count = (layer.weights != 0.0).sum(axis=1).astype(float)
    if summands is not None:
        count = np.minimum(count, summands)
    exact = np.all((weights == 0.0) | _is_exact_factor(weights), axis=1)
    count = np.maximum(count - exact, 0.0)
    sums = weights @ (x.size + x.error)
    before = (weights @ x.error + count * _U * sums) * SLACK + TINY * (count > 0)
    room = (layer.weights.shape[1] + 4.0) * _U * (weights @ x.size + np.abs(biases)) + TINY
    low, high = low - room, high + room
    if known is not None:
        low, high = np.maximum(low, known[0]), np.minimum(high, known[1])
    sizes = np.maximum(np.abs(low), np.abs(high)) + before
    error = (before + np.where(biases != 0.0, _U, 0.0) * sizes) * SLACK
    # Where sums may overflow, or two ranges of one number have nothing in common, nothing is known.
    sound = (sums + np.abs(biases) < HUGE) & (low <= high)
    return Reach(
        np.where(sound, low, -np.inf),
        np.where(sound, high, np.inf),
        np.where(sound, error, np.inf),
        np.where(sound, before, np.inf),
    )


def _activated(layer: Layer, z: Reach, coarse: float) -> Reach:
    low, high, error = (np.empty(layer.width) for _ in range(3))
    start = 0
    for name, count in layer.groups:
        at = slice(start, start + count)
        start += count
        before = None if z.before is None else z.before[at]
        part = _activate(name, Reach(z.low[at], z.high[at], z.error[at], before))
        low[at], high[at], error[at] = part.low, part.high, part.error
        if name not in EXACT:
            error[at] += coarse * _U * np.maximum(1.0, z.size[at] + z.error[at])
    return Reach(low, high, error)


def _activate(name: str, z: Reach) -> Reach:
    low, high = z.low - z.error, z.high + z.error  # where executed arguments may lie
    if name == "step":
        right = (low >= 0.0) | (high < 0.0) | (z.before == 0.0)
        off, on = (np.where(end >= 0.0, 1.0, 0.0) for end in (z.low, z.high))
        return Reach(off, on, np.where(right, 0.0, 1.0))
    if name in PIECEWISE:
        return _piecewise(name, z)
    bounds = BOUNDS[name]
    size = bounds.size(low, high, np.zeros_like(low))
    error = bounds.slope(low, high) * z.error
    error = error + bounds.error(np.maximum(np.abs(low), np.abs(high)), size) + TINY
    if name == "linear":
        return z
    return Reach(-size, size, error)


def _piecewise(name: str, z: Reach) -> Reach:
    if name == "relu":
        off = z.high + z.error <= 0.0
        return Reach(np.maximum(z.low, 0.0), np.maximum(z.high, 0.0), np.where(off, 0.0, z.error))
    if name == "abs":
        size = z.size
        return Reach(np.zeros_like(size), size, z.error)
    rounding = 10.0 * _U * (z.size + z.error)  # one product, or expm1 of an argument below 0
    return Reach(-z.size, z.size, z.error + rounding + TINY)


def _unscaled(scaling: Scaling, y: Reach) -> Vector:
    width = np.abs(scaling.width)
    size = y.size + y.error
    product = np.where(_is_exact_factor(width), 0.0, _U) * width * size
    shift = np.where(scaling.anchor == 0.0, 0.0, _U)
    total = width * size + np.abs(scaling.anchor) + product
    bound = width * y.error + product + shift * total + TINY
    return np.asarray(np.where(total < HUGE, bound, np.inf))
