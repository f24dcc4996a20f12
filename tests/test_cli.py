"""approximant fit on the command line, and what becomes of errors there."""

import dataclasses
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import approximant as ap
from approximant import approximant as nouns
from approximant.cli import main
from approximant.cli._fit import fit
from approximant.cli._progress import shown_progress
from approximant.progress import Progress

LINE = ("x^2", "--on", "x=0:1", "--tol", "1e-6")  # a formula that takes no time
WRITTEN = {"model.safetensors", "report.json", "report.html", "fit.png", "error.png"}


def process(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    code = "import sys; from approximant.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, text=True, timeout=60, check=False, **options)


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
    options = {option.name: option.default for option in fit.params if option.name in defaults}
    assert options.keys() >= defaults.keys() - {"target", "domain", "progress"}
    assert {name: defaults[name] for name in options} == options


def test_options_reach_the_library(settings: dict[str, Any]) -> None:
    main(["fit", "x^2", "--on", "x=0:2*pi", "--tol", "1e-3", "--atol", "2e-3", "--network", "1-9-1",
          "--max-neurons", "99", "--max-evaluations", "1000", "--seconds", "1.5", "--effort",
          "small", "--seed", "5", "--outside", "nan", "--measure-outside", "--outputs", "square"])  # fmt: skip
    assert settings == {
        "target": "x^2", "domain": ["x=0:2*pi"], "tol": 1e-3, "atol": 2e-3, "network": "1-9-1",
        "max_neurons": 99, "max_evaluations": 1000, "seconds": 1.5, "effort": "small", "seed": 5,
        "outside": "nan", "measure_outside": True, "outputs": ["square"], "progress": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("targets", "expected"),
    [
        (["-x^2"], "-x^2"),
        (["--", "--x"], "--x"),
        (["x", "x^2"], ["x", "x^2"]),
        (["s=sin(x)", "c = cos(x)"], {"s": "sin(x)", "c": "cos(x)"}),
        (["x == 0.5"], "x == 0.5"),
        (["x <= 0.5"], "x <= 0.5"),
    ],
)
def test_formulas_are_passed_as_they_are(
    settings: dict[str, Any], targets: list[str], expected: Any
) -> None:
    if targets[0] == "--":
        assert main(["fit", "--on", "x=0:1", *targets]) == 2  # an option, however one looks at it
        return
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


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([], "Missing argument 'TARGET...'"),
        (["x"], "Say where to approximate: --on x=0:1"),
        (["x", "--on", "x"], "x"),
        (["x", "--on", "x=1:0"], "reversed"),
        (["x", "--on", "x=0:0"], "empty"),
        (["x", "--on", "x=0:1e999"], "finite"),
        (["x", "--on", "x=0:1", "--on", "x=0:2"], "twice"),
        (["x+z", "--on", "x=0:1"], "z"),
        (["", "--on", "x=0:1"], "empty"),
        (["foo(x)", "--on", "x=0:1"], "foo"),
        (["(x", "--on", "x=0:1"], "("),
        (["__import__('os')", "--on", "x=0:1"], "__import__"),
        (["x.real", "--on", "x=0:1"], "."),
        (["x" * 100_000, "--on", "x=0:1"], "100"),
        (["9^9^9^9", "--on", "x=0:1"], "9^9"),
        (["1/x", "--on", "x=-1:1"], "x"),
        (["x", "--on", "x=0:1", "--tol", "0"], "tol"),
        (["x", "--on", "x=0:1", "--tol", "-1"], "tol"),
        (["x", "--on", "x=0:1", "--tol", "nan"], "tol"),
        (["x", "--on", "x=0:1", "--tol", "small"], "'small' is not a valid float"),
        (["x", "--on", "x=0:1", "--effort", "huge"], "huge"),
        (["x", "--on", "x=0:1", "--outside", "maybe"], "maybe"),
        (["x", "--on", "x=0:1", "--network", "1-x-1"], "1-x-1"),
        (["x", "--on", "x=0:1", "--tlo", "1"], "No such option '--tlo'. (Did you mean"),
        (["a=x", "x^2", "--on", "x=0:1"], "Name all formulas or none"),
        (["a=x", "a=x^2", "--on", "x=0:1"], "Two formulas are named 'a'"),
        (["x", "nothere.csv", "--on", "x=0:1"], "'nothere.csv' is none"),
        (["nothere.csv"], "There is no file nothere.csv"),
        (["text.csv"], "text"),
        (["one.csv"], "row"),
        (["."], "Say where"),
        (["./folder.csv"], "directory"),
        (["nomodule_here:f", "--on", "x=0:1"], "nomodule_here"),
        (["math:nofunction", "--on", "x=0:1"], "nofunction"),
        (["x", "--on", "x=0:1", "--out", "text.csv"], "a file is in the way"),
        (["x", "--on", "x=0:1", "--out", "text.csv/sub"], "a file is in the way"),
        (["x", "--on", "x=0:1", "--out", "y" * 300], "ile name too long"),
    ],
)
def test_bad_input_is_one_clear_error(
    args: list[str], expected: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "text.csv").write_text("x,y\n1,2\ntext,4\n")
    (here / "one.csv").write_text("x,y\n1,2\n")
    (here / "folder.csv").mkdir()
    assert main(["fit", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert expected in err
    assert "Traceback" not in err
    assert err.count("\n") <= 3  # a formula and a caret may stand below


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


@pytest.mark.parametrize(
    ("error", "status", "expected"),
    [
        (KeyboardInterrupt(), 130, "Error: Interrupted."),
        (ap.TargetError("it went\nwrong \x1b[2J"), 2, "Error: it went\nwrong �[2J"),
        (ZeroDivisionError("oh"), 2, "Error: This should not happen: ZeroDivisionError: oh."),
        (OSError(5, "Input/output error", "disk"), 2, "Error: Input/output error: disk"),
    ],
)
def test_whatever_happens_nobody_sees_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    error: BaseException, status: int, expected: str,
) -> None:  # fmt: skip
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(nouns, "approximate", fail)
    assert main(["fit", *LINE]) == status
    assert capsys.readouterr().err.startswith(expected)


def test_who_looks_for_a_bug_can_see_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(nouns, "approximate", fail)
    monkeypatch.setenv("APPROXIMANT_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError, match="oh"):
        main(["fit", *LINE])


def test_a_closed_pipe_ends_quietly() -> None:
    read, write = os.pipe()
    os.close(read)
    done = process("fit", *LINE, stdout=write, stderr=subprocess.PIPE)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device to print to")
def test_output_that_cannot_be_printed_is_an_error() -> None:
    with open("/dev/full", "w") as full:
        done = process("fit", *LINE, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 2
    assert done.stderr == "Error: No space left on device\n"


def test_help_names_the_commands_and_loads_no_heavy_library(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--help"]) == 0
    assert re.findall(r"^  (fit|predict|show) ", capsys.readouterr().out, flags=re.MULTILINE)
    code = "import sys; from approximant.cli import main; main(['--help']); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert loaded & {"matplotlib", "narwhals", "numba", "rich", "safetensors", "scipy"} == set()


@pytest.mark.parametrize("args", [["--version"], ["fit", "--help"], ["predict", "--help"]])
def test_asking_for_help_is_no_error(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 0
    assert capsys.readouterr().err == ""


def test_no_command_is_an_error_that_helps(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err
    assert main(["fti"]) == 2
    assert "No such command 'fti'" in capsys.readouterr().err


class _Terminal:
    """A stderr that says it is a terminal and keeps what it is given."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


def test_progress_appears_on_a_terminal_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = _Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    with shown_progress() as show:
        assert show is not None
        show(Progress("looking", 0.3))
        assert terminal.text == ""
        show(Progress("refining [b]", 2.0, 0.5, 3.0, 7.5))
    assert "refining [b]" in terminal.text
    assert "2 s, about 3 s left, best error 7.5 x tolerance" in terminal.text


def test_progress_is_silent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with shown_progress() as show:
        assert show is None
    monkeypatch.setattr(sys, "stderr", None)
    with shown_progress() as show:
        assert show is None
