"""Tables from arrays and data frames."""

import sys
from pathlib import Path

import numpy as np
import pytest

from approximant.errors import DomainError, SettingError, TableError
from approximant.targets import Table, read_target

X = np.random.default_rng(0).random((40, 2))
Y = np.sin(X[:, 0]) + X[:, 1]


@pytest.mark.parametrize(
    ("x", "y", "inputs", "outputs"),
    [
        (X[:, 0], Y, ("x",), ("y",)),
        (X[:, :1], Y[:, None], ("x",), ("y",)),
        (X, Y, ("x1", "x2"), ("y",)),
        (X.tolist(), Y.tolist(), ("x1", "x2"), ("y",)),
        (X.astype(object), (Y > 1), ("x1", "x2"), ("y",)),
        (X, np.column_stack((Y, -Y)), ("x1", "x2"), ("y1", "y2")),
        (np.ma.masked_array(X), Y, ("x1", "x2"), ("y",)),
    ],
)
def test_a_pair_of_arrays_is_a_table(x, y, inputs, outputs):
    table = Table.from_arrays(x, y)
    assert (table.inputs, table.outputs) == (inputs, outputs)
    np.testing.assert_array_equal(table.points, np.asarray(x, dtype=float).reshape(40, -1))
    np.testing.assert_array_equal(table.values, np.asarray(y, dtype=float).reshape(40, -1))
    assert read_target((x, y)).domain.names == inputs


def test_names_are_given_by_argument_or_domain():
    assert read_target((X, Y), inputs=["a", "b"], outputs="c").domain.names == ("a", "b")
    assert read_target((X, Y), {"u": (0, 1), "v": (0, 1)}).domain.names == ("u", "v")
    assert read_target((X, Y), {"x": (0, 1), "y": (0, 1)}).outputs == ("f",)
    # The names that an array gets by itself may be used in any order.
    low = read_target((X, Y), {"x2": (-1, 1), "x1": (-2, 1)}).domain.intervals()
    assert low == {"x1": (-2, 1), "x2": (-1, 1)}


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X.T, Y, "X has 2 rows.* y has 40.*one row per input: pass X.T"),
        (X[:, 0], np.stack((Y, Y)), "one row per output: pass y.T"),
        (X[:10], Y, "X has 10 rows"),
        (X[None], Y, r"X has shape \(1, 40, 2\); expected \(n,\) or \(n, k\)"),
        (3.0, Y, r"X has shape \(\)"),
        ([], [], "The table is empty"),
        (X, Y * 1j, "y holds complex numbers"),
        (X, Y.astype(str), r"There is '0\.\d+' in y, row 0 \(counted from 0\)"),
        ([[1, 2], [3]], [1, 2], "rows of X have different lengths"),
        ([[1, "a"]], [1], "There is '.*' in X, row 0, column 0"),
        (np.array([[1, "a"]], dtype=object), [1], "There is 'a' in X, row 0, column 1"),
        (np.array(["2020-01-01"], dtype="M8[D]"), [1], "in X, row 0"),
        ([1.0, np.nan], [1, 2], r"'x' in row 1 \(counted from 0\) is missing.*Table.from_arrays"),
        ([1.0, None], [1, 2], "'x' in row 1 .* is missing"),
        ([1.0, np.inf], [1, 2], "'x' in row 1 .* is inf"),
        (np.ma.masked_array([1.0, 2.0], [0, 1]), [1, 2], "'x' in row 1 .* is missing"),
    ],
)
def test_arrays_that_are_no_table_are_explained(x, y, message):
    with pytest.raises(TableError, match=message):
        read_target((x, y))


def test_missing_rows_of_arrays_are_left_out_on_request():
    x = X.copy()
    x[3, 1] = np.nan
    table = Table.from_arrays(x, Y, missing="drop")
    np.testing.assert_array_equal(table.points, np.delete(X, 3, axis=0))
    assert "1 of 40 rows" in table.notes[0] and "row 3 (counted from 0)" in table.notes[0]


def test_names_must_fit():
    with pytest.raises(TableError, match=r"X has 2 columns, but inputs= has 1 name \(a\)"):
        read_target((X, Y), inputs="a")
    with pytest.raises(TableError, match="'a' is no text, or used twice"):
        read_target((X, Y), inputs=["a", "a"])
    with pytest.raises(SettingError, match="0 is no name"):
        read_target((X, Y), inputs=[0, 1])
    with pytest.raises(SettingError, match="'x1' is used twice"):
        read_target((X, Y), outputs="x1")
    with pytest.raises(SettingError, match="The table knows its columns"):
        read_target(Table.from_arrays(X, Y), inputs=["a", "b"])
    with pytest.raises(DomainError, match="interval for 'x3', but the inputs are x1, x2"):
        read_target((X, Y), {"x3": (0, 1)})


FRAMES = ["pandas", "polars", "pyarrow"]


def frame(kind, columns):
    module = pytest.importorskip(kind)
    return module.table(columns) if kind == "pyarrow" else module.DataFrame(columns)


