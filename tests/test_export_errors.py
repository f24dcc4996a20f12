"""Exports that cannot be made: each is one sentence with its remedy, and nothing is written."""

import errno
import importlib.util
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from exporting import approximant_of, card_of, made
from handmade import reweighted

import approximant as ap
from approximant.cli import main
from approximant.errors import ExportError, SettingError
from approximant.export import FORMATS, export_model
from approximant.networks import ACTIVATIONS


def refused(folder: Path, file: str = "f.py", **settings: object) -> str:
    """Return what is said when a file cannot be exported; nothing may have been written."""
    model = settings.pop("model", None) or made()
    with pytest.raises(ExportError) as caught:
        export_model(model, card_of(model), folder / file, **settings)
    assert list(folder.iterdir()) == []
    return str(caught.value)


@pytest.mark.parametrize("name", ["f", "f.xyz", "f.safetensors", "h", "f.hh"])
def test_an_unknown_suffix_shows_the_list(name: str, tmp_path: Path) -> None:
    said = refused(tmp_path, name)
    assert all(f"{suffix} (" in said for suffix in FORMATS)
    assert repr(name) in said


@pytest.mark.parametrize(
    ("name", "near"),
    [("my-model", "my_model"), ("2fast", "fast"), ("größe", "grosse"), ("Δx", "_x"), ("", "model")],
)
def test_a_name_that_is_no_c_identifier_gets_another(name: str, near: str, tmp_path: Path) -> None:
    said = refused(tmp_path, f"{name}.h")
    assert f"{name!r} is no C identifier" in said
    assert f"name={near!r}" in said
    assert f"--name {near}" in said
    assert "is no C identifier" in refused(tmp_path, "f.h", name=f"{name}-")
    export_model(made(), {}, tmp_path / f"{name}.h", name=near)


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_folder_that_does_not_exist(suffix: str, tmp_path: Path) -> None:
    said = refused(tmp_path, f"nowhere/f{suffix}")
    assert "is no folder; make it first" in said


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "f.py").mkdir()
    with pytest.raises(ExportError, match="it is a folder"):
        export_model(made(), {}, tmp_path / "f.py")


@pytest.mark.parametrize("suffix", FORMATS)
def test_an_activation_that_a_format_does_not_know(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ACTIVATIONS, "cube", replace(ACTIVATIONS["gelu"], name="cube"))
    said = refused(tmp_path, f"f{suffix}", model=made("cube"))
    assert f"A {suffix} file cannot express the activation 'cube'" in said
    assert "Nothing was written" in said


def test_a_missing_extra_has_its_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n: None if n == "onnx" else find(n))
    assert 'pip install "approximant[onnx]"' in refused(tmp_path, "f.onnx")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"policy": "warn"}, "Unknown policy 'warn'; known are nan, clip, error, none"),
        ({"dtype": "float32"}, r"written for float64, not for 'float32'; .* had as .h, .onnx"),
        ({"dtype": "float16"}, "Unknown dtype 'float16'; did you mean 'float64'"),
        ({"tol": 1e-9}, "In float64 the error is 1e-06 .*nothing was written"),
        ({"tol": -1}, "tol must be above 0; got -1"),
        ({"tol": float("nan")}, "tol must be finite and above 0; got nan"),
        ({"tol": "1e-6"}, "tol must be a number, or None; got '1e-6'"),
    ],
)
def test_settings_that_make_no_sense(
    settings: dict[str, object], expected: str, tmp_path: Path
) -> None:
    with pytest.raises((ExportError, SettingError), match=expected):
        approximant_of(made()).export(tmp_path / "f.py", **settings)
    assert list(tmp_path.iterdir()) == []


def test_a_weight_that_is_not_finite(tmp_path: Path) -> None:
    model = reweighted(made(), np.inf)
    with pytest.raises(ExportError, match="1 of the numbers in layer.0.weights are not finite"):
        export_model(model, {}, tmp_path / "f.py")


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_full_disk_leaves_the_good_file(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"f{suffix}"
    path.write_text("the good file")

    def fail(*args: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(ExportError, match="no space left"):
        export_model(made(), {}, path)
    assert [entry.read_text() for entry in tmp_path.iterdir()] == ["the good file"]


def test_the_command_exports_and_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    approximant_of(made()).save("model.safetensors")
    assert main(["export", "model.safetensors", "wave.py", "--outside", "clip"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "wave.py, float64, outside its domain: clip" in out
    assert "differs from the network by at most" in " ".join(out.split())
    assert "nearest point inside" in Path("wave.py").read_text()


def test_the_command_names_a_file_as_a_shell_needs_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    approximant_of(made()).save("model.safetensors")
    assert main(["export", "model.safetensors", "my wave.py"]) == 0
    assert "python 'my wave.py'" in capsys.readouterr().out


def test_the_command_prints_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import json

    monkeypatch.chdir(tmp_path)
    approximant_of(made()).save("model.safetensors")
    assert main(["export", "model.safetensors", "my-wave.onnx", "--name", "wave", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["path"], told["suffix"]) == ("my-wave.onnx", ".onnx")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["model.safetensors", "f.xyz"], "No format belongs to the name 'f.xyz'"),
        (["model.safetensors", "my-f.h"], "--name my_f"),
        (["model.safetensors", "f.py", "--tol", "1e-12"], "nothing was written"),
        (["model.safetensors", "f.py", "--tol", "-1"], "tol must be above 0; got -1.0"),
        (["model.safetensors", "f.py", "--outside", "warn"], "Unknown policy 'warn'"),
        (["model.safetensors", "f.py", "--dtype", "half"], "Unknown dtype 'half'"),
        (["nothing.safetensors", "f.py"], "There is no file nothing.safetensors"),
        (["model.safetensors"], "Missing argument 'OUT'"),
    ],
)
def test_the_command_says_what_is_wrong_in_a_line(
    args: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    approximant_of(made()).save("model.safetensors")
    assert main(["export", *args]) == 2
    out, err = capsys.readouterr()
    assert (out, err.startswith("Error: ")) == ("", True)
    assert expected in err
    assert sorted(os.listdir()) == ["model.safetensors"]


def test_the_error_is_one_of_the_package() -> None:
    assert issubclass(ap.ExportError, ap.ApproximantError)
