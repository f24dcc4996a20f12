"""Points from the command line: texts such as `x=0.5,y=2`, and CSV files, a column per input."""

from __future__ import annotations

import csv
import io
import math
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import numpy as np

from approximant.arrays import Points
from approximant.errors import TableError
from approximant.formula import constant
from approximant.settings import option

SEPARATORS = (",", ";", "\t")


def points_of_texts(texts: Iterable[str], names: Sequence[str]) -> Points:
    """Return the points (n, d) of texts like `x=0.5,y=2`; a value may be a constant formula.

    Raises:
        TableError: an input is missing, unknown or given twice.
        FormulaError: a value cannot be read.
    """
    return np.array([_point(text, names) for text in texts])


def _point(text: str, names: Sequence[str]) -> list[float]:
    values: dict[str, str] = {}
    for part in re.split(r",(?=[^,=]*=)", text):  # commas inside max(1, 2) separate nothing
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in names or not value:
            raise TableError(f"Cannot use {part!r} in --at {text!r}; write {_example(names)}.")
        if name in values:
            raise TableError(f"The input {name!r} is given twice in --at {text!r}.")
        values[name] = value
    for name in names:
        if name not in values:
            raise TableError(f"The input {name!r} is missing in --at {text!r}.")
    return [constant(values[name]) for name in names]


def points_of_csv(path: str, names: Sequence[str]) -> Points:
    """Return the points (n, d) of a CSV file, or of standard input if the path is `-`.

    Columns are found by the names in the header; others may hold anything. Cells are separated by
    commas, semicolons or tabs; a decimal comma is read where it separates nothing.

    Raises:
        TableError: the file, a column or a cell cannot be used; the line and column are named.
    """
    shown = "standard input" if path == "-" else path
    try:
        with _opened(path) as file:
            return _read(file, names, shown)
    except OSError as error:
        reason = "it is a folder" if isinstance(error, IsADirectoryError) else error.strerror
        raise TableError(f"Cannot read {shown}: {reason}.") from error
    except csv.Error as error:  # a cell without an end, a zero byte
        raise TableError(f"Cannot read {shown} as a table: {error}.") from error


@contextmanager
def _opened(path: str) -> Iterator[TextIO]:
    if path != "-":
        with option(path, Path, "points").open(
            encoding="utf-8-sig", errors="replace", newline=""
        ) as file:
            yield file
        return
    # Standard input is read as the same kind of text as a file, and left open.
    text = io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", errors="replace", newline="")
    try:
        yield text
    finally:
        text.detach()


def _read(file: TextIO, names: Sequence[str], shown: str) -> Points:
    line = file.readline()
    if not line.strip():
        raise TableError(f"{shown} is empty; its first line names the columns.")
    separator, columns = _header(line, names, shown)
    places = [columns.index(name) for name in names]
    reader = csv.reader(file, delimiter=separator, skipinitialspace=True)
    rows = []
    for row in reader:
        if not any(row):
            continue
        where = f"line {reader.line_num + 1} of {shown}"
        if len(row) != len(columns):
            raise TableError(f"There are {len(row)} cells in {where}, but {len(columns)} columns.")
        rows.append([_number(row[k], columns[k], separator, where) for k in places])
    return np.array(rows, dtype=float).reshape(-1, len(names))


def _header(line: str, names: Sequence[str], shown: str) -> tuple[str, list[str]]:
    """Return the separator and the columns of a header line."""
    headers = {}
    for separator in SEPARATORS:
        cells = next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
        headers[separator] = [cell.strip() for cell in cells]
    separator, columns = max(
        headers.items(), key=lambda item: (len(set(names) & set(item[1])), len(item[1]))
    )
    for name in names:
        if columns.count(name) != 1:
            problem = "has no column" if name not in columns else "has several columns"
            raise TableError(
                f"{shown} {problem} {name!r}; the network needs {', '.join(names)}, the header has "
                f"{', '.join(columns)[:200]}."
            )
    return separator, columns


def _number(cell: str, column: str, separator: str, where: str) -> float:
    text = cell.strip().replace(",", ".") if separator != "," else cell.strip()
    try:
        value = math.nan if "_" in text else float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        what = f"{cell.strip()[:40]!r}" if cell.strip() else "nothing"
        raise TableError(f"There is {what} in column {column!r}, {where}; a number is needed.")
    return value


def _example(names: Sequence[str]) -> str:
    return "--at " + ",".join(f"{name}=0.5" for name in names)
