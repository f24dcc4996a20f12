"""Model files: what was saved comes back bit for bit, and nothing else is taken for a model."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import reweighted
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

import approximant as ap
from approximant import store
from approximant.domain import Box, SampledRegion
from approximant.errors import CertificateError, ModelFileError
from approximant.model import OUTSIDE_POLICIES, Model, Scaling
from approximant.networks import ACTIVATIONS, Layer, Network

CARD: dict[str, Any] = {
    "formulas": ["x^2"],
    "seed": 3,
    "report": {"max_error": 1e-9, "noise": None},
}


def make_model(
    d: int = 2, m: int = 1, seed: int = 0, outside: str = "warn", region: bool = False
) -> Model:
    """Return a network of one mixed and one biasless layer with awkward numbers throughout."""
    rng = np.random.default_rng(seed)
    hidden = Layer(rng.normal(size=(5, d)) * 1e5, rng.normal(size=5), (("tanh", 3), ("relu", 2)))
    outer = Layer.uniform(rng.normal(size=(m, 5)) * 1e-300, None, "linear")
    return Model(
        Network((hidden, outer)),
        Box(tuple(f"x{k}" for k in range(d)), (-1 / 3,) * d, (0.1,) * d),
        tuple(f"y{k}" for k in range(m)),
        Scaling(rng.normal(size=d), rng.random(d) + 0.1),
        Scaling(rng.normal(size=m), rng.random(m)),
        outside,
        SampledRegion(rng.random((7, d)), 1 / 7) if region else None,
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "model.safetensors"
    store.save_model(file, make_model(region=True), CARD)
    return file


def rewrite(path: Path, change: Callable[[dict[str, Any]], None], sign: bool = False) -> None:
    """Change the card of a file; `sign` makes its checksum fit again, as a forger could."""
    from approximant.layout import digest as digest_of

    data = path.read_bytes()
    tensors = load(data)
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
    card = json.loads(header["approximant"])
    change(card)
    text = json.dumps(card)
    digest = digest_of(text, tensors) if sign else header["sha256"]
    path.write_bytes(save(tensors, {"approximant": text, "sha256": digest}))


@given(
    d=st.integers(1, 20),
    m=st.integers(1, 4),
    seed=st.integers(0, 99),
    outside=st.sampled_from(OUTSIDE_POLICIES),
    region=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_loaded_model_is_the_saved_one_bit_for_bit(
    tmp_path_factory: pytest.TempPathFactory, d: int, m: int, seed: int, outside: str, region: bool
) -> None:
    model = make_model(d, m, seed, outside, region)
    path = tmp_path_factory.mktemp("store") / "any name"
    store.save_model(path, model, CARD)
    loaded, card = store.load_model(path)
    points = np.random.default_rng(seed).uniform(-1, 1, (64, d))
    assert np.array_equal(loaded.evaluate(points), model.evaluate(points))
    assert np.array_equal(loaded.inside(points), model.inside(points))
    assert loaded.domain == model.domain
    assert loaded == model
    assert hash(loaded) == hash(model)
    assert loaded != make_model(d, m, seed + 1, outside, region)
    assert loaded != make_model(d, m, seed, "nan" if outside == "clip" else "clip", region)
    assert (loaded.outputs, loaded.outside) == (model.outputs, outside)
    assert str(loaded.network) == str(model.network)
    assert {key: card[key] for key in CARD} == CARD


def test_every_activation_can_be_saved(tmp_path: Path) -> None:
    groups = tuple((name, 2) for name in ACTIVATIONS)
    hidden = Layer(np.ones((2 * len(groups), 1)), None, groups)
    network = Network((hidden, Layer.uniform(np.ones((1, hidden.width)), np.ones(1), "sigmoid")))
    one = Scaling.identity(1)
    store.save_model(
        tmp_path / "m", Model(network, Box(("x",), (0.0,), (1.0,)), ("y",), one, one), {}
    )
    assert str(store.load_model(tmp_path / "m")[0].network) == str(network)


def test_the_card_tells_a_reader_what_the_file_is(path: Path) -> None:
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
    card = json.loads(header["approximant"])
    assert card["schema"] == store.SCHEMA
    assert {"approximant", "numpy", "python"} <= set(card["versions"])
    assert card["model"]["domain"] == {"x0": [-1 / 3, 0.1], "x1": [-1 / 3, 0.1]}
    assert card["model"]["network"] == "2-5-1 3 tanh+2 relu"
    assert card["model"]["outside"] == "warn"
    assert set(card["model"]["scaling"]) == {"input", "output"}
    assert (card["formulas"], card["seed"]) == (["x^2"], 3)


def test_the_same_model_makes_the_same_bytes() -> None:
    text = store.model_bytes(make_model(), {"about": "ü\u2028\U0001f600"})
    assert {store.model_bytes(make_model(), {"about": "ü\u2028\U0001f600"}) for _ in range(40)} == {
        text
    }
    assert (8 + int.from_bytes(text[:8], "little")) % 8 == 0


def test_saving_again_keeps_the_versions_of_the_first_time(path: Path) -> None:
    rewrite(path, lambda card: card["versions"].update(numpy="1.2.3"), sign=True)
    model, card = store.load_model(path)
    store.save_model(path, model, card)
    assert store.load_model(path)[1]["versions"]["numpy"] == "1.2.3"


@pytest.mark.parametrize("share", [0, 0.001, 0.2, 0.5, 0.999])
def test_a_truncated_file_is_refused(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    with pytest.raises(ModelFileError, match="cut short"):
        store.load_model(path)


def test_any_changed_byte_is_noticed(path: Path) -> None:
    data = path.read_bytes()
    for place in range(0, len(data), 5):
        changed = bytearray(data)
        changed[place] ^= 1
        path.write_bytes(changed)
        with pytest.raises(ModelFileError, match=r"model\.safetensors"):
            store.load_model(path)


def test_an_edited_card_is_noticed(path: Path) -> None:
    rewrite(path, lambda card: card["report"].update(max_error=1e-12))
    with pytest.raises(ModelFileError, match="changed or damaged"):
        store.load_model(path)


def test_a_newer_file_asks_for_a_newer_version(path: Path) -> None:
    rewrite(path, lambda card: card.update(schema=store.SCHEMA + 1))
    with pytest.raises(ModelFileError, match="newer approximant.*upgrade"):
        store.load_model(path)


def test_a_foreign_safetensors_file_is_named_as_such(path: Path) -> None:
    path.write_bytes(save({"weight": np.ones((2, 2))}, {"format": "pt"}))
    with pytest.raises(ModelFileError, match="approximant did not write it"):
        store.load_model(path)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"not a model file at all", "cut short, or be no file"),
        (struct.pack("<Q", 2**62) + b"{}", "header too large"),
        (struct.pack("<Q", 90_000_000) + b"{}", "invalid header length"),
        (struct.pack("<Q", 500_000) + b'{"a":' * 100_000, "recursion limit"),
    ],
)
def test_a_hostile_header_is_refused(path: Path, data: bytes, expected: str) -> None:
    path.write_bytes(data)
    with pytest.raises(ModelFileError, match=expected):
        store.load_model(path)


@pytest.mark.parametrize(
    "card", ["", "[" * 100_000, "{}", "3", '{"schema": "1"}', '{"schema": true}']
)
def test_an_unreadable_card_is_refused(path: Path, card: str) -> None:
    path.write_bytes(save({"weight": np.ones(1)}, {"approximant": card}))
    with pytest.raises(ModelFileError, match=r"The card of .* cannot be read"):
        store.load_model(path)


@pytest.mark.parametrize("dtype", ["BF16", "F16", "F32", "I64", "F8_E4M3"])
def test_other_numbers_than_float64_are_refused(path: Path, dtype: str) -> None:
    metadata = {"approximant": '{"schema": 1}', "sha256": ""}
    tensor = {"dtype": dtype, "shape": [8], "data_offsets": [0, 8 * _BYTES[dtype]]}
    header = json.dumps({"__metadata__": metadata, "weight": tensor}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(8 * _BYTES[dtype]))
    with pytest.raises(ModelFileError, match="other numbers than float64"):
        store.load_model(path)


_BYTES = {"BF16": 2, "F16": 2, "F32": 4, "I64": 8, "F8_E4M3": 1}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda words: words.update(layers=[]), "layers"),
        (lambda words: words.pop("inputs"), "inputs"),
        (lambda words: words.update(inputs="x0"), "are no names"),
        (lambda words: words.update(inputs=["x0"]), "does not fit 1 inputs"),
        (lambda words: words.update(inputs=["x0", "x0"]), "named twice"),
        (lambda words: words.update(outside="eval"), "no policy"),
        (lambda words: words.update(sampled_region=False), "different things"),
        (lambda words: words.update(domain={}), "different things"),
        (lambda words: words["layers"][0].update(groups=[["exec", 5]]), "exec"),
        (lambda words: words["layers"][0].update(groups=[["tanh", -1], ["relu", 6]]), "groups"),
        (lambda words: words["layers"][0].update(groups=5), "int"),
        (lambda words: words["layers"].append({"groups": [], "biases": False}), r"layer\.2"),
    ],
)
def test_a_forged_card_makes_no_model(
    path: Path, change: Callable[[dict[str, Any]], None], expected: str
) -> None:
    rewrite(path, lambda card: change(card["model"]), sign=True)
    with pytest.raises(ModelFileError, match=f"does not hold a working model .*{expected}"):
        store.load_model(path)


@pytest.mark.parametrize("shape", [(), (10,), (5, 3), (2, 5), (5, 2, 1), (0, 2)])
def test_tensors_of_another_shape_make_no_model(path: Path, shape: tuple[int, ...]) -> None:
    _forge(path, {"layer.0.weights": np.ones(shape)})
    with pytest.raises(ModelFileError, match="does not hold a working model"):
        store.load_model(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(path: Path, bad: float) -> None:
    _forge(path, {"layer.0.weights": np.full((5, 2), bad)})
    with pytest.raises(
        ModelFileError, match=r"10 of the numbers in layer\.0\.weights are not finite"
    ):
        store.load_model(path)


def _forge(path: Path, replaced: dict[str, Any]) -> None:
    """Put other tensors into a file and make its checksum fit."""
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])["__metadata__"]
    path.write_bytes(save({**load(data), **replaced}, header))
    rewrite(path, lambda card: None, sign=True)


def test_a_model_that_could_not_be_loaded_is_not_written(tmp_path: Path) -> None:
    model = reweighted(make_model(), np.nan)
    with pytest.raises(ModelFileError, match="1 of the numbers in layer"):
        store.save_model(tmp_path / "m", model, CARD)
    with pytest.raises(ModelFileError, match="no plain JSON"):
        store.save_model(tmp_path / "m", make_model(), {"seed": float("nan")})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("empty", "is a folder; give a model file"),
        ("missing", "There is no file"),
        ("model.safetensors/x", "There is no file"),
        ("x" * 300, "ile name too long"),
        (os.devnull, "is a device"),
    ],
)
def test_what_is_no_file_cannot_be_loaded(path: Path, name: str, expected: str) -> None:
    (path.parent / "empty").mkdir()
    with pytest.raises(ModelFileError, match=expected):
        store.load_model(path.parent / name)


def test_a_folder_with_a_model_leads_to_it(tmp_path: Path, path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"did you mean .*model\.safetensors\?"):
        store.load_model(tmp_path)


# Checkpoints


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("checkpoint") / "state"
    ap.train(**LEARNED, epochs=3, checkpoint=file)
    return file


LEARNED: dict[str, Any] = {
    "target": "x^2", "domain": {"x": (0, 1)}, "network": "1-3-1 tanh", "sampling": 40,
}  # fmt: skip


def resume(path: Path) -> None:
    ap.train(**LEARNED, epochs=4, resume=path)


def test_a_checkpoint_holds_numbers_of_every_type(tmp_path: Path) -> None:
    arrays = {"a": np.array([0.1, np.nan], np.float32), "b": np.array([[-0.0, np.inf]]),
              "c": np.array([2**62 + 1])}  # fmt: skip
    store.save_checkpoint(tmp_path / "c", arrays, {"rows": "r"})
    found, card = store.load_checkpoint(tmp_path / "c")
    assert card["rows"] == "r"
    for name, array in arrays.items():
        assert (found[name].dtype, found[name].tobytes()) == (array.dtype, array.tobytes())


def test_a_checkpoint_cut_short_anywhere_or_changed_anywhere_is_refused(
    checkpoint: Path, tmp_path: Path
) -> None:
    data, damaged = checkpoint.read_bytes(), tmp_path / "damaged"
    for place in range(0, len(data), 3):
        damaged.write_bytes(data[:place])
        with pytest.raises(ModelFileError, match="damaged cannot be read as a checkpoint"):
            store.load_checkpoint(damaged)
    for place in range(0, len(data), 7):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        damaged.write_bytes(changed)
        with pytest.raises(ModelFileError, match="damaged"):
            store.load_checkpoint(damaged)


@pytest.mark.parametrize(
    "card", ["", "{", "[" * 100_000, "3", "[]", "{}", '{"schema": "2"}', '{"schema": 99}']
)
def test_a_checkpoint_without_a_card_that_can_be_read_is_refused(card: str, tmp_path: Path) -> None:
    path = tmp_path / "c"
    path.write_bytes(save({"weights": np.ones(2)}, {"approximant-checkpoint": card}))
    with pytest.raises(ModelFileError, match=r"checkpoint.*start the training anew"):
        store.load_checkpoint(path)


@pytest.mark.parametrize("data", [b"", b"{}", b"\x00" * 8, b"epoch,loss\n", bytes(range(256)) * 9])
def test_another_file_is_no_checkpoint(data: bytes, tmp_path: Path, path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(data)
    for file in (other, path):  # a model file, too
        with pytest.raises(ModelFileError, match="start the training anew"):
            resume(file)


def without(part: str) -> Callable[[dict[str, Any], dict[str, Any]], object]:
    return lambda arrays, card: arrays.pop(part, None) if part in arrays else card.pop(part)


@pytest.mark.parametrize(
    "change",
    [
        *map(without, ("settings", "rows", "columns", "weights", "slots", "record", "best")),
        *map(without, ("scalars", "history.epoch", "history.loss")),
        *(
            lambda arrays, card, part=part, value=value: card.update({part: value})
            for part in ("settings", "columns")
            for value in (3, None, "epoch", ["epoch", 3], [["epoch", "loss"]])
        ),
        lambda arrays, card: arrays.update(record=np.full(3, np.nan)),
        lambda arrays, card: arrays.update(record=np.full(3, np.inf)),
        lambda arrays, card: arrays.update(record=np.empty(0)),
        lambda arrays, card: arrays.update({"history.loss": np.ones(1)}),
        lambda arrays, card: arrays.update({"history.epoch": np.ones((3, 2))}),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(
    change: Callable[[dict[str, Any], dict[str, Any]], object], checkpoint: Path, tmp_path: Path
) -> None:
    arrays, card = store.load_checkpoint(checkpoint)
    change(arrays, card)
    store.save_checkpoint(tmp_path / "forged", arrays, card)
    with pytest.raises(ModelFileError, match="forged is a checkpoint of something else"):
        resume(tmp_path / "forged")


# Reports and certificates


VALUES = (None, 3, -0.5, "text", True, [], ["a", 1], {"a": 1}, [[None]], [{}], 1e999, 10**400)


def test_a_report_of_wrong_types_is_refused_or_can_be_shown(tmp_path: Path) -> None:
    f = ap.approximate("x^2", {"x": (0, 1)}, tol=1e-6)
    f.certify()
    f.save(tmp_path / "good")
    for name in f.report.as_dict():
        for value in VALUES:
            (tmp_path / "m").write_bytes((tmp_path / "good").read_bytes())
            _forge_card(tmp_path / "m", name, value)
            try:
                found = ap.load(tmp_path / "m")
            except ModelFileError as error:
                assert "its report cannot be read" in str(error)
            else:
                assert repr(found)
                found.report.as_dict()


def _forge_card(path: Path, name: str, value: Any) -> None:
    finite = json.loads(json.dumps(value).replace("Infinity", "1e999"))
    rewrite(path, lambda card: card["report"].update({name: finite}), sign=True)


@pytest.mark.parametrize("value", VALUES)
def test_a_card_whose_report_is_something_else_is_refused(value: Any, path: Path) -> None:
    rewrite(path, lambda card: card.update(report=value), sign=True)
    with pytest.raises(ModelFileError, match="its report cannot be read"):
        ap.load(path)


def test_a_certificate_of_wrong_types_is_refused(tmp_path: Path) -> None:
    f = ap.approximate("x^2", {"x": (0, 1)}, tol=1e-6)
    store.save_certificate(tmp_path / "good", f.certify())
    whole = json.loads((tmp_path / "good").read_text())
    for name in whole:
        for value in ("0x1p99999", "text", None, [], {}, ["0x1p0", {}], [{"low": 3}]):
            (tmp_path / "c").write_text(json.dumps({**whole, name: value}))
            try:
                store.load_certificate(tmp_path / "c")
            except CertificateError as error:
                assert "certificate" in str(error)
