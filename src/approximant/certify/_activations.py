"""Activations as a proof needs them: on balls, their size in a strip, slope, and rounding.

Sizes and slopes are bounds in float64 made of + - * / and powers of two, so that nothing rests on
the accuracy of a library. Where an activation is not analytic its size is infinite. What piecewise
activations are on a branch (`relu` is linear or zero) is resolved before these are asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import acb, arb

from approximant.arrays import UNIT_ROUNDOFF, Vector
from approximant.claims import LIBRARY_ULPS, NORMAL_ULPS

WIDE = 2.0**-20  # radius of a real ball on which Arb loses much of a monotone function
_U = UNIT_ROUNDOFF
_E = 2.0 * LIBRARY_ULPS * _U  # relative error of an elementary function


@dataclass(frozen=True)
class Bounds:
    """What a proof knows of one activation.

    Args:
        ball: its value on a real or complex ball; not finite where it is not analytic.
        size: bound on |value| for real part in [low, high] and |imaginary part| <= q.
        slope: bound on |derivative| on the real interval [low, high].
        error: bound on the rounding of one evaluation with |z| <= argument and |value| <= value.
        settled: size of z beyond which the value is `limit(z)` up to exp(-88); None for never.
        limit: what it settles at for positive and negative z.
    """

    ball: Callable[[Any], Any]
    size: Callable[[Vector, Vector, Vector], Vector]
    slope: Callable[[Vector, Vector], Vector]
    error: Callable[[Vector, Vector], Vector]
    settled: float | None = None
    limit: tuple[int, int] = (0, 0)


def _smallest(low: Vector, high: Vector) -> Vector:
    """Return the smallest |x| in [low, high]."""
    return np.where((low <= 0.0) & (high >= 0.0), 0.0, np.minimum(np.abs(low), np.abs(high)))


def _largest(low: Vector, high: Vector) -> Vector:
    return np.maximum(np.abs(low), np.abs(high))


def _power(x: Vector) -> Vector:
    """Return a power of two that is at least exp(x); infinite for NaN."""
    exponent = np.clip(np.ceil(1.4427 * np.clip(np.nan_to_num(x, nan=np.inf), 0.0, 1e6)), 0, 4000)
    with np.errstate(over="ignore"):
        return np.asarray(np.ldexp(1.0, exponent.astype(int)))


def _decay(x: Vector) -> Vector:
    """Return a power of two that is at least exp(-x), x >= 0; 1 for NaN."""
    exponent = np.clip(np.floor(1.4426 * np.clip(np.nan_to_num(x), 0.0, 1e6)), 0, 1070)
    return np.asarray(np.ldexp(1.0, -exponent.astype(int)))


def _tanh_size(low: Vector, high: Vector, q: Vector) -> Vector:
    """|tanh|^2 = (sinh^2 p + sin^2 q) / (sinh^2 p + cos^2 q), poles on the line p = 0."""
    p = _smallest(low, high)
    p = np.minimum(p, 50.0)
    sinh2 = np.square(p + p**3 / 6.0 + p**5 / 120.0)  # at most sinh^2
    sine2 = np.minimum(1.0, q * q)
    cosine2 = np.square(np.maximum(0.0, 1.0 - 0.5 * q * q))
    with np.errstate(divide="ignore", invalid="ignore"):
        square = np.where(sinh2 + cosine2 > 0.0, (sinh2 + sine2) / (sinh2 + cosine2), np.inf)
    square = np.where((q > 1.4) & (p == 0.0), np.inf, square)
    return np.where(q < 0.78, 1.0, np.sqrt(np.maximum(1.0, square)))


def _sigmoid_size(low: Vector, high: Vector, q: Vector) -> Vector:
    return 0.5 + 0.5 * _tanh_size(0.5 * low, 0.5 * high, 0.5 * q)


def _gaussian_size(low: Vector, high: Vector, q: Vector) -> Vector:
    p = _smallest(low, high)
    exponent = (q - p) * (q + p)  # the difference of squares without cancellation
    return np.where(exponent < 0.0, _decay(-exponent), _power(exponent))


def _erf_size(low: Vector, high: Vector, q: Vector) -> Vector:
    """|erf(p + iq)| <= 1 + (2 / sqrt(pi)) |q| exp(q^2): integrate from p upwards."""
    return 1.0 + 1.13 * q * _power(q * q)


def _gelu_size(low: Vector, high: Vector, q: Vector) -> Vector:
    return (_largest(low, high) + q) * 0.5 * (1.0 + _erf_size(low, high, 0.7072 * q))


def _softplus_size(low: Vector, high: Vector, q: Vector) -> Vector:
    """Within |q| < pi/2, |1 + e^z| >= 1, so the logarithm is at most max(p, 0) + log 2 + pi/2."""
    return np.where(q < 1.57, np.maximum(high, 0.0) + 0.7 + q, np.inf)


def _linear_size(low: Vector, high: Vector, q: Vector) -> Vector:
    return _largest(low, high) + q


def _expm1_size(low: Vector, high: Vector, q: Vector) -> Vector:
    return 1.0 + _power(np.maximum(high, 0.0))


def _tanh_slope(low: Vector, high: Vector) -> Vector:
    """sech^2 <= 4 exp(-2|z|)."""
    return np.minimum(1.0, 4.0 * _decay(2.0 * _smallest(low, high)))


def _sigmoid_slope(low: Vector, high: Vector) -> Vector:
    return np.minimum(0.25, _decay(_smallest(low, high)))


def _gaussian_slope(low: Vector, high: Vector) -> Vector:
    p = _smallest(low, high)
    return np.minimum(0.86, np.where(p > 0.71, 2.0 * p * _decay(p * p), 1.0))


def _constant(bound: float) -> Callable[[Vector, Vector], Vector]:
    return lambda low, high: np.full_like(low, bound)


def _tanh(z: Any) -> Any:
    if _is_wide(z):
        return z.lower().tanh().union(z.upper().tanh())
    return z.tanh()


def _is_wide(z: Any) -> bool:
    """Tell whether the values on a real ball are better told by those at its ends."""
    return isinstance(z, arb) and bool(z.rad() > WIDE) and bool(z.is_finite())


def _gaussian(z: Any) -> Any:
    if _is_wide(z):
        return (-(z.abs_lower() ** 2)).exp().union((-(z.abs_upper() ** 2)).exp())
    return (-z * z).exp()


def _sigmoid(z: Any) -> Any:
    return (_tanh(z / 2) + 1) / 2


def _gelu(z: Any) -> Any:
    return z * ((z / arb(2).sqrt()).erf() + 1) / 2


def _softplus(z: Any) -> Any:
    if _is_wide(z):
        return _softplus(z.lower()).union(_softplus(z.upper()))
    value = z.exp() + 1
    if isinstance(value, acb):
        inside = abs(z.imag) < arb.pi()
        return value.log(analytic=True) if inside else arb.nan()
    return value.log()


BOUNDS: dict[str, Bounds] = {
    "linear": Bounds(lambda z: z, _linear_size, _constant(1.0), lambda z, a: 0.0 * a),
    "tanh": Bounds(_tanh, _tanh_size, _tanh_slope, lambda z, a: _E * a, 45.0, (1, -1)),
    "sigmoid": Bounds(
        _sigmoid,
        _sigmoid_size,
        _sigmoid_slope,
        lambda z, a: np.full_like(a, 0.5 * _E + 2.0 * _U),
        90.0,
        (1, 0),
    ),
    "sin": Bounds(
        lambda z: z.sin(), lambda low, high, q: _power(q), _constant(1.0), lambda z, a: _E * a
    ),
    "gaussian": Bounds(
        _gaussian,
        _gaussian_size,
        _gaussian_slope,
        lambda z, a: np.full_like(a, _E + _U),
        9.5,
        (0, 0),
    ),
    "softplus": Bounds(
        _softplus, _softplus_size, _constant(1.0), lambda z, a: (3.0 * _E + 2.0 * _U) * (a + 1.0)
    ),
    "silu": Bounds(
        lambda z: z * _sigmoid(z),
        lambda low, high, q: _linear_size(low, high, q) * _sigmoid_size(low, high, q),
        _constant(1.1),
        lambda z, a: z * (0.5 * _E + 3.0 * _U),
    ),
    "gelu": Bounds(
        _gelu,
        _gelu_size,
        _constant(1.13),
        lambda z, a: z * (2.0 * NORMAL_ULPS * _U + 2.0 * _U),
    ),
    "expm1": Bounds(
        lambda z: z.expm1(),
        _expm1_size,
        lambda low, high: _expm1_size(low, high, low),
        lambda z, a: _E * a,
    ),
}
# What a piecewise activation is for z >= 0 and for z <= 0: (activation, factor).
PIECEWISE: dict[str, tuple[tuple[str, float], tuple[str, float]]] = {
    "relu": (("linear", 1.0), ("linear", 0.0)),
    "leaky_relu": (("linear", 1.0), ("linear", 0.01)),
    "abs": (("linear", 1.0), ("linear", -1.0)),
    "elu": (("linear", 1.0), ("expm1", 1.0)),
}
