"""Plain descent on single rows for one hidden layer of sigmoids, in one pass per row, compiled.

The derivation is that of `_kernels_shallow.py`, and f'(Z1) = A1 (1 - A1). A neuron needs nothing of
the others but the number dZ2. So moving the weights by a row (x, y) and taking the output for the
next one (x', y') meet in a single loop over the neurons, a pair of vectors at a time:

    step = -rate dZ2          dZ1 = W2 (A1 - A1^2) step    that is, -rate dZ1
    W2 <- W2 + step A1        B1 <- B1 + dZ1               W1 <- W1 + x dZ1
    Z1 = W1^T x' + B1         A1 = f(Z1)                   Z2 = sum of W2 A1, and B2

For an epoch the weights are laid out as blocks, one per pair of vectors: W2, A1, B1, then a row of
W1 for each input. Places of the last block without a neuron hold zeros, and minus infinity for B1:
A1 is nothing there, and so all stays as it is.
"""

from __future__ import annotations

import math
from typing import Any

from approximant.descent._compiling import compiled, compiled_inline
from approximant.descent._elementary import sigmoid
from approximant.descent._loss_terms import loss_terms
from approximant.descent._losses import LOSSES
from approximant.descent._vectors import (
    load_pair,
    pair_lanes,
    pick,
    put,
    repeat_pair,
    scaled,
    store,
    total,
)

_SQUARES, _HALF = LOSSES["mse"].code, LOSSES["half_squares"].code


@compiled
def sigmoid_epoch(frame: Any, arrays: Any) -> Any:
    """Take a step for each row; add loss, |residual| and its square to the totals.

    Returns the rows seen, for it stops at one whose loss is no longer finite.
    """
    theta, layers, rows, blocks = arrays.theta, arrays.layers, arrays.rows, arrays.blocks
    totals, inputs, b1, b2 = arrays.totals, layers[0, 0], layers[0, 3], layers[1, 3]
    number = theta.dtype.type
    bias = pick(theta, b2) if b2 >= 0 else number(0.0)
    old, step, seen = arrays.order[0] * (inputs + 1), number(0.0), 0  # the first pass moves nothing
    _copy(theta, layers, blocks, seen == 0)
    while True:
        new = arrays.order[min(seen, frame.n - 1)] * (inputs + 1)
        if inputs == 1:  # most often, and without a loop over the inputs
            z2 = _row(blocks, rows, old, new, 1, b1 >= 0, step)
        else:
            z2 = _row(blocks, rows, old, new, inputs, b1 >= 0, step)
        if seen == frame.n:  # the last pass only moved the weights
            break
        residual = z2 + (bias - pick(rows, new + inputs))
        term, slope = _term(frame, arrays.y, residual)
        step = number(-arrays.rates[seen]) * slope  # minus the rate times dZ2
        if b2 >= 0:
            bias += step
        totals[0] += term
        totals[1] += abs(residual)
        totals[2] += residual * residual
        old, seen = new, seen + 1
        if not math.isfinite(term):
            break
    _copy(theta, layers, blocks, seen == 0)
    if b2 >= 0:
        put(theta, b2, bias)
    return seen


@compiled_inline
def _row(blocks: Any, rows: Any, old: int, new: int, inputs: int, biases: bool, step: Any) -> Any:
    """Move the weights for the row at `old`; return the sum of W2 A1 for the row at `new`."""
    lane = pair_lanes(blocks)
    steps, sums = repeat_pair(blocks, step), repeat_pair(blocks, blocks.dtype.type(0.0))
    for at in range(0, len(blocks), (3 + inputs) * lane):
        w2, a1 = load_pair(blocks, at), load_pair(blocks, at + lane)
        dz1 = w2 * (a1 - a1 * a1) * steps
        w2 = w2 + a1 * steps
        store(blocks, at, w2)
        z1 = load_pair(blocks, at + 2 * lane)
        if biases:
            z1 = z1 + dz1
            store(blocks, at + 2 * lane, z1)
        for k in range(inputs):
            here = at + (3 + k) * lane
            w1 = scaled(pick(rows, old + k), dz1, load_pair(blocks, here))
            store(blocks, here, w1)
            z1 = scaled(pick(rows, new + k), w1, z1)
        a1 = sigmoid(z1)
        store(blocks, at + lane, a1)
        sums = w2 * a1 + sums
    return total(sums)


@compiled_inline
def _term(frame: Any, y: Any, residual: Any) -> Any:
    """Return the loss of a residual and its slope; squares do without a way through memory."""
    share = y.dtype.type(frame.share)
    if frame.loss == _SQUARES:
        return share * residual * residual, share * (residual + residual)
    if frame.loss == _HALF:
        return share * residual * (residual * y.dtype.type(0.5)), share * residual
    y[0] = residual
    term = share * loss_terms(frame.loss, frame.delta, y[:1], y[1:])
    return term, share * y[1]


@compiled
def _copy(theta: Any, layers: Any, blocks: Any, there: bool) -> None:
    """Copy the weights of the hidden neurons to the blocks, or back.

    One function for both, and no constant for `there`: each constant would be compiled anew.
    """
    inputs, hidden, w1, b1 = layers[0, 0], layers[0, 1], layers[0, 2], layers[0, 3]
    lane = pair_lanes(blocks)
    block = (3 + inputs) * lane
    if there:
        blocks[:] = 0.0
    for i in range(len(blocks) // block * lane):
        at = i // lane * block + i % lane
        if i >= hidden:
            blocks[at + 2 * lane] = -math.inf
            continue
        _move(theta, layers[1, 2] + i, blocks, at, there)
        if b1 >= 0:
            _move(theta, b1 + i, blocks, at + 2 * lane, there)
        for k in range(inputs):
            _move(theta, w1 + k * hidden + i, blocks, at + (3 + k) * lane, there)


@compiled_inline
def _move(theta: Any, k: int, blocks: Any, at: int, there: bool) -> None:
    if there:
        put(blocks, at, pick(theta, k))
    else:
        put(theta, k, pick(blocks, at))
