"""The compiled entry: one call trains for an epoch, measures, or takes the gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from approximant.descent._compiling import compiled
from approximant.descent._frame import MEASURE, TRAIN
from approximant.descent._kernels import backward, backward_row, forward, gather, residuals
from approximant.descent._memory import frame_at, table_at, vector_at
from approximant.descent._optimizers import SCALARS, SGD
from approximant.descent._updates import update

_SGD = SGD.code


def entry(real: Any) -> Any:
    """Return the function to be compiled for numbers of a kind, np.float64 or np.float32."""

    def run(address: int) -> None:
        """Do what the frame at this address asks for."""
        frame = frame_at(address)
        p, n, stride = frame.parameters, frame.n, frame.stride
        order = vector_at(frame.order, n, np.int32)
        if frame.shuffle != 0:
            _shuffle(order, frame.shuffle)
        _all_batches(
            frame,
            vector_at(frame.theta, p, real),
            vector_at(frame.gradient, p, real),
            table_at(frame.slots, frame.memories, p, real),
            vector_at(frame.scalars, SCALARS, np.float64),
            table_at(frame.rows, n, frame.columns, real),
            order,
            table_at(frame.layers, frame.depth, 8, np.int64),
            table_at(frame.groups, frame.parts, 3, np.int64),
            vector_at(frame.a, frame.neurons * stride, real),
            vector_at(frame.z, frame.neurons * stride, real),
            vector_at(frame.y, 2 * frame.outputs * stride, real),
            vector_at(frame.numbers, frame.constants, np.float64),
            vector_at(frame.rates, frame.steps, np.float64),
            vector_at(frame.result, 3, np.float64),
            vector_at(frame.result + 24, 3, np.float64),
        )

    return run


@compiled
def _all_batches(
    frame: Any,
    theta: Any,
    gradient: Any,
    slots: Any,
    scalars: Any,
    rows: Any,
    order: Any,
    layers: Any,
    groups: Any,
    a: Any,
    z: Any,
    y: Any,
    numbers: Any,
    rates: Any,
    totals: Any,
    sums: Any,
) -> None:
    """Go through all rows once, batch by batch; stop where the loss is no longer finite."""
    purpose, batch, stride, optimizer = frame.purpose, frame.batch, frame.stride, frame.optimizer
    penalty = frame.l1 > 0.0 or frame.l2 > 0.0
    # Plain descent, one row at a time, needs no gradient: every layer is moved on the way back.
    plain = stride == 1 and optimizer == _SGD and numbers[0] == 0.0 and not penalty
    fused = purpose == TRAIN and plain
    totals[:] = 0.0
    step = seen = 0
    for first in range(0, len(rows), batch):
        count = min(batch, len(rows) - first)
        share = frame.share / count if frame.averaged else frame.share
        sums[:] = 0.0
        if purpose != MEASURE and not fused:
            gradient[:] = 0
        for start in range(first, first + count, stride):
            here = min(stride, first + count - start)
            gather(rows, order, start, here, a, y, stride)
            forward(theta, layers, groups, a, z, stride)
            residuals(frame.loss, frame.delta, share, a, z, y, here, stride, sums)
            if purpose == MEASURE:
                continue
            if fused:
                backward_row(theta, theta, theta.dtype.type(-rates[step]), layers, a, z)
            elif stride == 1:
                backward_row(theta, gradient, theta.dtype.type(1.0), layers, a, z)
            else:
                backward(theta, gradient, layers, a, z, stride)
        loss = share * sums[0]
        if penalty:
            loss += _penalty(theta, gradient, frame.penalised, frame.l1, frame.l2)
        totals[0] += loss * count
        totals[1] += sums[1]
        totals[2] += sums[2]
        seen += count
        if not math.isfinite(loss):
            break
        if purpose == TRAIN and not fused:
            update(optimizer, numbers, rates[step], scalars, theta, gradient, slots)
        step += 1
    totals[0] /= seen
    totals[1] /= seen * frame.outputs
    totals[2] /= seen * frame.outputs


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
    state = np.uint64(seed)
    for k in range(n - 1, 0, -1):
        state += np.uint64(0x9E3779B97F4A7C15)
        bits = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits ^= bits >> np.uint64(31)
        # The upper 32 bits as a fraction of k + 1: even to within k / 2^32.
        other = np.int64(((bits >> np.uint64(32)) * np.uint64(k + 1)) >> np.uint64(32))
        order[k], order[other] = order[other], order[k]
