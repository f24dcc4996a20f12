"""The integral of one hidden layer, neuron by neuron, where it is elementary."""

from __future__ import annotations

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, Vector
from approximant.networks import Activation, Network

NEAR = 1.0  # change of z up to which Gauss-Legendre is exact to rounding, and differences cancel
NODES = 12


def closed_form(network: Network, low: Vector, high: Vector) -> tuple[Vector, Vector] | None:
    """Return the integral over a box in scaled units, (m,), and a bound on its rounding, (m,).

    With z = w t + b, the mean of an activation over an interval of t is (A(z1) - A(z0)) / (z1 - z0)
    by its antiderivative A. A neuron that depends on several inputs has a closed form for sines, by
    a product of sin(r) / r, and if it is linear.

    Args:
        network: in scaled units.
        low: lower ends, (d,).
        high: upper ends, (d,).

    Returns:
        None if there is no closed form: more than one hidden layer, a neuron without one, or
        outputs that are not linear.
    """
    if len(network.layers) != 2 or any(n != "linear" for n, _ in network.layers[1].groups):
        return None
    hidden, output = network.layers
    half = 0.5 * (high - low)
    ends = hidden.affine(np.stack([low, low + half, high]))
    reach = hidden.weights * half
    means, errors = np.empty(hidden.width), np.empty(hidden.width)
    for activation, neurons in hidden.slices():
        found = _means(activation, ends[:, neurons], reach[neurons])
        if found is None:
            return None
        means[neurons], errors[neurons] = found
    biases = 0.0 if output.biases is None else output.biases
    volume = float(np.prod(high - low))
    sizes = np.abs(output.weights) @ (errors + (hidden.width + 4) * UNIT_ROUNDOFF * np.abs(means))
    value = volume * (output.weights @ means + biases)
    return value, abs(volume) * (sizes + 4 * UNIT_ROUNDOFF * np.abs(biases))


def _means(activation: Activation, z: Array, reach: Array) -> tuple[Vector, Vector] | None:
    """Return the means of neurons over the box, (w,), and what rounding adds, (w,).

    Args:
        activation: of all these neurons.
        z: what it is applied to at the lower ends, in the middle, at the upper ends, (3, w).
        reach: half of the change of z along each input, (w, d).
    """
    # z is rounded by a share of its terms.
    moved = UNIT_ROUNDOFF * (2 * np.abs(z[1]) + 2 * np.abs(reach).sum(axis=1))
    if activation.name == "linear":
        return z[1], 2 * moved
    if activation.name == "sin":
        # The mean of sin(m + r u) over -1 < u < 1 is sin(m) sin(r) / r, input by input.
        return np.sin(z[1]) * np.prod(np.sinc(reach / np.pi), axis=1), 4 * UNIT_ROUNDOFF + moved
    if np.any((reach != 0).sum(axis=1) > 1) or activation.antiderivative is None:
        return None
    return _means_on_a_line(activation, z[0], z[2], moved)


def _means_on_a_line(
    activation: Activation, first: Vector, last: Vector, moved: Vector
) -> tuple[Vector, Vector]:
    """Return the means from z = first to z = last, and what rounding adds, (w,) each."""
    assert activation.antiderivative is not None
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    change = last - first
    values = activation.value(first[:, None] + change[:, None] * (0.5 * (1.0 + nodes)))
    means = values @ weights / 2.0
    errors = 8 * UNIT_ROUNDOFF * np.abs(values).max(axis=1) + 2 * moved
    far = np.abs(change) > NEAR
    if not activation.smooth:
        far |= first * last < 0
    first, last, change = first[far], last[far], change[far]
    areas = [np.asarray(activation.antiderivative(z)) for z in (first, last)]
    means[far] = (areas[1] - areas[0]) / change
    size = 8 * UNIT_ROUNDOFF * (np.abs(areas[0]) + np.abs(areas[1]))
    # Where an end moves by its rounding, the mean moves by what stands there.
    ends = sum(np.abs(activation.value(z.copy())) for z in (first, last)) + np.abs(means[far])
    errors[far] = (size + 2 * moved[far] * ends) / np.abs(change)
    return means, errors
