"""Variable projection: its steps go downhill, and end where independent optimizers end."""

import numpy as np
import pytest
from scipy.optimize import least_squares

from approximant.networks import Layer, Network
from approximant.refine import varpro
from approximant.refine._varpro import _moved, _normal_equations, _project

ACTIVATIONS = ["tanh", "sin", "gaussian", "sigmoid", "softplus", "gelu", "silu"]


def random_layer(width, d=1, activation="tanh", seed=0, size=2.0):
    generator = np.random.default_rng(seed)
    weights, biases = size * generator.normal(size=(width, d)), generator.normal(size=width)
    return Layer.uniform(weights, biases, activation)


def samples(function, d=1, n=200, seed=1):
    points = np.random.default_rng(seed).uniform(-1, 1, (n, d))
    return points, function(points)


def wiggle(points):
    return np.sin(3 * points.sum(axis=1, keepdims=True)) + 0.3 * points[:, :1] ** 2


def pair(points):
    x = points[:, :1]
    return np.hstack([np.sin(3 * x), 0.2 * np.exp(x)])


def cost(network, points, values, tolerance):
    return float(np.sum(((network(points) - values) / tolerance) ** 2))


def best_output(layer, points, values):
    """Return the network with the output weights of a plain least-squares solve."""
    design = np.hstack([layer(points), np.ones((len(points), 1))])
    weights = np.linalg.lstsq(design, values, rcond=1e-14)[0].T
    return Network((layer, Layer.uniform(weights[:, :-1], weights[:, -1], "linear")))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("target", "d"), [(wiggle, 1), (wiggle, 3), (pair, 1)])
def test_gradient_is_that_of_the_projected_cost(activation, target, d):
    # J'r is exact for one output layer solved exactly, though Kaufman's J is not.
    points, values = samples(target, d)
    layer = random_layer(4, d, activation, size=1.0)
    now = _project(layer, points, values)
    _, right = _normal_equations(now, now.weights(), points)

    def half_cost(step):
        return 0.5 * _project(_moved(layer, step), points, values).cost

    h = 1e-5
    numeric = [
        (half_cost(h * unit) - half_cost(-h * unit)) / (2 * h) for unit in np.eye(len(right))
    ]
    # A step along +right lowers the residual, so it is minus the gradient.
    np.testing.assert_allclose(-right, numeric, rtol=1e-4, atol=2e-5 * np.abs(right).max())


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize(("target", "d"), [(wiggle, 1), (wiggle, 2), (pair, 1)])
def test_more_steps_never_raise_the_cost(activation, target, d):
    points, values = samples(target, d)
    layer = random_layer(5, d, activation)
    tolerance = np.full(values.shape[1], 1e-9)
    costs = [
        cost(varpro(layer, points, values, tolerance, iterations=k)[0], points, values, tolerance)
        for k in (1, 2, 4, 8, 16)
    ]
    start = cost(best_output(layer, points, values), points, values, tolerance)
    assert costs[0] <= start * (1 + 1e-6)
    assert all(b <= a * (1 + 1e-6) for a, b in zip(costs, costs[1:], strict=False))
    assert costs[-1] < start


def test_output_weights_are_optimal_for_the_hidden_layer():
    points, values = samples(pair)
    network, _ = varpro(random_layer(5), points, values, np.full(2, 1e-9), iterations=10)
    again = best_output(network.layers[0], points, values)
    ours, plain = ((n(points) - values) ** 2 for n in (network, again))
    assert ours.sum() <= plain.sum() * (1 + 1e-3)


@pytest.mark.parametrize("activation", ["tanh", "sin", "gaussian"])
@pytest.mark.parametrize("d", [1, 2])
def test_a_teacher_network_is_recovered(activation, d):
    weights = np.array([[1.0, -0.5], [-2.0, 1.0], [3.0, 2.0]])[:, :d]
    inner = Layer.uniform(weights, np.array([0.5, 1.0, -1.0]), activation)
    outer = Layer.uniform(np.array([[1.0, -2.0, 1.5]]), np.array([0.3]), "linear")
    teacher = Network((inner, outer))
    points, values = samples(teacher, d)
    generator = np.random.default_rng(2)
    hidden = teacher.layers[0]
    near = Layer(
        hidden.weights * (1 + 0.05 * generator.normal(size=hidden.weights.shape)),
        hidden.biases + 0.05 * generator.normal(size=3),
        hidden.groups,
    )
    network, _ = varpro(near, points, values, np.array([1e-7]), iterations=100)
    fresh, expected = samples(teacher, d, seed=3)
    assert np.abs(network(fresh) - expected).max() < 1e-4


@pytest.mark.parametrize("seed", range(4))
def test_final_cost_agrees_with_an_independent_optimizer(seed):
    width = 3
    points, values = samples(wiggle)
    tolerance = np.array([1e-6])
    ours, _ = varpro(random_layer(width, seed=seed), points, values, tolerance, iterations=600)

    def residual(theta):
        w, b, v, c = theta[:width], theta[width : 2 * width], theta[2 * width : -1], theta[-1]
        return np.tanh(points * w + b) @ v + c - values[:, 0]

    hidden, last = ours.layers
    start = [hidden.weights.ravel(), hidden.biases, last.weights.ravel(), last.biases]
    theirs = least_squares(residual, np.concatenate(start), method="lm", xtol=1e-15, ftol=1e-15)
    found = float(np.sum((ours(points) - values) ** 2))
    assert found <= 2 * theirs.cost * (1 + 1e-3) + 1e-18


def test_it_stops_when_the_error_is_well_within_tolerance():
    points, values = samples(wiggle)
    network, steps = varpro(random_layer(6), points, values, np.array([0.1]), iterations=500)
    assert steps < 50
    assert np.abs(network(points) - values).max() < 0.06


def test_it_gives_up_when_the_tolerance_is_out_of_reach():
    points, values = samples(lambda p: np.sin(40 * p))
    _, steps = varpro(random_layer(6), points, values, np.array([1e-12]), iterations=1000)
    assert steps < 500


def test_phases_of_sines_lose_their_turns():
    points, values = samples(wiggle)
    layer = random_layer(5, activation="sin")
    far = Layer(layer.weights, layer.biases + 2000 * np.pi * np.arange(5), layer.groups)
    network, _ = varpro(far, points, values, np.array([1e-9]), iterations=40)
    hidden = network.layers[0]
    assert np.abs(hidden.biases).max() <= np.pi
    again = best_output(hidden, points, values)
    ours, plain = (np.abs(n(points) - values).max() for n in (network, again))
    assert ours <= 2 * plain + 1e-12


def test_hopeless_starts_are_named():
    layer = Layer.uniform(np.array([[np.inf]]), np.zeros(1), "tanh")
    points, values = samples(wiggle)
    with pytest.raises(ValueError, match="hidden layer is not finite"), np.errstate(all="ignore"):
        varpro(layer, np.zeros_like(points), values, np.array([1e-6]), iterations=3)


@pytest.mark.parametrize("unit", [1e-200, 1e-6, 1.0, 1e6, 1e200])
def test_units_of_the_target_do_not_matter(unit):
    points, values = samples(wiggle)
    layer = random_layer(5)
    plain, steps = varpro(layer, points, values, np.array([1e-9]), iterations=20)
    other, same = varpro(layer, points, unit * values, np.array([unit * 1e-9]), iterations=20)
    assert steps == same
    np.testing.assert_allclose(other(points) / unit, plain(points), atol=1e-6)
