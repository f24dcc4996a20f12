"""Names for the array shapes that pass between rooms; all of them hold float64, whose u is here."""

import dataclasses
from collections.abc import Iterable
from typing import Any, TypeAlias, TypeGuard

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


def is_series(value: Any) -> TypeGuard[Iterable[Any]]:
    """Tell whether a value yields items; a NumPy array without dimensions only says so."""
    return isinstance(value, Iterable) and getattr(value, "ndim", 1) != 0


class _Ice(np.ndarray[Any, np.dtype[np.float64]]):
    """Numbers in a `bytes`, told by their type from those of others."""


def frozen(numbers: Array) -> Array:
    """Return float64 numbers in C order that nobody can change.

    They stand in a `bytes`, so that not even `setflags(write=True)` opens them. What stands there
    already is not copied again, so that rows of frozen rows cost nothing.
    """
    owner: Any = numbers
    while type(owner) is np.ndarray:
        owner = owner.base
    if type(owner) is _Ice and numbers.dtype == np.float64 and numbers.flags.c_contiguous:
        return numbers
    copy = np.asarray(numbers, dtype=np.float64)
    return _Ice(copy.shape, np.float64, copy.tobytes()).view(np.ndarray)


class Frozen:
    """Base of frozen dataclasses: their arrays are copies that nobody can change.

    Copies and pickles of a record are made by its constructor, so the same holds for them.
    """

    def __post_init__(self) -> None:
        for name, value in self._values().items():
            if isinstance(value, np.ndarray):
                object.__setattr__(self, name, frozen(value))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(self._values().values())

    def _values(self) -> dict[str, Any]:
        fields = dataclasses.fields(self)  # type: ignore[arg-type]
        return {field.name: getattr(self, field.name) for field in fields}


class SameBits(Frozen):
    """Base of frozen dataclasses that are equal if all numbers have the same bits; hashable so.

    0.0 and -0.0 are different then, and a NaN is equal to itself.
    """

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SameBits) or type(other) is not type(self):
            return NotImplemented
        return self._bits() == other._bits()

    def __hash__(self) -> int:
        return hash(self._bits())

    def _bits(self) -> tuple[Any, ...]:
        return tuple(map(_bits, self._values().values()))


def _bits(value: Any) -> Any:
    """Return what is equal where a value has the same bits, and hashable."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, tuple):
        return tuple(map(_bits, value))
    return value.hex() if isinstance(value, float) else value
