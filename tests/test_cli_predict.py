"""approximant predict and show: values at points, and what a file says about itself."""

import csv
import io
import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import approximant as ap
from approximant.cli import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model of x + 2y, x - y with its default policy."""
    path = tmp_path_factory.mktemp("models") / "plane.safetensors"
    domain = {"x": (0, 1), "y": (-2, 2)}
    ap.approximate({"sum": "x + 2y", "difference": "x - y"}, domain, tol=1e-9).save(path)
    return str(path)


@pytest.fixture(params=["raise", "nan", "clip", "allow"])
def guarded(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """A model of 3x on 0 to 1 with each of the other policies."""
    path = tmp_path / f"{request.param}.safetensors"
    ap.approximate("3x", {"x": (0, 1)}, outside=request.param).save(path)
    return request.param, str(path)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_points_become_rows_of_inputs_outputs_and_inside(
    plane: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", plane, "--at", "x=0.5,y=1", "--at", "y = max(0, 1), x = pi/4"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[0] == "x,y,sum,difference,inside"
    first, second = table(out)
    assert float(first["sum"]) == pytest.approx(2.5, abs=1e-8)
    assert float(first["difference"]) == pytest.approx(-0.5, abs=1e-8)
    assert float(second["x"]) == math.pi / 4
    assert [row["inside"] for row in (first, second)] == ["true", "true"]


def test_numbers_are_printed_with_every_digit(
    plane: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", plane, "--at", "x=1/3,y=0.1"]) == 0
    (row,) = table(capsys.readouterr().out)
    expected = ap.load(plane)([[1 / 3, 0.1]])[0]
    assert [float(row[name]) for name in ("x", "y")] == [1 / 3, 0.1]
    assert [float(row[name]) for name in ("sum", "difference")] == expected.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "x,y\n0.5,1\n0.25,-2\n",
        "y;name;x\n1;Ann, or Bob;0,5\n-2;;0,25\n",
        "\ufeffx\tother\ty\r\n0.5\tnan\t1\r\n\r\n0.25\t\t-2\r\n",
        '"x","y"\n" 0.5","1"\n2.5e-1,-2.0',
    ],
)
@pytest.mark.parametrize("way", ["file", "-"])
def test_a_csv_table_is_read_by_the_names_of_its_columns(
    plane: str, text: str, way: str, here: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (here / "file").write_bytes(text.encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert main(["predict", plane, way]) == 0
    rows = table(capsys.readouterr().out)
    assert [float(row["sum"]) for row in rows] == pytest.approx([2.5, -3.75], abs=1e-8)


@given(points=st.lists(st.tuples(st.floats(0, 1), st.floats(-2, 2)), max_size=20))
@settings(max_examples=20)
def test_what_predict_prints_it_can_read(
    plane: str, points: list[tuple[float, float]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("rounds")
    (folder / "a").write_text("x,y\n" + "".join(f"{x!r},{y!r}\n" for x, y in points))
    assert main(["predict", plane, str(folder / "a"), "--out", str(folder / "b")]) == 0
    assert main(["predict", plane, str(folder / "b"), "--out", str(folder / "c")]) == 0
    assert (folder / "b").read_bytes() == (folder / "c").read_bytes()
    assert [(float(r["x"]), float(r["y"])) for r in table((folder / "b").read_text())] == points


def test_json_is_an_object_per_point(plane: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", plane, "--at", "x=0.5,y=1", "--json"]) == 0
    (point,) = json.loads(capsys.readouterr().out)
    assert list(point) == ["x", "y", "sum", "difference", "inside"]
    assert point["inside"] is True


def test_a_point_outside_is_a_warning_in_one_line(
    plane: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", plane, "--at", "x=0.5,y=1", "--at", "x=5,y=1"]) == 0
    out, err = capsys.readouterr()
    assert err.startswith("Warning: 1 of 2 points lie outside the domain")
    assert err.count("\n") == 1
    assert [row["inside"] for row in table(out)] == ["true", "false"]


def test_the_stored_policy_is_obeyed(
    guarded: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    policy, path = guarded
    status = main(["predict", path, "--at", "x=2"])
    out, err = capsys.readouterr()
    if policy == "raise":
        assert (status, out) == (2, "")
        assert err.startswith("Error: 1 of 1 points lie outside the domain")
        return
    (row,) = table(out)
    assert (status, err, row["inside"]) == (0, "", "false")
    expected = {"nan": math.nan, "clip": 3.0, "allow": float(ap.load(path)(2.0))}[policy]
    assert float(row["y"]) == pytest.approx(expected, abs=1e-6, nan_ok=True)
    main(["predict", path, "--at", "x=2", "--json"])
    (point,) = json.loads(capsys.readouterr().out)
    assert (point["y"] is None) == (policy == "nan")


def test_a_column_called_inside_keeps_its_name(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ap.approximate({"inside": "2x"}, {"x": (0, 1)}).save("model")
    assert main(["predict", "model", "--at", "x=0.5"]) == 0
    assert capsys.readouterr().out.startswith("x,inside,inside_\n0.5,")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([], "Give either --at or a CSV file"),
        (["points.csv", "--at", "x=1,y=1"], "Give either --at or a CSV file"),
        (["--at", "x=1"], "The input 'y' is missing in --at 'x=1'"),
        (["--at", "x=1,y=2,z=3"], "Cannot use 'z=3'"),
        (["--at", "x=1,y=2,x=3"], "'x' is given twice"),
        (["--at", "1,2"], "Cannot use '1,2'"),
        (["--at", "x=1,y="], "Cannot use 'y='"),
        (["--at", ""], "write --at x=0.5,y=0.5"),
        (["--at", "x=1,y=2*"], "a value is missing after '*'"),
        (["--at", "x=1,y=open('f')"], "open"),
        (["--at", "x=1,y=1/0"], "1/0"),
        (["nothere.csv"], "Cannot read nothere.csv: No such file"),
        (["folder"], "Cannot read folder: it is a folder"),
        (["empty.csv"], "empty.csv is empty"),
        (["columns.csv"], "columns.csv has no column 'y'; the network needs x, y"),
        (["twice.csv"], "twice.csv has several columns 'x'"),
        (["text.csv"], "There is 'two' in column 'y', line 3 of text.csv"),
        (["missing.csv"], "There is nothing in column 'x', line 2 of missing.csv"),
        (["infinite.csv"], "There is 'inf' in column 'x', line 2"),
        (["short.csv"], "There are 1 cells in line 3 of short.csv, but 2 columns"),
        (["binary.csv"], "binary.csv"),
        (["points.csv", "--out", "folder"], "it is a folder"),
        (["points.csv", "--out", "nowhere/file"], "is no folder"),
    ],
)
def test_bad_points_are_one_clear_error(
    plane: str, args: list[str], expected: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "folder").mkdir()
    for name, text in {
        "points": "x,y\n0.5,1\n", "empty": "", "columns": "x,z\n1,2\n", "twice": "x,y,x\n1,2,3\n",
        "text": "x,y\n1,1\n1,two\n", "missing": "x,y\n,1\n", "infinite": "x,y\ninf,1\n",
        "short": "x,y\n1,2\n1\n", "binary": "\0\1\2\n\3",
    }.items():  # fmt: skip
        (here / f"{name}.csv").write_text(text)
    assert main(["predict", plane, *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert expected in err
    assert err.count("\n") <= 3


@pytest.mark.parametrize("command", [["predict", "--at", "x=1"], ["show"]])
def test_what_is_no_model_file_is_one_clear_error(
    command: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "text").write_text("no model at all")
    (here / "folder").mkdir()
    for name, expected in (("text", "cannot be read as a model file"), ("folder", "is a folder"),
                           ("nothing", "There is no file nothing")):  # fmt: skip
        assert main([command[0], name, *command[1:]]) == 2
        err = capsys.readouterr().err
        assert err.startswith("Error: ")
        assert expected in err


def test_show_prints_the_report_that_fit_printed(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["fit", "x^2", "--on", "x=0:1", "--out", "square", "--outside", "clip"])
    fitted = capsys.readouterr().out
    assert main(["show", "square/model.safetensors"]) == 0
    shown = capsys.readouterr().out
    report = fitted[: fitted.index("\n  wrote")]
    assert shown.startswith(report.rstrip("\n"))
    assert "the policy is 'clip'" in shown
    assert main(["show", "square/model.safetensors", "--json"]) == 0
    stored = json.loads((here / "square" / "report.json").read_text())
    assert json.loads(capsys.readouterr().out) == stored


def test_show_prints_a_line_per_output(plane: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", plane]) == 0
    out = capsys.readouterr().out
    report = ap.load(plane).report
    for name, error in zip(report.outputs, np.atleast_1d(report.max_error), strict=True):
        assert f"{name}: largest error {error:.3g}" in out
    assert "x = 0 to 1, y = -2 to 2" in out
