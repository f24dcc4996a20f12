"""The operations of the C file one by one in NumPy: without a compiler, and for float32."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Array, Points, Values
from approximant.export._c_activations import DEGREE
from approximant.export._c_layers import LANES, Groups, arranged
from approximant.export._subject import Subject

Numbers = NDArray[Any]  # float64 or float32

_SPLIT = {  # log(2) in two parts, as in the C text
    "float64": (0.6931471803691238, 1.9082149292705877e-10),
    "float32": (0.693359375, -2.12194440e-4),
}


def emulate(subject: Subject, points: Points) -> tuple[Values, Array]:
    """Return values (n, m) and gradients (n, m, d) as the C file computes them, guard included.

    Sums of gradients may differ in their last digits from those of the C file.
    """
    reference = subject.reference
    inside = reference.inside(points)
    if subject.policy == "clip":
        points = np.where(np.isnan(points), points, reference.moved_inside(points))
    values = emulated_values(subject, points)
    gradients = subject.model.gradient(points)
    if subject.policy in ("nan", "error"):
        values[~inside] = np.nan
        gradients[~inside] = np.nan
    return values, gradients


def hidden_values(subject: Subject, points: Points) -> Array:
    """Return the last hidden layer (n, w) at points (n, d) in the arithmetic of the file."""
    width = subject.model.network.widths[-2]
    return np.asarray(_hidden(subject, points)[:, :width], dtype=np.float64)


def _hidden(subject: Subject, points: Points) -> Numbers:
    dtype, scaling = np.dtype(subject.dtype), subject.model.input_scaling
    a = (points.astype(dtype) - scaling.anchor.astype(dtype)) / scaling.width.astype(dtype)
    network = arranged(subject.model.network)
    if not network.hidden:
        return np.asarray(np.pad(a, ((0, 0), (0, network.weights.shape[1] - a.shape[1]))))
    for layer in network.hidden:
        weights, biases = layer.weights.astype(dtype), layer.biases.astype(dtype)
        z = a[:, :1] * weights[0]
        for i in range(1, len(weights)):
            z += a[:, i : i + 1] * weights[i]
        a = _applied(z + biases, layer.groups)
    return np.asarray(a)


def emulated_values(subject: Subject, points: Points) -> Values:
    """Return the values (n, m) of the network in the arithmetic of the file, guard aside."""
    dtype, scaling = np.dtype(subject.dtype), subject.model.output_scaling
    network = arranged(subject.model.network)
    a = _hidden(subject, points)
    sums = [_dot(a, weights.astype(dtype)) for weights in network.weights]
    y = _applied(np.stack(sums, axis=1) + network.biases.astype(dtype), network.groups)
    y = scaling.anchor.astype(dtype) + scaling.width.astype(dtype) * y
    return np.asarray(y, dtype=np.float64)


def _dot(a: Numbers, weights: Numbers) -> Numbers:
    s = np.zeros((len(a), LANES), dtype=a.dtype)
    for j in range(0, len(weights), LANES):
        s += a[:, j : j + LANES] * weights[j : j + LANES]
    even, odd = (s[:, 0] + s[:, 4]) + (s[:, 2] + s[:, 6]), (s[:, 1] + s[:, 5]) + (s[:, 3] + s[:, 7])
    return np.asarray(even + odd)


def _applied(z: Numbers, groups: Groups) -> Numbers:
    start = 0
    for name, count in groups:
        z[:, start : start + count] = _ACTIVATIONS[name](z[:, start : start + count])
        start += count
    return z


def _expm1(x: Numbers) -> Numbers:
    high, low = (x.dtype.type(part) for part in _SPLIT[x.dtype.name])
    k = np.rint(x * x.dtype.type(1 / math.log(2)))
    r = (x - k * high) - k * low
    degree = DEGREE[x.dtype.name]
    p = np.full_like(r, 1 / math.factorial(degree))
    for n in range(degree - 1, 1, -1):
        p = p * r + x.dtype.type(1 / math.factorial(n))
    power = np.exp2(k)
    return np.asarray(power * (r + r * r * p) + (power - x.dtype.type(1.0)))


def _tanh(z: Numbers) -> Numbers:
    e = _expm1(2 * np.minimum(np.abs(z), z.dtype.type(20.0)))
    return np.asarray(np.copysign(e / (e + 2), z))


def _sigmoid(z: Numbers) -> Numbers:
    half = z.dtype.type(0.5)
    return np.asarray(half * _tanh(half * z) + half)


def _gelu(z: Numbers) -> Numbers:
    from scipy.special import erfc

    half, root = z.dtype.type(0.5), z.dtype.type(math.sqrt(0.5))
    return np.asarray(z * (half * erfc(-root * z)))


_ACTIVATIONS: dict[str, Callable[[Numbers], Numbers]] = {
    "linear": lambda z: z,
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "sin": np.sin,
    "gaussian": lambda z: 1 + _expm1(np.maximum(-z * z, z.dtype.type(-60.0))),
    "softplus": lambda z: np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))),
    "silu": lambda z: z * _sigmoid(z),
    "gelu": _gelu,
    "elu": lambda z: np.where(z > 0, z, _expm1(np.clip(z, z.dtype.type(-60.0), 0))),
    "relu": lambda z: np.maximum(z, 0),
    "leaky_relu": lambda z: np.where(z > 0, z, z.dtype.type(0.01) * z),
    "abs": np.abs,
    "step": lambda z: np.where(z >= 0, z.dtype.type(1), z.dtype.type(0)),
}
