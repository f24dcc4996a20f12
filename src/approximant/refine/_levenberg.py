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
    """The state after one accepted step.

    Args:
        network: the network.
        cost: mean squared residual in units of the values.
        iterations: tried steps so far.
    """

    network: Network
    cost: float
    iterations: int


def levenberg_steps(network: Network, samples: Samples, budget: int) -> Iterator[Step]:
    """Yield the network after each accepted Levenberg-Marquardt step.

    Additive damping (Levenberg 1944, Marquardt 1963) on the hidden weights only: the output
    weights, when the output is linear, are eliminated as in variable projection (Golub and Pereyra
    1973) by an exact solve before each step is judged.

    Args:
        network: start; smooth activations.
        samples: fitting samples.
        budget: largest number of tried steps.
    """
    n = len(samples)
    network = solve_output(network, samples)
    last = network.layers[-1].parameters if _linear_output(network) else 0
    damping, tried = START, 0
    matrix, vector, cost = normal_equations(network, samples.points, samples.values)
    yield Step(network, cost / n, 0)
    if last == network.parameters:
        return  # a linear function, solved exactly
    while tried < budget and damping < MOST and cost > 0.0:
        tried += 1
        step = _solve_damped(matrix, vector, damping, last)
        if step is None:
            damping *= RAISE
            continue
        trial = solve_output(with_parameters(network, parameter_vector(network) - step), samples)
        residuals = trial(samples.points) - samples.values
        new = float(np.vdot(residuals, residuals))
        if not new < cost:
            damping *= RAISE
            continue
        network, damping = trial, max(LEAST, damping * LOWER)
        matrix, vector, cost = normal_equations(network, samples.points, samples.values)
        yield Step(network, cost / n, tried)


def solve_output(network: Network, samples: Samples) -> Network:
    """Return the network with the best output weights for the samples, if its output is linear."""
    if not _linear_output(network):
        return network
    output = network.layers[-1]
    columns = network.hidden(samples.points)
    if output.biases is not None:
        columns = np.concatenate([columns, np.ones((len(columns), 1))], axis=1)
    matrix = columns.T @ columns
    matrix[np.diag_indices_from(matrix)] += RIDGE * np.trace(matrix)
    weights: Array = np.asarray(np.linalg.solve(matrix, columns.T @ samples.values))
    # One step of refinement makes up for squaring the condition number.
    weights += np.linalg.solve(matrix, columns.T @ (samples.values - columns @ weights))
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
