"""Diagnosis: each finding where it must appear, and where it must not."""

import json
import re

import numpy as np
import pytest
from handmade import make_model, make_report
from hypothesis import given, settings
from hypothesis import strategies as st

from approximant.descent import (
    SGD,
    Adam,
    DescentSettings,
    descend,
    initial_network,
    read_initialisation,
)
from approximant.history import History
from approximant.measure import diagnose
from approximant.networks import Layer, Network, parse_network
from approximant.report import Finding, Report
from approximant.sampling import Samples
from approximant.scalings import fit_scaling

ONE_EPOCH = History.from_rows([{"epoch": 1, "loss": 1.0}])


class Trained:
    """A small training, run to its end."""

    def __init__(
        self, text, rows, *, optimizer, epochs, held_out=None, init="glorot_uniform", **more
    ):
        self.rows, self.held_out = rows, held_out
        chosen = DescentSettings(optimizer=optimizer, epochs=epochs, **more)
        self.initial = initial_network(parse_network(text), read_initialisation(init), 1)
        lines = []
        for epoch in descend(self.initial, rows, chosen, held_out=held_out):
            line = {"epoch": epoch.number, "loss": epoch.loss, "rate": epoch.rate}
            lines.append(line | epoch.metrics)
        self.history = History.from_rows(lines)
        self.network = epoch.network()

    def findings(self, **more):
        facts = {"held_out": self.held_out, "initial": self.initial} | more
        found = diagnose(self.network, self.rows, self.history, **facts)
        assert all(re.search(r"\d", finding.sentence) for finding in found)
        return {finding.name: finding for finding in found}


