"""approximant fit: what it prints and writes, and what it passes on to the library."""

import dataclasses
import inspect
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

import approximant as ap
from approximant import approximant as nouns
from approximant.cli import main
from approximant.cli._fit import fit

LINE = ("x^2", "--on", "x=0:1", "--tol", "1e-6")  # a formula that takes no time
WRITTEN = {"model.safetensors", "report.json", "report.html", "fit.png", "error.png"}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `fit` passes on to the library, which answers at once."""
    passed: dict[str, Any] = {}
    found = ap.approximate("x^2", {"x": (0, 1)}, tol=1e-6)

    def answer(target: Any, domain: Any, **options: Any) -> ap.Approximant:
        passed.update(target=target, domain=domain, **options)
        return found

    monkeypatch.setattr(nouns, "approximate", answer)
    return passed


def test_a_fit_prints_its_report_and_writes_its_folder(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fit", *LINE, "--out", "a/square"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("x^2", "MET", "largest error", "at x = ", "tolerance", "network", "fresh points",
                  "took", "status", "wrote", "report.html", "predict a/square/model"):  # fmt: skip
        assert words in out
    assert {path.name for path in (here / "a/square").iterdir()} == WRITTEN
    report = json.loads((here / "a/square/report.json").read_text())
    assert f"{report['max_error']:.3g}" in out
    assert ap.load("a/square/model.safetensors").report.max_error == report["max_error"]


def test_without_out_nothing_is_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", *LINE]) == 0
    assert "nothing was written; --out FOLDER keeps" in capsys.readouterr().out
    assert list(here.iterdir()) == []


def test_a_tolerance_that_is_not_met_is_status_1_and_still_written(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["sin(x)", "--on", "x=0:9", "--tol", "1e-10", "--max-neurons", "3", "--out", "sine"]
    assert main(["fit", *args]) == 1
    assert "NOT MET" in capsys.readouterr().out
    assert {path.name for path in (here / "sine").iterdir()} == WRITTEN


def test_what_the_report_does_not_call_met_is_not_printed_as_met(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = ap.approximate("x^2", {"x": (0, 1)}, tol=1e-6)
    found.report = dataclasses.replace(found.report, met=False)  # as where rounding is too large
    monkeypatch.setattr(nouns, "approximate", lambda *_, **__: found)
    assert main(["fit", *LINE]) == 1
    assert "  NOT MET " in capsys.readouterr().out


def test_json_is_all_that_is_printed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", *LINE, "--json", "--out", "square"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["met"] is True
    assert report["files"]["model"] == "square/model.safetensors"
    assert report["files"]["pictures"] == ["square/error.png", "square/fit.png"]


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", *LINE, "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_options_have_the_defaults_of_the_library() -> None:
    defaults = {
        name: parameter.default
        for name, parameter in inspect.signature(ap.approximate).parameters.items()
    }
    options = fit.make_context("fit", ["x"]).params
    shared = defaults.keys() - {"target", "domain", "progress"}
    assert {name: options[name] for name in shared} == {name: defaults[name] for name in shared}


def test_options_reach_the_library(settings: dict[str, Any]) -> None:
    main(["fit", "x^2", "--on", "x=0:2*pi", "--tol", "1e-3", "--atol", "2e-3", "--network", "1-9-1",
          "--max-neurons", "99", "--max-evaluations", "1000", "--seconds", "1.5", "--effort",
          "small", "--certify", "--seed", "5", "--outside", "nan", "--measure-outside",
          "--outputs", "square"])  # fmt: skip
    assert settings == {
        "target": "x^2", "domain": ["x=0:2*pi"], "tol": 1e-3, "atol": 2e-3, "network": "1-9-1",
        "max_neurons": 99, "max_evaluations": 1000, "seconds": 1.5, "effort": "small", "seed": 5,
        "certify": True, "outside": "nan", "measure_outside": True, "outputs": ["square"],
        "progress": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["-x^2"], "-x^2"),
        (["x", "x^2"], ["x", "x^2"]),
        (["s=sin(x)", "c = cos(x)"], {"s": "sin(x)", "c": "cos(x)"}),
        (["x == 0.5"], "x == 0.5"),
        (["x <= 0.5"], "x <= 0.5"),
    ],
)
def test_formulas_are_passed_as_they_are(
    settings: dict[str, Any], targets: list[str], expected: Any
) -> None:
    assert main(["fit", *targets, "--on", "x=0:1"]) == 0
    assert settings["target"] == expected


def test_a_table_is_read_with_its_columns(settings: dict[str, Any], here: Path) -> None:
    (here / "t.csv").write_text("a,b,c\n1,2,3\n4,,6\n7,8,9\n")
    args = ["--inputs", "a", "--outputs", "b,c", "--missing", "drop"]
    assert main(["fit", "t.csv", *args]) == 0
    table = settings["target"]
    assert (table.inputs, table.outputs, len(table)) == (("a",), ("b", "c"), 2)
    assert settings["domain"] is None


def test_a_function_is_imported_from_the_current_folder(
    settings: dict[str, Any], here: Path
) -> None:
    (here / "wing_for_a_test.py").write_text("def drag(x, y):\n    return x * y\n")
    assert main(["fit", "wing_for_a_test:drag", "--on", "x=0:1", "--on", "y=0:1"]) == 0
    assert settings["target"](2, 3) == 6


def test_a_folder_that_cannot_be_written_is_found_before_the_search(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert main(["fit", *LINE, "--out", "new"]) == 2
    assert "permission denied" in capsys.readouterr().err
    assert settings == {}


def test_a_full_disk_is_one_clear_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], here: Path
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert main(["fit", *LINE, "--out", "square"]) == 2
    assert re.match(r"Error: Cannot write .*no space left", capsys.readouterr().err)
    assert list((here / "square").iterdir()) == []


def test_an_interrupted_search_keeps_its_best_and_is_status_130(
    monkeypatch: pytest.MonkeyPatch, here: Path
) -> None:
    found = ap.approximate("x^2", {"x": (0, 1)}, tol=1e-6)
    found.report = dataclasses.replace(found.report, interrupted=True)
    monkeypatch.setattr(nouns, "approximate", lambda *_, **__: found)
    assert main(["fit", *LINE, "--out", "square"]) == 130
    assert {path.name for path in (here / "square").iterdir()} == WRITTEN
