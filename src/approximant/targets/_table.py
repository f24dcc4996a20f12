"""Table: rows of inputs and outputs, from arrays, data frames and files."""

from __future__ import annotations

import difflib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from approximant.arrays import Array, Frozen, Points, Values, Vector
from approximant.errors import TableError, short
from approximant.settings import option
from approximant.targets._arrays import own_names, read_pair
from approximant.targets._columns import Chosen, Selection
from approximant.targets._csv import Lines, read_csv
from approximant.targets._frame import read_frame, read_parquet
from approximant.targets._missing import POLICIES, complete_rows
from approximant.targets._names import name_list, numbered, output_names
from approximant.targets._words import count_text, list_text

PARQUET = (".parquet", ".pq")
FRAME = "data frame"  # name of a table that comes from one


@dataclass(frozen=True, eq=False)
class Table(Frozen):
    """Samples of a target: one row per point, all of them finite.

    Args:
        points: the inputs, (n, d).
        values: the outputs, (n, m).
        inputs: names of the d inputs.
        outputs: names of the m outputs.
        name: where it comes from, in words.
        notes: what was detected and what was left out, a sentence each.
        weights: how much each row counts, (n,), above zero; None where all count alike. A row
            of weight 2 counts like two equal rows.
    """

    points: Points
    values: Values
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    name: str = "table"
    notes: tuple[str, ...] = ()
    weights: Vector | None = None

    def __len__(self) -> int:
        return len(self.points)

    def __repr__(self) -> str:
        return f"Table({self.description})"

    @property
    def description(self) -> str:
        """Name, size and columns in one line."""
        columns = f"{list_text(self.inputs)} -> {list_text(self.outputs)}"
        return f"{self.name}, {count_text(len(self), 'row')}, {columns}"

    @classmethod
    def from_arrays(
        cls,
        x: Any,
        y: Any,
        *,
        inputs: str | Sequence[str] | None = None,
        outputs: str | Sequence[str] | None = None,
        missing: str = "error",
    ) -> Table:
        """Return the table of inputs x, (n,) or (n, d), and outputs y, (n,) or (n, m).

        Args:
            x: anything that NumPy reads as numbers, one row per sample.
            y: likewise.
            inputs: d names; those that x brings along, or x1, x2, ... if not given.
            outputs: m names; those that y brings along, or y1, y2, ... if not given.
            missing: "error", or "drop" to leave out rows with a missing or infinite cell.

        Raises:
            TableError: shapes or cells that cannot be used.
            SettingError: `missing` is another word.
        """
        missing = option(missing, str, "missing", choices=POLICIES)
        points, values = read_pair(x, y)
        d, m = points.shape[1], values.shape[1]
        ins = _input_names(inputs, own_names(x, d), d)
        own = own_names(y, m)
        given = outputs if outputs is not None else own if own and not set(own) & set(ins) else None
        outs = output_names(given, m, ins)
        numbers = np.column_stack((points, values))
        numbers, notes = complete_rows(
            numbers, ins + outs, missing, advice='Table.from_arrays(X, y, missing="drop")'
        )
        return cls(numbers[:, :d], numbers[:, d:], ins, outs, "arrays", notes)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        inputs: Chosen = None,
        outputs: Chosen = None,
        missing: str = "error",
    ) -> Table:
        """Return the table of a pandas, Polars or pyarrow data frame.

        Args:
            frame: the data frame.
            inputs: columns by name, or by number counted from 0. May be left out where the
                outputs leave no doubt, and the other way round.
            outputs: likewise.
            missing: "error", or "drop" to leave out rows with a missing or infinite cell.

        Raises:
            TableError: columns or cells that cannot be used.
            SettingError: `missing` is another word.
        """
        missing = option(missing, str, "missing", choices=POLICIES)
        selection, numbers = read_frame(frame, inputs, outputs)
        return _table(selection, numbers, FRAME, missing)

    @classmethod
    def read(
        cls,
        path: str | Path,
        *,
        inputs: Chosen = None,
        outputs: Chosen = None,
        missing: str = "error",
        header: bool | None = None,
    ) -> Table:
        """Return the table in a file: `.parquet`, or text such as CSV.

        The separator of a text (comma, semicolon, tab, | or white space), its header and its
        decimal mark are detected and said in `notes`. Columns that are not used may hold anything.

        Args:
            path: the file.
            inputs: columns by name, or by number counted from 0; one text may join names by
                commas. May be left out where the outputs leave no doubt, and the other way round.
            outputs: likewise.
            missing: "error", or "drop" to leave out rows with a missing or infinite cell.
            header: whether a text has a header; None to find out.

        Raises:
            TableError: the file is missing or no table, or columns or cells cannot be used.
            SettingError: `missing` is another word.
        """
        missing = option(missing, str, "missing", choices=POLICIES)
        header = option(header, bool | None, "header")
        file: Path = option(path, Path, "path")
        try:
            if stat.S_ISDIR(file.stat().st_mode):
                raise TableError(f"{file} is a directory; name a file in it.")
            if file.suffix.lower() in PARQUET:
                return _table(*read_parquet(file, inputs, outputs), file.name, missing)
            selection, numbers, lines, notes = read_csv(file, inputs, outputs, header)
        except FileNotFoundError:
            raise TableError(f"There is no file {file}.{_near_file(file)}") from None
        except OSError as error:
            raise TableError(f"{file} cannot be read: {error.strerror or error}.") from error
        return _table(selection, numbers, file.name, missing, lines, notes)


def _table(
    selection: Selection,
    numbers: Array,
    name: str,
    missing: str,
    lines: Lines | None = None,
    notes: tuple[str, ...] = (),
) -> Table:
    if not len(numbers):
        raise TableError(f"{name} has columns but no rows.")
    in_file = 'missing="drop", on the command line --missing drop'
    advice = 'Table.from_frame(..., missing="drop")' if name == FRAME else in_file
    numbers, dropped = complete_rows(numbers, selection.names, missing, lines, advice)
    assumed = (selection.note,) if selection.note else ()
    d = len(selection.inputs)
    return Table(
        points=numbers[:, :d],
        values=numbers[:, d:],
        inputs=selection.input_names,
        outputs=selection.output_names,
        name=name,
        notes=notes + assumed + dropped,
    )


def _input_names(
    given: str | Sequence[str] | None, own: tuple[str, ...] | None, count: int
) -> tuple[str, ...]:
    names = name_list(given)
    if names is None:
        return own or numbered("x", count)
    if len(names) != count:
        raise TableError(
            f"X has {count_text(count, 'column')}, but inputs= has "
            f"{count_text(len(names), 'name')} ({list_text(names)}); give one for each."
        )
    for name in names:
        if not isinstance(name, str) or not name.strip() or names.count(name) > 1:
            raise TableError(
                f"The input name {short(name)} is no text, or used twice; name it anew."
            )
    return names


def _near_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f" There is no directory {folder} either."
    names = [entry.name for entry in folder.iterdir()]
    near = difflib.get_close_matches(path.name, names, 1)
    return f" Did you mean {folder / near[0]}?" if near else ""
