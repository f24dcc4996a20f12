"""The numbers of a model as text that Python and JavaScript both read."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterable

from approximant.arrays import Array

WIDTH = 96


def numbers(values: Array, brackets: str, indent: str = "") -> str:
    """Return a list of numbers, or of rows of numbers, as a literal that reads back exactly.

    Args:
        values: (k,) or (rows, k).
        brackets: "()" or "[]".
        indent: before all lines but the first.
    """
    if values.ndim == 2:
        return listed((numbers(row, brackets, f"{indent}    ") for row in values), brackets, indent)
    words = [repr(float(value)) for value in values]
    line = _in_line(words, brackets)
    if len(indent) + len(line) < WIDTH:
        return line
    body = textwrap.fill(
        ", ".join(words) + ",", WIDTH, initial_indent=f"{indent}    ",
        subsequent_indent=f"{indent}    ", break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return f"{brackets[0]}\n{body}\n{indent}{brackets[1]}"


def listed(items: Iterable[str], brackets: str, indent: str = "") -> str:
    """Return texts as a list: in one line if they fit, otherwise one a line."""
    words = list(items)
    line = _in_line(words, brackets)
    if "\n" not in line and len(indent) + len(line) < WIDTH:
        return line
    body = "".join(f"{indent}    {word},\n" for word in words)
    return f"{brackets[0]}\n{body}{indent}{brackets[1]}"


def texts(names: Iterable[str], brackets: str) -> str:
    """Return names as a list of quoted texts."""
    return _in_line([json.dumps(name) for name in names], brackets)


def _in_line(words: list[str], brackets: str) -> str:
    # One element in parentheses is a tuple only with a comma.
    comma = "," if len(words) == 1 and brackets == "()" else ""
    return f"{brackets[0]}{', '.join(words)}{comma}{brackets[1]}"
