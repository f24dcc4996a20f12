"""Records cannot be changed: no array of one can be written to, or is an array of somebody else."""

import copy
import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from handmade import make_model, make_report
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import approximant as ap
from approximant.arrays import frozen
from approximant.history import History
from approximant.model import Scaling
from approximant.networks import Layer, Network

AGAIN: dict[str, Callable[[Any], Any]] = {
    "as it is": lambda record: record,
    "pickled": lambda record: pickle.loads(pickle.dumps(record)),
    "copied": copy.copy,
    "copied deeply": copy.deepcopy,
}
WAYS = pytest.mark.parametrize("again", AGAIN.values(), ids=AGAIN)


def found(record: Any, path: str = "f", seen: set[int] | None = None) -> Iterator[tuple[str, Any]]:
    """Yield every array to which a record leads, with its place."""
    seen = set() if seen is None else seen
    if id(record) in seen:
        return
    seen.add(id(record))
    inner: Mapping[Any, Any] = {}
    if isinstance(record, np.ndarray):
        yield path, record
    elif isinstance(record, Mapping):
        inner = record
    elif isinstance(record, (list, tuple)):
        inner = dict(enumerate(record))
    elif type(record).__module__.startswith("approximant."):
        kept = [name for name in dir(type(record)) if not name.startswith("__")]
        lazy = [n for n in kept if isinstance(getattr(type(record), n), cached_property)]
        inner = {name: getattr(record, name) for name in lazy} | getattr(record, "__dict__", {})
    for name, value in inner.items():
        yield from found(value, f"{path}.{name}", seen)


def assert_frozen(record: Any, *given: Any) -> None:
    """Check that nothing in a record can be written to, or is memory that was given."""
    places = list(found(record))
    assert places
    for path, array in places:
        assert not array.flags.writeable, path
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.setflags(write=True)
        assert not any(np.may_share_memory(array, own) for own in given), path


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    x = np.random.default_rng(0).random((150, 2))
    return x, np.sin(x[:, 0]) * x[:, 1]


@pytest.fixture(scope="module")
def fitted(rows: tuple[np.ndarray, np.ndarray]) -> dict[str, ap.Approximant]:
    box = {"x": (0, 1)}
    return {
        "formula": ap.approximate("exp(x)", box, tol=1e-6, certify=True),
        "several": ap.approximate(["exp(x)", "x*y"], {"x": (0, 1), "y": (0, 1)}, tol=1e-4),
        "callable": ap.approximate(np.cosh, box, tol=1e-6),
        "table": ap.approximate(rows, tol=1e-2),
    }


@WAYS
@pytest.mark.parametrize("kind", ["formula", "several", "callable", "table"])
def test_what_approximate_returns(
    kind: str, again: Callable[[Any], Any], fitted: dict[str, ap.Approximant], rows: Any
) -> None:
    assert_frozen(again(fitted[kind]), *rows)


@WAYS
@pytest.mark.parametrize("kind", ["formula", "several", "table"])
def test_what_load_returns(
    kind: str, again: Callable[[Any], Any], fitted: dict[str, ap.Approximant], tmp_path: Path
) -> None:
    fitted[kind].save(tmp_path / "f.safetensors")
    loaded = again(ap.load(tmp_path / "f.safetensors"))
    assert_frozen(loaded)
    assert loaded.network == fitted[kind].network
    assert loaded.model == fitted[kind].model


@WAYS
def test_what_train_returns(again: Callable[[Any], Any], rows: Any) -> None:
    training = ap.train(rows, network="2-4-1 tanh", epochs=3, held_out=0.2, keep=[1])
    assert_frozen(again(training), *rows)
    assert_frozen(History.from_csv(training.history.csv()))


@WAYS
def test_records_made_by_hand(again: Callable[[Any], Any]) -> None:
    weights, biases, x = np.ones((3, 2), order="F"), np.zeros(3), np.linspace(0, 1, 5)
    layer = Layer.uniform(weights, biases, "tanh")
    model = replace(make_model(2, 3), network=Network((layer,)))
    model = replace(model, output_scaling=Scaling(biases, biases + 1))
    assert_frozen(again(model), weights, biases)
    assert_frozen(again(make_report(model, scale=biases)), biases)
    columns = {"epoch": x}
    history = again(History(columns))
    columns["loss"] = x
    assert_frozen(history, x)
    assert list(history) == ["epoch"]
    with pytest.raises(TypeError):
        history.columns["loss"] = x
    assert_frozen(again(ap.Table.from_arrays(x, x)), x)


def test_a_layer_holds_float64_in_c_order_whatever_it_was_given() -> None:
    numbers = np.arange(6).reshape(3, 2)
    same = [numbers, np.asfortranarray(numbers), numbers.astype(">f8"), numbers.astype(np.float32)]
    layers = {Layer.uniform(given, None, "tanh") for given in same}
    assert len(layers) == 1
    (layer,) = layers
    assert layer.weights.dtype == np.float64
    assert layer.weights.flags.c_contiguous


@given(arrays(np.float64, array_shapes(min_dims=0, min_side=0), elements=st.floats()))
def test_frozen_numbers_are_the_same_numbers(numbers: np.ndarray) -> None:
    still = frozen(numbers)
    assert (still.shape, still.tobytes()) == (numbers.shape, numbers.tobytes())
    assert frozen(still) is still
    assert frozen(numbers.T).tobytes() == numbers.T.tobytes()
    assert not np.may_share_memory(still, numbers)


def test_memory_that_somebody_else_may_write_to_is_never_taken() -> None:
    numbers = pickle.loads(pickle.dumps(np.ones(1000)))  # these stand in a `bytes` as well
    other = numbers.view()
    numbers.setflags(write=False)
    for taken in (numbers, numbers[5:], np.frombuffer(bytes(80)), np.broadcast_to(1.0, (3, 3))):
        assert_frozen(frozen(taken), taken, other)


def test_approximants_go_through_joblib(fitted: dict[str, ap.Approximant]) -> None:
    point = {"formula": [0.5], "several": [0.5, 0.25], "callable": [0.5], "table": [0.5, 0.25]}
    asked = [(f, np.array([point[kind]])) for kind, f in fitted.items()]
    there = joblib.Parallel(n_jobs=2)(joblib.delayed(_evaluated)(f, x) for f, x in asked)
    for (f, x), (back, values) in zip(asked, there, strict=True):
        assert_frozen(back)
        assert back.model == f.model
        assert np.array_equal(values, f.model.evaluate(x))


def _evaluated(f: ap.Approximant, x: np.ndarray) -> tuple[ap.Approximant, np.ndarray]:
    return f, f.model.evaluate(x)
