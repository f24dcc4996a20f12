"""The compiled entry: one call trains for an epoch, measures, or takes the gradient."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from approximant.descent._compiling import compiled
from approximant.descent._frame import MEASURE, TRAIN, Arrays
from approximant.descent._kernels import backward, backward_row, forward, gather, residuals
from approximant.descent._kernels_shallow import is_shallow, shallow_epoch
from approximant.descent._kernels_sigmoid import sigmoid_epoch
from approximant.descent._memory import frame_at, table_at, vector_at
from approximant.descent._optimizers import SCALARS, SGD
from approximant.descent._packing import ACTIVATION_CODES
from approximant.descent._updates import update

_SGD, _SIGMOID = SGD.code, ACTIVATION_CODES["sigmoid"]


def entry(real: Any) -> Any:
    """Return the function to be compiled for numbers of a kind, np.float64 or np.float32."""

    def run(address: int) -> None:
        """Do what the frame at this address asks for."""
        frame = frame_at(address)
        p, n, neurons = frame.parameters, frame.n, frame.neurons * frame.stride
        arrays = Arrays(
            vector_at(frame.theta, p, real),
            vector_at(frame.gradient, p, real),
            table_at(frame.slots, frame.memories, p, real),
            table_at(frame.rows, n, frame.columns, real),
            vector_at(frame.a, neurons, real),
            vector_at(frame.z, neurons, real),
            vector_at(frame.y, 2 * frame.outputs * frame.stride, real),
            vector_at(frame.blocks, frame.room, real),
            vector_at(frame.order, n, np.int32),
            table_at(frame.layers, frame.depth, 8, np.int64),
            table_at(frame.groups, frame.parts, 3, np.int64),
            vector_at(frame.scalars, SCALARS, np.float64),
            vector_at(frame.numbers, frame.constants, np.float64),
            vector_at(frame.rates, frame.steps, np.float64),
            vector_at(frame.result, 3, np.float64),
            vector_at(frame.result + 24, 3, np.float64),
        )
        _all_rows(frame, arrays)

    return run


@compiled
def _all_rows(frame: Any, arrays: Any) -> None:
    """Go through all rows once; leave the means over those seen in the totals."""
    totals = arrays.totals
    totals[:] = 0.0
    if frame.shuffle != 0:
        _shuffle(arrays.order, frame.shuffle)
    # Plain descent, one row at a time, needs no gradient: every layer is moved on the way back.
    plain = frame.optimizer == _SGD and arrays.numbers[0] == 0.0
    plain = plain and frame.l1 == 0.0 and frame.l2 == 0.0
    direct = frame.purpose == TRAIN and frame.stride == 1 and plain
    if direct and is_shallow(arrays.layers, arrays.groups):
        if arrays.groups[0, 0] == _SIGMOID:
            seen = sigmoid_epoch(frame, arrays)
        else:
            seen = shallow_epoch(frame, arrays)
    else:
        seen = _batches(frame, arrays, direct)
    totals[0] /= seen
    totals[1] /= seen * frame.outputs
    totals[2] /= seen * frame.outputs


@compiled
def _batches(frame: Any, arrays: Any, direct: bool) -> Any:
    """Go from batch to batch; stop where the loss is no longer finite. Return the rows seen."""
    totals, sums, n, step = arrays.totals, arrays.sums, frame.n, 0
    for first in range(0, n, frame.batch):
        count = min(frame.batch, n - first)
        rate = arrays.rates[step] if frame.purpose == TRAIN else 0.0
        loss = _batch(frame, arrays, first, count, direct, rate)
        totals[0] += loss * count
        totals[1] += sums[1]
        totals[2] += sums[2]
        if not math.isfinite(loss):
            return first + count
        if frame.purpose == TRAIN and not direct:
            update(
                frame.optimizer,
                arrays.numbers,
                rate,
                arrays.scalars,
                arrays.theta,
                arrays.gradient,
                arrays.slots,
            )
        step += 1
    return n


@compiled
def _batch(frame: Any, arrays: Any, first: int, count: int, direct: bool, rate: float) -> Any:
    """Return the loss of some rows, their gradient or, if direct, the step having been taken."""
    theta, gradient, sums = arrays.theta, arrays.gradient, arrays.sums
    layers, groups, stride = arrays.layers, arrays.groups, frame.stride
    a, z, y = arrays.a, arrays.z, arrays.y
    share = frame.share / count if frame.averaged else frame.share
    sums[:] = 0.0
    if frame.purpose != MEASURE and not direct:
        gradient[:] = 0
    for start in range(first, first + count, stride):
        here = min(stride, first + count - start)
        gather(arrays.rows, arrays.order, start, here, a, y, stride)
        forward(theta, layers, groups, a, z, stride)
        residuals(frame.loss, frame.delta, share, a, z, y, here, stride, sums)
        if frame.purpose == MEASURE:
            continue
        if direct:
            backward_row(theta, theta, theta.dtype.type(-rate), layers, a, z)
        elif stride == 1:
            backward_row(theta, gradient, theta.dtype.type(1.0), layers, a, z)
        else:
            backward(theta, gradient, layers, a, z, stride)
    loss = share * sums[0]
    if frame.l1 > 0.0 or frame.l2 > 0.0:
        loss += _penalty(theta, gradient, frame.penalised, frame.l1, frame.l2)
    return loss


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
