"""The tutorial: every notebook runs as it stands, shows its pictures, and ends as it promises."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

TUTORIAL = Path(__file__).resolve().parents[1] / "docs" / "tutorial"
NOTEBOOKS = sorted(TUTORIAL.glob("*.md"))


def _run(path: Path, folder: Path) -> tuple[str, int]:
    """Execute a notebook; return all that it printed, and how many pictures it showed."""
    import jupytext
    import nbclient

    notebook = jupytext.read(path)
    client = nbclient.NotebookClient(
        notebook, timeout=300, resources={"metadata": {"path": str(folder)}}
    )
    client.execute()
    outputs: list[Any] = [o for cell in notebook.cells for o in cell.get("outputs", ())]
    printed = "".join(output.get("text", "") for output in outputs)
    assert "Warning" not in printed, printed
    return printed, json.dumps(outputs).count('"image/png"')


def _numbers(pattern: str, text: str) -> list[float]:
    return [float(found.replace(",", "")) for found in re.findall(pattern, text)]


@pytest.fixture(autouse=True)
def _kernels_of_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # The clients' own deprecations are not ours; the notebooks' warnings are caught in `_run`.
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")


def test_there_are_three() -> None:
    assert len(NOTEBOOKS) == 3


@pytest.mark.filterwarnings("ignore")
def test_activations(tmp_path: Path) -> None:
    printed, pictures = _run(TUTORIAL / "1-activations.md", tmp_path)
    linear, one_relu, sigmoid = _numbers(r"squared errors ([\d,]+)", printed)
    assert 40627 < linear < 40900
    assert one_relu < linear / 10 and sigmoid < linear / 10
    assert "40,627.73" in printed and "Met:" in printed
    assert pictures == 3


@pytest.mark.filterwarnings("ignore")
def test_by_hand(tmp_path: Path) -> None:
    printed, pictures = _run(TUTORIAL / "2-by-hand.md", tmp_path)
    errors = _numbers(r"rms error ([\d.]+)", printed)
    assert len(errors) == 9 and 0.03 < min(errors) and max(errors) < 0.4
    assert all(error < 1e-10 for error in _numbers(r"largest error ([\d.e-]+)", printed))
    assert pictures == 1


@pytest.mark.filterwarnings("ignore")
def test_noisy_sine(tmp_path: Path) -> None:
    printed, pictures = _run(TUTORIAL / "3-noisy-sine.md", tmp_path)
    *others, deep = _numbers(r"1-[\d-]+-1 tanh\S*(?: nobias)? +([\d.]+)", printed)
    assert deep < 0.02 < min(others)
    assert _numbers(r"noise found: ([\d.]+)", printed)[0] == pytest.approx(0.05, rel=0.05)
    assert pictures == 2
