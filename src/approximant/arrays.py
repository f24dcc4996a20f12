"""Names for the array shapes that pass between rooms; all of them hold float64, whose u is here."""

import dataclasses
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

UNIT_ROUNDOFF = 2.0**-53  # of float64, the u of every bound here

Array: TypeAlias = NDArray[np.float64]  # any shape
Points: TypeAlias = NDArray[np.float64]  # (n, d): n points of d inputs
Values: TypeAlias = NDArray[np.float64]  # (n, m): m outputs at n points
Vector: TypeAlias = NDArray[np.float64]  # (k,)
Indices: TypeAlias = NDArray[np.intp]  # (k,)
Mask: TypeAlias = NDArray[np.bool_]  # (n,)
PerOutput: TypeAlias = float | Vector  # a number for one output, (m,) for several


def per_output(values: Array) -> PerOutput:
    """Return a plain number for one output, the array (m,) for several."""
    return float(values[0]) if len(values) == 1 else np.asarray(values)


class SameBits:
    """Base of dataclasses with arrays: equal if every number has the same bits, and hashable so.

    0.0 and -0.0 are different then, and a NaN is equal to itself.
    """

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _bits(self) == _bits(other)

    def __hash__(self) -> int:
        return hash(_bits(self))


def _bits(record: Any) -> tuple[Any, ...]:
    values = (getattr(record, field.name) for field in dataclasses.fields(record))
    return tuple(
        (value.dtype.str, value.shape, value.tobytes()) if isinstance(value, np.ndarray) else value
        for value in values
    )
