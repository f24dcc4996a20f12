"""The term of every loss and its slope, compiled; the losses themselves stand in `_losses.py`.

Importing this file imports numba. The share of the loss is left to the caller.
"""

from __future__ import annotations

import math
from typing import Any

from approximant.descent._compiling import compiled
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
            slopes[i] = math.tanh(residuals[i])
    return total


@compiled
def _log_cosh(r: Any) -> Any:
    """Return log(cosh(r)) to full relative accuracy near 0, and without overflow far from it."""
    number = type(r)
    size = abs(r)
    if size < 1.0:
        half = math.sinh(number(0.5) * size)
        return math.log1p(number(2.0) * half * half)
    return size + math.log1p(math.exp(number(-2.0) * size)) - number(_LOG_2)
