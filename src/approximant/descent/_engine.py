"""The engine: arrays laid out for the compiled loop, and the calls into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Vector
from approximant.descent._entry import compiled_entry
from approximant.descent._losses import LOSSES
from approximant.descent._optimizers import GradientOptimizer
from approximant.descent._packing import Packing
from approximant.descent._settings import DescentSettings
from approximant.descent._state import State
from approximant.sampling import Samples

TRAIN, MEASURE, GRADIENT = range(3)
CHUNK = {"float32": 256, "float64": 128}  # most samples computed at once: they stay in fast memory
UNIT = {"float32": 32, "float64": 16}  # samples come in multiples of two vectors
NO_NUMBERS: Vector = np.zeros(1)


class Measured(NamedTuple):
    """What one pass over the rows gave."""

    loss: float
    mae: float
    mse: float


class Engine:
    """The compiled loop for one network shape and one set of settings.

    Args:
        packing: of the network.
        settings: of the training.
        report_compile: told when the loop must be compiled first.
    """

    def __init__(
        self,
        packing: Packing,
        settings: DescentSettings,
        report_compile: Callable[[str], None] | None = None,
    ) -> None:
        self._run = compiled_entry(settings.dtype, report_compile)
        self._packing = packing
        self._shape = packing.layers, packing.groups
        self._dtype = settings.dtype
        outputs = packing.shape.widths[-1]
        share = LOSSES[settings.loss].share
        averaged = share(2, outputs) != share(1, outputs)
        self._loss = (LOSSES[settings.loss].code, settings.delta, share(1, outputs), averaged)
        self._penalty = (packing.weights, settings.l1, settings.l2)
        optimizer = settings.optimizer
        self._optimizer = (-1, NO_NUMBERS)
        if isinstance(optimizer, GradientOptimizer):
            self._optimizer = (optimizer.code, np.array(optimizer.numbers()))
        self._gradient = np.zeros(packing.parameters, self._dtype)
        self._nothing = np.zeros((1, 1), self._dtype), np.ones(1)
        self._rooms: dict[int, tuple[Any, ...]] = {}
        self._result = np.zeros(4)

    def rows(self, samples: Samples) -> NDArray[Any]:
        """Return points and values side by side, (n, inputs + outputs), in the dtype."""
        return np.hstack([samples.points, samples.values]).astype(self._dtype)

    def train(
        self, state: State, rows: NDArray[Any], order: Any, shuffle: int, batch: int, rates: Vector
    ) -> Measured:
        """Train for one epoch; return the means over its batches while the weights moved."""
        return self._call(
            TRAIN, state.weights, (state.slots, state.scalars), rows, (order, shuffle), batch, rates
        )

    def measure(self, weights: NDArray[Any], rows: NDArray[Any]) -> Measured:
        """Return loss and errors over all rows."""
        return self._look(MEASURE, weights, rows)

    def gradient(self, weights: NDArray[Any], rows: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        """Return the loss over all rows and its gradient (p,), penalty included."""
        return self._look(GRADIENT, weights, rows).loss, self._gradient.copy()

    def _look(self, purpose: int, weights: NDArray[Any], rows: NDArray[Any]) -> Measured:
        """Go through all rows in their order without moving the weights."""
        order = np.arange(len(rows), dtype=np.int32)
        return self._call(purpose, weights, self._nothing, rows, (order, 0), len(rows), NO_NUMBERS)

    def _call(
        self,
        purpose: int,
        weights: NDArray[Any],
        memory: tuple[Any, Any],
        rows: NDArray[Any],
        order: tuple[Any, int],
        batch: int,
        rates: Vector,
    ) -> Measured:
        self._run(
            purpose,
            (weights, self._gradient, *memory),
            (rows, order[0], np.uint64(order[1])),
            self._shape,
            self._room(batch),
            self._loss,
            self._penalty,
            (*self._optimizer, rates),
            self._result,
        )
        loss, mae, mse, _ = self._result.tolist()
        return Measured(loss, mae, mse)

    def _room(self, batch: int) -> tuple[Any, ...]:
        """Return arrays for activations, slopes and targets, and the batch and the stride."""
        if batch not in self._rooms:
            stride = 1
            if batch > 1:
                unit = UNIT[self._dtype]
                parts = -(-batch // CHUNK[self._dtype])
                stride = -(-batch // (parts * unit)) * unit
            neurons, outputs = self._packing.neurons, self._packing.shape.widths[-1]
            sizes = (neurons * stride, neurons * stride, (outputs + 1) * stride)
            arrays = (np.zeros(size, self._dtype) for size in sizes)
            self._rooms[batch] = (*arrays, batch, stride)
        return self._rooms[batch]
