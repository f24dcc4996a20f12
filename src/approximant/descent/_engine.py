"""The engine: arrays laid out for the compiled loop, and the calls into it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Vector
from approximant.descent._entry import compiled_loop
from approximant.descent._frame import FRAME, GRADIENT, MEASURE, TRAIN
from approximant.descent._losses import LOSSES
from approximant.descent._optimizers import GradientOptimizer
from approximant.descent._packing import Packing
from approximant.descent._settings import DescentSettings
from approximant.descent._state import State
from approximant.sampling import Samples

CHUNK = {"float32": 224, "float64": 112}  # most samples at once; rows an odd number of lines apart
LINE = 64  # bytes
UNIT = {"float32": 32, "float64": 16}  # samples and neurons come in multiples of two vectors


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
        self._run = compiled_loop(settings.dtype, report_compile)
        self._dtype = settings.dtype
        frame = np.zeros(1, FRAME)
        self._address = frame.ctypes.data
        self._fields = {name: frame[name] for name in FRAME.names or ()}
        self._numbers: dict[str, float] = {}  # in the frame
        self._arrays: dict[str, NDArray[Any]] = {}  # keeps alive what the frame points to
        self._rooms: dict[int, dict[str, NDArray[Any]]] = {}
        self._neurons, self._outputs = packing.neurons, packing.shape.widths[-1]
        self._gradient = np.zeros(packing.parameters, self._dtype)
        inputs, hidden = packing.layers[0, :2].tolist()
        unit = UNIT[self._dtype]
        self._blocks = aligned((inputs + 3) * -(-hidden // unit) * unit, self._dtype)
        self._result = np.zeros(6)
        self._describe(packing, settings)

    def _describe(self, packing: Packing, settings: DescentSettings) -> None:
        """Write into the frame what stays the same from call to call."""
        loss, optimizer = LOSSES[settings.loss], settings.optimizer
        numbers: Vector = np.zeros(1)
        if isinstance(optimizer, GradientOptimizer):
            self._set(optimizer=optimizer.code)
            numbers = np.array(optimizer.numbers())
        share = loss.share(1, self._outputs)
        self._set(
            parameters=packing.parameters,
            columns=packing.shape.widths[0] + self._outputs,
            neurons=packing.neurons,
            outputs=self._outputs,
            depth=len(packing.layers),
            parts=len(packing.groups),
            constants=len(numbers),
            loss=loss.code,
            delta=settings.delta,
            share=share,
            averaged=loss.share(2, self._outputs) != share,
            penalised=packing.weights,
            l1=settings.l1,
            l2=settings.l2,
            room=len(self._blocks),
        )
        self._point(
            layers=packing.layers,
            groups=packing.groups,
            numbers=numbers,
            gradient=self._gradient,
            blocks=self._blocks,
            result=self._result,
        )

    def rows(self, samples: Samples) -> NDArray[Any]:
        """Return points and values side by side, (n, inputs + outputs), in the dtype."""
        return np.hstack([samples.points, samples.values]).astype(self._dtype)

    def train(
        self, state: State, rows: NDArray[Any], order: Any, shuffle: int, batch: int, rates: Vector
    ) -> Measured:
        """Train for one epoch; return the means over its batches while the weights moved.

        Args:
            state: weights and what the optimizer remembers; all of it moves.
            rows: as `rows` gives them.
            order: (n,) int32, in which they are taken.
            shuffle: 64 bits from which a new order follows, written to `order`; 0 keeps it.
            batch: rows between two steps.
            rates: of each step.
        """
        self._set(purpose=TRAIN, shuffle=shuffle, memories=len(state.slots), steps=len(rates))
        self._point(slots=state.slots, scalars=state.scalars, rates=rates)
        return self._call(state.weights, rows, order, batch)

    def measure(self, weights: NDArray[Any], rows: NDArray[Any]) -> Measured:
        """Return loss and errors over all rows."""
        return self._look(MEASURE, weights, rows)

    def gradient(self, weights: NDArray[Any], rows: NDArray[Any]) -> tuple[float, NDArray[Any]]:
        """Return the loss over all rows and its gradient (p,), penalty included."""
        return self._look(GRADIENT, weights, rows).loss, self._gradient.copy()

    def _look(self, purpose: int, weights: NDArray[Any], rows: NDArray[Any]) -> Measured:
        """Go through all rows in their order without moving the weights."""
        self._set(purpose=purpose, shuffle=0)
        return self._call(weights, rows, np.arange(len(rows), dtype=np.int32), len(rows))

    def _call(self, weights: NDArray[Any], rows: NDArray[Any], order: Any, batch: int) -> Measured:
        stride = _stride(batch, self._dtype)
        self._set(n=len(rows), batch=batch, stride=stride)
        self._point(theta=weights, rows=rows, order=order, **self._room(stride))
        status = self._run(self._address)
        assert status == 0, "the compiled loop raised an error"
        loss, mae, mse = self._result[:3].tolist()
        return Measured(loss, mae, mse)

    def _set(self, **values: float) -> None:
        """Write numbers into the frame; those that stand there already cost nothing."""
        for name, value in values.items():
            if self._numbers.get(name) != value:
                self._numbers[name] = value
                self._fields[name][0] = value

    def _point(self, **arrays: NDArray[Any]) -> None:
        """Let the frame point to arrays; those that it points to already cost nothing."""
        for name, array in arrays.items():
            if self._arrays.get(name) is not array:
                assert array.flags.c_contiguous
                self._arrays[name] = array
                self._fields[name][0] = array.ctypes.data

    def _room(self, stride: int) -> dict[str, NDArray[Any]]:
        """Return room for the activations, slopes and targets of as many samples as a stride."""
        if stride not in self._rooms:
            sizes = {"a": self._neurons, "z": self._neurons, "y": 2 * self._outputs}
            self._rooms[stride] = {
                name: aligned(size * stride, self._dtype) for name, size in sizes.items()
            }
        return self._rooms[stride]


def aligned(count: int, dtype: str) -> NDArray[Any]:
    """Return zeros (count,) that start where a line of the cache does, so no vector spans two."""
    size = count * np.dtype(dtype).itemsize
    raw = np.zeros(size + LINE, np.uint8)
    start = -raw.ctypes.data % LINE
    return raw[start : start + size].view(dtype)


def _stride(batch: int, dtype: str) -> int:
    """Return how many samples of a batch are computed at once."""
    if batch == 1:
        return 1
    parts = -(-batch // CHUNK[dtype])
    unit = UNIT[dtype]
    return -(-batch // (parts * unit)) * unit
