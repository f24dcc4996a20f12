"""One step of plain descent on a single row for a network with one hidden layer, compiled.

The case that people work out by hand, and the one with the least to do per step: so little that
going over the weights once instead of four times doubles the speed. (Sigmoids, the usual case, have
`_kernels_sigmoid.py`, which saves the passes for Z and A as well.) One linear output:

    Z1 = W1^T x + B1    A1 = f(Z1)    Z2 = W2^T A1 + B2    loss = share * term(Z2 - y)
    dZ2 = share * term'(Z2 - y)       dW2 = A1 dZ2         dB2 = dZ2
    dZ1 = W2 dZ2 f'(Z1)               dW1 = x dZ1          dB1 = dZ1
"""

from __future__ import annotations

import math
from typing import Any

from approximant.descent._activations import activate
from approximant.descent._compiling import compiled, compiled_inline
from approximant.descent._kernels_row import forward_row, product_row
from approximant.descent._loss_terms import loss_terms
from approximant.descent._packing import ACTIVATION_CODES
from approximant.descent._vectors import (
    lanes,
    load,
    multiplied,
    pick,
    put,
    repeat,
    scaled,
    store,
)

_LINEAR = ACTIVATION_CODES["linear"]


@compiled
def is_shallow(layers: Any, groups: Any) -> bool:
    """Tell whether there is one hidden layer, of one activation, and one linear output."""
    return len(layers) == 2 and layers[1, 1] == 1 and len(groups) == 2 and groups[1, 0] == _LINEAR


@compiled
def shallow_epoch(frame: Any, arrays: Any) -> Any:
    """Take a step for each row; add loss, |residual| and its square to the totals.

    Returns the rows seen, for it stops at one whose loss is no longer finite.
    """
    theta, layers, groups, rows = arrays.theta, arrays.layers, arrays.groups, arrays.rows
    a, z, y, totals, share = arrays.a, arrays.z, arrays.y, arrays.totals, frame.share
    inputs, hidden, w1, b1 = layers[0, 0], layers[0, 1], layers[0, 2], layers[0, 3]
    w2, b2, code = layers[1, 2], layers[1, 3], groups[0, 0]
    number = theta.dtype.type
    z1, a1 = z[inputs : inputs + hidden], a[inputs : inputs + hidden]
    for n in range(frame.n):
        row = arrays.order[n]
        for k in range(inputs):
            a[k] = rows[row, k]
        forward_row(theta, w1, b1, inputs, hidden, a, layers[0, 4], z, inputs)
        activate(code, z1, a1)
        z2 = product_row(theta, w2, a, inputs, hidden)
        if b2 >= 0:
            z2 += pick(theta, b2)
        residual = z2 - rows[row, inputs]
        y[0] = residual
        term = share * loss_terms(frame.loss, frame.delta, y[:1], y[1:])
        step = number(-arrays.rates[n] * share) * y[1]  # minus the rate times dZ2
        if b2 >= 0:
            put(theta, b2, pick(theta, b2) + step)
        _move(theta, w1, b1, w2, inputs, hidden, a, z, step)
        totals[0] += term
        totals[1] += abs(residual)
        totals[2] += residual * residual
        if not math.isfinite(term):
            return n + 1
    return frame.n


@compiled_inline
def _move(
    theta: Any, w1: int, b1: int, w2: int, inputs: int, hidden: int, a: Any, z: Any, step: Any
) -> None:
    """Move W2, W1 and B1; z holds f'(Z1), a holds x and A1."""
    lane, one = lanes(theta), theta.dtype.type(1.0)
    whole, steps = hidden - hidden % lane, repeat(theta, step)
    for i in range(0, whole, lane):
        weights = load(theta, w2 + i)
        dz1 = multiplied(multiplied(weights, steps), load(z, inputs + i))
        store(theta, w2 + i, scaled(step, load(a, inputs + i), weights))
        for k in range(inputs):
            at = w1 + k * hidden + i
            store(theta, at, scaled(pick(a, k), dz1, load(theta, at)))
        if b1 >= 0:
            store(theta, b1 + i, scaled(one, dz1, load(theta, b1 + i)))
    for i in range(whole, hidden):
        weight = pick(theta, w2 + i)
        dz1 = weight * step * pick(z, inputs + i)
        put(theta, w2 + i, weight + step * pick(a, inputs + i))
        for k in range(inputs):
            at = w1 + k * hidden + i
            put(theta, at, pick(theta, at) + pick(a, k) * dz1)
        if b1 >= 0:
            put(theta, b1 + i, pick(theta, b1 + i) + dz1)
