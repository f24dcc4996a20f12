"""First weights: their laws, their seeds, and arrays given by hand."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.random import RandomState

from approximant.arrays import Vector
from approximant.descent import (
    INITIALISERS,
    Initialisation,
    initial_network,
    read_initialisation,
)
from approximant.errors import SettingError
from approximant.networks import Network, parse_network
from approximant.settings import as_mapping

FAN_IN, WIDTH = 300, 200
LAWS = [name for name in INITIALISERS if name != "arrays"]
UNIFORM = {
    "glorot_uniform": math.sqrt(6 / (FAN_IN + WIDTH)),
    "he_uniform": math.sqrt(6 / FAN_IN),
    "lecun_uniform": math.sqrt(3 / FAN_IN),
    "torch_default": 1 / math.sqrt(FAN_IN),
    "uniform": 0.05,
}
NORMAL = {
    "glorot_normal": math.sqrt(2 / (FAN_IN + WIDTH)),
    "he_normal": math.sqrt(2 / FAN_IN),
    "lecun_normal": math.sqrt(1 / FAN_IN),
    "standard_normal": 1.0,
    "normal": 0.05,
}


def network(text: str, init: Any, seed: int = 0) -> Network:
    return initial_network(parse_network(text), read_initialisation(init), seed)


def all_biases(made: Network) -> list[Vector]:
    return [layer.biases for layer in made.layers if layer.biases is not None]


def flat(made: Network) -> bytes:
    weights = [layer.weights for layer in made.layers]
    return b"".join(array.tobytes() for array in (*weights, *all_biases(made)))


@pytest.mark.parametrize("generator", ["pcg64", "legacy"])
@pytest.mark.parametrize("name", LAWS)
def test_weights_follow_their_law(name: str, generator: str) -> None:
    made = network(f"{FAN_IN}-{WIDTH}-1", {"name": name, "generator": generator}, 5)
    weights = made.layers[0].weights
    assert weights.shape == (WIDTH, FAN_IN) and weights.dtype == np.float64
    spread = UNIFORM[name] / math.sqrt(3) if name in UNIFORM else NORMAL[name]
    assert weights.std() == pytest.approx(spread, rel=0.01)
    assert abs(weights.mean()) < 5 * spread / math.sqrt(weights.size)
    if name in UNIFORM:
        assert 0.999 * UNIFORM[name] < np.abs(weights).max() <= UNIFORM[name]
    else:
        assert np.abs(weights).max() > 3.5 * spread  # tails, not cut off
        assert np.mean(np.abs(weights) < spread) == pytest.approx(0.6827, abs=0.01)


@pytest.mark.parametrize("name", LAWS)
def test_biases_start_at_zero_but_for_torch(name: str) -> None:
    biases = network(f"{FAN_IN}-5000-1", name).layers[0].biases
    assert biases is not None
    if name != "torch_default":
        assert not biases.any()
    else:
        end = 1 / math.sqrt(FAN_IN)
        assert 0.99 * end < np.abs(biases).max() <= end
        assert biases.std() == pytest.approx(end / math.sqrt(3), rel=0.05)


@pytest.mark.parametrize("name", LAWS)
def test_layers_without_biases_get_none(name: str) -> None:
    assert not all_biases(network("2-4-4-1 tanh nobias", name))


@pytest.mark.parametrize("generator", ["pcg64", "legacy"])
@pytest.mark.parametrize("name", LAWS)
def test_seed_decides_everything(name: str, generator: str) -> None:
    init = {"name": name, "generator": generator}
    assert flat(network("2-6-3-1", init, 4)) == flat(network("2-6-3-1", init, 4))
    assert flat(network("2-6-3-1", init, 4)) != flat(network("2-6-3-1", init, 5))


def test_legacy_seed_2_draws_the_weights_of_the_hand_written_experiment() -> None:
    made = network("1-128-1 sigmoid", {"name": "glorot_uniform", "generator": "legacy"}, 2)
    generator = RandomState(2)
    end = math.sqrt(6 / (1 + 128))
    first = generator.uniform(-end, end, (128, 1))
    second = generator.uniform(-end, end, (1, 128))
    assert made.layers[0].weights.tobytes() == first.tobytes()
    assert made.layers[1].weights.tobytes() == second.tobytes()
    assert [biases.any() for biases in all_biases(made)] == [False, False]


def test_legacy_standard_normal_draws_layer_by_layer() -> None:
    made = network("1-32-128-32-1 nobias", {"name": "standard_normal", "generator": "legacy"}, 7)
    generator = RandomState(7)
    for layer in made.layers:
        assert layer.weights.tobytes() == generator.standard_normal(layer.weights.shape).tobytes()


def test_options_of_uniform_and_normal_count() -> None:
    uniform = network("3-400-1", {"name": "uniform", "low": 1.0, "high": 2.0})
    assert 1.0 <= uniform.layers[0].weights.min() < 1.01 < 1.99 < uniform.layers[0].weights.max()
    normal = network("50-400-1", {"name": "normal", "scale": 3.0})
    assert normal.layers[0].weights.std() == pytest.approx(3.0, rel=0.02)


def test_groups_and_activations_come_from_the_network_text() -> None:
    made = network("2-6-1 4 tanh+2 sin,sigmoid", "he_normal")
    assert [layer.groups for layer in made.layers] == [
        (("tanh", 4), ("sin", 2)), (("sigmoid", 1),)
    ]  # fmt: skip


def test_given_arrays_become_the_network() -> None:
    weights = [[[1, 2], [3, 4], [5, 6]], np.array([[7, 8, 9]], np.float32)]
    made = network("2-3-1 relu", {"weights": weights, "biases": [[1, 2, 3], [4]]})
    assert made.layers[0].weights.tolist() == weights[0]
    assert made.layers[1].weights.tolist() == [[7, 8, 9]]
    assert [biases.tolist() for biases in all_biases(made)] == [[1, 2, 3], [4]]
    assert all(layer.weights.dtype == np.float64 for layer in made.layers)
    zero = network("2-3-1 relu", Initialisation("arrays", weights=weights))
    assert [biases.any() for biases in all_biases(zero)] == [False, False]
    bare = network("2-3-1 relu nobias", {"weights": weights})
    assert not all_biases(bare)


def test_given_arrays_are_copied_and_compare_by_value() -> None:
    weights = [np.ones((3, 1)), np.ones((1, 3))]
    init = read_initialisation({"weights": weights})
    weights[0][:] = 5.0
    assert network("1-3-1", init).layers[0].weights.tolist() == [[1.0]] * 3
    assert init == Initialisation("arrays", weights=(np.ones((3, 1)), [[1, 1, 1]]))
    assert read_initialisation(as_mapping(init)) == init


GOOD = [[[1.0], [2.0], [3.0]], [[1.0, 2.0, 3.0]]]


@pytest.mark.parametrize(
    ("init", "message"),
    [
        ({"weights": GOOD[:1]}, "init.weights must be a list of 2 arrays, one per layer; got 1"),
        ({"weights": 3.0}, "must be a list of 2 arrays, one per layer; got float"),
        (
            {"weights": [GOOD[0], [[1.0], [2.0], [3.0]]]},
            r"init\.weights of layer 2 has shape \(3, 1\); expected \(1, 3\), neurons by inputs",
        ),
        ({"weights": [[1.0, 2.0, 3.0], GOOD[1]]}, r"layer 1 has shape \(3,\); expected \(3, 1\)"),
        ({"weights": [[[1.0], [2.0, 3.0]], GOOD[1]]}, "layer 1 is no array of numbers of shape"),
        ({"weights": [[["a"]] * 3, GOOD[1]]}, "layer 1 is no array of numbers"),
        ({"weights": [[[math.nan]] * 3, GOOD[1]]}, "layer 1 has values that are not finite"),
        (
            {"weights": GOOD, "biases": [[0.0, 0.0], [0.0]]},
            r"init\.biases of layer 1 has shape \(2,\); expected \(3,\), one per neuron",
        ),
        ("glorot_unform", r"Unknown init\.name 'glorot_unform'; did you mean 'glorot_uniform'\?"),
        ({"name": "uniform", "lo": 1}, r"Unknown setting 'init\.lo'; did you mean 'init\.low'\?"),
        ({"name": "uniform", "low": 1}, r"init\.low must be below init\.high; got 1 and 0\.05"),
        ({"name": "normal", "scale": 0}, r"init\.scale must be above 0; got 0"),
        ({"name": "he_normal", "scale": 2}, r"init\.scale has no meaning for he_normal"),
        ({"name": "arrays"}, r"init\.weights is missing"),
        ({"name": "he_normal", "generator": "mt"}, r"Unknown init\.generator 'mt'"),
        (7, "init must be a table of settings; got 7"),
    ],
)
def test_bad_initialisation_gives_one_clear_error(init: Any, message: str) -> None:
    with pytest.raises(SettingError, match=message):
        network("1-3-1", init)


def test_biases_given_to_a_network_without_any_are_refused() -> None:
    with pytest.raises(SettingError, match=r"init\.biases are given, but the network has none"):
        network("1-3-1 tanh nobias", {"weights": GOOD, "biases": [[0.0] * 3, [0.0]]})


@pytest.mark.parametrize("activation", ["step", "abs"])
def test_activations_of_constructed_networks_are_refused(activation: str) -> None:
    with pytest.raises(SettingError, match=f"cannot train the activation '{activation}'"):
        network(f"1-4-1 {activation}", "he_normal")


def test_seed_too_large_for_the_legacy_generator_is_refused() -> None:
    assert network("1-3-1", "he_normal", 2**40).widths == (1, 3, 1)
    with pytest.raises(SettingError, match="legacy generator takes seeds below 4294967296; got"):
        network("1-3-1", {"name": "he_normal", "generator": "legacy"}, 2**40)