def one_input(function, n, low=-1.0, high=1.0, noise=0.0, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(low, high, (n, 1))
    return Samples(x, function(x) + noise * rng.normal(size=(n, 1)))


def wave(x):
    return np.sin(6 * x)


def bow(x):
    return np.sin(3 * x)


@pytest.fixture(scope="module")
def healthy():
    """A training in which nothing stands out."""
    rows, more = one_input(bow, 400, noise=0.05), one_input(bow, 200, noise=0.05, seed=1)
    return Trained("1-16-1 tanh", rows, optimizer=Adam(rate=0.01), epochs=600, held_out=more)


def test_nothing_is_found_where_nothing_is_wrong(healthy):
    assert np.sqrt(healthy.history["mse_after"][-1]) < 0.06
    assert healthy.findings(target=bow) == {}


# Units


def test_relu_units_killed_by_a_large_rate_are_counted():
    found = Trained("1-32-16-1 relu", one_input(wave, 400), optimizer=Adam(rate=0.5), epochs=60)
    z = found.network.layers[0].affine(found.rows.points)
    dead = np.all(z <= 0, axis=0).sum()
    assert dead >= 4
    finding = found.findings()["dead relu units"]
    assert f"{dead} of 32 relu units in hidden layer 1" in finding.sentence
    assert "on all 400 rows" in finding.sentence
    assert "leaky_relu" in finding.action


def test_units_dead_from_the_start_on_one_sided_inputs_ask_for_scaling():
    rows = one_input(np.square, 400, 0, 1)  # where weights are negative, so is all of z
    found = Trained("1-32-1 relu", rows, optimizer=Adam(rate=0.003), epochs=20)
    start = int(np.sum(found.initial.layers[0].weights <= 0))
    finding = found.findings()["dead relu units"]
    assert f"{start} of them from the start" in finding.sentence
    assert finding.action.startswith("Scale the inputs: scaling='standard'")
    assert "from the start" not in found.findings(initial=None)["dead relu units"].sentence


@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_units_that_still_answer_are_not_called_dead(activation):
    rows = one_input(wave, 400, -1 if activation == "relu" else 0)
    found = Trained(f"1-32-1 {activation}", rows, optimizer=Adam(rate=0.001), epochs=60)
    assert "dead relu units" not in found.findings()


def test_one_dead_unit_among_many_is_no_finding():
    def network(units):
        biases = np.append(np.full(units - 1, 2.0), -2.0)
        hidden = Layer.uniform(np.ones((units, 1)), biases, "relu")
        return Network((hidden, Layer.uniform(np.ones((1, units)), None, "linear")))

    rows = one_input(np.square, 50)
    names = [[f.name for f in diagnose(network(k), rows, ONE_EPOCH)] for k in (5, 50)]
    assert "dead relu units" in names[0] and "dead relu units" not in names[1]


def test_a_dead_output_is_found():
    rows = one_input(lambda x: x**2 + 1, 50)
    output = Layer.uniform(-np.ones((1, 4)), np.zeros(1), "relu")
    network = Network((Layer.uniform(np.ones((4, 1)), np.ones(4), "sigmoid"), output))
    (finding, *_) = diagnose(network, rows, ONE_EPOCH)
    assert "1 of 1 relu units in the output layer" in finding.sentence


def test_units_saturated_by_large_inputs_ask_for_scaling():
    rows = one_input(lambda x: np.sin(x / 200), 400, 0, 1000)
    found = Trained("1-32-1 tanh", rows, optimizer=Adam(rate=0.01), epochs=30).findings()
    assert "tanh units in hidden layer 1" in found["saturated units"].sentence
    assert found["saturated units"].action == "Scale the inputs: scaling='standard'."


def test_units_saturated_by_the_rate_ask_for_a_lower_rate():
    optimizer = SGD(rate=10.0)
    found = Trained("1-16-1 sigmoid", one_input(wave, 400), optimizer=optimizer, epochs=5)
    finding = found.findings()["saturated units"]
    assert finding.action.startswith("Lower the learning rate")


def test_units_saturated_from_the_start_ask_for_smaller_weights():
    init = {"name": "normal", "scale": 1000.0}
    found = Trained("1-32-1 tanh", one_input(wave, 400), optimizer=Adam(), epochs=20, init=init)
    assert found.findings()["saturated units"].action.startswith("Start from smaller weights")


def test_steep_units_of_a_good_network_are_not_called_saturated():
    found = Trained("1-16-1 tanh", one_input(np.sign, 400), optimizer=Adam(rate=0.03), epochs=200)
    assert np.abs(found.network.layers[0].weights).max() > 5
    assert "saturated units" not in found.findings()


# The range of the output


@pytest.mark.parametrize(
    ("activation", "function"),
    [("sigmoid", wave), ("relu", wave), ("tanh", lambda x: 3 * x), ("softplus", lambda x: x - 2)],
)
def test_values_beyond_the_last_activation_are_found(activation, function):
    rows = one_input(function, 300)
    text = f"1-16-1 tanh,{activation}"
    finding = Trained(text, rows, optimizer=Adam(rate=0.01), epochs=50).findings()["output range"]
    low, high = {"sigmoid": (0, 1), "tanh": (-1, 1)}.get(activation, (0, np.inf))
    share = np.mean((rows.values < low) | (rows.values > high))
    assert finding.sentence.startswith(f"{share:.0%} of the rows")
    assert finding.action == "Make the output layer linear."


@pytest.mark.parametrize(
    ("activation", "function", "noise"),
    [
        ("sigmoid", lambda x: 0.5 + 0.4 * x, 0.0),
        ("tanh", np.sin, 0.0),
        ("relu", np.square, 0.05),  # noise alone reaches below 0
        ("linear", lambda x: 100 * x, 0.0),
    ],
)
def test_values_within_reach_are_no_finding(activation, function, noise):
    rows = one_input(function, 300, noise=noise)
    found = Trained(f"1-16-1 tanh,{activation}", rows, optimizer=Adam(rate=0.01), epochs=50)
    assert "output range" not in found.findings()


# Rows


def slope(p):
    return p[:, :1] ** 2 + 2 * p[:, 1:]


@pytest.fixture(scope="module")
def large_inputs():
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.uniform(0, 100, 4000), rng.integers(0, 1000, 4000)])
    return Samples(points, slope(points))


def test_inputs_far_from_size_1_are_found_by_name(large_inputs):
    found = Trained("2-24-12-1 relu", large_inputs, optimizer=Adam(rate=0.02), epochs=20)
    finding = found.findings(inputs=("x", "y"))["badly scaled inputs"]
    x, y = large_inputs.points.T
    assert f"x runs from {x.min():.4g} to {x.max():.4g}" in finding.sentence
    assert f"y runs from {y.min():.4g} to {y.max():.4g}" in finding.sentence


def test_the_same_inputs_scaled_are_no_finding(large_inputs):
    for kind in ("standard", "box"):
        points = fit_scaling(kind, large_inputs.points).apply(large_inputs.points)
        values = fit_scaling("standard", large_inputs.values).apply(large_inputs.values)
        found = Trained("2-24-1 tanh", Samples(points, values), optimizer=Adam(rate=0.01), epochs=3)
        assert "badly scaled inputs" not in found.findings()


def test_a_column_too_small_to_be_seen_is_found():
    rng = np.random.default_rng(0)
    unit = rng.random((500, 2))
    rows = Samples(unit * [1.0, 1e-5], np.sin(5 * unit[:, :1]) + unit[:, 1:])
    found = Trained("2-32-1 tanh", rows, optimizer=Adam(rate=0.01), epochs=50)
    sentence = found.findings(inputs=("a", "b"))["badly scaled inputs"].sentence
    assert sentence.startswith("b runs from") and "a runs" not in sentence


