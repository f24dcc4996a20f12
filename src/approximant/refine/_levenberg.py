"""Levenberg-Marquardt on all weights, with the output weights solved exactly at every step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Vector
from approximant.networks import Layer, Network
from approximant.refine._jacobian import normal_equations, parameter_vector, with_parameters
from approximant.sampling import Samples

START = 1e-2  # damping, relative to the mean diagonal of J'J
LOWER, RAISE = 0.25, 4.0
LEAST, MOST = 1e-13, 1e8
RIDGE = 1e-13  # on the output weights, relative


@dataclass(frozen=True, eq=False)
class Step:
    """The state after one try.

    Args:
        network: the best network so far, which is the one tried if the cost fell.
        cost: its mean squared residual in units of the values, summed over outputs.
        iterations: tries so far.
        damping: for the next try.
        accepted: whether this try lowered the cost.
    """

    network: Network
    cost: float
    iterations: int
    damping: float = START
    accepted: bool = True


def levenberg_steps(network: Network, samples: Samples, budget: int) -> Iterator[Step]:
    """Yield the start, its output weights solved for, and then every step that lowers the cost.

    Args:
        network: start; smooth activations.
        samples: fitting samples.
        budget: largest number of tries.
    """
    network = solve_output(network, samples)
    residuals = samples.weighed(network(samples.points) - samples.values)
    yield Step(network, float(np.vdot(residuals, residuals)) / len(samples), 0)
    for step in levenberg_tries(network, samples):
        if step.iterations > budget:
            return
        if step.accepted:
            yield step


def levenberg_tries(network: Network, samples: Samples, damping: float = START) -> Iterator[Step]:
    """Yield the network after each try of a Levenberg-Marquardt step, until nothing helps.

    Additive damping (Levenberg 1944, Marquardt 1963) on the hidden weights only: the output
    weights, when the output is linear, are eliminated as in variable projection (Golub and Pereyra
    1973) by an exact solve before each try is judged. Network and damping are all that it takes
    to go on from a step.

    Args:
        network: start, from `solve_output` or an earlier step.
        samples: fitting samples.
        damping: to start with.
    """
    n = len(samples)
    last = network.layers[-1].parameters if _linear_output(network) else 0
    matrix, vector, cost = normal_equations(network, samples)
    if last == network.parameters:
        return  # a linear function, solved exactly
    tried = 0
    while damping < MOST and cost > 0.0:
        tried += 1
        trial, new = _trial(network, samples, _solve_damped(matrix, vector, damping, last))
        accepted = trial is not None and new < cost
        damping = max(LEAST, damping * LOWER) if accepted else damping * RAISE
        if accepted:
            assert trial is not None
            network = trial
            matrix, vector, cost = normal_equations(network, samples)
        yield Step(network, cost / n, tried, damping, accepted)


def _trial(network: Network, samples: Samples, step: Vector | None) -> tuple[Network | None, float]:
    """Return the network one step on, and its sum of squared residuals."""
    if step is None:
        return None, np.inf
    moved = with_parameters(network, parameter_vector(network) - step)
    trial = solve_output(moved, samples)
    residuals = samples.weighed(trial(samples.points) - samples.values)
    return trial, float(np.vdot(residuals, residuals))


def solve_output(network: Network, samples: Samples) -> Network:
    """Return the network with the best output weights for the samples, if its output is linear."""
    if not _linear_output(network):
        return network
    output = network.layers[-1]
    columns = network.hidden(samples.points)
    if output.biases is not None:
        columns = np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
    columns, values = samples.weighed(columns), samples.weighed(samples.values)
    matrix = columns.T @ columns
    matrix[np.diag_indices_from(matrix)] += RIDGE * np.trace(matrix)
    weights: Array = np.asarray(np.linalg.solve(matrix, columns.T @ values))
    # One step of refinement makes up for squaring the condition number.
    weights += np.linalg.solve(matrix, columns.T @ (values - columns @ weights))
    biases = None if output.biases is None else weights[-1]
    layer = Layer(weights[: output.weights.shape[1]].T, biases, output.groups)
    return Network((*network.layers[:-1], layer))


def _linear_output(network: Network) -> bool:
    return all(name == "linear" for name, _ in network.layers[-1].groups)


def _solve_damped(matrix: Vector, vector: Vector, damping: float, last: int) -> Vector | None:
    from scipy.linalg.lapack import dposv

    damped = matrix.copy(order="F")
    diagonal = np.diagonal(matrix)
    hidden = len(vector) - last
    level = float(diagonal[:hidden].mean())
    add = np.full(len(vector), damping * level)
    add[hidden:] = RIDGE * float(diagonal.mean())
    damped[np.diag_indices_from(damped)] += add
    _, step, info = dposv(damped, vector, overwrite_a=1)
    return None if info else np.asarray(step)
