"""Levenberg-Marquardt as a training: an epoch is one try of a step on all rows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from approximant.descent import DescentSettings, Epoch, State
from approximant.errors import SettingError
from approximant.networks import Network
from approximant.refine import (
    Step,
    levenberg_tries,
    parameter_vector,
    solve_output,
    with_parameters,
)
from approximant.sampling import Samples

MOST_PARAMETERS = 5000  # each try solves for all of them at once: a matrix of 200 MB
LOSSES = ("mse", "sse", "half_squares")


@dataclass(frozen=True, eq=False)
class Try:
    """What one try gave; it reads like an Epoch of descent.

    Args:
        number: counted from 1.
        loss: before the try.
        metrics: `mae`, `mse` before it; with `_after` and `held_out_` after it.
        rate: NaN: the method has none.
        seconds: that it took.
        state: all that is needed to go on.
    """

    number: int
    loss: float
    metrics: dict[str, float]
    seconds: float
    state: State
    _network: Network = field(repr=False)
    rate: float = float("nan")
    diverged: bool = False

    def network(self) -> Network:
        """Return the network as it is now."""
        return self._network

    def best_network(self) -> Network:
        """Return the best network so far: no step is taken that raises the loss."""
        return with_parameters(self._network, self.state.best)


AnyEpoch: TypeAlias = Epoch | Try


def levenberg_epochs(
    network: Network,
    rows: Samples,
    settings: DescentSettings,
    *,
    held_out: Samples | None = None,
    state: State | None = None,
) -> Iterator[Try]:
    """Yield an epoch after each try, until the epochs are done or no step helps any more.

    Args:
        network: first weights; output weights are solved for before the first try.
        rows: to learn from, in the units of the network.
        settings: the loss must be one of squares; there is no penalty and no batch.
        held_out: rows that take no part.
        state: of an earlier epoch, to go on from; the network then only gives the shape.

    """
    if state is None or state.epoch == 0:
        first = _measured(network, rows, settings)
        if not np.isfinite(first["loss"]):
            return iter([_hopeless(network, first)])
        started = solve_output(network, rows)
        state = _state(started, 0, Step(started, np.inf, 0))
    else:
        started = with_parameters(network, state.weights)
        first = _measured(started, rows, settings)
    return _tries(started, rows, settings, held_out, state, first)


def _hopeless(network: Network, measured: dict[str, float]) -> Try:
    """Return the only epoch from weights whose loss is not finite; they stay as they were."""
    metrics = {name: measured[name] for name in ("mae", "mse")}
    state = _state(network, 0, Step(network, np.inf, 0))
    return Try(1, measured["loss"], metrics, 0.0, state, network, diverged=True)


def reached_try(network: Network, state: State, loss: float, metrics: dict[str, float]) -> Try:
    """Return the epoch after which a state was kept, with what was measured then."""
    reached = with_parameters(network, state.weights)
    return Try(state.epoch, loss, metrics, 0.0, state, reached)


def _tries(
    network: Network,
    rows: Samples,
    settings: DescentSettings,
    held_out: Samples | None,
    state: State,
    before: dict[str, float],
) -> Iterator[Try]:
    start, done = time.perf_counter(), state.epoch
    tries = levenberg_tries(network, rows, float(state.scalars[0]))
    # A linear network is solved before the first try: that is its only epoch.
    nothing = iter([Step(network, 0.0, 1)] if done == 0 else [])
    for step in _first_or(tries, nothing):
        number = done + step.iterations
        if number > settings.epochs:
            return
        after = _measured(step.network, rows, settings)
        metrics = {"mae": before["mae"], "mse": before["mse"]}
        metrics |= {f"{name}_after": value for name, value in after.items()}
        if held_out is not None:
            held = _measured(step.network, held_out, settings)
            metrics |= {f"held_out_{name}": value for name, value in held.items()}
        yield Try(
            number, before["loss"], metrics, time.perf_counter() - start,
            _state(step.network, number, step), step.network,
        )  # fmt: skip
        start, before = time.perf_counter(), after


def _first_or(tries: Iterator[Step], nothing: Iterator[Step]) -> Iterator[Step]:
    """Yield the tries, or what stands for them where there are none."""
    first = next(tries, None)
    if first is None:
        yield from nothing
        return
    yield first
    yield from tries


def _state(network: Network, number: int, step: Step) -> State:
    weights = parameter_vector(network)
    scalars = np.array([step.damping, 1.0, 1.0])
    record = np.array([number, step.cost, 0.0])
    return State(weights, np.zeros((0, len(weights))), scalars, weights.copy(), record)


def _measured(network: Network, rows: Samples, settings: DescentSettings) -> dict[str, float]:
    residuals = network(rows.points) - rows.values
    with np.errstate(over="ignore"):
        mse, mae = float(np.mean(residuals**2)), float(np.mean(np.abs(residuals)))
    loss = {
        "mse": mse,
        "sse": mse * residuals.size,
        "half_squares": 0.5 * mse * residuals.shape[1],
    }
    return {"loss": loss[settings.loss], "mae": mae, "mse": mse}


def check_levenberg(network: Network, settings: DescentSettings) -> None:
    """Refuse settings that the method does not know.

    Raises:
        SettingError: the loss, penalty, dtype, patience or size does not suit it.
    """
    if settings.loss not in LOSSES:
        raise SettingError(
            f"levenberg_marquardt makes squares small, not the loss {settings.loss!r}; choose "
            f"one of {', '.join(LOSSES)}, or another optimizer such as lbfgs."
        )
    if settings.l1 or settings.l2:
        raise SettingError("levenberg_marquardt knows no penalty; leave l1 and l2 out.")
    if settings.dtype != "float64":
        raise SettingError("levenberg_marquardt computes in float64; leave dtype out.")
    if settings.patience is not None:
        raise SettingError(
            "levenberg_marquardt ends by itself where no step helps; leave patience out."
        )
    if network.parameters > MOST_PARAMETERS:
        raise SettingError(
            f"The network has {network.parameters:,} weights and biases, too many for "
            f"levenberg_marquardt, which takes {MOST_PARAMETERS:,}; use lbfgs or adam."
        )