def test_large_inputs_that_were_learned_nevertheless_are_no_finding():
    rows = one_input(lambda x: x / 500 - 1, 400, 0, 1000, noise=0.05)
    x1 = np.column_stack([rows.points, np.ones(400)])
    weights, *_ = np.linalg.lstsq(x1, rows.values, rcond=None)
    network = Network((Layer.uniform(weights[:1], weights[1], "linear"),))
    assert diagnose(network, rows, ONE_EPOCH) == ()


def test_a_network_that_learns_the_noise_of_few_rows_overfits():
    rows, more = one_input(bow, 20, noise=0.6), one_input(bow, 200, noise=0.6, seed=1)
    found = Trained("1-64-64-1 tanh", rows, optimizer=Adam(rate=0.003), epochs=2000, held_out=more)
    finding = found.findings()["overfitting"]
    final = np.sqrt(found.history["held_out_mse"][-1])
    assert f"{final:.2g} on the 200 held out" in finding.sentence
    best = int(found.history["epoch"][np.argmin(found.history["held_out_mse"])])
    assert f"at epoch {best} of 2000" in finding.sentence
    assert "patience=200" in finding.action


def test_the_gap_between_training_and_held_out_rows_needs_held_out_rows(healthy):
    assert "overfitting" not in healthy.findings(held_out=None)
    assert "overfitting" not in healthy.findings()


def test_more_weights_than_rows_without_a_rise_ask_for_a_smaller_network():
    few = Samples(np.linspace(-1, 1, 8)[:, None], np.tile([[1.0], [-1.0]], (4, 1)))
    found = Trained("1-64-1 sin", few, optimizer=Adam(rate=0.01), epochs=500, init={
        "name": "normal", "scale": 10.0})  # fmt: skip
    flat = Samples(np.linspace(-0.9, 0.9, 100)[:, None], np.zeros((100, 1)))
    finding = found.findings(held_out=flat)["overfitting"]
    assert "193 weights for 8 rows" in finding.sentence
    assert "fewer weights" in finding.action


# Oscillation between the rows


def fast(x):
    return np.sin(60 * x)


@pytest.mark.parametrize("rows", [20, 40, 60])
def test_a_wave_with_fewer_than_four_rows_to_a_period_is_found(rows):
    samples = one_input(fast, rows)
    found = Trained("1-64-1 tanh", samples, optimizer=Adam(rate=0.01), epochs=100)
    finding = found.findings(target=fast)["under-sampled oscillation"]
    assert "the target lies" in finding.sentence
    assert finding.action == f"Train on more rows: {4 * rows} to begin with."


def test_rows_on_the_zeros_of_a_wave_do_not_hide_it():
    x = np.linspace(-1, 1, 41)[:, None]
    rows = Samples(x, np.sin(20 * np.pi * x))
    found = Trained("1-16-1 tanh", rows, optimizer=Adam(), epochs=10)
    names = found.findings(target=lambda x: np.sin(20 * np.pi * x))
    assert "under-sampled oscillation" in names


@pytest.mark.parametrize("rows", [400, 1000])
def test_a_wave_with_enough_rows_is_no_finding_even_if_it_is_not_learned(rows):
    found = Trained("1-8-1 tanh", one_input(fast, rows), optimizer=Adam(), epochs=3)
    assert "under-sampled oscillation" not in found.findings(target=fast)


def test_noise_is_no_oscillation():
    rows = one_input(wave, 2000, noise=1.0)
    found = Trained("1-16-1 tanh", rows, optimizer=Adam(rate=0.01), epochs=30)
    assert "under-sampled oscillation" not in found.findings(target=wave)
    assert "under-sampled oscillation" not in found.findings()


def test_a_network_that_turns_between_the_rows_is_found_without_the_target():
    rows = one_input(np.square, 30)
    weights = np.random.default_rng(0).normal(scale=200.0, size=(64, 1))
    hidden = Layer.uniform(weights, np.zeros(64), "sin")
    design = hidden(rows.points)
    outer = np.linalg.lstsq(design, rows.values, rcond=None)[0]  # meets every row
    network = Network((hidden, Layer.uniform(outer.T, None, "linear")))
    found = {f.name: f for f in diagnose(network, rows, ONE_EPOCH)}
    assert "the network lies" in found["under-sampled oscillation"].sentence


def test_a_grid_too_coarse_along_one_input_is_found():
    def ripples(p):
        return np.sin(25 * p[:, 1:])

    def grid(*numbers):
        mesh = np.meshgrid(*(np.linspace(0, 1, k) for k in numbers), indexing="ij")
        points = np.stack([axis.ravel() for axis in mesh], axis=1)
        return Samples(points, ripples(points))

    for numbers, expected in (((60, 5), True), ((5, 60), False)):
        found = Trained("2-16-1 tanh", grid(*numbers), optimizer=Adam(), epochs=10)
        assert ("under-sampled oscillation" in found.findings(target=ripples)) == expected


