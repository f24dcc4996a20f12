"""Penalties from the evidence: against closed forms, and what they do to noise."""

import numpy as np
import pytest

from approximant.contract import Request
from approximant.contract._leftover import structure_left
from approximant.contract._source import TableSource
from approximant.networks import Layer, Network
from approximant.progress import Watch
from approximant.refine import Regulariser
from approximant.refine._evidence import Penalised, evidence_steps, parameter_groups
from approximant.refine._jacobian import normal_equations, parameter_vector
from approximant.sampling import Samples
from approximant.targets import Table, read_target


def network(generator, d=3, width=4, outputs=2):
    hidden = Layer.uniform(
        generator.standard_normal((width, d)), generator.standard_normal(width), "tanh"
    )
    outer = Layer.uniform(generator.standard_normal((outputs, width)), np.zeros(outputs), "linear")
    return Network((hidden, outer))


def regulariser(points, values, weights=None, **options):
    inputs = tuple(f"x{k}" for k in range(points.shape[1]))
    table = Table(points, values, inputs, ("y",), weights=weights)
    source = TableSource(read_target(table), Request(**options))
    return source, Regulariser(source, seed=0, watch=Watch(60.0))


def last(steps):
    return list(steps)[-1]


def test_weights_of_an_input_share_a_penalty_and_output_biases_have_none():
    hidden = Layer(np.zeros((3, 2)), np.zeros(3), (("tanh", 2), ("linear", 1)))
    outer = Layer.uniform(np.zeros((1, 3)), np.zeros(1), "linear")
    groups = parameter_groups(Network((hidden, outer)))
    # first weights by neuron, their biases by kind, outer weights by kind, the output bias
    assert groups.tolist() == [0, 1, 0, 1, 2, 3, 4, 4, 5, 6, 6, 7, 8]
    assert Penalised.fresh(Network((hidden, outer))).penalties[-1] == 0.0


def test_row_weights_are_repetitions_for_the_gauss_newton_matrix():
    generator = np.random.default_rng(0)
    x, y = generator.standard_normal((40, 3)), generator.standard_normal((40, 2))
    times = generator.integers(1, 5, 40)
    shape = network(generator)
    weighted = normal_equations(shape, Samples(x, y, times.astype(float)))
    repeated = normal_equations(shape, Samples(x.repeat(times, axis=0), y.repeat(times, axis=0)))
    for one, two in zip(weighted, repeated, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-12, atol=1e-9)


def test_a_settled_network_is_the_most_probable_one():
    # There the gradient of misfit and penalties together vanishes.
    generator = np.random.default_rng(1)
    x = generator.standard_normal((200, 3))
    y = np.tanh(x[:, :1]) + 0.1 * generator.standard_normal((200, 1))
    samples = Samples(x, y)
    start = Penalised.fresh(network(generator, outputs=1))
    found = last(evidence_steps(start, samples, 1000, warm=1000))  # penalties held as they are
    _, pull, _ = normal_equations(found.network, samples, found.precision)
    weights = parameter_vector(found.network)
    slope = pull + found.penalties[parameter_groups(found.network)] * weights
    assert np.abs(slope).max() < 0.5


def test_the_noise_is_found_and_useless_inputs_are_penalised():
    generator = np.random.default_rng(2)
    x = generator.uniform(-1.7, 1.7, (400, 5))
    y = np.sin(2 * x[:, :1]) + 0.2 * generator.standard_normal((400, 1))
    found = last(evidence_steps(Penalised.fresh(network(generator, 5, 6, 1)), Samples(x, y), 200))
    assert 1 / np.sqrt(found.precision[0]) == pytest.approx(0.2, rel=0.15)
    assert found.penalties[1:5].min() > 5 * found.penalties[0]
    assert 4 < found.effective < 20


def test_candidates_grow_from_a_linear_function_that_least_squares_gives_too():
    generator = np.random.default_rng(3)
    x = generator.uniform(-1, 1, (500, 3))
    y = x @ [[1.0], [2.0], [0.0]] + 0.1 * generator.standard_normal((500, 1))
    source, trainer = regulariser(x, y)
    first, second, *_ = trainer.networks(100)
    rows = source.fit(source.limit)
    design = np.column_stack([rows.points, np.ones(len(rows))])
    plain = design @ np.linalg.lstsq(design, rows.values, rcond=None)[0]
    np.testing.assert_allclose(first.network(rows.points), plain, atol=0.01)
    assert (first.network.neurons, second.network.neurons) == (1, 3)


@pytest.mark.parametrize("most", [1, 3, 4, 9])
def test_no_candidate_has_more_neurons_than_allowed(most):
    generator = np.random.default_rng(4)
    x = generator.uniform(-1, 1, (300, 2))
    _, trainer = regulariser(x, np.sin(5 * x[:, :1]))
    assert max(found.network.neurons for found in trainer.networks(most)) <= most


def test_rows_of_a_table_have_weights_of_mean_one():
    generator = np.random.default_rng(5)
    x, weights = generator.uniform(-1, 1, (50, 2)), generator.uniform(1, 9, 50)
    table = Table(x, x[:, :1], ("a", "b"), ("y",), weights=weights)
    target = read_target(table)
    parts = Samples.joined([target.fit, target.choose, target.verify])
    assert parts.weights is not None and parts.weights.mean() == pytest.approx(1.0)
    order = [int(np.flatnonzero((x == point).all(axis=1))[0]) for point in parts.points]
    np.testing.assert_allclose(parts.weights * weights.mean(), weights[order])


# --- what is left over


@pytest.mark.parametrize("seed", range(10))
def test_noise_shows_no_structure(seed):
    generator = np.random.default_rng(seed)
    x, noise = generator.uniform(-1, 1, (800, 6)), generator.standard_normal((800, 1))
    assert not structure_left(x, noise, 5 * generator.standard_normal((800, 1)))


@pytest.mark.parametrize(
    "part",
    [
        lambda x: 0.5 * x[:, 0],
        lambda x: 0.7 * np.sin(20 * x[:, 3]),
        lambda x: x[:, 1] * x[:, 2],
        lambda x: np.sin(5 * x[:, 1]) * np.cos(5 * x[:, 4]),
    ],
)
def test_what_depends_on_one_or_two_inputs_is_seen_in_noise(part):
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (800, 6))
    residuals = part(x)[:, None] + generator.standard_normal((800, 1))
    assert structure_left(x, residuals, 5 * generator.standard_normal((800, 1)))


def test_tiny_residuals_may_be_anything():
    generator = np.random.default_rng(0)
    x, values = generator.uniform(-1, 1, (100, 2)), generator.standard_normal((100, 1))
    assert structure_left(x, 1e-3 * generator.standard_normal((100, 1)), values)
    assert not structure_left(x, np.zeros((100, 1)), values)


@pytest.mark.parametrize("n", [1, 5, 20])
def test_few_rows_show_nothing(n):
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (n, 3))
    assert not structure_left(x, generator.standard_normal((n, 1)), np.ones((n, 1)) * 1.0)
