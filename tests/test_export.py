"""Exports: every format gives what the model gives, guards its domain, and says what it knows."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exporting import (
    U,
    answers,
    approximant_of,
    bound,
    card_of,
    made,
    mixed,
    readable,
    run_selftest,
)
from handmade import make_report

import approximant as ap
from approximant.errors import ExportError
from approximant.export import FORMATS, POLICIES, export_model
from approximant.networks import ACTIVATIONS, Layer, Network

SLOW = (".h", ".js", ".keras.safetensors")  # each file is compiled or started anew
QUICK = [suffix for suffix in FORMATS if suffix not in SLOW]
SOURCES = (".h", ".py", ".npy.py", ".js")


def needed(suffix: str) -> None:
    missing = readable(suffix)
    if missing:
        pytest.skip(missing)


def plain(text: str) -> str:
    """Return a text without line ends and comment signs."""
    return " ".join(word for word in text.split() if word not in ("#", "*"))


def inside(model: Any, n: int = 50) -> np.ndarray:
    """Return points inside, all corners among them."""
    d = model.domain.dimension
    corners = (np.arange(2**d)[:, None] >> np.arange(d)) & 1
    points = np.concatenate([corners, np.random.default_rng(3).random((n, d))])
    points = model.domain.from_unit(points)
    return points[model.inside(points)]


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("suffix", QUICK)
def test_every_format_carries_every_activation(
    suffix: str, activation: str, tmp_path: Path
) -> None:
    model = made(activation)
    card = card_of(model)
    done = export_model(model, card, tmp_path / f"f{suffix}")
    assert done.difference <= 40 * U * (model.outer_weight_sums[0] + card["report"]["scale"])
    needed(suffix)
    points = inside(model)
    difference = np.abs(answers(done.path, points) - model.evaluate(points)).max()
    assert difference <= 5 * bound(model, card)[0]


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize(
    "model",
    [
        made(d=1),
        made(d=3, m=3),
        mixed(),
        mixed(d=1, m=1, output="tanh"),
        made(d=2, network=Network((Layer.uniform(np.ones((1, 2)), None, "sigmoid"),))),
    ],
    ids=["1 input", "3 inputs, 3 outputs", "mixed", "curved output", "no hidden layer"],
)
def test_every_format_carries_every_shape(suffix: str, model: Any, tmp_path: Path) -> None:
    card = card_of(model)
    done = export_model(model, card, tmp_path / f"f{suffix}")
    assert done.difference <= 5 * bound(model, card).max()
    needed(suffix)
    points = inside(model)
    difference = np.abs(answers(done.path, points) - model.evaluate(points)).max()
    assert difference <= 5 * bound(model, card).max()


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("suffix", [s for s in FORMATS if s not in (".tex", ".csv", ".json")])
def test_the_guard_does_what_was_chosen(suffix: str, policy: str, tmp_path: Path) -> None:
    needed(suffix)
    model = made(d=2, m=2)
    path = export_model(model, card_of(model), tmp_path / f"f{suffix}", policy=policy).path
    near, beyond = np.array([[2.1, 0.4]]), np.array([[2.4, 0.4]])
    assert np.isfinite(answers(path, near)).all()
    if policy == "error":
        if suffix == ".onnx":
            assert _onnx_inside(path, np.concatenate([near, beyond])) == [True, False]
            return
        with pytest.raises(Exception, match=r"outside|could not convert|returned non-zero"):
            answers(path, beyond)
        return
    found = answers(path, beyond) if suffix != ".h" else _header_values(path, beyond)
    if suffix == ".js" and policy == "nan":
        found = np.where(found == None, np.nan, found)  # noqa: E711 - JSON has null for NaN
    if policy == "nan":
        assert np.isnan(found.astype(float)).all()
    else:
        expected = model.evaluate(near if policy == "clip" else beyond)
        np.testing.assert_allclose(found, expected, atol=1e-13)


def _onnx_inside(path: Path, points: np.ndarray) -> list[bool]:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["y", "inside"]
    return list(session.run(["inside"], {"x": points})[0][:, 0])


def _header_values(path: Path, points: np.ndarray) -> np.ndarray:
    """Return the values of a C file at points outside; its return code must say that they are."""
    text = path.read_text()
    codes = answers_of_header(path, points)
    guarded = "no guard" not in text
    assert all(line.startswith("outside") == guarded for line in codes)
    return np.array([[float(w) for w in line.split() if w != "outside"] for line in codes])


def answers_of_header(path: Path, points: np.ndarray) -> list[str]:
    import subprocess

    try:
        answers(path, points)
    except ValueError:  # the word "outside" is no number
        pass
    done = subprocess.run([path.with_suffix(".out")], input=points.tobytes(), stdout=-1, check=True)
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("suffix", SOURCES)
@pytest.mark.parametrize("policy", ["nan", "clip", "error"])
def test_the_rows_of_a_table_guard_too(suffix: str, policy: str, tmp_path: Path) -> None:
    # Writing compares the guard with the model's at points far from all rows.
    model = made(d=2, region=True)
    done = export_model(model, card_of(model), tmp_path / f"f{suffix}", policy=policy)
    assert "stored rows of the table" in plain(done.path.read_text())
    needed(suffix)
    assert run_selftest(done.path).returncode == 0


@pytest.mark.parametrize("suffix", [".onnx", ".pt.safetensors", ".keras.safetensors"])
def test_a_guard_of_the_box_alone_says_so(suffix: str, tmp_path: Path) -> None:
    model = made(d=2, region=True)
    path = export_model(model, card_of(model), tmp_path / f"f{suffix}").path
    assert b"only the box of the table's rows is meant" in path.read_bytes()


@pytest.mark.parametrize("suffix", SOURCES)
def test_the_self_test_passes_and_notices_a_changed_weight(suffix: str, tmp_path: Path) -> None:
    needed(suffix)
    model = made(d=2, m=2)
    path = export_model(model, card_of(model), tmp_path / f"f{suffix}").path
    passed = run_selftest(path)
    assert (passed.returncode, "passed" in passed.stdout) == (0, True)
    weight = repr(float(model.network.layers[0].weights[4, 1]))
    text = path.read_text()
    assert weight in text
    path.write_text(text.replace(weight, repr(float(weight) + 1e-6)))
    failed = run_selftest(path)
    assert failed.returncode != 0
    assert "FAILED" in failed.stdout


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_file_states_error_certificate_and_provenance(suffix: str, tmp_path: Path) -> None:
    model = made(d=1)
    claim = "|f - target| <= 3.5e-06 on the whole domain."
    card = card_of(model, formulas=["x^2"])
    card["report"]["certificate"] = {"proved": True, "claim": claim, "bound": 3.5e-6}
    path = export_model(model, card, tmp_path / f"f{suffix}").path
    words = ["1e-06", "1e-05", "x^2", "differs", "3.5e-06"]
    if suffix == ".json":
        words[3] = "difference"
    text = path.read_bytes().decode(errors="replace").replace(r"\textasciicircum{}", "^")
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize("suffix", FORMATS)
def test_names_and_texts_from_outside_break_no_file(suffix: str, tmp_path: Path) -> None:
    model = made(d=2, outputs=('*/ "f" ??/ \\',))
    card = card_of(model)
    card["report"]["target"] = "evil */ /* \" ' \n #include <x> \\ %s @name@ {0} $x$ =1+1 \\end{x}"
    path = export_model(model, card, tmp_path / f"f{suffix}").path
    needed(suffix)
    points = inside(model)
    np.testing.assert_allclose(answers(path, points), model.evaluate(points), atol=1e-12)


@pytest.mark.parametrize("suffix", [s for s in FORMATS if not s.endswith(".safetensors")])
def test_writing_twice_gives_the_same_bytes(suffix: str, tmp_path: Path) -> None:
    model = made()
    card = {**card_of(model), "versions": {"approximant": "1"}}
    paths = [tmp_path / f"{folder}" / f"f{suffix}" for folder in "ab"]
    for path in paths:
        path.parent.mkdir()
        export_model(model, card, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_json_loads_bit_for_bit(tmp_path: Path) -> None:
    f = approximant_of(made(d=3, m=2, region=True))
    f.export(tmp_path / "f.json")
    loaded = ap.load(tmp_path / "f.json")
    points = np.random.default_rng(0).uniform(-3, 3, (200, 3))
    np.testing.assert_array_equal(loaded.model.evaluate(points), f.model.evaluate(points))
    np.testing.assert_array_equal(loaded.inside(points), f.inside(points))
    assert loaded.model.outside == f.model.outside
    assert loaded.report.as_dict() == f.report.as_dict()
    loaded.export(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "f.json").read_bytes()


def test_json_keeps_a_chosen_policy(tmp_path: Path) -> None:
    f = approximant_of(made())
    for policy, outside in {
        "nan": "nan",
        "clip": "clip",
        "error": "raise",
        "none": "allow",
    }.items():
        f.export(tmp_path / "f.json", policy=policy)
        assert ap.load(tmp_path / "f.json").model.outside == outside


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda text: text.replace("0x1.", "0x1.1", 1), "changed or damaged"),
        (lambda text: text[: len(text) // 2], "cannot be read as a model file"),
        (lambda text: "[]", "cannot be read as a model file"),
        (lambda text: text.replace("0x1.", "0x1p9999 0x1.", 1), "cannot be read as a model file"),
        (lambda text: text.replace('"schema": 1', '"schema": 99'), "written by a newer"),
        (lambda text: text.replace('"shape": [', '"shape": [7,', 1), "cannot be read as a model"),
    ],
)
def test_a_json_file_is_trusted_no_more_than_a_model_file(
    change: Any, expected: str, tmp_path: Path
) -> None:
    approximant_of(made()).export(tmp_path / "f.json")
    text = (tmp_path / "f.json").read_text()
    assert change(text) != text
    (tmp_path / "f.json").write_text(change(text))
    with pytest.raises(ap.ModelFileError, match=expected):
        ap.load(tmp_path / "f.json")


def test_onnx_metadata_has_names_domain_and_error(tmp_path: Path) -> None:
    import onnx

    model = made(d=2, m=2)
    path = export_model(model, card_of(model), tmp_path / "f.onnx").path
    proto = onnx.load(path)
    assert [(o.domain, o.version) for o in proto.opset_import] == [("", 17)]
    known = {entry.key: entry.value for entry in proto.metadata_props}
    assert json.loads(known["inputs"]) == ["x", "speed (m/s)"]
    assert json.loads(known["domain"])["x"] == [-1 / 3, 2.1]
    assert json.loads(known["max_error"]) == [1e-6, 1e-6]
    assert len(json.loads(known["difference"])) == 2
    assert proto.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "n"


def test_what_cannot_be_run_is_verified_otherwise_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    model = mixed(d=1, m=1)
    card = card_of(model)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    for suffix, words in {".h": "there was no C compiler", ".js": "there was no Node"}.items():
        done = export_model(model, card, tmp_path / f"f{suffix}")
        assert words in done.how
        assert done.difference <= bound(model, card)[0]
        assert words in plain(done.path.read_text())


def test_onnx_without_onnxruntime_is_run_by_its_own_evaluator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    model = mixed()
    done = export_model(model, card_of(model), tmp_path / "f.onnx")
    assert "there was no onnxruntime" in done.how
    assert done.difference <= bound(model, card_of(model)).max()


def test_the_scaling_is_folded_only_where_no_digit_is_lost(tmp_path: Path) -> None:
    near = made(d=1)
    far = made(d=1, domain=ap.Box(("x",), (1e6,), (1e6 + 2,)))
    far = made(
        d=1, domain=far.domain, input_scaling=type(far.input_scaling)(np.array([1e6]), np.ones(1))
    )
    for model, scaled in ((near, False), (far, True)):
        done = export_model(model, card_of(model), tmp_path / "f.pt.safetensors", policy="none")
        assert ("Scale(1)" in done.usage) == scaled
        assert done.difference <= bound(model, card_of(model))[0]


def test_exported_tells_all_of_it_as_plain_values(tmp_path: Path) -> None:
    f = approximant_of(made())
    done = f.export(tmp_path / "wave.npy.py")
    told = json.loads(json.dumps(done.as_dict()))
    assert (told["suffix"], told["dtype"], told["policy"]) == (".npy.py", "float64", "nan")
    assert told["points"] >= 1000
    assert math.isfinite(told["difference"])


@pytest.mark.parametrize("outside", ["warn", "raise", "nan", "clip", "allow"])
def test_the_policy_of_the_model_is_the_default(outside: str, tmp_path: Path) -> None:
    model = made(outside=outside)
    done = export_model(model, card_of(model), tmp_path / "f.py")
    expected = {"warn": "nan", "raise": "error", "nan": "nan", "clip": "clip", "allow": "none"}
    assert done.policy == expected[outside]


@pytest.mark.parametrize("suffix", [".tex", ".csv"])
def test_a_document_promises_no_guard(suffix: str, tmp_path: Path) -> None:
    model = made()
    done = export_model(model, card_of(model), tmp_path / f"f{suffix}")
    assert done.policy == "none"
    assert "no guard: nothing is checked" in done.path.read_text()
    with pytest.raises(ExportError, match="cannot guard it; leave out the policy 'clip'"):
        export_model(model, card_of(model), tmp_path / f"f{suffix}", policy="clip")


def test_a_compiler_whose_programs_do_not_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import subprocess

    def fail(*args: object, **settings: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(subprocess, "run", fail)
    for suffix in (".h", ".js"):
        done = export_model(made(), {}, tmp_path / f"f{suffix}")
        assert "Permission denied" in done.how or "there was no" in done.how


@pytest.mark.parametrize("suffix", [".py", ".npy.py", ".js"])
def test_without_a_guard_infinite_inputs_raise_no_error(suffix: str, tmp_path: Path) -> None:
    needed(suffix)
    model = mixed(d=2)
    path = export_model(model, card_of(model), tmp_path / f"f{suffix}", policy="none").path
    points = np.array([[np.inf, 0.0], [1e308, -1e308]])
    if suffix == ".js":  # JSON has no word for infinity
        points = points[1:]
    with np.errstate(all="ignore"):
        found = answers(path, points)
    assert found.shape == (len(points), 2)


def test_a_trained_network_states_its_error_without_a_tolerance(tmp_path: Path) -> None:
    model = made()
    seen = make_report(model, tolerance=None, met=None, checked_on="rows used in the fit")
    done = ap.Approximant(model, seen, None).export(tmp_path / "f.py")
    said = plain(done.path.read_text())
    assert done.met is None
    assert "at most 1e-06 on 1,234 rows used in the fit" in said
    assert "tolerance" not in said


def test_what_was_exported_can_be_printed(tmp_path: Path) -> None:
    done = approximant_of(made()).export(tmp_path / "f.py")
    said = str(done)
    assert "differs from the network by at most" in said
    assert f"python {done.path}" in said
    assert "MORE" not in said


def test_json_differs_by_nothing(tmp_path: Path) -> None:
    for policy in POLICIES:
        done = approximant_of(made(d=3)).export(tmp_path / "f.json", policy=policy)
        assert (done.difference, done.gradient_difference) == (0.0, 0.0)


def test_a_model_without_a_report_can_be_exported(tmp_path: Path) -> None:
    path = export_model(made(), {}, tmp_path / "f.py").path
    assert "the model has no report" in path.read_text()


def test_a_file_that_does_not_hold_the_model_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    form = FORMATS[".py"]
    broken = replace(form, render=lambda subject: form.render(subject).replace(b"0.5", b"0.6"))
    monkeypatch.setitem(FORMATS, ".py", broken)
    (tmp_path / "f.py").write_text("the good file")
    with pytest.raises(ExportError, match="nothing was written"):
        export_model(made("sigmoid"), {}, tmp_path / "f.py")
    assert (tmp_path / "f.py").read_text() == "the good file"
