"""How many values each input of a grid has."""

from __future__ import annotations

import math
from collections.abc import Sequence

from approximant.designs._settings import MOST_ROWS, ROWS, Design
from approximant.errors import SettingError


def grid_numbers(designs: Sequence[Design], rows: int | None) -> list[int]:
    """Return how many values each input of a grid has.

    Either every one of them states its number, or none does: then all have as many as `rows`
    allow, and rows that were asked for must be met exactly.

    Args:
        designs: of the grid inputs alone, at least one.
        rows: what was asked for, or None.

    Raises:
        SettingError: some numbers are missing, or they do not fit the rows.
    """
    stated = [design.number for design in designs if design.number is not None]
    if stated and len(stated) < len(designs):
        raise SettingError("Some inputs of the grid have a number and some not; give each its own.")
    if not stated:
        stated = _equal_numbers(len(designs), rows)
    total = math.prod(stated)
    if total > MOST_ROWS:
        raise SettingError(f"The grid has {total:,} rows; more than {MOST_ROWS:,} are too many.")
    if rows is not None and rows != total:
        raise SettingError(
            f"The grid of {' x '.join(map(str, stated))} values has {total:,} rows, "
            f"not {rows:,}; leave rows out."
        )
    return stated


def _equal_numbers(inputs: int, rows: int | None) -> list[int]:
    wanted = ROWS if rows is None else rows
    number = round(wanted ** (1.0 / inputs))
    if number**inputs > wanted:
        number -= 1
    if number < 2 or (rows is not None and number**inputs != rows):
        above = max(2, number + 1)
        raise SettingError(
            f"{wanted:,} rows are no grid of {inputs} inputs with equal numbers of values; "
            f"{above} values each take {above**inputs:,} rows. Give each input its number, "
            "or use the design 'sobol'."
        )
    return [number] * inputs
