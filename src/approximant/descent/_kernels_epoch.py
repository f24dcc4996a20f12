"""The compiled entry: one call trains for an epoch, measures, or takes the gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from approximant.descent._compiling import compiled
from approximant.descent._kernels import backward, backward_row, forward, gather, residuals
from approximant.descent._optimizers import SGD
from approximant.descent._updates import update

TRAIN, MEASURE, GRADIENT = range(3)
_SGD = SGD.code


@compiled
def run(
    purpose: int,
    weights: Any,
    data: Any,
    shape: Any,
    room: Any,
    loss: Any,
    penalty: Any,
    optimizer: Any,
    result: Any,
) -> None:
    """Train for one epoch, or look at all rows once; stop where the loss is no longer finite.

    Args:
        purpose: TRAIN, MEASURE (result alone) or GRADIENT (of the loss over all rows).
        weights: theta and gradient (p,), weights and biases as packed; slots (k, p) and scalars,
            what the optimizer remembers.
        data: rows (n, inputs + outputs); order (n,) int32, in which they are taken; a uint64 from
            which a new order follows, 0 to leave it.
        shape: the tables of the packing, layers and groups.
        room: `a`, z (neurons * stride,) and y ((outputs + 1) * stride,) for activations, slopes and
            targets; rows between two steps; the stride, how many are computed at once.
        loss: its code, delta, share of one row, and whether that is divided by the rows.
        penalty: how many of theta are penalised, l1 and l2.
        optimizer: its code, numbers, and a rate for each step of the epoch.
        result: (4,) receives loss, mean |residual| and mean residual^2 over the rows seen.
    """
    theta, gradient, slots, scalars = weights
    rows, order, shuffle = data
    layers, groups = shape
    a, z, y, batch, stride = room
    term, delta, share, averaged = loss
    penalised, l1, l2 = penalty
    method, numbers, rates = optimizer
    # Plain descent, one sample at a time, needs no gradient: every layer is moved on the way back.
    fused = purpose == TRAIN and stride == 1 and method == _SGD and numbers[0] == 0.0
    fused = fused and l1 == 0.0 and l2 == 0.0
    one = theta.dtype.type(1.0)
    if shuffle != np.uint64(0):
        _shuffle(order, shuffle)
    sums, totals = np.zeros(3), np.zeros(3)
    step = seen = 0
    for first in range(0, len(rows), batch):
        count = min(batch, len(rows) - first)
        factor = share / count if averaged else share
        sums[:] = 0.0
        if purpose != MEASURE and not fused:
            gradient[:] = 0
        for start in range(first, first + count, stride):
            here = min(stride, first + count - start)
            gather(rows, order, start, here, a, y, stride)
            forward(theta, layers, groups, a, z, stride)
            residuals(term, delta, factor, a, z, y, here, stride, sums)
            if purpose == MEASURE:
                continue
            if fused:
                backward_row(theta, theta, theta.dtype.type(-rates[step]), layers, a, z)
            elif stride == 1:
                backward_row(theta, gradient, one, layers, a, z)
            else:
                backward(theta, gradient, layers, a, z, stride)
        value = factor * sums[0]
        if l1 > 0.0 or l2 > 0.0:
            value += _penalty(theta, gradient, penalised, l1, l2)
        totals[0] += value * count
        totals[1] += sums[1]
        totals[2] += sums[2]
        seen += count
        if not math.isfinite(value):
            break
        if purpose == TRAIN and not fused:
            update(method, numbers, rates[step], scalars, theta, gradient, slots)
        step += 1
    outputs = len(y) // stride - 1
    result[0] = totals[0] / seen
    result[1] = totals[1] / (seen * outputs)
    result[2] = totals[2] / (seen * outputs)


@compiled
def _penalty(theta: Any, gradient: Any, weights: int, l1: float, l2: float) -> float:
    """Add the slopes of l1 * sum |w| + l2 * sum w^2 to the gradient; return the sum."""
    kind = theta.dtype.type
    first, second, two = kind(l1), kind(l2), kind(2.0)
    value = kind(0.0)
    for k in range(weights):
        w = theta[k]
        sign = kind(w > 0) - kind(w < 0)
        value += first * abs(w) + second * w * w
        gradient[k] += first * sign + two * second * w
    return float(value)


@compiled
def _shuffle(order: Any, seed: Any) -> None:
    """Put the numbers 0..n-1 in an order that depends on the seed alone (Fisher and Yates).

    Random bits are those of SplitMix64 (Steele, Lea and Flood 2014).
    """
    n = len(order)
    for k in range(n):
        order[k] = k
    state = seed
    for k in range(n - 1, 0, -1):
        state += np.uint64(0x9E3779B97F4A7C15)
        bits = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
        # The upper 32 bits as a fraction of k + 1: even to within k / 2^32.
        other = np.int64(((bits >> np.uint64(32)) * np.uint64(k + 1)) >> np.uint64(32))
        order[k], order[other] = order[other], order[k]


def entry(sources: int) -> Any:
    """Return the function that is compiled and kept, for sources with this fingerprint."""

    def kept(
        purpose: int,
        weights: Any,
        data: Any,
        shape: Any,
        room: Any,
        loss: Any,
        penalty: Any,
        optimizer: Any,
        result: Any,
    ) -> None:
        run(purpose, weights, data, shape, room, loss, penalty, optimizer, result)
        result[3] = sources

    return kept
