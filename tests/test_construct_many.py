"""Networks for many inputs: geometries, a solve that keeps weights small, what they reach."""

from collections.abc import Callable

import numpy as np
import pytest

from approximant.arrays import Points, Values
from approximant.construct import GEOMETRIES, surface_candidates
from approximant.networks import Network
from approximant.probe import probe_structure
from approximant.progress import Watch
from approximant.sampling import Samples, boundary_rich_points
from approximant.solving import least_squares

UNIT = 2.0**-53


class FunctionSource:
    """A `Source` of a plain function of [-1, 1]^d whose values are of size one."""

    limit = 100_000

    def __init__(self, function: Callable[[Points], Values], dimension: int, tol: float) -> None:
        self.function = function
        self.dimension = dimension
        self.outputs = function(np.zeros((1, dimension))).shape[1]
        self.tolerance = np.full(self.outputs, tol)

    def evaluate(self, points: Points) -> Values:
        return self.function(points)

    def fit(self, n: int) -> Samples:
        return self._draw(n, 1)

    def choose(self, n: int) -> Samples:
        return self._draw(n, 2)

    def _draw(self, n: int, seed: int) -> Samples:
        points = boundary_rich_points(n, self.dimension, np.random.default_rng(seed))
        return Samples(points, self.function(points))


class RowSource(FunctionSource):
    """A table: a limited number of rows, no evaluation."""

    limit = 300
    evaluate = None  # type: ignore[assignment]

    def fit(self, n: int) -> Samples:
        return self._draw(min(n, self.limit), 1)


def stack(*columns: Values) -> Values:
    return np.stack(columns, axis=1)


def fresh_points(dimension: int) -> Points:
    generator = np.random.default_rng(12345)
    points = generator.uniform(-1.0, 1.0, (4000, dimension))
    points[:1000] = np.where(generator.random((1000, dimension)) < 0.5, -1.0, points[:1000])
    return points


def first_met(source: FunctionSource, max_neurons: int = 512) -> Network:
    structure = probe_structure(source.evaluate, source.dimension, source.tolerance)
    judges = source.choose(3000)
    for network in surface_candidates(source, structure, max_neurons=max_neurons, watch=Watch(60)):
        error = np.abs(network(judges.points) - judges.values).max(axis=0)
        rounding = 4 * network.outer_weight_sums * (network.widths[-2] + 14) * UNIT
        if (np.maximum(error, rounding) <= 0.8 * source.tolerance).all():
            return network
    raise AssertionError("no candidate met the tolerance")


@pytest.mark.parametrize("name", GEOMETRIES)
def test_geometry_places_neurons_that_bend_inside_the_box(name: str) -> None:
    geometry = GEOMETRIES[name]
    rank = geometry.ranks[0]
    scales = np.full(rank, geometry.start)
    weights, biases = geometry.place(40, scales, np.random.default_rng(3))
    again, _ = geometry.place(40, scales, np.random.default_rng(3))
    assert weights.shape == (40, rank) and biases.shape == (40,)
    assert np.array_equal(weights, again)
    reach = np.abs(weights).sum(axis=1)
    assert (np.abs(biases) <= 4.0 * reach + 2 * np.pi).all()
    assert np.abs(weights).max() > 0.0


def test_sparse_neurons_see_one_input_as_often_as_several() -> None:
    weights, _ = GEOMETRIES["tanh sparse"].place(2000, np.ones(8), np.random.default_rng(0))
    share = np.mean(np.count_nonzero(weights, axis=1) == 1)
    assert share == pytest.approx(0.5, abs=0.05)


def test_least_squares_agrees_with_numpy_on_a_well_conditioned_design() -> None:
    generator = np.random.default_rng(1)
    design, values = generator.standard_normal((60, 12)), generator.standard_normal((60, 2))
    expected = np.linalg.lstsq(design, values, rcond=None)[0]
    assert np.allclose(least_squares(design, values), expected, atol=1e-12)


