"""Text tables: layout detected and said, every cell a number or an error that names its place."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.errors import SettingError, TableError
from approximant.targets import Table

X = np.linspace(0.125, 1, 8)
ROWS = np.column_stack((X, np.cos(9 * X), X**2))


@pytest.fixture
def read(tmp_path):
    """Writes a text to a file and reads it as a table."""

    def read_text(text, encoding="utf-8", **options):
        path = tmp_path / "data.csv"
        path.write_bytes(text.encode(encoding))
        return Table.read(path, **options)

    return read_text


def body(separator=",", decimal=".", end="\n", quote=""):
    cells = [[quote + repr(float(x)).replace(".", decimal) + quote for x in row] for row in ROWS]
    return "".join(separator.join(row) + end for row in cells)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b,y\n" + body(), "separator comma, header with 3 names."),
        ("a;b;y\n" + body(";"), "separator semicolon, header"),
        ("a;b;y\n" + body(";", ","), "separator semicolon, header with 3 names, decimal comma."),
        ("a\tb\ty\n" + body("\t"), "separator tab"),
        ("a\tb\ty\n" + body("\t", ","), "separator tab, header with 3 names, decimal comma."),
        ("a|b|y\n" + body("|"), "separator |"),
        ("  a b   y\n" + body("   "), "separator white space"),
        ("a b y\n" + body(" ", ","), "separator white space, header with 3 names, decimal comma."),
        ("a, b, y\n" + body(", "), "separator comma"),
        ("\ufeffa,b,y\r\n" + body(end="\r\n"), "separator comma"),
        ("a,b,y\r" + body(end="\r"), "separator comma"),
        ('"a","b","y"\n' + body(quote='"'), "separator comma"),
        ("# made by hand\n\n# a b y\n" + body(" "), "separator white space, header with 3 names"),
        ("# made by hand\na,b,y\n" + body(), "separator comma, header"),
        ("\n\na,b,y\n\n" + body(end="\n\n") + "\n  \n", "separator comma"),
    ],
)  # fmt: skip
def test_every_usual_layout_is_read(read, text, said):
    table = read(text, inputs=["a", "b"], outputs="y")
    np.testing.assert_array_equal(table.points, ROWS[:, :2])
    np.testing.assert_array_equal(table.values, ROWS[:, 2:])
    assert said in table.notes[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_are_detected(read, encoding):
    table = read("T [°C];größe;y\n" + body(";"), encoding, outputs="y")
    assert table.inputs == ("T [°C]", "größe")
    np.testing.assert_array_equal(table.points, ROWS[:, :2])


def test_a_table_without_header_gets_names(read):
    table = read(body(), inputs=[0, 2], outputs=1)
    assert (table.inputs, table.outputs) == (("x1", "x2"), ("y",))
    assert table.notes == (
        "data.csv: separator comma, no header.",
        "Counted from 0, column 0 is x1, column 2 is x2, column 1 is y.",
    )
    np.testing.assert_array_equal(table.points, ROWS[:, [0, 2]])
    np.testing.assert_array_equal(read(body(), inputs="0,2", outputs="-2").points, table.points)


def test_wide_and_long_tables_are_read(read):
    numbers = np.random.default_rng(0).random((2000, 300))
    names = [f"column number {k}" for k in range(300)]
    lines = [",".join(names), *(",".join(map(repr, row)) for row in numbers.tolist())]
    table = read("\n".join(lines), inputs=[0, 150], outputs=-1)
    np.testing.assert_array_equal(table.points, numbers[:, [0, 150]])
    assert table.outputs == ("column number 299",)


def test_the_header_can_be_said(read):
    text = "2019,2020\n1,2\n3,4\n"
    assert len(read(text)) == 3
    table = read(text, header=True)
    assert (len(table), table.inputs, table.outputs) == (2, ("2019",), ("2020",))
    with pytest.raises(TableError, match="text 'a' in line 1, column 0.*say header=True"):
        read("a,b\n1,2\n", header=False)


def test_a_first_row_of_data_with_a_label_is_no_header(read):
    table = read("sample1,0.5,1.2\nsample2,0.7,1.4\n", inputs=1, outputs=2)
    np.testing.assert_array_equal(table.points, [[0.5], [0.7]])


@pytest.mark.parametrize(
    ("options", "inputs", "outputs"),
    [
        ({"outputs": "y"}, ("a", "b"), ("y",)),
        ({"outputs": ["b", "y"]}, ("a",), ("b", "y")),
        ({"inputs": "b,a"}, ("b", "a"), ("y",)),
        ({"inputs": ["b"], "outputs": -1}, ("b",), ("y",)),
    ],
)
def test_columns_are_chosen_by_name_or_number(read, options, inputs, outputs):
    table = read("a,b,y\n" + body(), **options)
    assert (table.inputs, table.outputs) == (inputs, outputs)
    columns = ["aby".index(name) for name in inputs + outputs]
    np.testing.assert_array_equal(np.column_stack((table.points, table.values)), ROWS[:, columns])


def test_of_two_columns_the_first_is_the_input_and_this_is_said(read):
    table = read("t,y\n1,2\n3,4\n")
    assert (table.inputs, table.outputs) == (("t",), ("y",))
    assert table.notes[1] == "Inputs are t; outputs are y."


def test_other_columns_may_hold_anything(read):
    table = read("day,a,y,remark\n2024-01-05,1,2,\n2024-01-06,3,4,odd\n", inputs="a", outputs="y")
    np.testing.assert_array_equal(table.points, [[1.0], [3.0]])


@pytest.mark.parametrize(
    ("header", "options", "message"),
    [
        ("speed,b,y", {"inputs": "sped"}, "no column 'sped'; the columns are speed, b, y. Did you"),
        ("a,b,y", {"inputs": 7}, "no column 7: the table has 3 columns, counted from 0: a, b, y"),
        ("a,b,y", {}, r"which of the columns a, b, y are inputs.*inputs=\['a', 'b'\], outputs='y'"),
        ("a,b,y", {"inputs": "a"}, "Say which of the columns b, y are outputs"),
        ("a,b,y", {"inputs": "b", "outputs": "b"}, "'b' is used twice"),
        ("a,b,y", {"outputs": "a,b,y"}, "All columns are used up"),
        ("a,b,y", {"inputs": []}, "list of columns is empty"),
        ("a,a,y", {"outputs": "y"}, "2 columns are called 'a'; give each its own name"),
        ("a,a,y", {"inputs": "a", "outputs": "y"}, "2 columns are called 'a'; choose by number"),
        (",b,y", {"outputs": "y"}, r"Column 0 \(counted from 0\) has no name"),
    ],
)  # fmt: skip
def test_columns_that_cannot_be_chosen_are_explained(read, header, options, message):
    with pytest.raises(TableError, match=message):
        read(f"{header}\n{body()}", **options)


def test_a_nameless_column_that_is_not_used_does_no_harm(read):
    assert read(",b,y\n" + body(), inputs="b", outputs="y").inputs == ("b",)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,,3", "'b' in line 10 is missing. Fill it in.*--missing drop"),
        ("1,NA,3", "'b' in line 10 is missing"),
        ("1,nan,3", "'b' in line 10 is missing"),
        ("1,inf,3", "'b' in line 10 is inf"),
        ("1,1e999,3", "'b' in line 10 is inf"),
        (",nan,3", "'a' in line 10 is missing, one of 2 cells without a finite value in 1 row"),
        ("1,abc,3", "text 'abc' in line 10, column 'b'; a number is needed"),
        ("1,1_000,3", "text '1_000' in line 10"),
        ('1,"1,000",3', "text '1,000' in line 10.*Write thousands without a separator"),
        ("1,2", r"Line 10 has 2 cells, the header has 3 \(separator: comma\)"),
        ("1,2,3,4", "Line 10 has 4 cells"),
    ],
)
@pytest.mark.parametrize("many", [0, 5000])
def test_a_bad_cell_is_named_by_line_and_column(read, row, message, many):
    text = "a,b,y\n" + body() + row + "\n" + "1,2,3\n" * many
    with pytest.raises(TableError, match=message):
        read(text, outputs="y")


def test_lines_are_counted_as_an_editor_does(read):
    text = 'a,"the\nfirst",y\n\n1,2,3\n"4",5,6\n\n7,x,9\n'
    with pytest.raises(TableError, match="text 'x' in line 7"):
        read(text, outputs="y")
    text = 'remark,a,y\n"over\ntwo lines",2,3\nz,x,6\n'
    with pytest.raises(TableError, match="text 'x' in line 4"):
        read(text, inputs="a", outputs="y")


def test_rows_with_missing_cells_are_left_out_on_request_and_counted(read):
    table = read("a,b,y\n" + body() + "1,,3\n1,inf,3\n", outputs="y", missing="drop")
    np.testing.assert_array_equal(table.points, ROWS[:, :2])
    assert table.notes[-1] == (
        "2 of 10 rows with missing or infinite cells left out, the first in line 10."
    )
    with pytest.raises(TableError, match="2 of 2 rows .*: no row remains"):
        read("a,y\n1,\n,2\n", missing="drop")
    with pytest.raises(TableError, match="text 'abc'"):
        read("a,y\n1,2\n1,abc\n", missing="drop")
    with pytest.raises(SettingError, match="Unknown missing 'skip'; known are error, drop"):
        read("a,y\n1,2\n", missing="skip")


def test_a_comma_that_may_mean_two_things_is_refused(read):
    with pytest.raises(TableError, match="'12,000' in line 2, column 'b' may separate decimals or"):
        read("a b y\n1 12,000 3\n2 13,000 4\n", outputs="y")
    with pytest.raises(TableError, match="decimal comma '0,5' in line 2.*others? numbers have"):
        read("a;b;y\n1;0,5;3\n2;1.5;4\n", outputs="y")
    assert read("a b y\n1 12,000 3\n2 0,25 4\n", outputs="y").points[0, 1] == 12.0
    assert read("a;y\n1;1,125\n2;2,250\n").values[0, 0] == 1.125


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "data.csv is empty"),
        ("\n \n", "data.csv is empty"),
        ("a,b\n", "has a header but no rows"),
        ("a\n1\n2\n", "one column, a; it needs an input and an output"),
        ("a,b\nu,v\n", "text 'u' in line 2, column 'a'"),
        ("\0\1\2", "is no text file; save the table as CSV"),
        ("PK\3\4rest", "is no text file"),
        ('a,b\n"' + "x" * 200_000, "cannot be read as a table: field larger"),
        ("x" * 200_000, "cannot be read as a table: field larger"),
    ],
)
def test_a_file_that_is_no_table_is_explained(read, text, message):
    with pytest.raises(TableError, match=message):
        read(text)


def test_a_path_without_a_file_is_explained(tmp_path):
    (tmp_path / "speeds.csv").write_text("a,b\n1,2\n")
    with pytest.raises(TableError, match="is a directory; name a file in it"):
        Table.read(tmp_path)
    with pytest.raises(
        TableError, match=r"There is no file .*speed.csv. Did you mean .*speeds.csv\?"
    ):
        Table.read(tmp_path / "speed.csv")
    with pytest.raises(TableError, match="There is no directory"):
        Table.read(tmp_path / "nowhere" / "speed.csv")
    with pytest.raises(TableError, match="cannot be read: .*[Nn]ame too long"):
        Table.read(tmp_path / ("x" * 5000))


@given(
    rows=st.lists(
        st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1, max_size=30
    ),
    separator=st.sampled_from([",", ";", "\t", "|", " "]),
    header=st.booleans(),
)
def test_numbers_come_back_bit_for_bit(tmp_path_factory, rows, separator, header):
    path = tmp_path_factory.mktemp("csv") / "data.csv"
    lines = [separator.join(map(repr, row)) for row in rows]
    path.write_text("\n".join([separator.join("aby")] * header + lines))
    table = Table.read(path, outputs=2)
    np.testing.assert_array_equal(np.column_stack((table.points, table.values)), rows)
