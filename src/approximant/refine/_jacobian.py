"""The Gauss-Newton matrix of a network: J'J and J'r by blocks of rows that stay in the cache."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array, Points, Values, Vector
from approximant.networks import Layer, Network
from approximant.sampling import Samples

BLOCK = 2**18  # floats of one block of the Jacobian: 2 MB


def parameter_vector(network: Network) -> Vector:
    """Return all weights and biases, layer by layer, (p,)."""
    parts = []
    for layer in network.layers:
        parts.append(layer.weights.ravel())
        if layer.biases is not None:
            parts.append(layer.biases)
    return np.concatenate(parts)


def with_parameters(network: Network, vector: Vector) -> Network:
    """Return the network of the same shape with these weights and biases."""
    layers, start = [], 0
    for layer in network.layers:
        size = layer.weights.size
        weights = vector[start : start + size].reshape(layer.weights.shape)
        start += size
        biases = None
        if layer.biases is not None:
            biases = vector[start : start + layer.width]
            start += layer.width
        layers.append(Layer(weights, biases, layer.groups))
    return Network(tuple(layers))


def normal_equations(
    network: Network, samples: Samples, precision: Vector | None = None
) -> tuple[Array, Vector, float]:
    """Return J'J (p, p), J'r (p,) and r'r for the residuals r = network(points) - values.

    Args:
        network: p parameters, m outputs.
        samples: n points; their weights say how much each squared residual counts.
        precision: likewise for each output, (m,).
    """
    p = network.parameters
    matrix, vector, cost = np.zeros((p, p)), np.zeros(p), 0.0
    rows = max(64, BLOCK // p)
    roots = np.ones(samples.values.shape[1]) if precision is None else np.sqrt(precision)
    weighed = precision is not None or samples.weights is not None
    for start in range(0, len(samples), rows):
        block = samples.part(start, start + rows)
        residuals, jacobians = _linearise(network, block.points, block.values)
        if weighed:
            residuals = block.weighed(residuals) * roots
            jacobians = [block.weighed(j) * root for j, root in zip(jacobians, roots, strict=True)]
        cost += float(np.vdot(residuals, residuals))
        for k, jacobian in enumerate(jacobians):
            matrix += jacobian.T @ jacobian
            vector += jacobian.T @ residuals[:, k]
    return matrix, vector, cost


def _linearise(network: Network, x: Points, y: Values) -> tuple[Values, list[Array]]:
    """Return residuals (n, m) and the Jacobian (n, p) of each output, by back-propagation."""
    inputs, slopes = [], []
    for layer in network.layers:
        inputs.append(x)
        z = layer.affine(x)
        x = layer.activate(z.copy())
        slopes.append(layer.slope(z, x))
    jacobians = []
    for k in range(y.shape[1]):
        jacobian = np.empty((len(y), network.parameters))
        delta = np.zeros_like(x)
        delta[:, k] = slopes[-1][:, k]
        end = network.parameters
        for index in range(len(network.layers) - 1, -1, -1):
            layer = network.layers[index]
            if layer.biases is not None:
                jacobian[:, end - layer.width : end] = delta
                end -= layer.width
            part = jacobian[:, end - layer.weights.size : end]
            end -= layer.weights.size
            fan_in = layer.weights.shape[1]
            for row in range(layer.width):  # one block of columns per neuron, no temporary
                columns = part[:, row * fan_in : (row + 1) * fan_in]
                np.multiply(inputs[index], delta[:, row, None], out=columns)
            if index:
                delta = (delta @ layer.weights) * slopes[index - 1]
        jacobians.append(jacobian)
    return x - y, jacobians