@pytest.mark.parametrize("kind", FRAMES)
def test_data_frames_are_tables(kind):
    columns = {"a": X[:, 0], "name": ["q"] * 40, "b": X[:, 1], "n": list(range(40)), "y": Y}
    target = read_target(frame(kind, columns), inputs=["b", "n", "a"], outputs="y")
    points = np.concatenate([target.fit.points, target.choose.points, target.verify.points])
    expected = np.column_stack((X[:, 1], range(40), X[:, 0]))
    np.testing.assert_array_equal(points[points[:, 1].argsort()], expected)
    assert target.domain.names == ("b", "n", "a")
    assert target.description == "data frame, 40 rows, b, n, a -> y"


@pytest.mark.parametrize("kind", FRAMES)
def test_a_missing_cell_of_a_data_frame_is_named(kind):
    data = frame(kind, {"a": [1.0, 2.0, None], "y": [1, 2, 3]})
    with pytest.raises(TableError, match=r"'a' in row 2 \(counted from 0\) is missing.*from_frame"):
        Table.from_frame(data, outputs="y")
    table = Table.from_frame(data, outputs="y", missing="drop")
    np.testing.assert_array_equal(table.points, [[1.0], [2.0]])


@pytest.mark.parametrize("kind", FRAMES)
def test_whole_numbers_truth_values_and_their_gaps_are_numbers(kind):
    data = frame(kind, {"a": [True, False, True], "y": [1, 2, 3]})
    np.testing.assert_array_equal(Table.from_frame(data, outputs="y").points, [[1.0], [0.0], [1.0]])


@pytest.mark.parametrize("kind", FRAMES)
def test_text_in_a_data_frame_is_named(kind):
    data = frame(kind, {"a": ["1.5", "x"], "y": [1, 2]})
    with pytest.raises(TableError, match=r"There is '1.5' in column 'a', row 0 \(counted from 0\)"):
        Table.from_frame(data, outputs="y")
    with pytest.raises(TableError, match="no column 'z'; the columns are a, y"):
        Table.from_frame(data, outputs="z")


def test_odd_columns_of_pandas_are_numbers_or_explained():
    pd = pytest.importorskip("pandas")
    data = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "mixed": [1, "x", 2.0],
            "objects": np.array([1, 2.5, 3], dtype=object),
            "day": pd.to_datetime(["2020-01-01"] * 3),
            "complex": [1j] * 3,
            "y": [1, 2, 3],
        }
    )
    points = Table.from_frame(data, inputs="objects", outputs="y").points
    np.testing.assert_array_equal(points, [[1.0], [2.5], [3.0]])
    for column, message in [
        ("whole", "'whole' in row 1"),
        ("mixed", "There is 'x' in column 'mixed', row 1"),
        ("day", "The column 'day' holds Datetime.*numbers are needed"),
        ("complex", "The column 'complex' holds .*numbers are needed"),
    ]:
        with pytest.raises(TableError, match=message):
            Table.from_frame(data, inputs=column, outputs="y")
    numbered = Table.from_frame(pd.DataFrame(np.eye(3)), outputs=2)
    assert (numbered.inputs, numbered.outputs) == (("0", "1"), ("2",))
    twice = pd.DataFrame(np.eye(3), columns=["a", "a", "y"])
    with pytest.raises(TableError, match="Cannot read the data frame.*unique"):
        Table.from_frame(twice, outputs="y")


def test_a_pair_may_hold_frames_and_keeps_their_names():
    pd = pytest.importorskip("pandas")
    data = pd.DataFrame({"a": X[:, 0], "b": X[:, 1], "y": Y})
    table = Table.from_arrays(data[["a", "b"]], data["y"])
    assert (table.inputs, table.outputs) == (("a", "b"), ("y",))
    with pytest.raises(DomainError, match="interval for 'u', but the inputs are a, b"):
        read_target((data[["a", "b"]], data["y"]), {"u": (0, 1), "v": (0, 1)})


def test_lazy_frames_and_strangers_are_explained():
    pl = pytest.importorskip("polars")
    with pytest.raises(TableError, match="lazy; pass frame.collect()"):
        read_target(pl.LazyFrame({"a": [1.0], "y": [1.0]}), outputs="y")
    with pytest.raises(TableError, match="A int is no data frame"):
        Table.from_frame(3)


def test_parquet_files_are_tables(tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "data.parquet"
    parquet.write_table(frame("pyarrow", {"a": X[:, 0], "b": X[:, 1], "y": Y}), path)
    table = Table.read(path, outputs="y")
    np.testing.assert_array_equal(table.points, X)
    assert read_target(Path(path), outputs="y").rows == (24, 8, 8)
    with pytest.raises(TableError, match="There is no file"):
        Table.read(tmp_path / "dat.parquet")
    path.write_text("no parquet")
    with pytest.raises(TableError, match="cannot be read as a Parquet file"):
        Table.read(path)


def test_a_missing_extra_is_met_by_its_install_command(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "pyarrow"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "data.parquet"
    path.write_text("")
    with pytest.raises(TableError, match=r'needs pyarrow: pip install "approximant\[tables\]"$'):
        Table.read(path, outputs="y")
