"""The frame: all that one call into the compiled loop is told, as one record in memory."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

TRAIN, MEASURE, GRADIENT = range(3)  # what a call is for: an epoch, or a look at all rows

# Where contiguous arrays start; p counts weights and biases, n rows. All down to blocks are of the
# dtype of the training.
_ADDRESSES = (
    "theta",  # (p,) weights and biases as packed
    "gradient",  # (p,)
    "slots",  # (memories, p), what the optimizer remembers
    "rows",  # (n, columns), inputs and targets side by side
    "a",  # (neurons * stride,), room for activations
    "z",  # (neurons * stride,), room for their slopes
    "y",  # (2 * outputs * stride,), room for targets and for slopes of the loss
    "blocks",  # (room,), room for the weights of a hidden layer, block by block
    "order",  # (n,) int32, in which rows are taken
    "layers",  # (depth, 8) int64 and
    "groups",  # (parts, 3) int64, the tables of the packing
    "scalars",  # (SCALARS,) float64, running products that the optimizer keeps
    "numbers",  # (constants,) float64, of the optimizer
    "rates",  # (steps,) float64, the learning rate of each step
    "result",  # (6,) float64: loss, mean |residual|, mean residual^2 over the rows seen; scratch
)
_COUNTS = (
    *("parameters", "memories", "n", "columns", "neurons", "outputs", "depth", "parts"),
    *("constants", "steps", "batch", "stride", "room"),
    "purpose",
    "loss",  # its code
    "averaged",  # whether the share of a row is divided by the rows of a batch
    "penalised",  # how many of theta l1 and l2 apply to
    "optimizer",  # its code
    "shuffle",  # 64 bits that say how to order the rows anew; 0 leaves them
)
_NUMBERS = ("delta", "share", "l1", "l2")  # of the loss: its parameter, the share of a row; penalty

FRAME = np.dtype(
    [(name, np.int64) for name in (*_ADDRESSES, *_COUNTS)] + [(name, float) for name in _NUMBERS]
)


class Arrays(NamedTuple):
    """The arrays that a frame points to, as the compiled functions pass them on."""

    theta: Any
    gradient: Any
    slots: Any
    rows: Any
    a: Any
    z: Any
    y: Any
    blocks: Any
    order: Any
    layers: Any
    groups: Any
    scalars: Any
    numbers: Any
    rates: Any
    totals: Any  # the first half of the result, and
    sums: Any  # the second: the same for one batch
