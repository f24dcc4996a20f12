"""Second-order refinement of networks with any layers."""

import numpy as np
import pytest

from approximant.arrays import Points, Values
from approximant.networks import Layer, Network, parse_network
from approximant.progress import Watch
from approximant.refine import deep_candidates, fit_shape, levenberg_steps, smaller_networks
from approximant.refine._jacobian import normal_equations, parameter_vector, with_parameters
from approximant.refine._starts import random_network
from approximant.refine._widen import widened
from approximant.sampling import Samples, boundary_rich_points


class FunctionSource:
    """A `Source` of a plain function of [-1, 1]^d."""

    limit = 100_000

    def __init__(self, function, dimension: int, tol: float = 1e-6) -> None:  # type: ignore[no-untyped-def]
        self.function = function
        self.dimension = dimension
        self.outputs = function(np.zeros((1, dimension))).shape[1]
        self.tolerance = np.full(self.outputs, tol)

    def evaluate(self, points: Points) -> Values:
        return np.asarray(self.function(points))

    def fit(self, n: int) -> Samples:
        return self._draw(n, 1)

    def choose(self, n: int) -> Samples:
        return self._draw(n, 2)

    def _draw(self, n: int, seed: int) -> Samples:
        points = boundary_rich_points(n, self.dimension, np.random.default_rng(seed))
        return Samples(points, self.evaluate(points))


def network_of(text: str, seed: int = 0) -> Network:
    return random_network(parse_network(text), 1.0, np.random.default_rng(seed))


def rms(network: Network, samples: Samples) -> float:
    return float(np.sqrt(np.square(network(samples.points) - samples.values).mean()))


@pytest.mark.parametrize(
    "text",
    ["3-5-1 tanh", "3-4-3-2 tanh", "2-6-1 4 tanh+2 sin", "2-3-3-1 sigmoid,gaussian nobias",
     "2-4-1 gelu,tanh"],
)  # fmt: skip
def test_gauss_newton_matrix_agrees_with_finite_differences(text: str) -> None:
    network = network_of(text)
    generator = np.random.default_rng(5)
    x = generator.uniform(-1, 1, (300, network.widths[0]))
    y = generator.standard_normal((300, network.widths[-1]))
    matrix, vector, cost = normal_equations(network, Samples(x, y))
    start, step = parameter_vector(network), 1e-6
    columns = []
    for shift in step * np.eye(len(start)):
        after = with_parameters(network, start + shift)(x)
        before = with_parameters(network, start - shift)(x)
        columns.append((after - before).ravel() / (2 * step))
    jacobian, residual = np.stack(columns, axis=1), (network(x) - y).ravel()
    assert cost == pytest.approx(float(residual @ residual), rel=1e-12)
    assert vector == pytest.approx(jacobian.T @ residual, rel=1e-5, abs=1e-5)
    assert matrix == pytest.approx(jacobian.T @ jacobian, rel=1e-5, abs=1e-5)


def test_steps_never_raise_the_cost_and_find_a_teacher_again() -> None:
    teacher = network_of("2-5-4-1 tanh", seed=9)
    points = boundary_rich_points(300, 2, np.random.default_rng(0))
    samples = Samples(points, teacher(points))
    weights = parameter_vector(teacher)
    shift = 0.2 * np.random.default_rng(1).standard_normal(len(weights))
    start = with_parameters(teacher, weights + shift)
    costs = [step.cost for step in levenberg_steps(start, samples, 100)]
    assert all(after < before for before, after in zip(costs, costs[1:], strict=False))
    assert costs[-1] < 1e-6 * costs[0]


def test_widening_lowers_the_error_of_a_trained_network() -> None:
    source = FunctionSource(lambda t: np.exp(t[:, :1] * t[:, 1:2] - t[:, 2:3] ** 2), 3)
    samples = source.fit(800)
    for step in levenberg_steps(network_of("3-6-6-1 tanh"), samples, 60):
        trained = step.network
    wide = widened(trained, 150, 0.3, samples, np.random.default_rng(0))
    assert wide.widths == (3, 6, 156, 1)
    assert rms(wide, source.choose(1000)) < 0.5 * rms(trained, source.choose(1000))


@pytest.mark.parametrize(
    "text",
    ["2-12-1 tanh", "2-8-6-1 tanh", "2-12-1 sigmoid nobias", "2-10-1 6 tanh+4 sin",
     "2-16-8-1 relu", "2-1 linear"],
)  # fmt: skip
def test_shape_asked_for_is_the_shape_returned(text: str) -> None:
    spec = parse_network(text)
    source = FunctionSource(lambda t: 0.5 * t[:, :1] + 0.3 * np.sin(2 * t[:, 1:2]), 2)
    network = fit_shape(spec, source, seed=0, watch=Watch(60))
    assert network.widths == spec.widths
    assert tuple(layer.groups for layer in network.layers) == spec.groups
    assert all((layer.biases is not None) == spec.biases for layer in network.layers)
    spread = float(source.choose(1000).values.std())
    assert rms(network, source.choose(1000)) < (0.25 if text == "2-1 linear" else 0.03) * spread


def test_deep_candidates_improve_on_a_target_without_structure() -> None:
    source = FunctionSource(lambda t: 1.0 / (3.0 + t[:, :1] * t[:, 1:2] + t[:, 2:3] * t[:, 3:4]), 4)
    judges = source.choose(1000)
    errors = []
    for network in deep_candidates(source, None, max_neurons=60, watch=Watch(4.0)):
        errors.append(rms(network, judges) / judges.values.std())
    assert min(errors) < 0.02 and min(errors) < 0.5 * errors[0]


def test_deep_candidates_have_all_outputs_and_respect_the_limit() -> None:
    source = FunctionSource(lambda t: np.stack([t[:, 0] * t[:, 1], np.sin(t[:, 2])], axis=1), 3)
    networks = list(deep_candidates(source, None, max_neurons=30, watch=Watch(60)))
    assert {network.widths[-1] for network in networks} == {2}
    assert max(network.neurons for network in networks) <= 30


def test_expired_watch_stops_the_training() -> None:
    source = FunctionSource(lambda t: np.sin(5 * t[:, :1] * t[:, 1:2]), 2)
    assert len(list(deep_candidates(source, None, watch=Watch(0.0)))) <= 2


def test_smaller_network_is_found_where_few_waves_are_enough() -> None:
    source = FunctionSource(lambda t: np.sin(2 * t[:, :1]) * np.cos(t[:, 1:2]), 2, 1e-7)
    generator = np.random.default_rng(2)
    weights, biases = generator.normal(0, 2, (40, 2)), generator.uniform(0, 6, 40)
    output = Layer.uniform(np.ones((1, 40)), None, "linear")
    start = Network((Layer.uniform(weights, biases, "sin"), output))
    (small,) = smaller_networks(start, source, watch=Watch(60))
    points = np.random.default_rng(3).uniform(-1, 1, (2000, 2))
    assert small.neurons <= 8
    assert np.abs(small(points) - source.evaluate(points)).max() <= 1e-7
