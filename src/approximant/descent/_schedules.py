"""Schedules: how the learning rate changes from step to step.

A schedule is one formula: the factor on the optimizer's rate when `done` epochs of `epochs` are
done; in the middle of an epoch `done` has a fraction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from approximant.arrays import Vector
from approximant.settings import checked, read_member, setting


@dataclass(frozen=True)
class Schedule:
    """What all schedules have in common."""

    name: ClassVar[str]

    def __post_init__(self) -> None:
        checked(self, f"{self.name}.")

    def factor(self, done: Vector, epochs: int) -> Vector:
        """Return the factor on the rate for each step, given the epochs done before it."""
        raise NotImplementedError

    def rates(self, rate: float, epoch: int, steps: int, epochs: int) -> Vector:
        """Return the learning rate of each step of one epoch, (steps,).

        Args:
            rate: of the optimizer.
            epoch: which one, counted from 1.
            steps: per epoch.
            epochs: of the whole training.
        """
        with np.errstate(over="ignore"):
            return rate * self.factor(epoch - 1 + np.arange(steps) / steps, epochs)


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate all the time."""

    name: ClassVar[str] = "constant"

    def factor(self, done: Vector, epochs: int) -> Vector:
        return np.ones(len(done))


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The rate times `factor`, once every so many epochs (PyTorch's StepLR)."""

    name: ClassVar[str] = "step"

    drop: float = setting(0.1, "factor on the rate at each drop", above=0)
    every: int = setting(10, "epochs between two drops", least=1, most=10**9)

    def factor(self, done: Vector, epochs: int) -> Vector:
        return np.asarray(self.drop ** np.floor(done / self.every))


@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate times `drop` over each epoch, a little at every step (Keras' ExponentialDecay)."""

    name: ClassVar[str] = "exponential"

    drop: float = setting(0.95, "factor on the rate over one epoch", above=0)

    def factor(self, done: Vector, epochs: int) -> Vector:
        return np.asarray(self.drop**done)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine wave from the full rate down to `last` of it (Loshchilov and Hutter 2017)."""

    name: ClassVar[str] = "cosine"

    last: float = setting(0.0, "share of the rate reached at the end", least=0, most=1)

    def factor(self, done: Vector, epochs: int) -> Vector:
        return _between(1.0, self.last, done / epochs)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to the full rate, then down to almost nothing (Smith and Topin 2018).

    Both ways are half cosine waves; defaults as in PyTorch and optax.
    """

    name: ClassVar[str] = "one_cycle"

    warmup: float = setting(0.3, "share of the training in which the rate rises", above=0, below=1)
    divisor: float = setting(25.0, "the rate divided by this is the first one", least=1)
    final_divisor: float = setting(1e4, "the first rate divided by this is the last", least=1)

    def factor(self, done: Vector, epochs: int) -> Vector:
        first = 1.0 / self.divisor
        through = done / epochs
        rising = _between(first, 1.0, through / self.warmup)
        falling = _between(
            1.0, first / self.final_divisor, (through - self.warmup) / (1.0 - self.warmup)
        )
        return np.where(through < self.warmup, rising, falling)


def _between(start: float, end: float, share: Vector) -> Vector:
    """Return the half cosine wave from start (share 0) to end (share 1)."""
    return np.asarray(end + (start - end) * 0.5 * (1.0 + np.cos(np.pi * share)))


SCHEDULES: dict[str, type[Schedule]] = {
    kind.name: kind for kind in (Constant, StepDecay, Exponential, Cosine, OneCycle)
}


def read_schedule(value: str | Mapping[str, Any] | Schedule) -> Schedule:
    """Return the schedule that a name, a mapping with a name, or itself describes.

    Raises:
        SettingError: an unknown schedule or setting, or a value beyond its limits.
    """
    return read_member(SCHEDULES, Schedule, value, "schedule")
