"""The command line as a whole: errors in one line, help at once, progress on a terminal."""

import os
import re
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

import approximant as ap
from approximant import approximant as nouns
from approximant.cli import _progress, main
from approximant.cli._progress import shown_progress
from approximant.progress import Progress

LINE = ("x^2", "--on", "x=0:1", "--tol", "1e-6")  # a formula that takes no time


def process(*args: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    code = "import sys; from approximant.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code, *args]
    return subprocess.run(command, text=True, timeout=60, check=False, **options)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
        (["."], "directory"),
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


@pytest.mark.parametrize("args", [["fit", "--help"], ["predict", "--help"], ["show", "--help"]])
def test_asking_for_help_is_no_error(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 0
    assert capsys.readouterr().err == ""


def test_the_version_is_that_of_the_installed_package(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        expected = version("approximant")
    except PackageNotFoundError:
        pytest.skip("approximant is run from its folder, without being installed")
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"approximant, version {expected}\n"


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
    assert "about 3 s left, best error 7.5 x tolerance" in terminal.text


def test_work_that_is_long_to_follow_is_told_though_it_says_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    terminal = _Terminal()
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(_progress, "PATIENCE", 0.05)
    with shown_progress() as show:
        assert show is not None
        show(Progress("compiling", 0.0))
        start = time.perf_counter()
        while "compiling" not in terminal.text and time.perf_counter() - start < 10.0:
            time.sleep(0.01)
    assert "compiling" in terminal.text


def test_progress_is_silent_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with shown_progress() as show:
        assert show is None
    monkeypatch.setattr(sys, "stderr", None)
    with shown_progress() as show:
        assert show is None
