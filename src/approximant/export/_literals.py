"""The numbers of a model as text that Python and JavaScript both read."""

from __future__ import annotations

import json
from collections.abc import Iterable

from approximant.arrays import Array

WIDTH = 98
SHORT = 30  # letters of what may stand side by side: a number, a row of one


def numbers(values: Array, brackets: str, indent: str = "") -> str:
    """Return a list of numbers, or of rows of numbers, as a literal that reads back exactly.

    Args:
        values: (k,) or (rows, k).
        brackets: "()" or "[]".
        indent: before all lines but the first.
    """
    if values.ndim == 2:
        return listed((numbers(row, brackets, f"{indent}    ") for row in values), brackets, indent)
    return listed((repr(float(value)) for value in values), brackets, indent)


def listed(items: Iterable[str], brackets: str, indent: str = "") -> str:
    """Return texts as a list: in one line if they fit, otherwise short ones side by side."""
    words = list(items)
    line = _in_line(words, brackets)
    if "\n" not in line and len(indent) + len(line) < WIDTH:
        return line
    lines: list[str] = []
    for word in words:
        short = len(word) < SHORT and "\n" not in word
        if lines and short and len(indent) + len(lines[-1]) + len(word) < WIDTH - 8:
            lines[-1] += f" {word},"
        else:
            lines.append(f"{word},")
    body = "".join(f"{indent}    {each}\n" for each in lines)
    return f"{brackets[0]}\n{body}{indent}{brackets[1]}"


def texts(names: Iterable[str], brackets: str) -> str:
    """Return names as a list of quoted texts."""
    return _in_line([json.dumps(name) for name in names], brackets)


def _in_line(words: list[str], brackets: str) -> str:
    # One element in parentheses is a tuple only with a comma.
    comma = "," if len(words) == 1 and brackets == "()" else ""
    return f"{brackets[0]}{', '.join(words)}{comma}{brackets[1]}"
