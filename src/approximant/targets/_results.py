"""What a callable gave back, read as numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from approximant.arrays import Array, Values
from approximant.errors import TargetError

ALIKE = 1e-8  # batches and single calls may differ by rounding, as a share of the largest value


def as_numbers(result: Any) -> Array:
    """Return a result as a new float64 array of the same shape.

    Raises:
        TargetError: it holds anything but real numbers; the message completes "f returned ...".
    """
    if result is None:
        raise TargetError("returned None; does it end without a return?")
    if isinstance(result, np.ma.MaskedArray):
        result = np.ma.filled(result.astype(np.float64), np.nan)
    try:
        array = np.asarray(result)
    except ValueError:  # parts of different shape: some outputs are constants
        array = _stacked(result)
    if array.dtype.kind == "c":
        raise TargetError(
            f"returned complex numbers ({array.flat[0]:.6g}); "
            "a target has real values: return the real part, or both parts as two outputs."
        )
    if array.dtype.kind in "biuf":
        return array.astype(np.float64)
    for item in array.ravel().tolist():
        if array.dtype.kind != "O" or isinstance(item, str) or not hasattr(item, "__float__"):
            kind = type(item).__name__
            raise TargetError(f"returned {_short(item)} ({kind}); a target returns numbers.")
    return array.astype(np.float64)


def layouts(array: Array, n: int) -> Iterator[tuple[bool, Values]]:
    """Yield each way to read an array as values (n, m), with whether the outputs come first."""
    if array.ndim == 3 and array.shape[2] == 1:  # a tuple of columns (n, 1)
        array = array[:, :, 0]
    if array.ndim == 0 and n == 1:
        yield False, array.reshape(1, 1)
    if array.shape == (n,):
        yield False, array[:, None]
    if array.ndim == 2 and array.shape[0] == n:
        yield False, array
    if array.ndim == 2 and array.shape[1] == n:
        yield True, array.T


def one_point(array: Array) -> Values | None:
    """Return what a call with the coordinates of one point gave as (1, m), or None."""
    if array.ndim > 2 or array.size != max(array.shape, default=1) or not array.size:
        return None
    return array.reshape(1, -1)


def alike(a: Values, b: Values) -> bool:
    """Tell whether two sets of values agree up to rounding."""
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return False
    finite = np.isfinite(a)
    scale = np.abs(a).max(axis=0, initial=0.0, where=finite)
    with np.errstate(invalid="ignore"):
        return bool(np.all(~finite | (np.abs(a - b) <= ALIKE * scale)))


def _stacked(result: Any) -> Array:
    try:
        parts = np.broadcast_arrays(*[as_numbers(part) for part in result])
    except (TypeError, ValueError) as error:
        if isinstance(error, TargetError):
            raise
        raise TargetError("returned parts of different lengths; return one array (n, m).") from None
    return np.stack(parts)


def _short(item: object) -> str:
    text = repr(item)
    return text if len(text) <= 40 else f"{text[:37]}..."
