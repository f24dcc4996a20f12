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


# Every form passes copies: a callable that works in place must not change our points. Functions
# with names, so that a target can be pickled.
def _rows(points: Points) -> tuple[Any, ...]:
    return (points.copy(),)


def _line(points: Points) -> tuple[Any, ...]:
    return (points[:, 0].copy(),)


def _columns(points: Points) -> tuple[Any, ...]:
    return tuple(points.T.copy())


def _numbers(points: Points) -> tuple[Any, ...]:
    return tuple(points[0].tolist())


def _vector(points: Points) -> tuple[Any, ...]:
    return (points[0].copy(),)


ROWS = Form(True, _rows, "an array (n, d)")
LINE = Form(True, _line, "an array (n,)")
COLUMNS = Form(True, _columns, "an array (n,) per input")
NUMBERS = Form(False, _numbers, "numbers", keeps_rows=False)
VECTOR = Form(False, _vector, "an array (d,)", keeps_rows=False)
ROW = Form(False, _rows, "an array (1, d)")
SHORT_COLUMNS = Form(False, _columns, "an array (1,) per input")


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
