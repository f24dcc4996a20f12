"""Tables for people: columns aligned, numbers to the right."""

from __future__ import annotations

import math
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from approximant.cli._printing import WIDEST

if TYPE_CHECKING:
    from approximant.experiment import SettingsTable


def columns(head: Sequence[str], rows: Iterable[Sequence[str]], indent: str = "  ") -> list[str]:
    """Return the lines of a table; a column whose cells all begin as numbers is set right.

    Args:
        head: a name per column.
        rows: a text per cell.
        indent: before every line.
    """
    cells = [list(head), *(list(row) for row in rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    right = [all(_is_number(row[k]) for row in cells[1:]) for k in range(len(head))]
    return [
        (indent + "  ".join(_set(*cell) for cell in zip(row, widths, right, strict=True))).rstrip()
        for row in cells
    ]


def heading(text: str, more: str = "") -> str:
    """Return the heading of a table, with an empty line before it."""
    return f"\n{click.style(text, bold=True)}{f' ({more})' if more else ''}"


def named_text(name: str, value: str, text: str) -> str:
    """Return a name, its value and a text that is wrapped beside them."""
    head = f"  {name:<16}{value:<16}" if value else f"  {name:<16}"
    width = max(60, min(WIDEST, shutil.get_terminal_size().columns))
    indent = " " * (34 if value else 18)
    return textwrap.fill(text, width, initial_indent=f"{head} ", subsequent_indent=indent + " ")


def settings_lines(tables: Iterable[SettingsTable]) -> Iterator[str]:
    """Yield tables of settings, with defaults and limits."""
    for table in tables:
        yield f"\n{click.style(table.name, bold=True)}  {table.about}"
        for name, default, limits, text in table.rows:
            yield named_text(name, default, f"{text} ({limits})" if limits else text)


def number(value: float | None) -> str:
    """Return a number as a table shows it: five digits, large ones in full; a dash for None."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return "not finite"
    if 1e4 <= abs(value) < 1e9:
        return f"{value:,.0f}"
    return f"{value:,.5g}"


def _is_number(text: str) -> bool:
    return not text or text[0].isdigit() or text[0] in "-+." or text == "not finite"


def _set(text: str, width: int, right: bool) -> str:
    return text.rjust(width) if right else text.ljust(width)
