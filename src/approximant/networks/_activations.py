"""The activation functions, each once: value, derivative, antiderivative, smoothness."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array


@dataclass(frozen=True)
class Activation:
    """A scalar function applied to every neuron of a group.

    Args:
        name: what a network text calls it.
        formula: for people, z standing for the input of the neuron.
        value: `value(z)`; may overwrite and return its argument.
        derivative: `derivative(z, a)` with `a = value(z)` already known; 0 where none exists.
        smooth: infinitely differentiable, so Gauss-Newton steps and smooth targets suit it.
        antiderivative: `antiderivative(z)`, None where it is not elementary.
    """

    name: str
    formula: str
    value: Callable[[Array], Array]
    derivative: Callable[[Array, Array], Array]
    smooth: bool = True
    antiderivative: Callable[[Array], Array] | None = None


def _sigmoid(z: Array) -> Array:
    # sigmoid(z) = (1 + tanh(z/2)) / 2 never overflows, unlike 1 / (1 + exp(-z)).
    z *= 0.5
    np.tanh(z, out=z)
    z += 1.0
    z *= 0.5
    return z


def _softplus(z: Array) -> Array:
    return np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))


def _silu(z: Array) -> Array:
    return z * _sigmoid(z.copy())


def _silu_slope(z: Array, a: Array) -> Array:
    s = _sigmoid(z.copy())
    return s + z * s * (1.0 - s)


def _normal_cdf(z: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(ndtr(z))


def _normal_density(z: Array) -> Array:
    return np.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)


def _gelu_slope(z: Array, a: Array) -> Array:
    return _normal_cdf(z) + z * _normal_density(z)


def _log_cosh(z: Array) -> Array:
    return np.abs(z) + np.log1p(np.exp(-2.0 * np.abs(z))) - math.log(2.0)


def _error_function(z: Array) -> Array:
    from scipy.special import erf

    return np.asarray(0.5 * math.sqrt(math.pi) * erf(z))


def _gelu_area(z: Array) -> Array:
    return 0.5 * ((z * z - 1.0) * _normal_cdf(z) + z * _normal_density(z))


def _elu_area(z: Array) -> Array:
    low = np.minimum(z, 0.0)
    return np.where(z > 0, 0.5 * z * z, np.expm1(low) - low)


ACTIVATIONS: dict[str, Activation] = {
    activation.name: activation
    for activation in (
        Activation(
            "linear",
            "z",
            lambda z: z,
            lambda z, a: np.ones_like(z),
            antiderivative=lambda z: 0.5 * z * z,
        ),
        Activation(
            "tanh",
            "tanh(z)",
            lambda z: np.tanh(z, out=z),
            lambda z, a: 1.0 - a * a,
            antiderivative=_log_cosh,
        ),
        Activation(
            "sigmoid",
            "1 / (1 + exp(-z))",
            _sigmoid,
            lambda z, a: a * (1.0 - a),
            antiderivative=_softplus,
        ),
        Activation(
            "sin",
            "sin(z)",
            lambda z: np.sin(z, out=z),
            lambda z, a: np.cos(z),
            antiderivative=lambda z: -np.cos(z),
        ),
        Activation(
            "gaussian",
            "exp(-z^2)",
            lambda z: np.exp(-z * z),
            lambda z, a: -2.0 * z * a,
            antiderivative=_error_function,
        ),
        Activation("softplus", "log(1 + exp(z))", _softplus, lambda z, a: _sigmoid(z.copy())),
        Activation("silu", "z / (1 + exp(-z))", _silu, _silu_slope),
        Activation(
            "gelu",
            "z times the share of normal values below z",
            lambda z: z * _normal_cdf(z),
            _gelu_slope,
            antiderivative=_gelu_area,
        ),
        Activation(
            "elu",
            "z where z > 0, exp(z) - 1 elsewhere",
            lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0.0))),
            lambda z, a: np.where(z > 0, 1.0, a + 1.0),
            smooth=False,
            antiderivative=_elu_area,
        ),
        Activation(
            "relu",
            "max(z, 0)",
            lambda z: np.maximum(z, 0.0, out=z),
            lambda z, a: np.where(z > 0, 1.0, 0.0),
            smooth=False,
            antiderivative=lambda z: 0.5 * np.maximum(z, 0.0) ** 2,
        ),
        Activation(
            "leaky_relu",
            "z where z > 0, 0.01 z elsewhere",
            lambda z: np.where(z > 0, z, 0.01 * z),
            lambda z, a: np.where(z > 0, 1.0, 0.01),
            smooth=False,
            antiderivative=lambda z: np.where(z > 0, 0.5, 0.005) * z * z,
        ),
        Activation(
            "abs",
            "|z|; constructed networks only",
            lambda z: np.abs(z, out=z),
            lambda z, a: np.sign(z),
            smooth=False,
            antiderivative=lambda z: 0.5 * z * np.abs(z),
        ),
        Activation(
            "step",
            "1 where z >= 0, 0 elsewhere; constructed networks only",
            lambda z: np.where(z >= 0, 1.0, 0.0),
            lambda z, a: np.zeros_like(z),
            smooth=False,
            antiderivative=lambda z: np.maximum(z, 0.0),
        ),
    )
}
