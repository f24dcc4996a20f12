"""Single cells of a table: what counts as a number, and what as missing."""

from __future__ import annotations

import math
import re
from typing import Any

from approximant.errors import TableError, short

MISSING = frozenset(("", "na", "n/a", "#n/a", "nan", "null", "none", "missing", "-", "?"))
_DECIMAL_COMMA = re.compile(r"[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


def cell_number(cell: Any, where: str) -> float:
    """Return a cell that is a Python object as a number; None and the like are NaN.

    Raises:
        TableError: it is a text or no real number.
    """
    if cell is None or type(cell).__name__ in ("NAType", "NaTType"):
        return math.nan
    try:
        if isinstance(cell, (str, bytes)):
            raise TypeError
        return float(cell)
    except (TypeError, ValueError, OverflowError):
        shown = str(cell) if isinstance(cell, str) else cell  # a NumPy text shows its type
        raise TableError(
            f"There is {short(shown)} in {where} (counted from 0); a number is needed."
        ) from None


def is_missing(text: str) -> bool:
    """Tell whether a cell of a text file is empty or says that its value is missing."""
    return text.strip().lower() in MISSING


def is_number(text: str) -> bool:
    """Tell whether a cell of a text file is a number, with decimal point or comma."""
    return point_number(text) is not None or has_decimal_comma(text)


def point_number(text: str) -> float | None:
    """Return the number in a cell as Python reads it, or None."""
    if "_" in text:  # Python reads 1_000 as a number; in a table it is a text
        return None
    try:
        return float(text)
    except ValueError:
        return None


def has_decimal_comma(text: str) -> bool:
    """Tell whether a cell reads as a number with a decimal comma, such as 0,5."""
    return _DECIMAL_COMMA.fullmatch(text.strip()) is not None


def may_be_thousands(text: str) -> bool:
    """Tell whether the commas of a cell may separate thousands, as in 12,500."""
    return _THOUSANDS.fullmatch(text.strip()) is not None
