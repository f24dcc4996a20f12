"""Progress events and the watch of one call: how long it has taken, how long it may still take."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from approximant.threads import outside

RESERVE = 0.05  # share of the time kept for the last solve and for verifying
INTERVAL = 0.1  # seconds between two events, so that a callback never slows the work


@dataclass(frozen=True)
class Progress:
    """One look at running work.

    Args:
        stage: what is being done, in two or three words.
        seconds: time since the call began.
        done: share of the stage that is finished, 0..1, or None where it cannot be known.
        remaining: estimated seconds until the stage ends, or None.
        best_error: largest error of the best network so far, in tolerances, or None.
    """

    stage: str
    seconds: float
    done: float | None = None
    remaining: float | None = None
    best_error: float | None = None


class Watch:
    """The clock of one call; passes events to the callback and says when time is up.

    Args:
        seconds: how long the call may take.
        callback: receives each Progress, or None.
    """

    def __init__(
        self, seconds: float, callback: Callable[[Progress], object] | None = None
    ) -> None:
        self.limit = seconds
        self.callback = callback
        self.best_error: float | None = None
        self.cut = False  # whether some work was left undone because time was up
        self._start = time.perf_counter()
        self._stage_start = self._start
        self._stage = ""
        self._told = 0.0
        self._usual = np.geterr()  # of those who called

    @property
    def seconds(self) -> float:
        """Seconds since the call began."""
        return time.perf_counter() - self._start

    @property
    def left(self) -> float:
        """Seconds that searching may still take; the rest is for what follows it."""
        return (1.0 - RESERVE) * self.limit - self.seconds

    def expired(self) -> bool:
        """Tell whether time is up, and remember that the work was cut if it is."""
        up = self.left <= 0
        self.cut = self.cut or up
        return up

    def tell(self, stage: str, done: float | None = None) -> None:
        """Pass an event to the callback, at most ten a second."""
        now = self.seconds
        if stage != self._stage:
            self._stage, self._stage_start = stage, now
        elif now - self._told < INTERVAL:
            return
        self._told = now
        if self.callback is None:
            return
        remaining = None
        if done is not None and 0 < done <= 1:
            remaining = (now - self._stage_start) * (1.0 - done) / done
        with outside(), np.errstate(**self._usual):
            self.callback(Progress(stage, now, done, remaining, self.best_error))


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingProgress(Progress):
    """One epoch of a running training; leaving the loop that yields it ends the training.

    Args:
        epoch: epochs done.
        epochs: epochs asked for.
        loss: mean over the batches of this epoch, while the weights moved.
        metrics: `mae` and `mse`, measured like the loss, and where measured `loss_after`,
            `mae_after`, `mse_after` on all rows after the epoch.
        held_out: `loss`, `mae`, `mse` on the rows held out; empty without such rows.
        rate: learning rate of the last step.
        take: makes what `training()` returns; `take(True)` takes the best network.
    """

    epoch: int
    epochs: int
    loss: float
    metrics: Mapping[str, float]
    held_out: Mapping[str, float]
    rate: float
    take: Callable[..., Any] = field(repr=False)

    def training(self) -> Any:
        """Return the Training up to this epoch: approximant, history, report.

        Only the last event yielded can give it: the weights go on with the loop.
        """
        return self.take()

    def approximant(self) -> Any:
        """Return the network as it is now, as an Approximant with its report."""
        return self.take().approximant


@dataclass(frozen=True, kw_only=True)
class SweepProgress(Progress):
    """One look at a running sweep.

    Args:
        total: experiments that are known to be needed.
        finished: those that ended well, in this sweep or an earlier one.
        running: those at work now.
        failed: those that failed.
    """

    total: int
    finished: int
    running: int
    failed: int
