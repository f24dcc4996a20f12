"""The term of every loss and its slope, compiled; the losses themselves stand in `_losses.py`.

Importing this file imports numba. The share of the loss is left to the caller.
"""

from __future__ import annotations

import math
from typing import Any

from approximant.descent._compiling import compiled, compiled_exactly
from approximant.descent._elementary import expm1, log1p, tanh
from approximant.descent._losses import LOSSES

_SQUARES, _HALF, _ABSOLUTE, _HUBER, _LOG_COSH = (
    LOSSES[name].code for name in ("mse", "half_squares", "mae", "huber", "log_cosh")
)
_LOG_2 = math.log(2.0)


@compiled
def loss_terms(code: int, delta: float, residuals: Any, slopes: Any) -> Any:
    """Return the sum of the terms of residuals (k,); write their derivatives into slopes (k,)."""
    number = residuals.dtype.type
    total = number(0.0)
    if code == _SQUARES:
        for i in range(len(residuals)):
            r = residuals[i]
            total += r * r
            slopes[i] = r + r
    elif code == _HALF:
        for i in range(len(residuals)):
            r = residuals[i]
            total += r * r
            slopes[i] = r
        total *= number(0.5)
    elif code == _ABSOLUTE:
        for i in range(len(residuals)):
            r = residuals[i]
            total += abs(r)
            slopes[i] = number(r > 0.0) - number(r < 0.0)
    elif code == _HUBER:
        edge = number(delta)
        for i in range(len(residuals)):
            r = residuals[i]
            near = min(max(r, -edge), edge)  # the slope: r itself, held within +-delta
            total += near * (r - number(0.5) * near)
            slopes[i] = near
    elif code == _LOG_COSH:
        for i in range(len(residuals)):
            total += _log_cosh(residuals[i])
            slopes[i] = tanh(residuals[i])
    return total


@compiled_exactly
def _log_cosh(r: Any) -> Any:
    """Return log(cosh(r)) to full relative accuracy near 0, and without overflow far from it.

    With e = exp(|r|) - 1, cosh(r) is 1 + e^2 / (2 (1 + e)), and exp(-2 |r|) is 1 / (1 + e)^2.
    """
    number = type(r)
    size, one = abs(r), number(1.0)
    e = expm1(number(40.0) if size > number(40.0) else size)
    near = size < one
    beyond = number(0.0) if near else size - number(_LOG_2)
    return beyond + log1p((number(0.5) * e * e if near else one / (one + e)) / (one + e))
