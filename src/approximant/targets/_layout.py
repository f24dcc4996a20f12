"""How a text table is laid out: encoding, separator, header; found by looking at its beginning."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from approximant.errors import TableError
from approximant.targets._cells import is_missing, is_number

SEPARATORS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "|", " ": "white space"}
SAMPLE_BYTES = 2**20
SAMPLE_ROWS = 50


@dataclass(frozen=True)
class Layout:
    """What must be known to read the rows.

    Args:
        encoding: of the file.
        separator: between cells; a space stands for any white space.
        skip: lines before the first row of cells, header and comments.
        columns: cells per row.
        names: the header, or None.
    """

    encoding: str
    separator: str
    skip: int
    columns: int
    names: tuple[str, ...] | None


def find_layout(path: Path, header: bool | None = None) -> Layout:
    """Return the layout of a text table.

    Args:
        path: the file.
        header: whether it has a header; None to find out.

    Raises:
        TableError: the file is empty or no text.
    """
    encoding, text = _beginning(path)
    lines = list(io.StringIO(text, newline=""))  # split as the file itself will be
    comments = [line.strip() for line in _leading(lines) if line.strip()]
    first = len(_leading(lines))
    body = lines[first:]
    if not body:
        raise TableError(f"{path.name} is empty: it has no rows.")
    separator = max(SEPARATORS, key=lambda mark: _score(_sample(body, mark)))
    reader = cell_rows(body, separator)
    top = next(reader)
    rows = _sample(body, separator)
    if header or (header is None and _is_header(rows)):
        skip = first + reader.line_num
        return Layout(encoding, separator, skip, len(top), tuple(cell.strip() for cell in top))
    names = _commented_names(comments, separator, top) if header is None else None
    return Layout(encoding, separator, first, len(top), names)


def cell_rows(lines: Iterable[str], separator: str) -> Any:
    """Return the csv reader of the lines; its `line_num` counts them."""
    if separator == " ":
        lines = (" ".join(line.split()) for line in lines)
    return csv.reader(lines, delimiter=separator, skipinitialspace=True)


def _beginning(path: Path) -> tuple[str, str]:
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in head or head.startswith(b"PK\x03\x04"):
        raise TableError(f"{path.name} is no text file; save the table as CSV, and pass that file.")
    else:
        encoding = "utf-8-sig" if _is_utf8(head) else "latin-1"
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    # The last line of the sample is cut somewhere; it is left out if there are others.
    whole = text.rfind("\n") + 1 if len(head) == SAMPLE_BYTES else 0
    return encoding, text[:whole] if whole else text


def _is_utf8(head: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _leading(lines: list[str]) -> list[str]:
    """Return the blank lines and comments before the first row."""
    rows = (k for k, line in enumerate(lines) if line.strip() and line.lstrip()[0] != "#")
    return lines[: next(rows, len(lines))]


def _sample(body: list[str], separator: str) -> list[list[str]]:
    """Return the first rows that are not blank, as far as they can be read."""
    rows: list[list[str]] = []
    with contextlib.suppress(csv.Error):
        for row in cell_rows(body, separator):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    return rows


def _score(rows: list[list[str]]) -> float:
    """Rate a separator: rows of one length, full of numbers. The first row may be a header."""
    width, agreeing = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    if width < 2:
        return 0.0
    cells = [cell for row in rows[1:] or rows for cell in row]
    numbers = sum(is_number(cell) or is_missing(cell) for cell in cells)
    return agreeing / len(rows) * (0.1 + numbers / len(cells))


def _is_header(rows: list[list[str]]) -> bool:
    """Tell whether the first row names columns: a text stands above a number, or all is text."""
    top, below = rows[0], rows[1:]
    texts = [k for k, cell in enumerate(top) if not (is_number(cell) or is_missing(cell))]
    if any(is_number(row[k]) for row in below for k in texts if k < len(row)):
        return True
    return bool(texts) and not any(is_number(cell) for cell in top)


def _commented_names(comments: list[str], separator: str, top: list[str]) -> tuple[str, ...] | None:
    """Return the names in the last comment before the rows, as `numpy.savetxt` writes them."""
    if not comments:
        return None
    names: list[str] = next(cell_rows([comments[-1].lstrip("# ")], separator), [])
    fits = len(names) == len(top) and not any(is_number(name) or not name for name in names)
    return tuple(name.strip() for name in names) if fits else None
