"""The ways in which a callable may want its points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from approximant.arrays import Points

Arguments: TypeAlias = Callable[[Points], tuple[Any, ...]]


@dataclass(frozen=True)
class Form:
    """One way to pass points.

    Args:
        batch: whether many points go into one call.
        arguments: makes the call's arguments of points (n, d); n = 1 unless it is a batch.
        words: the arguments in words.
        keeps_rows: whether an argument has a row per point, so that its result must too.
    """

    batch: bool
    arguments: Arguments
    words: str
    keeps_rows: bool = True


# Every form passes copies: a callable that works in place must not change our points.
ROWS = Form(True, lambda points: (points.copy(),), "an array (n, d)")
LINE = Form(True, lambda points: (points[:, 0].copy(),), "an array (n,)")
COLUMNS = Form(True, lambda points: tuple(points.T.copy()), "an array (n,) per input")
NUMBERS = Form(False, lambda points: tuple(points[0].tolist()), "numbers", keeps_rows=False)
VECTOR = Form(False, lambda points: (points[0].copy(),), "an array (d,)", keeps_rows=False)
ROW = Form(False, lambda points: (points.copy(),), "an array (1, d)")
SHORT_COLUMNS = Form(False, lambda points: tuple(points.T.copy()), "an array (1,) per input")


def forms(parameters: int | None, d: int) -> tuple[Form, ...]:
    """Return the forms to try, in order, for a callable with so many parameters (None: unknown)."""
    if d == 1:
        # With one input a callable may be written for numbers, as those of `math` are.
        return ROWS, LINE, NUMBERS, ROW, VECTOR
    points = (ROWS, ROW, VECTOR)
    columns = (COLUMNS, NUMBERS, SHORT_COLUMNS)
    if parameters is None:
        return columns + points
    return points if parameters == 1 else columns
