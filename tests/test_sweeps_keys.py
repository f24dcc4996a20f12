"""Which runs of a store a sweep keeps: those of the same settings, the same code, the same rows."""

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest
from inline import Inline

import approximant as ap
from approximant.errors import SettingError
from approximant.store import RunStore
from approximant.sweeps import Sweep

RATE = "training.optimizer.rate"


def _sweep(folder: Path, target: dict[str, Any], **asked: Any) -> Sweep:
    settings = {
        "target": {"folder": str(folder), **target},
        "network": {"shape": "1-3-1 tanh"},
        "training": {"epochs": 2},
        "sweep": {"settings": {RATE: [0.01, 0.1]}},
    }
    if "table" not in target:
        settings["sampling"] = {"rows": 20}
    return ap.sweep(settings, folder / "runs", executor=asked.pop("executor", Inline()))


def _ran(found: Sweep) -> tuple[int, int]:
    assert not found.failed
    return found.ran, found.kept


FUNCTION = {"function": "simulation:drag", "domain": {"x": [0, 1]}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "simulation.py").write_text("import other\ndef drag(x):\n    return other.K * x\n")
    (tmp_path / "other.py").write_text("K = 1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("simulation.py", "import other\ndef drag(x):\n    return other.K - x\n"),
        ("other.py", "K = 2\n"),
    ],
)
def test_an_edited_function_runs_again(folder: Path, name: str, text: str) -> None:
    first = _sweep(folder, FUNCTION)
    assert _ran(first) == (2, 0)
    assert _ran(_sweep(folder, FUNCTION)) == (0, 2)
    before = (folder / name).read_text()
    (folder / name).write_text(text)
    second = _sweep(folder, FUNCTION)
    assert _ran(second) == (2, 0)
    assert [row.median for row in second.rows] != [row.median for row in first.rows]
    (folder / name).write_text(before)
    assert _ran(_sweep(folder, FUNCTION)) == (0, 2)


def test_worker_processes_see_what_was_edited(folder: Path) -> None:
    first = _sweep(folder, FUNCTION, executor=None)
    (folder / "other.py").write_text("K = 9\n")
    second = _sweep(folder, FUNCTION, executor=None)
    assert _ran(first) == _ran(second) == (2, 0)
    assert all(b.median > 2 * a.median for a, b in zip(first.rows, second.rows, strict=True))


def test_two_functions_of_one_name_are_two(folder: Path) -> None:
    inner = folder / "inner"
    inner.mkdir()
    (inner / "simulation.py").write_text("def drag(x):\n    return 5 * x\n")
    found = _sweep(folder, FUNCTION)
    other = _sweep(folder, FUNCTION | {"folder": str(inner)})
    assert _ran(other) == (2, 0)
    assert [row.median for row in other.rows] != [row.median for row in found.rows]


def test_a_table_with_other_rows_runs_again(tmp_path: Path) -> None:
    path, target = tmp_path / "rows.csv", {"table": "rows.csv", "inputs": "x", "outputs": "y"}
    rows = "".join(f"{k}.0,{k % 7}.0\n" for k in range(60))
    path.write_text("x,y\n" + rows)
    assert _ran(_sweep(tmp_path, target)) == (2, 0)
    state = path.stat()
    path.write_text("x,y\n" + rows.replace(",6.0", ",5.0"))  # as long as it was,
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))  # and as old
    assert _ran(_sweep(tmp_path, target)) == (2, 0)
    path.rename(tmp_path / "other.csv")
    assert _ran(_sweep(tmp_path, target | {"table": "other.csv"})) == (0, 2)


def test_another_version_of_the_package_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = {"formula": "sin(x)", "domain": {"x": [0, 1]}}
    assert _ran(_sweep(tmp_path, target)) == (2, 0)
    monkeypatch.setattr(ap, "__version__", "99.0")
    assert _ran(_sweep(tmp_path, target)) == (2, 0)
    with RunStore.open(tmp_path / "runs") as store:
        assert {run.versions["approximant"] for run in store.find()} >= {"99.0"}


def test_code_that_cannot_be_read_runs_again_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("zipped_drag.py", "def drag(x):\n    return x\n")
    monkeypatch.syspath_prepend(tmp_path / "archive.zip")
    target = FUNCTION | {"function": "zipped_drag:drag"}
    for _ in range(2):
        with pytest.warns(UserWarning, match=r"code of zipped_drag:drag cannot be read.*run again"):
            assert _ran(_sweep(tmp_path, target)) == (2, 0)


def test_code_that_changes_while_the_sweep_runs_is_no_result(folder: Path) -> None:
    class Editing(Inline):
        def submit(self, *args: Any, **kwargs: Any) -> Any:
            if self.calls == 1:
                (folder / "other.py").write_text("K = 7\n")
            return super().submit(*args, **kwargs)

    found = _sweep(folder, FUNCTION, executor=Editing())
    assert [run.reason for run in found.failed] == [
        "the table or the code of the function changed while the sweep ran; run it again"
    ]
    assert found.ran == 2 and not found.holds


def test_a_callable_has_no_place_in_a_sweep_and_the_way_out_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r'no plain value .*target.function = "module:name"'):
        _sweep(tmp_path, {"formula": lambda x: x, "domain": {"x": [0, 1]}})
