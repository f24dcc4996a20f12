"""State: everything that is needed to go on with a training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Vector
from approximant.descent._optimizers import SCALARS, GradientOptimizer
from approximant.descent._packing import Packing
from approximant.descent._settings import DescentSettings
from approximant.errors import SettingError
from approximant.networks import Network


@dataclass(eq=False)
class State:
    """Weights and all that the optimizer and early stopping remember, as plain arrays.

    Args:
        weights: (p,) weights and biases, packed, in the dtype of the training.
        slots: (k, p) moments of the optimizer.
        scalars: (3,) running products of the optimizer.
        best: (p,) the best weights measured so far.
        record: (3,) epochs done, the best loss, measurements since it was reached.
    """

    weights: NDArray[Any]
    slots: NDArray[Any]
    scalars: Vector
    best: NDArray[Any]
    record: Vector

    @property
    def epoch(self) -> int:
        """Number of epochs done."""
        return int(self.record[0])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return copies of the arrays by name, as a file may hold them."""
        return {field.name: getattr(self, field.name).copy() for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> State:
        """Return the state that `arrays` described.

        Raises:
            SettingError: an array is missing.
        """
        missing = [field.name for field in fields(cls) if field.name not in arrays]
        if missing:
            raise SettingError(
                f"The state of the training lacks the array {missing[0]!r}; "
                "it must hold all that State.arrays() returned."
            )
        return cls(**{field.name: np.array(arrays[field.name]) for field in fields(cls)})

    def copy(self) -> State:
        """Return a state that does not change as the training goes on."""
        return State(**self.arrays())

    def become(self, other: State) -> None:
        """Take over the numbers of another state of the same shape."""
        np.copyto(self.weights, other.weights)
        np.copyto(self.slots, other.slots)
        np.copyto(self.scalars, other.scalars)
        np.copyto(self.best, other.best)
        np.copyto(self.record, other.record)


def first_state(packing: Packing, network: Network, settings: DescentSettings) -> State:
    """Return the state before the first epoch."""
    weights = packing.flat(network, settings.dtype)
    if isinstance(settings.optimizer, GradientOptimizer):
        slots, scalars = settings.optimizer.start(len(weights), settings.dtype)
    else:  # a method that is resumed from its first weights
        slots, scalars = weights[None].copy(), np.ones(SCALARS)
    return State(weights, slots, scalars, weights.copy(), np.array([0.0, np.inf, 0.0]))


def check_state(
    state: State, packing: Packing, network: Network, settings: DescentSettings
) -> None:
    """Raise SettingError where a state does not belong to this network and these settings."""
    for name, wanted in first_state(packing, network, settings).arrays().items():
        found = getattr(state, name)
        if (found.shape, found.dtype) != (wanted.shape, wanted.dtype):
            raise SettingError(
                f"Cannot resume: {name} is {found.shape} {found.dtype}, but {network} trained "
                f"by {settings.optimizer.name} in {settings.dtype} needs {wanted.shape} "
                f"{wanted.dtype}; resume with the network, optimizer and dtype it started with."
            )
