"""Every activation with its derivative, compiled; one loop each over a run of numbers.

Importing this file imports numba. What each is called stands in `approximant.networks`.
"""

from __future__ import annotations

from typing import Any

from approximant.descent._compiling import compiled
from approximant.descent._elementary import (
    exp,
    expm1,
    log1p,
    normal_cdf_and_density,
    sigmoid,
    sin_and_cos,
    tanh,
)
from approximant.descent._packing import ACTIVATION_CODES

_LINEAR, _RELU, _LEAKY_RELU, _ELU, _SIGMOID, _TANH, _SIN, _SOFTPLUS, _GELU, _SILU, _GAUSSIAN = (
    ACTIVATION_CODES.values()
)


@compiled
def activate(code: int, z: Any, a: Any) -> None:
    """Write f(z) into a (k,), and over z (k,) its derivative f'(z)."""
    if code == _LINEAR:
        _linear(z, a)
    elif code == _RELU:
        _relu(z, a)
    elif code == _LEAKY_RELU:
        _leaky_relu(z, a)
    elif code == _ELU:
        _elu(z, a)
    elif code == _SIGMOID:
        _sigmoid(z, a)
    elif code == _TANH:
        _tanh(z, a)
    elif code == _SIN:
        _sin(z, a)
    elif code == _SOFTPLUS:
        _softplus(z, a)
    elif code == _GELU:
        _gelu(z, a)
    elif code == _SILU:
        _silu(z, a)
    elif code == _GAUSSIAN:
        _gaussian(z, a)


@compiled
def _linear(z: Any, a: Any) -> None:
    one = z.dtype.type(1.0)
    for k in range(len(z)):
        a[k] = z[k]
        z[k] = one


@compiled
def _relu(z: Any, a: Any) -> None:
    _leaky(z, a, z.dtype.type(0.0))


@compiled
def _leaky_relu(z: Any, a: Any) -> None:
    _leaky(z, a, z.dtype.type(0.01))


@compiled
def _leaky(z: Any, a: Any, leak: Any) -> None:
    one = z.dtype.type(1.0)
    for k in range(len(z)):
        slope = leak if z[k] <= 0 else one  # NaN stays NaN
        a[k] = slope * z[k]
        z[k] = slope


@compiled
def _elu(z: Any, a: Any) -> None:
    zero, one = z.dtype.type(0.0), z.dtype.type(1.0)
    for k in range(len(z)):
        below = expm1(zero if z[k] > zero else z[k])
        a[k] = z[k] if z[k] > zero else below
        z[k] = one if z[k] > zero else below + one


@compiled
def _sigmoid(z: Any, a: Any) -> None:
    one = z.dtype.type(1.0)
    for k in range(len(z)):
        s = sigmoid(z[k])
        a[k] = s
        z[k] = s * (one - s)


@compiled
def _tanh(z: Any, a: Any) -> None:
    one = z.dtype.type(1.0)
    for k in range(len(z)):
        t = tanh(z[k])
        a[k] = t
        z[k] = one - t * t


@compiled
def _sin(z: Any, a: Any) -> None:
    for k in range(len(z)):
        a[k], z[k] = sin_and_cos(z[k])


@compiled
def _softplus(z: Any, a: Any) -> None:
    zero = z.dtype.type(0.0)
    for k in range(len(z)):
        above = zero if z[k] < zero else z[k]
        a[k] = above + log1p(exp(-abs(z[k])))
        z[k] = sigmoid(z[k])


@compiled
def _gelu(z: Any, a: Any) -> None:
    for k in range(len(z)):
        share, density = normal_cdf_and_density(z[k])
        a[k] = z[k] * share
        z[k] = share + z[k] * density


@compiled
def _silu(z: Any, a: Any) -> None:
    one = z.dtype.type(1.0)
    for k in range(len(z)):
        s = sigmoid(z[k])
        a[k] = z[k] * s
        z[k] = s + a[k] * (one - s)


@compiled
def _gaussian(z: Any, a: Any) -> None:
    for k in range(len(z)):
        g = exp(-z[k] * z[k])
        a[k] = g
        z[k] = -(z[k] + z[k]) * g
