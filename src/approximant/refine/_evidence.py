"""Levenberg-Marquardt with weight penalties that the rows themselves determine: the evidence.

A network that follows noise is no better on other rows than a smaller one. Penalties on groups of
weights keep it from that, and the probability of the rows given the penalties says how large each
has to be (MacKay 1992; Foresee and Hagan 1997 for the combination with Gauss-Newton steps). Every
input has its own penalty, so that inputs without influence drop out (Neal 1996).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Array, Values, Vector
from approximant.networks import Network
from approximant.refine._jacobian import normal_equations, parameter_vector, with_parameters
from approximant.sampling import Samples

Groups: TypeAlias = NDArray[np.intp]  # (p,): the group of each parameter

FIRST_DAMPING = 1.0
FIRST_PRECISION = 10.0  # noise of a third of the spread of the values
LOWER, RAISE = 0.25, 4.0
LEAST, MOST = 1e-12, 1e12
TRIES = 8  # of damping before a step is given up
RANGE = (1e-6, 1e8)  # of penalties; values and inputs have size one
SPARE = 0.05  # share of the rows that counts as free, however many weights are in use
SETTLED, STEPS = (0.5, 2e-3), 3  # so many steps with a lower gain, plus that per row, end it
WARM = 5  # steps before the penalties move


@dataclass(frozen=True, eq=False)
class Penalised:
    """A network with the penalties under which it is the most probable one.

    Args:
        network: the network.
        penalties: on the squared weights of each group, as `parameter_groups` numbers them.
        precision: one over the variance of the noise, per output, (m,).
        effective: how many weights the rows determine, between none and all of them.
    """

    network: Network
    penalties: Vector
    precision: Vector
    effective: float

    @classmethod
    def fresh(cls, network: Network) -> Penalised:
        """Return a start that trusts the rows more than it will in the end.

        Small penalties and little noise: a start that doubts the rows settles at a linear function.
        """
        groups = int(parameter_groups(network).max()) + 1
        outputs = network.widths[-1]
        return cls(
            network,
            _freed(np.ones(groups), network),
            np.full(outputs, FIRST_PRECISION),
            float(network.parameters),
        )


@dataclass(frozen=True, eq=False)
class _State:
    """A penalised network on its rows."""

    now: Penalised
    residuals: Values
    cost: float  # minus twice the log-probability of rows and weights, up to a constant


class _Rows:
    """Samples with the groups of the parameters of one shape: where costs are taken."""

    def __init__(self, samples: Samples, network: Network) -> None:
        self.samples = samples
        self.counts = np.ones(len(samples)) if samples.weights is None else samples.weights
        self.groups = parameter_groups(network)

    def state(self, now: Penalised) -> _State:
        """Return the state of a penalised network."""
        residuals = now.network(self.samples.points) - self.samples.values
        return _State(now, residuals, self.cost(now, residuals))

    def cost(self, now: Penalised, residuals: Values) -> float:
        misfit = self.counts @ residuals**2 @ now.precision
        return float(misfit + now.penalties[self.groups] @ parameter_vector(now.network) ** 2)

    def normal_equations(self, now: Penalised) -> tuple[Array, Vector]:
        """Return J'J (p, p) and J'r (p,), rows and outputs weighed."""
        matrix, vector, _ = normal_equations(now.network, self.samples, now.precision)
        return matrix, vector


def evidence_steps(
    start: Penalised, samples: Samples, budget: int, warm: int = WARM
) -> Iterator[Penalised]:
    """Yield the network after every step, until it settles.

    Args:
        start: smooth activations, linear outputs.
        samples: inputs and values of mean zero and size one.
        budget: largest number of steps.
        warm: steps before the penalties move.
    """
    rows = _Rows(samples, start.network)
    state = rows.state(start)
    damping, quiet = FIRST_DAMPING, 0
    enough = SETTLED[0] + SETTLED[1] * len(samples)
    for step in range(budget):
        matrix, vector = rows.normal_equations(state.now)
        moved, damping = _descend(state, rows, matrix, vector, damping)
        if moved is None:
            return
        quiet = quiet + 1 if step >= warm and state.cost - moved.cost < enough else 0
        state = moved
        if step >= warm:
            found = _reestimated(state, rows, matrix)
            if found is None:
                return
            state = found
        yield state.now
        if quiet >= STEPS:
            return


def parameter_groups(network: Network) -> Groups:
    """Return the group of each parameter, (p,); the last group, the output biases, goes free.

    In the first layer the weights of one input to one kind of neuron belong together, in later ones
    all that go from one kind of neuron to the next layer.
    """
    found: list[NDArray[np.intp]] = []
    count = 0
    before: list[int] | None = None
    for layer in network.layers:
        sizes = [size for _, size in layer.groups]
        kind = np.repeat(np.arange(len(sizes)), sizes)
        fan_in = layer.weights.shape[1]
        columns = np.arange(fan_in) if before is None else np.repeat(np.arange(len(before)), before)
        width = int(columns.max()) + 1
        found.append((count + kind[:, None] * width + columns).ravel())
        count += len(sizes) * width
        if layer.biases is not None:
            found.append(count + kind)
            count += len(sizes)
        before = sizes
    return np.concatenate(found)


def _freed(penalties: Vector, network: Network) -> Vector:
    if network.layers[-1].biases is not None:
        penalties[-1] = 0.0
    return penalties


def _descend(
    state: _State, rows: _Rows, matrix: Array, vector: Vector, damping: float
) -> tuple[_State | None, float]:
    """Return the state after one damped Gauss-Newton step that lowers the cost, and the damping."""
    from scipy.linalg.lapack import dposv

    weights, penalties = parameter_vector(state.now.network), state.now.penalties[rows.groups]
    pull = vector + penalties * weights
    for _ in range(TRIES):
        damped = matrix.copy(order="F")
        damped[np.diag_indices_from(damped)] += penalties + damping
        _, step, failed = dposv(damped, pull, overwrite_a=1)
        if not failed:
            network = with_parameters(state.now.network, weights - step)
            trial = rows.state(replace(state.now, network=network))
            if trial.cost < state.cost:
                return trial, max(damping * LOWER, LEAST)
        damping *= RAISE
    return None, damping


def _reestimated(state: _State, rows: _Rows, matrix: Array) -> _State | None:
    """Return the state with the penalties and the noise of highest evidence."""
    from scipy.linalg.lapack import dpotrf, dpotri

    now = state.now
    penalties = now.penalties[rows.groups]
    curvature = matrix.copy(order="F")
    curvature[np.diag_indices_from(curvature)] += penalties
    factor, failed = dpotrf(curvature, lower=1, overwrite_a=1)
    if failed:
        return None
    inverse, _ = dpotri(factor, lower=1, overwrite_c=1)
    determined = np.bincount(rows.groups, 1.0 - penalties * np.diagonal(inverse))
    sizes = np.bincount(rows.groups, parameter_vector(now.network) ** 2)
    new = np.clip(np.maximum(determined, 1e-3) / np.maximum(sizes, 1e-300), *RANGE)
    effective, total = float(determined.sum()), float(rows.counts.sum())
    free = max(total - effective / len(now.precision), SPARE * total)
    misfit = rows.counts @ state.residuals**2
    precision = free / np.maximum(misfit, 1e-30 * total)
    then = Penalised(now.network, _freed(new, now.network), precision, effective)
    return _State(then, state.residuals, rows.cost(then, state.residuals))
