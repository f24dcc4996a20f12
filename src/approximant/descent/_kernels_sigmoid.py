"""Plain descent on single rows for one hidden layer of sigmoids, in one pass per row, compiled.

The derivation is that of `_kernels_shallow.py`, where f'(Z1) = A1 (1 - A1). Moving the weights by
one row and taking the output for the next meet in the same loop over the neurons, as each neuron
needs nothing of the others but the one number dZ2:

    W2' = W2 + step A1        dZ1 = step W2 (A1 - A1^2)        step = -rate dZ2
    W1' = W1 + x dZ1          B1' = B1 + dZ1
    A1' = f(W1'^T x' + B1')   Z2' = sum of W2' A1' + B2'

For an epoch the weights are laid out as blocks, one per vector of neurons: W2, A1, B1, then a row
of W1 for each input. Where the last block has no neurons B1 is minus infinity, so that A1 is
nothing and whatever depends on it stays as it is.
"""

from __future__ import annotations

import math
from typing import Any

from approximant.descent._compiling import compiled, compiled_inline
from approximant.descent._elementary import sigmoid
from approximant.descent._loss_terms import loss_terms
from approximant.descent._packing import ACTIVATION_CODES
from approximant.descent._vectors import (
    lanes,
    load,
    pick,
    put,
    repeat,
    scaled,
    store,
    total,
)

_SIGMOID = ACTIVATION_CODES["sigmoid"]


@compiled
def sigmoid_epoch(frame: Any, arrays: Any) -> Any:
    """Take a step for each row; add loss, |residual| and its square to the totals.

    Returns the rows seen, for it stops at one whose loss is no longer finite.
    """
    theta, layers, rows, blocks = arrays.theta, arrays.layers, arrays.rows, arrays.blocks
    y, totals, share = arrays.y, arrays.totals, frame.share
    inputs, biases, b2 = layers[0, 0], layers[0, 3] >= 0, layers[1, 3]
    number = theta.dtype.type
    step, shift = number(0.0), pick(theta, b2) if b2 >= 0 else number(0.0)
    _copy(theta, layers, blocks, True)
    seen, before = 0, arrays.order[0] * (inputs + 1)
    while True:
        here = arrays.order[min(seen, frame.n - 1)] * (inputs + 1)
        z2 = _row(blocks, len(blocks), rows, before, here, inputs, biases, step)
        if seen == frame.n:
            break
        residual = z2 + (shift - pick(rows, here + inputs))
        y[0] = residual
        term = share * loss_terms(frame.loss, frame.delta, y[:1], y[1:])
        step = number(-arrays.rates[seen] * share) * y[1]  # minus the rate times dZ2
        if b2 >= 0:
            shift += step
        totals[0] += term
        totals[1] += abs(residual)
        totals[2] += residual * residual
        seen += 1
        if not math.isfinite(term):
            break
        before = here
    _copy(theta, layers, blocks, False)
    if b2 >= 0:
        put(theta, b2, shift)
    return seen


@compiled_inline
def _row(
    blocks: Any, size: int, rows: Any, old: int, new: int, inputs: int, biases: bool, step: Any
) -> Any:
    """Move the weights by a step for the row at `old`; return Z2 - B2 for the row at `new`."""
    lane = lanes(blocks)
    steps, sums = repeat(blocks, step), repeat(blocks, blocks.dtype.type(0.0))
    at = 0
    while at < size:
        w2, a1, z1 = load(blocks, at), load(blocks, at + lane), load(blocks, at + 2 * lane)
        dz1 = w2 * (a1 - a1 * a1) * steps
        w2 = scaled(step, a1, w2)
        store(blocks, at, w2)
        if biases:
            z1 = z1 + dz1
            store(blocks, at + 2 * lane, z1)
        for k in range(inputs):
            here = at + (3 + k) * lane
            w1 = scaled(pick(rows, old + k), dz1, load(blocks, here))
            store(blocks, here, w1)
            z1 = scaled(pick(rows, new + k), w1, z1)
        a1 = sigmoid(z1)
        store(blocks, at + lane, a1)
        sums = w2 * a1 + sums
        at += (3 + inputs) * lane
    return total(sums)


@compiled
def _copy(theta: Any, layers: Any, blocks: Any, there: bool) -> None:
    """Copy the weights of the hidden neurons to the blocks, or back."""
    inputs, hidden, w1, b1 = layers[0, 0], layers[0, 1], layers[0, 2], layers[0, 3]
    lane = lanes(blocks)
    block = (inputs + 3) * lane
    if there:
        blocks[:] = 0.0
        for at in range(len(blocks) - block + 2 * lane, len(blocks) - block + 3 * lane):
            blocks[at] = -math.inf
    for i in range(hidden):
        at = i // lane * block + i % lane
        _move(theta, layers[1, 2] + i, blocks, at, there)
        if b1 >= 0:
            _move(theta, b1 + i, blocks, at + 2 * lane, there)
        elif there:
            blocks[at + 2 * lane] = 0.0
        for k in range(inputs):
            _move(theta, w1 + k * hidden + i, blocks, at + (3 + k) * lane, there)


@compiled_inline
def _move(theta: Any, k: int, blocks: Any, at: int, there: bool) -> None:
    if there:
        put(blocks, at, pick(theta, k))
    else:
        put(theta, k, pick(blocks, at))
