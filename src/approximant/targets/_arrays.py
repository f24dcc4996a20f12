"""Tables from arrays (X, y), and from anything that NumPy can read as such."""

from __future__ import annotations

from typing import Any

import numpy as np

from approximant.arrays import Array
from approximant.errors import TableError, short
from approximant.targets._cells import cell_number


def read_pair(x: Any, y: Any) -> tuple[Array, Array]:
    """Return the inputs (n, d) and outputs (n, m) of two arrays; missing cells are NaN.

    Args:
        x: (n,) or (n, d).
        y: (n,) or (n, m).

    Raises:
        TableError: they are no numbers, have other shapes, or their lengths differ.
    """
    points, values = _matrix(x, "X"), _matrix(y, "y")
    if len(points) != len(values):
        hint = ""
        if points.shape[1] == len(values):
            hint = " X seems to hold one row per input: pass X.T."
        elif values.shape[1] == len(points):
            hint = " y seems to hold one row per output: pass y.T."
        raise TableError(
            f"X has {len(points)} rows (shape {points.shape}) and y has {len(values)} "
            f"(shape {values.shape}); they need one row per sample.{hint}"
        )
    if not points.size or not values.size:
        raise TableError(f"The table is empty: X has shape {points.shape}, y {values.shape}.")
    return points, values


def own_names(data: Any, count: int) -> tuple[str, ...] | None:
    """Return the column names that a data frame or series brings along, or None."""
    names = getattr(data, "column_names", None)  # pyarrow
    names = getattr(data, "columns", None) if names is None else names
    if names is None:
        name = getattr(data, "name", None)
        names = None if name is None else [name]
    if names is None or len(names) != count or not all(isinstance(n, str) and n for n in names):
        return None
    return tuple(names) if len(set(names)) == count else None


def _matrix(data: Any, what: str) -> Array:
    array = _numbers(data, what)
    if array.ndim not in (1, 2):
        raise TableError(
            f"{what} has shape {array.shape}; expected (n,) or (n, k): one row per sample."
        )
    return array.reshape(len(array), -1) if array.size else array.reshape(len(array), 0)


def _numbers(data: Any, what: str) -> Array:
    if isinstance(data, np.ma.MaskedArray):
        return np.asarray(np.ma.filled(data.astype(np.float64), np.nan))
    try:
        array = np.asarray(data)
    except ValueError:
        raise TableError(f"The rows of {what} have different lengths; give each as many.") from None
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    if array.ndim == 0:
        raise TableError(
            f"{what} must be an array of numbers, a row per sample; got {short(data)}."
        )
    if array.dtype.kind == "c":
        raise TableError(f"{what} holds complex numbers; give real and imaginary part as columns.")
    numbers = [cell_number(cell, _place(what, index)) for index, cell in np.ndenumerate(array)]
    return np.array(numbers, dtype=np.float64).reshape(array.shape)


def _place(what: str, index: tuple[int, ...]) -> str:
    return f"{what}, row {index[0]}" + "".join(f", column {k}" for k in index[1:])
