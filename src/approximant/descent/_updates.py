"""One step of every gradient optimizer, compiled; the formulas stand in `_optimizers.py`.

Importing this file imports numba. Weights w and gradient g are flat (p,), the slots (k, p) of the
same dtype; what depends on the step alone is float64 in `scalars`: running products, all 1 before
the first step, so that nothing but these arrays is needed to go on exactly.
"""

from __future__ import annotations

import math
from typing import Any

from approximant.descent._compiling import compiled
from approximant.descent._optimizers import SGD, Adagrad, Adam, Nadam, RMSprop

_SGD, _RMSPROP, _ADAM, _NADAM, _ADAGRAD = (
    kind.code for kind in (SGD, RMSprop, Adam, Nadam, Adagrad)
)


@compiled
def update(
    code: int, numbers: Any, rate: float, scalars: Any, weights: Any, gradient: Any, slots: Any
) -> None:
    """Move the weights (p,) by one step; slots and scalars are updated too.

    Args:
        code: of the optimizer.
        numbers: its constants, float64, as `numbers()` gives them.
        rate: learning rate of this step.
        scalars: (SCALARS,) float64.
        weights, gradient: (p,).
        slots: (k, p).
    """
    if code == _SGD:
        _sgd(numbers, rate, weights, gradient, slots)
    elif code == _RMSPROP:
        _rmsprop(numbers, rate, weights, gradient, slots)
    elif code == _ADAM:
        _adam(numbers, rate, scalars, weights, gradient, slots)
    elif code == _NADAM:
        _nadam(numbers, rate, scalars, weights, gradient, slots)
    elif code == _ADAGRAD:
        _adagrad(numbers, rate, weights, gradient, slots)


@compiled
def _sgd(numbers: Any, rate: float, w: Any, g: Any, slots: Any) -> None:
    number = w.dtype.type
    rate, momentum, nesterov = number(rate), number(numbers[0]), numbers[1] > 0.0
    if momentum == 0.0:
        for i in range(len(w)):
            w[i] -= rate * g[i]
        return
    v = slots[0]
    for i in range(len(w)):
        v[i] = momentum * v[i] - rate * g[i]
        w[i] += momentum * v[i] - rate * g[i] if nesterov else v[i]


@compiled
def _rmsprop(numbers: Any, rate: float, w: Any, g: Any, slots: Any) -> None:
    number = w.dtype.type
    rate, rho, rest = number(rate), number(numbers[0]), number(1.0 - numbers[0])
    momentum, epsilon = number(numbers[1]), number(numbers[2])
    v = slots[0]
    if len(slots) == 1:
        for i in range(len(w)):
            v[i] = rho * v[i] + rest * g[i] * g[i]
            w[i] -= rate * g[i] / math.sqrt(v[i] + epsilon)
        return
    mean, step, centered, zero = slots[1], slots[2], number(numbers[3]), number(0.0)
    for i in range(len(w)):
        v[i] = rho * v[i] + rest * g[i] * g[i]
        mean[i] = rho * mean[i] + rest * g[i]
        spread = v[i] - centered * mean[i] * mean[i]
        spread = spread if spread > zero else zero  # rounding may take it below
        step[i] = momentum * step[i] + rate * g[i] / math.sqrt(spread + epsilon)
        w[i] -= step[i]


@compiled
def _adam(numbers: Any, rate: float, scalars: Any, w: Any, g: Any, slots: Any) -> None:
    number = w.dtype.type
    scalars[0] *= numbers[0]
    scalars[1] *= numbers[1]
    step = number(rate / (1.0 - scalars[0]))
    correction = number(1.0 / (1.0 - scalars[1]))
    kept = number(1.0 - rate * numbers[3])  # AdamW's decay, 1 for Adam
    rest1, rest2 = number(1.0 - numbers[0]), number(1.0 - numbers[1])
    epsilon = number(numbers[2])
    m, v = slots[0], slots[1]
    for i in range(len(w)):
        m[i] += rest1 * (g[i] - m[i])
        v[i] += rest2 * (g[i] * g[i] - v[i])
        w[i] = kept * w[i] - step * m[i] / (math.sqrt(correction * v[i]) + epsilon)


@compiled
def _nadam(numbers: Any, rate: float, scalars: Any, w: Any, g: Any, slots: Any) -> None:
    number = w.dtype.type
    pace = numbers[3]
    scalars[2] *= pace  # 0.96^(t * warmup)
    now = numbers[0] * (1.0 - 0.5 * scalars[2])
    following = numbers[0] * (1.0 - 0.5 * scalars[2] * pace)
    scalars[0] *= now
    scalars[1] *= numbers[1]
    along = number(rate * following / (1.0 - scalars[0] * following))
    fresh = number(rate * (1.0 - now) / (1.0 - scalars[0]))
    correction = number(1.0 / (1.0 - scalars[1]))
    rest1, rest2 = number(1.0 - numbers[0]), number(1.0 - numbers[1])
    epsilon = number(numbers[2])
    m, v = slots[0], slots[1]
    for i in range(len(w)):
        m[i] += rest1 * (g[i] - m[i])
        v[i] += rest2 * (g[i] * g[i] - v[i])
        w[i] -= (along * m[i] + fresh * g[i]) / (math.sqrt(correction * v[i]) + epsilon)


@compiled
def _adagrad(numbers: Any, rate: float, w: Any, g: Any, slots: Any) -> None:
    number = w.dtype.type
    rate, epsilon = number(rate), number(numbers[0])
    total = slots[0]
    for i in range(len(w)):
        total[i] += g[i] * g[i]
        w[i] -= rate * g[i] / math.sqrt(total[i] + epsilon)
