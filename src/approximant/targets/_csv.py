"""Tables from text files: comma, semicolon, tab or white space between the cells."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Array, Vector
from approximant.errors import TableError
from approximant.targets._cells import (
    has_decimal_comma,
    is_missing,
    may_be_thousands,
    point_number,
)
from approximant.targets._columns import Chosen, Selection, select_columns
from approximant.targets._layout import SEPARATORS, Layout, cell_rows, find_layout
from approximant.targets._words import count_text

CHUNK = 4096  # rows converted together

Lines = NDArray[np.int64]


def read_csv(
    path: Path, inputs: Chosen, outputs: Chosen, header: bool | None
) -> tuple[Selection, Array, Lines, tuple[str, ...]]:
    """Return the used columns, their cells (n, k), the line of each row, and what was detected.

    Cells of the other columns are not looked at. A missing cell is NaN.

    Raises:
        TableError: the file is no text table, or a used cell holds a text.
    """
    try:
        layout = find_layout(path, header)
        has_names = layout.names is not None
        names = layout.names or tuple(str(k) for k in range(layout.columns))
        selection = select_columns(names, inputs, outputs, header=has_names)
        shown = [repr(names[k]) if has_names else str(k) for k in selection.columns]
        reader = _Cells(layout, selection.columns, shown)
        with path.open(encoding=layout.encoding, errors="replace", newline="") as file:
            numbers, lines = reader.read(itertools.islice(file, layout.skip, None))
    except csv.Error as error:
        raise TableError(f"{path.name} cannot be read as a table: {error}.") from error
    if not len(numbers):
        raise TableError(f"{path.name} has a header but no rows.")
    found = f"{path.name}: separator {SEPARATORS[layout.separator]}"
    found += f", header with {count_text(len(names), 'name')}" if has_names else ", no header"
    return selection, numbers, lines, (found + (", decimal comma." if reader.first_comma else "."),)


class _Cells:
    """Turns rows of text into numbers, and remembers how decimals are written."""

    def __init__(self, layout: Layout, columns: Sequence[int], names: Sequence[str]) -> None:
        self.layout = layout
        self.columns = columns
        self.names = names
        self.points = False  # some number has a decimal point
        self.first_comma = ""  # the first number with a decimal comma, in words
        # Semicolons separate cells where commas are decimal marks; elsewhere 12,500 is in doubt.
        self.certain = layout.separator == ";"

    def read(self, text: itertools.islice[str]) -> tuple[Array, Lines]:
        """Return the numbers (n, k) of all rows and their line numbers."""
        reader = cell_rows(text, self.layout.separator)
        parts: list[Array] = []
        numbers: list[Lines] = []
        line = self.layout.skip
        while rows := list(itertools.islice(reader, CHUNK)):
            lines = _line_numbers(rows, line, self.layout.skip + reader.line_num)
            line = self.layout.skip + reader.line_num
            if set(map(len, rows)) != {self.layout.columns}:
                rows, lines = self._checked(rows, lines)
            if rows:
                cells = list(zip(*rows, strict=True))
                used = range(len(self.columns))
                parts.append(np.column_stack([self._column(cells, k, lines) for k in used]))
                numbers.append(np.array(lines, dtype=np.int64))
        self._check_commas()
        if not parts:
            return np.empty((0, len(self.columns))), np.empty(0, dtype=np.int64)
        return np.concatenate(parts), np.concatenate(numbers)

    def _checked(
        self, rows: list[list[str]], lines: Sequence[int]
    ) -> tuple[list[list[str]], Sequence[int]]:
        """Leave out blank lines; any other row of the wrong length is an error."""
        pairs = [(row, line) for row, line in zip(rows, lines, strict=True) if any(row)]
        for row, line in pairs:
            if len(row) != self.layout.columns:
                whose = "the header" if self.layout.names else "the first row"
                raise TableError(
                    f"Line {line} has {count_text(len(row), 'cell')}, {whose} has "
                    f"{self.layout.columns} (separator: {SEPARATORS[self.layout.separator]})."
                )
        return [row for row, _ in pairs], [line for _, line in pairs]

    def _column(self, cells: Sequence[Sequence[str]], k: int, lines: Sequence[int]) -> Vector:
        column = cells[self.columns[k]]
        joined = "".join(column)
        if "." in joined:
            self.points = True
        if "_" not in joined:
            try:
                return np.array(list(map(float, column)))
            except ValueError:
                pass  # some cell is missing, has a decimal comma, or is a text
        places = zip(column, lines, strict=True)
        return np.array([self._cell(cell, line, self.names[k]) for cell, line in places])

    def _cell(self, cell: str, line: int, name: str) -> float:
        number = point_number(cell)
        if number is not None:
            return number
        if is_missing(cell):
            return np.nan
        if self.layout.separator != "," and has_decimal_comma(cell):
            self._note_comma(cell, line, name)
            return float(cell.replace(",", "."))
        hint = ""
        if self.layout.names is None and line == self.layout.skip + 1:
            hint = " If this line names the columns, say header=True."
        elif may_be_thousands(cell):
            hint = " Write thousands without a separator."
        raise TableError(
            f"There is the text {cell.strip()!r} in line {line}, column {name}; "
            f"a number is needed.{hint}"
        )

    def _note_comma(self, cell: str, line: int, name: str) -> None:
        self.first_comma = self.first_comma or f"{cell.strip()!r} in line {line}, column {name}"
        if not may_be_thousands(cell):
            self.certain = True

    def _check_commas(self) -> None:
        if self.first_comma and self.points:
            raise TableError(
                f"There is the decimal comma {self.first_comma}, but other numbers have a decimal "
                "point; use one of them."
            )
        if self.first_comma and not self.certain:
            raise TableError(
                f"The comma of {self.first_comma} may separate decimals or thousands; write "
                "decimals with a point, and thousands without a separator."
            )


def _line_numbers(rows: Sequence[Sequence[str]], before: int, last: int) -> Sequence[int]:
    """Return the line at which each row ends; a quoted cell may go over several."""
    if last - before == len(rows):
        return range(before + 1, last + 1)
    heights = (1 + sum(cell.count("\n") for cell in row) for row in rows)
    return list(itertools.accumulate(heights, initial=before))[1:]
