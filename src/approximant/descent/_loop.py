"""The loop: epoch after epoch as an iterator; it never prints, and stopping is leaving it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from approximant.arrays import Vector
from approximant.descent._engine import Engine, Measured
from approximant.descent._lbfgs import lbfgs_iterates
from approximant.descent._optimizers import LBFGS, GradientOptimizer
from approximant.descent._packing import Packing
from approximant.descent._schedules import Constant
from approximant.descent._settings import DescentSettings
from approximant.descent._state import State, check_state, first_state
from approximant.errors import SettingError
from approximant.networks import Network
from approximant.sampling import Samples
from approximant.streams import Stream


@dataclass(frozen=True, eq=False)
class Epoch:
    """What one pass over the rows gave.

    Args:
        number: counted from 1.
        loss: mean over the batches while the weights moved, each weighted by its rows.
        metrics: `mae` and `mse` likewise; `loss_after`, `mae_after`, `mse_after` over all rows
            after the epoch, and `held_out_loss`, `held_out_mae`, `held_out_mse`, where measured.
        rate: learning rate of the first step; NaN for a method without one.
        seconds: that the epoch took, measurements included.
        diverged: the loss stopped being finite; the state is that of the last good epoch.
    """

    number: int
    loss: float
    metrics: dict[str, float]
    rate: float
    seconds: float
    diverged: bool
    _packing: Packing = field(repr=False)
    _state: State = field(repr=False)

    @property
    def state(self) -> State:
        """A copy of all that is needed to go on from here; ask before the next epoch."""
        return self._now().copy()

    def network(self) -> Network:
        """Return the network, in float64, as it is now."""
        return self._packing.network(self._now().weights)

    def best_network(self) -> Network:
        """Return the best network measured so far, on held-out rows where there are any."""
        return self._packing.network(self._now().best)

    def _now(self) -> State:
        """Return the state, which all epochs share, unless it is that of a later one."""
        if self._state.epoch > self.number:
            raise RuntimeError(
                f"The training has gone on from epoch {self.number} to {self._state.epoch}; "
                "ask an epoch for its network or state before taking the next one."
            )
        return self._state


def descend(
    network: Network,
    rows: Samples,
    settings: DescentSettings,
    *,
    held_out: Samples | None = None,
    seed: int = 0,
    state: State | None = None,
    report_compile: Callable[[str], None] | None = None,
) -> Iterator[Epoch]:
    """Yield an epoch after each pass over the rows.

    The order of the rows follows from the seed and the number of the epoch alone. A training that
    is resumed gives the same bytes as one that was never interrupted. It ends after the epochs
    asked for, by early stopping, or with the epoch in which it diverged.

    Args:
        network: first weights.
        rows: to learn from, in the units of the network.
        settings: everything else.
        held_out: rows that take no part, measured beside the others.
        seed: of the order of the rows.
        state: of an earlier epoch, to go on from; the network then only gives the shape.
        report_compile: told, before the first epoch, that the loop must be compiled.

    Raises:
        SettingError: rows that do not fit the network, an activation that cannot be trained, or a
            state that belongs to something else.
    """
    packing = Packing.of(network)
    for samples in (rows, held_out):
        if samples is not None:
            _check_rows(samples, network)
    if state is None:
        state = first_state(packing, network, settings)
    else:
        check_state(state, packing, network, settings)
        state = state.copy()
    if not isinstance(settings.optimizer, GradientOptimizer | LBFGS):
        raise SettingError(f"{settings.optimizer.name} is not a method of descent.")
    engine = Engine(packing, settings, report_compile)
    descent = _Descent(packing, settings, engine, state, rows, held_out, seed)
    return (
        descent.epochs() if isinstance(settings.optimizer, GradientOptimizer) else descent.lbfgs()
    )


def reached_epoch(
    network: Network, state: State, loss: float, metrics: dict[str, float], rate: float
) -> Epoch:
    """Return the epoch after which a state was kept, with what was measured then.

    Args:
        network: of the shape of the state.
        state: the state.
        loss, metrics, rate: as in the epoch.
    """
    packing = Packing.of(network)
    return Epoch(state.epoch, loss, metrics, rate, 0.0, False, packing, state.copy())


def _check_rows(samples: Samples, network: Network) -> None:
    got = samples.points.shape[1], samples.values.shape[1]
    wanted = network.widths[0], network.widths[-1]
    if got != wanted:
        raise SettingError(
            f"The network {network} takes {wanted[0]} inputs and gives {wanted[1]} outputs, but "
            f"the rows have {got[0]} and {got[1]}; these numbers must agree."
        )
    if len(samples) == 0:
        raise SettingError("There are no rows to learn from; give at least one.")


class _Descent:
    """One training: its rows as the compiled loop wants them, and where it stands."""

    def __init__(
        self,
        packing: Packing,
        settings: DescentSettings,
        engine: Engine,
        state: State,
        rows: Samples,
        held_out: Samples | None,
        seed: int,
    ) -> None:
        self.packing, self.settings, self.engine, self.state = packing, settings, engine, state
        self.before = state.copy()  # where the epoch started, should it diverge
        self.rows = engine.rows(rows)
        self.held_out = None if held_out is None else engine.rows(held_out)
        self.seed = seed

    def epochs(self) -> Iterator[Epoch]:
        """Yield the epochs of a method that moves the weights after every batch."""
        settings, state, n = self.settings, self.state, len(self.rows)
        batch = settings.batch(n)
        steps = -(-n // batch)
        order = np.arange(n, dtype=np.int32)
        mixed = settings.shuffle and batch < n  # where all rows make one batch order is nothing
        rates = self._rates(1, steps)
        if self._patience_ended():
            return  # taken up after its end
        for number in range(state.epoch + 1, settings.epochs + 1):
            start = time.perf_counter()
            self.before.become(state)
            if not isinstance(settings.schedule, Constant):
                rates = self._rates(number, steps)
            shuffle = shuffle_seed(self.seed, number) if mixed else 0
            running = self.engine.train(state, self.rows, order, shuffle, batch, rates)
            yield self._finished(number, running, float(rates[0]), start)
            if state.epoch < number or self._patience_ended():
                return

    def lbfgs(self) -> Iterator[Epoch]:
        """Yield the iterations of L-BFGS as epochs; the slots hold the first weights."""
        settings, state, engine = self.settings, self.state, self.engine

        def objective(weights: Vector) -> tuple[float, Vector]:
            loss, gradient = engine.gradient(weights.astype(settings.dtype), self.rows)
            return loss, gradient.astype(np.float64)

        first = state.slots[0].astype(np.float64)
        start, number = time.perf_counter(), state.epoch
        assert isinstance(settings.optimizer, LBFGS)
        if self._patience_ended():
            return  # taken up after its end
        for weights, _ in lbfgs_iterates(
            objective, first, settings.optimizer, settings.epochs, state.epoch
        ):
            number += 1
            self.before.become(state)
            running = engine.measure(state.weights, self.rows)
            state.weights[:] = weights
            yield self._finished(number, running, math.nan, start)
            if state.epoch < number or self._patience_ended():
                return
            start = time.perf_counter()
        if number == 0:  # no step at all helps from here, or the loss is not finite: one epoch
            yield self._finished(1, engine.measure(state.weights, self.rows), math.nan, start)

    def _rates(self, number: int, steps: int) -> Vector:
        optimizer = self.settings.optimizer
        assert isinstance(optimizer, GradientOptimizer)
        return self.settings.schedule.rates(optimizer.rate, number, steps, self.settings.epochs)

    def _finished(self, number: int, running: Measured, rate: float, start: float) -> Epoch:
        """Measure what is to be measured, keep the best, and return the epoch."""
        state = self.state
        metrics = {"mae": running.mae, "mse": running.mse}
        loss_to_watch = running.loss
        if number % self.settings.measure_every == 0 or number == self.settings.epochs:
            loss_to_watch = self._measure(metrics)
        diverged = not (
            math.isfinite(running.loss)
            and math.isfinite(loss_to_watch)
            and math.isfinite(float(state.weights.sum()))
        )
        loss = running.loss
        if diverged:
            state.become(self.before)
            # A run that went wrong is known by its last loss, even if only weights overflowed.
            loss = math.inf if math.isfinite(loss) else loss
        else:
            state.record[0] = number
            if "loss_after" in metrics:
                self._keep_best(metrics.get("held_out_loss", metrics["loss_after"]))
        seconds = time.perf_counter() - start
        return Epoch(number, loss, metrics, rate, seconds, diverged, self.packing, state)

    def _measure(self, metrics: dict[str, float]) -> float:
        """Put the measurements after the epoch into metrics; return the loss on the rows."""
        after = self.engine.measure(self.state.weights, self.rows)
        metrics.update(loss_after=after.loss, mae_after=after.mae, mse_after=after.mse)
        if self.held_out is not None:
            loss, mae, mse = self.engine.measure(self.state.weights, self.held_out)
            metrics.update(held_out_loss=loss, held_out_mae=mae, held_out_mse=mse)
        return after.loss

    def _keep_best(self, loss: float) -> None:
        state = self.state
        if loss < state.record[1]:
            state.best[:] = state.weights
            state.record[1:] = loss, 0
        else:
            state.record[2] += 1

    def _patience_ended(self) -> bool:
        patience = self.settings.patience
        return patience is not None and self.state.record[2] >= patience


def shuffle_seed(seed: int, epoch: int) -> int:
    """Return 63 bits, not all 0, that differ between seeds and between epochs."""
    return Stream.ROW_ORDER.seed(seed, epoch) % 2**63 | 1
