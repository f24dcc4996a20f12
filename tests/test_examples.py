"""The examples run, and print what their comments promise."""

import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from exporting import CC, NODE

import approximant as ap

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
WAVE = ("exp(-x)*sin(9*x)", {"x": (0, 2)})


def run(command: list[str], folder: Path) -> str:
    """Return what a command prints; it must end well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_example_is_described_and_tested_here() -> None:
    described = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    tests = Path(__file__).read_text(encoding="utf-8")
    for path in EXAMPLES.iterdir():
        if path.suffix in (".py", ".c", ".mjs"):
            assert f"({path.name})" in described
            assert f'"{path.name}"' in tests


def test_scipy_minimizes_with_the_exact_gradient(tmp_path: Path) -> None:
    printed = run([sys.executable, str(EXAMPLES / "minimize.py")], tmp_path)
    assert float(re.search(r": ([\d.e-]+) away", printed)[1]) < 1e-5


@pytest.mark.skipif(CC is None, reason="no C compiler")
def test_a_c_program_calls_the_header(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "wave.c", tmp_path)
    ap.approximate(*WAVE, tol=1e-10).export(tmp_path / "wave.h")
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O3"]
    run([str(CC), *flags, "wave.c", "-o", "program", "-lm"], tmp_path)
    printed = run([str(tmp_path / "program")], tmp_path)
    for found, expected in re.findall(r"= (\S+), expected (\S+)", printed):
        assert float(found) == pytest.approx(float(expected), abs=1e-7)
    assert "2.5 nan" in printed.replace("-nan", "nan")
    assert "1 of 5 points lie outside" in printed


@pytest.mark.skipif(find_spec("onnxruntime") is None, reason="onnxruntime is not installed")
def test_onnxruntime_runs_the_graph(tmp_path: Path) -> None:
    printed = run([sys.executable, str(EXAMPLES / "onnx_runtime.py"), "."], tmp_path)
    pairs = re.findall(r"= (\S+), expected (\S+)", printed)
    assert len(pairs) == 4
    for found, expected in pairs[:3]:
        assert float(found) == pytest.approx(float(expected), abs=2e-6)
    assert pairs[3][0] == "nan"


@pytest.mark.skipif(NODE is None, reason="no Node")
def test_node_imports_the_module(tmp_path: Path) -> None:
    shutil.copy(EXAMPLES / "wave.mjs", tmp_path)
    # Older Nodes take a .js file for an ES module only if this file says so.
    (tmp_path / "package.json").write_text('{"type": "module"}')
    ap.approximate(*WAVE, tol=1e-10).export(tmp_path / "wave.js", policy="error")
    printed = run([str(NODE), "wave.mjs"], tmp_path)
    assert "self-test passed" in printed
    for found, expected in re.findall(r"= (\S+), expected (\S+)", printed):
        assert float(found) == pytest.approx(float(expected), abs=1e-9)
    assert "2.5 lies outside the domain" in printed


@pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
def test_torch_continues_the_training(tmp_path: Path) -> None:
    printed = run([sys.executable, str(EXAMPLES / "continue_training.py"), "."], tmp_path)
    assert float(re.search(r"from the network by (\S+)", printed)[1]) < 1e-12
    before, after = map(float, re.search(r"error (\S+) before, (\S+) after", printed).groups())
    assert after < 0.01 * before