@pytest.mark.parametrize("d", [2, 8, 20])
def test_few_rows_of_many_inputs_are_enough_for_a_gentle_target(d):
    def gentle(p):
        return np.sin(p.sum(axis=1, keepdims=True)) + p[:, :1] ** 2

    points = np.random.default_rng(0).random((300, d))
    rows = Samples(points, gentle(points))
    found = Trained(f"{d}-16-1 tanh", rows, optimizer=Adam(), epochs=10)
    assert "under-sampled oscillation" not in found.findings(target=gentle)


# The end of the training


def test_a_training_cut_short_was_still_improving():
    found = Trained("1-16-1 tanh", one_input(np.square, 300), optimizer=Adam(), epochs=5)
    finding = found.findings()["still improving"]
    assert "after 5 epochs" in finding.sentence
    assert finding.action == "Train longer: epochs=10."


def test_the_promised_gain_comes_true():
    rows = one_input(wave, 300)
    short, long = (
        Trained("1-32-1 tanh", rows, optimizer=Adam(rate=0.003), epochs=e) for e in (300, 600)
    )
    sentence = short.findings()["still improving"].sentence
    promised = float(re.search(r"(\d+)% smaller", sentence)[1]) / 100
    gained = 1 - long.history["loss_after"][-1] / short.history["loss_after"][-1]
    assert gained == pytest.approx(promised, abs=0.25)


def test_a_network_at_its_best_was_not_improving():
    rows = one_input(lambda x: x**2 + x, 300)
    found = Trained("1-8-1 linear", rows, optimizer=Adam(rate=0.01), epochs=200)
    assert "still improving" not in found.findings()


def test_a_schedule_that_ends_at_rest_was_not_improving():
    rows = one_input(wave, 300)
    arguments = {"optimizer": Adam(rate=0.01), "epochs": 150}
    found = Trained("1-32-1 tanh", rows, schedule="cosine", **arguments)
    assert "still improving" not in found.findings()


def test_a_training_that_ended_by_itself_was_not_improving():
    found = Trained("1-16-1 tanh", one_input(np.square, 300), optimizer=Adam(), epochs=5)
    assert "still improving" not in found.findings(settled=True)


@given(st.floats(0.0, 0.5), st.integers(0, 100), st.integers(40, 400))
@settings(max_examples=40)
def test_a_flat_loss_that_only_jitters_hardly_ever_counts_as_improving(jitter, seed, epochs):
    noise = np.random.default_rng(seed).normal(size=epochs)
    columns = {"epoch": np.arange(1.0, epochs + 1), "loss": np.exp(jitter * np.clip(noise, -2, 2))}
    rows = one_input(wave, 10)
    network = initial_network(parse_network("1-2-1 tanh"), read_initialisation("glorot_uniform"), 0)
    assert all(f.name != "still improving" for f in diagnose(network, rows, History(columns)))


# Whatever comes


@given(
    st.integers(1, 30), st.integers(1, 3), st.integers(1, 2), st.integers(0, 2**32 - 1),
    st.sampled_from(["tanh", "relu", "sigmoid", "gaussian", "silu", "sin", "linear"]),
    st.integers(-8, 8), st.booleans(),
)  # fmt: skip
@settings(max_examples=150)
def test_any_training_can_be_diagnosed(n, d, m, seed, activation, magnitude, repeated):
    rng = np.random.default_rng(seed)
    points = 10.0**magnitude * rng.normal(size=(n, d))
    if repeated:
        points[:] = points[0]
    rows = Samples(points, rng.normal(size=(n, m)) * 10.0**-magnitude)
    initial = initial_network(
        parse_network(f"{d}-5-{m} {activation}"),
        read_initialisation("standard_normal"),
        seed % 1000,
    )
    history = History.from_rows([{"epoch": k, "loss": rng.random()} for k in range(1, 1 + n)])
    found = diagnose(
        initial,
        rows,
        history,
        held_out=rows,
        target=lambda p: p[:, :1] * np.ones(m),
        initial=initial,
    )
    for finding in found:
        assert finding.sentence.endswith(".") and finding.action.endswith(".")
        assert "nan" not in finding.sentence and "inf" not in finding.sentence


def test_a_network_without_finite_values_has_no_findings():
    network = Network((Layer.uniform(np.array([[np.nan]]), None, "linear"),))
    assert diagnose(network, one_input(wave, 10), ONE_EPOCH) == ()


def test_findings_survive_in_a_report_as_json():
    found = (Finding("overfitting", "It is 2 against 1.", "Stop earlier."),)
    report = make_report(make_model(), findings=found)
    assert Report.from_dict(json.loads(json.dumps(report.as_dict()))).findings == found