def test_ridge_keeps_the_weights_of_dependent_columns_small() -> None:
    t = np.linspace(-1.0, 1.0, 200)[:, None]
    design = np.tanh(0.02 * t * np.arange(1, 30) + 0.1)
    values = np.exp(t)
    wild = np.abs(least_squares(design, values, 1e-17)).sum()
    tame = np.abs(least_squares(design, values, 1e-11)).sum()
    assert tame < 0.2 * wild


@pytest.mark.parametrize(
    ("function", "dimension", "tol", "neurons"),
    [
        (lambda t: stack(0.3 * t[:, 0] - 0.5 * t[:, 1] + 0.1), 2, 1e-12, 1),
        (lambda t: stack((t[:, 0] ** 2 + 2 * t[:, 1]) / 3), 2, 1e-9, 12),
        (lambda t: stack(np.sin(t[:, 0]) * np.cos(t[:, 1])), 2, 1e-8, 100),
        (lambda t: stack(np.exp(t[:, 0] * t[:, 1]) / np.e), 2, 1e-8, 300),
        (lambda t: stack(np.exp(t.sum(axis=1) / 8)) / np.e, 8, 1e-6, 20),
        (lambda t: stack(t[:, 0] ** 2 + np.sin(3 * t[:, 1]) + t[:, 2] * t[:, 3]) / 3, 5, 1e-6, 200),
        (lambda t: stack(np.cos(2 * t[:, 0] + t[:, 1]), t[:, 0] * t[:, 1]), 2, 1e-7, 200),
    ],
    ids=["linear", "quadratic", "product", "exp(xy)", "ridge", "sum with unused", "two outputs"],
)  # fmt: skip
def test_surface_meets_tolerance_on_fresh_points(
    function: Callable[[Points], Values], dimension: int, tol: float, neurons: int
) -> None:
    network = first_met(FunctionSource(function, dimension, tol))
    points = fresh_points(dimension)
    assert np.abs(network(points) - function(points)).max() <= tol
    assert network.neurons <= neurons


def test_oscillating_sum_is_found_through_its_structure() -> None:
    def function(t: Points) -> Values:
        x, y = 6 * t[:, 0], 3 * t[:, 1]
        value = x**2 + 2 * y**2 - 0.2 * np.cos(3 * np.pi * x) - 0.4 * np.cos(4 * np.pi * y)
        return stack(value / 54.6)

    network = first_met(FunctionSource(function, 2, 1e-7))
    points = fresh_points(2)
    assert np.abs(network(points) - function(points)).max() <= 1e-7


def test_rows_without_evaluation_get_candidates_of_growing_size() -> None:
    source = RowSource(lambda t: stack(np.sin(2 * t[:, 0]) * t[:, 1]), 2, 1e-3)
    networks = list(surface_candidates(source, None, max_neurons=64, watch=Watch(60)))
    assert networks[0].neurons < 10 and max(network.neurons for network in networks) >= 48
    points = fresh_points(2)
    error = min(np.abs(n(points) - source.function(points)).max() for n in networks)
    assert error < 1e-2


def test_no_more_neurons_than_allowed() -> None:
    source = FunctionSource(lambda t: stack(np.sin(9 * t[:, 0] * t[:, 1])), 2, 1e-9)
    networks = surface_candidates(source, None, max_neurons=40, watch=Watch(60))
    assert max(network.neurons for network in networks) <= 40


def test_same_seed_gives_the_same_network() -> None:
    source = FunctionSource(lambda t: stack(np.exp(t[:, 0] * t[:, 1]) / 3), 2, 1e-4)
    first, second = first_met(source), first_met(source)
    assert np.array_equal(first.layers[0].weights, second.layers[0].weights)
    assert np.array_equal(first.layers[1].weights, second.layers[1].weights)


def test_expired_watch_ends_the_search_with_a_network() -> None:
    source = FunctionSource(lambda t: stack(np.sin(9 * t[:, 0] * t[:, 1])), 2, 1e-9)
    assert len(list(surface_candidates(source, None, watch=Watch(0.0)))) <= 2
