"""What float64 can add to the exact network on one cell: a running error bound, layer by layer.

Valid for every order of summation and with fused multiply-adds; the library's tanh, sin and exp
are assumed within LIBRARY_ULPS units in the last place. See Higham, Accuracy and Stability of
Numerical Algorithms, chapters 2 and 3, for the bounds on sums used here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from flint import arb

from approximant.arrays import UNIT_ROUNDOFF, Array, Mask, Vector
from approximant.checker._activations import AFFINE
from approximant.checker._network import Stage
from approximant.claims import LIBRARY_ULPS, NORMAL_ULPS
from approximant.model import Model
from approximant.networks import Layer

LIBRARY = 2.0 * LIBRARY_ULPS * UNIT_ROUNDOFF  # of a library's function, a relative error
TINY = 2.0**-1074  # the smallest float, more than one underflow adds
UNDERFLOW = 16.0 * TINY  # of a function of the library, some units in the last place
LARGE = 2.0**1023  # sums of this size may overflow on the way
FARTHEST = 400.0  # every activation has settled there, and its square does not overflow
SAFE = 1.0 + 1e-9  # covers the rounding of these bounds themselves


class _Signal(NamedTuple):
    """Numbers that pass from layer to layer: the largest they get, and how far they may be off."""

    size: Vector
    error: Vector


def rounding(model: Model, box: Sequence[tuple[float, float]], stages: Sequence[Stage]) -> Vector:
    """Return a bound on |executed - exact| of every output (m,) at every float of the cell.

    Infinite where the execution may overflow.
    """
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        signal = _scaled_input(model, box)
        for layer, stage in zip(model.network.layers, stages, strict=False):
            signal = _through(layer, stage, signal)
        return _scaled_output(model, signal)


def _scaled_input(model: Model, box: Sequence[tuple[float, float]]) -> _Signal:
    """Return (x - anchor) / width: each of the two steps rounds once unless it is exact."""
    scaling = model.input_scaling
    ends = np.array(box).T - scaling.anchor
    size = np.abs(ends / scaling.width).max(axis=0) * SAFE
    steps = (scaling.anchor != 0.0) * 1.0 + ~_exact_factor(1.0 / scaling.width)
    error = np.where(steps > 0.0, steps * UNIT_ROUNDOFF * size * SAFE + TINY, 0.0)
    return _Signal(size, _unless_large(size, error))


def _scaled_output(model: Model, signal: _Signal) -> Vector:
    """Return the error of anchor + width * t: a product that rounds, and a sum that does."""
    width, anchor = np.abs(model.output_scaling.width), np.abs(model.output_scaling.anchor)
    product = width * signal.error
    executed = width * (signal.size + signal.error)
    product += np.where(_exact_factor(width), 0.0, UNIT_ROUNDOFF * executed + TINY)
    size = width * signal.size + product + anchor
    error = (product + np.where(anchor == 0.0, 0.0, UNIT_ROUNDOFF * size)) * SAFE
    return _unless_large(size, error)


def _unless_large(size: Vector, error: Vector) -> Vector:
    return np.where(size < LARGE, error, np.inf)


def _through(layer: Layer, stage: Stage, signal: _Signal) -> _Signal:
    weights = np.abs(layer.weights)
    executed = signal.size + signal.error
    present = (weights != 0.0) & (executed != 0.0)
    exact_products = np.all(_exact_factor(weights) | ~present, axis=1)
    roundings = np.maximum(np.count_nonzero(present, axis=1) - exact_products, 0)
    # Decided by what is done, not by sizes, which may underflow: then z is off by one factor 1 + u
    # at most, and its sign is right.
    exact = (roundings == 0) & ~np.any(present & (signal.error != 0.0), axis=1)
    terms = weights @ executed
    sums = weights @ signal.error + roundings * UNIT_ROUNDOFF * SAFE * terms
    sums = np.where(exact, 0.0, sums + (layer.weights.shape[1] + 2.0) * TINY)
    low, high = _floats(stage.ends)
    biases = np.zeros(layer.width) if layer.biases is None else layer.biases
    error = sums + np.where(biases == 0.0, 0.0, UNIT_ROUNDOFF * (_size(low, high) + sums) + TINY)
    error = _unless_large(terms + np.abs(biases), error * SAFE)
    return _activated(stage.kinds, low, high, error, exact & np.isfinite(error))


def _activated(
    kinds: Sequence[str], low: Vector, high: Vector, error: Vector, exact: Mask
) -> _Signal:
    size, off = np.empty_like(low), np.empty_like(low)
    names = np.array(kinds)
    for kind in dict.fromkeys(kinds):
        rows = names == kind
        size[rows], off[rows] = _ACTIVATED[kind](low[rows], high[rows], error[rows], exact[rows])
        if kind not in AFFINE and kind != "step":
            size[rows] += UNDERFLOW
            off[rows] += UNDERFLOW
    return _Signal(size * SAFE, off * SAFE)


def _linear(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    return _size(low, high), error


def _leak(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    size = _size(low, high)  # where it bends, z itself counts
    return size, error + 0.01 * UNIT_ROUNDOFF * (size + error) + TINY


def _zero(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    return np.zeros_like(low), np.where(exact | (high + error < 0.0), 0.0, error)


def _off(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    """Return what a step adds that is off on the cell: all of 1 where it may switch wrongly."""
    return np.zeros_like(low), np.where(exact | (high + error < 0.0), 0.0, 1.0)


def _on(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    return np.ones_like(low), np.where(exact | (low > error), 0.0, 1.0)


def _tanh(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    size = np.minimum(1.0, _size(low, high))
    decay = np.exp(-2.0 * _nearest(low, high, error))
    slope = 4.0 * decay / (1.0 + decay) ** 2
    return size, slope * error + LIBRARY * np.minimum(1.0, size + error)


def _sigmoid(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    # Executed as 0.5 (1 + tanh(z / 2)): the halvings are exact, the sum rounds once.
    decay = np.exp(-_nearest(low, high, error))
    off = decay / (1.0 + decay) ** 2 * error + 0.5 * LIBRARY + UNIT_ROUNDOFF
    return np.ones_like(low), off


def _sin(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    size = np.minimum(1.0, _size(low, high))
    return size, error + LIBRARY * np.minimum(1.0, size + error)


def _gaussian(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    # 2 z exp(-z^2) peaks at sqrt(1/2), z^2 exp(-z^2) at 1; the square rounds once.
    near = _nearest(low, high, error)
    size = np.exp(-(near**2))
    slope = 2.0 * np.maximum(near, 0.5**0.5) * np.exp(-(np.maximum(near, 0.5**0.5) ** 2))
    square = np.maximum(near, 1.0) ** 2 * np.exp(-(np.maximum(near, 1.0) ** 2))
    return size, slope * error + UNIT_ROUNDOFF * square + LIBRARY * size


def _step(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    return np.ones_like(low), np.where(exact, 0.0, 1.0)


def _expm1(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    size = np.maximum(np.minimum(1.0, -low), high)  # of elu where it bends, too
    return size, error + LIBRARY * size


def _softplus(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    # Executed as max(z, 0) + log1p(exp(-|z|)), the second at most log 2 and twice off.
    size = np.maximum(high, 0.0) + 0.7
    return size, error + 2.0 * LIBRARY + UNIT_ROUNDOFF * (size + error)


def _silu(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    size = _size(low, high)
    return size, 1.1 * error + (0.5 * LIBRARY + 2.0 * UNIT_ROUNDOFF) * (size + error)


def _gelu(low: Vector, high: Vector, error: Vector, exact: Mask) -> tuple[Vector, Vector]:
    size = _size(low, high)
    share = 2.0 * NORMAL_ULPS * UNIT_ROUNDOFF + UNIT_ROUNDOFF
    return size, 1.13 * error + share * (size + error)


_ACTIVATED = {
    "linear": _linear, "negative": _linear, "leak": _leak, "zero": _zero, "off": _off, "on": _on,
    "relu": _linear, "leaky_relu": _leak, "abs": _linear, "step": _step, "elu": _expm1,
    "expm1": _expm1, "tanh": _tanh, "sigmoid": _sigmoid, "sin": _sin, "gaussian": _gaussian,
    "softplus": _softplus, "silu": _silu, "gelu": _gelu,
}  # fmt: skip


def _floats(ends: Sequence[tuple[arb, arb]]) -> tuple[Vector, Vector]:
    low = np.nextafter([float(low.lower()) for low, _ in ends], -np.inf)
    high = np.nextafter([float(high.upper()) for _, high in ends], np.inf)
    return low, high


def _size(low: Vector, high: Vector) -> Vector:
    return np.maximum(np.abs(low), np.abs(high))


def _nearest(low: Vector, high: Vector, error: Vector) -> Vector:
    """Return how near to 0 the executed z may come."""
    return np.minimum(np.maximum(0.0, np.maximum(low, -high) - error) / SAFE, FARTHEST)


def _exact_factor(values: Array) -> Mask:
    """Tell for which factors no product rounds or underflows: powers of two from 1 on."""
    return np.asarray((np.abs(np.frexp(values)[0]) == 0.5) & (np.abs(values) >= 1.0))
