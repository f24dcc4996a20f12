"""Missing and infinite cells: an error that names the first, or rows left out and counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Array
from approximant.errors import TableError
from approximant.targets._words import count_text

POLICIES = ("error", "drop")


def complete_rows(
    numbers: Array,
    names: Sequence[str],
    missing: str,
    lines: NDArray[np.int64] | None = None,
    advice: str = 'missing="drop"',
) -> tuple[Array, tuple[str, ...]]:
    """Return the rows without missing or infinite cells, with a note if some were left out.

    Args:
        numbers: the cells (n, k); a missing one is NaN.
        names: the k column names.
        missing: "error" or "drop".
        lines: line number of each row in its file, if it comes from one.
        advice: how to say that such rows are to be left out.

    Raises:
        TableError: a cell is not finite and the policy is "error", or no row remains.
    """
    finite = np.isfinite(numbers)
    complete = finite.all(axis=1)
    bad = int((~complete).sum())
    if not bad:
        return numbers, ()
    row = int(np.argmin(complete))
    column = int(np.argmin(finite[row]))
    where = row_text(row, lines)
    if missing == "error":
        what = "missing" if np.isnan(numbers[row, column]) else f"{numbers[row, column]:g}"
        raise TableError(
            f"The value of {names[column]!r} in {where} is {what}"
            f"{_extent(int((~finite).sum()), bad)}. Fill it in, or leave such rows out: {advice}."
        )
    note = f"{bad:,} of {count_text(len(numbers), 'row')} with missing or infinite cells left out"
    if bad == len(numbers):
        raise TableError(f"{note}: no row remains.")
    return numbers[complete], (f"{note}, the first in {where}.",)


def _extent(cells: int, rows: int) -> str:
    if cells == 1:
        return ""
    return f", one of {cells:,} cells without a finite value in {count_text(rows, 'row')}"


def row_text(row: int, lines: NDArray[np.int64] | None) -> str:
    """Return "line 7" for a row of a file, and "row 6 (counted from 0)" for any other."""
    return f"line {lines[row]}" if lines is not None else f"row {row} (counted from 0)"
