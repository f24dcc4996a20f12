"""DescentSettings: everything that says how a network is trained, once it has its first weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.descent._losses import LOSSES
from approximant.descent._optimizers import Adam, GradientOptimizer, Optimizer, read_optimizer
from approximant.descent._schedules import Constant, Schedule, read_schedule
from approximant.errors import SettingError
from approximant.settings import checked, setting

DTYPES = ("float64", "float32")
MOST_EPOCHS = 10**9
PROBES = 1000  # epochs at which the learning rate is looked at beforehand


@dataclass(frozen=True)
class DescentSettings:
    """How a network is trained.

    `optimizer` and `schedule` may be given as a name, a mapping with a name, or an instance.

    Raises:
        SettingError: a value that is unknown, beyond its limits, or at odds with another.
    """

    optimizer: Optimizer = setting(Adam(), "how the weights move; a name, or a name with settings")
    loss: str = setting("mse", "what is made small", choices=tuple(LOSSES))
    delta: float = setting(1.0, "where the huber loss turns from square to linear", above=0)
    l1: float = setting(0.0, "penalty on the sum of |weights|, biases left out", least=0)
    l2: float = setting(0.0, "penalty on the sum of weights^2, biases left out", least=0)
    schedule: Schedule = setting(Constant(), "how the learning rate changes; as for optimizer")
    batch_size: int | str = setting(
        32, "rows between two steps", least=1, most=MOST_EPOCHS, choices=("all",)
    )
    epochs: int = setting(100, "passes over the rows", least=1, most=MOST_EPOCHS)
    shuffle: bool = setting(True, "whether each epoch takes the rows in a new order")
    dtype: str = setting("float64", "numbers that the training computes with", choices=DTYPES)
    patience: int | None = setting(
        None, "measured epochs without a better loss before it stops; keeps the best", least=1,
        most=MOST_EPOCHS,
    )  # fmt: skip
    measure_every: int = setting(
        1, "epochs from one measurement of all rows to the next", least=1, most=MOST_EPOCHS
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "optimizer", read_optimizer(self.optimizer))
        object.__setattr__(self, "schedule", read_schedule(self.schedule))
        checked(self)
        if isinstance(self.optimizer, GradientOptimizer):
            self._check_rates(self.optimizer.rate)
            self._check_epsilon(getattr(self.optimizer, "epsilon", 1.0))
        elif not isinstance(self.schedule, Constant):
            raise SettingError(
                f"{self.optimizer.name} has no learning rate that the schedule "
                f"{self.schedule.name!r} could change; leave the schedule out, or choose "
                "an optimizer with a rate, such as adam."
            )

    def batch(self, rows: int) -> int:
        """Return the number of rows in a batch: all for a full-batch optimizer."""
        if self.optimizer.full_batch or isinstance(self.batch_size, str):
            return rows
        return min(self.batch_size, rows)

    def _check_rates(self, rate: float) -> None:
        """Raise where the rate is never positive, or grows beyond all numbers."""
        done = np.linspace(0, self.epochs - 1, min(self.epochs, PROBES))
        with np.errstate(over="ignore"):
            rates = (rate * self.schedule.factor(done, self.epochs)).astype(self.dtype)
        if not np.isfinite(rates).all():
            raise SettingError(
                f"The schedule {self.schedule.name!r} lets the rate {rate:g} grow beyond all "
                f"numbers within {self.epochs} epochs; choose a smaller factor or fewer epochs."
            )
        if not (rates > 0).any():
            raise SettingError(
                f"The schedule {self.schedule.name!r} never lets the rate be positive: its "
                f"largest is {rates.max():g} in {self.dtype}; choose a larger rate than {rate:g}."
            )

    def _check_epsilon(self, epsilon: float) -> None:
        """Raise where epsilon vanishes: a neuron without any slope would divide 0 by 0."""
        if np.array(epsilon).astype(self.dtype) == 0:
            raise SettingError(
                f"optimizer.epsilon = {epsilon:g} is 0 in {self.dtype}, so it cannot keep the "
                "divisor above zero; choose a larger one, or dtype float64."
            )
