"""What stands in for Numba's private interfaces: the same parts by plain `njit`.

A vector has one lane here: it is a number. The names are those of `_compiling.py`,
`_vectors.py`, `_instructions.py` and `_memory.py`, where they are explained; what is at an address
is looked up from Python.
"""

from __future__ import annotations

import ctypes
from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numba
import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray

from approximant.descent._frame import FRAME

Function = TypeVar("Function", bound=Callable[..., Any])

_njit: Any = numba.njit
_ONCE = {"contract", "nsz"}  # a product and a sum may be rounded once
_ANYHOW = _ONCE | {"reassoc", "arcp"}  # and sums taken in any order
_BITS: dict[Any, tuple[Any, Any, int]] = {
    types.float32: (np.float32, np.int32, 23),
    types.float64: (np.float64, np.int64, 52),
}


def compiled(function: Function) -> Function:
    made: Function = _njit(error_model="numpy", fastmath=_ANYHOW, nogil=True)(function)
    return made


def compiled_exactly(function: Function) -> Function:
    made: Function = _njit(error_model="numpy", fastmath=_ONCE, nogil=True)(function)
    return made


compiled_inline = compiled


def _by_kind(choose: Callable[..., Any]) -> Any:
    """Return what compiled code calls; `choose` gives the function for the kind of its numbers."""

    def stub(*numbers: Any) -> Any:  # itself called only where NUMBA_DISABLE_JIT is set
        return choose(*map(numba.typeof, numbers))(*numbers)

    options: Any = {"error_model": "numpy", "fastmath": _ONCE}
    overload(stub, jit_options=options, strict=False)(choose)
    return stub


@compiled
def lanes(a: Any) -> int:
    return 1


@compiled
def load(a: Any, k: int) -> Any:
    return a[k]


@_by_kind
def pick(a: Any, k: Any) -> Any:
    if a.ndim == 1:
        return lambda a, k: a[k]
    return lambda a, k: a[k // a.shape[1], k % a.shape[1]]


@compiled
def store(a: Any, k: int, x: Any) -> None:
    a[k] = x


@compiled
def repeat(a: Any, number: Any) -> Any:
    return number


@compiled
def scaled(w: Any, x: Any, y: Any) -> Any:
    return w * x + y


@compiled
def multiplied(x: Any, y: Any) -> Any:
    return x * y


@compiled
def add_totals(a: Any, k: int, p: Any, q: Any, r: Any, s: Any) -> None:
    a[k] += p
    a[k + 1] += q
    a[k + 2] += r
    a[k + 3] += s


@compiled
def total(x: Any) -> Any:
    return x


@compiled_exactly
def between(x: Any, least: Any, most: Any) -> Any:
    x = least if x < least else x
    return most if x > most else x


@compiled_exactly
def rounded(x: Any) -> Any:
    return np.rint(x)


pair_lanes, load_pair, put, repeat_pair, summed = lanes, load, store, repeat, scaled


@_by_kind
def power_of_two(shifted: Any) -> Any:
    real, whole, fraction = _BITS[shifted]

    def made(shifted: Any) -> Any:
        return whole(real(shifted).view(whole) << fraction).view(real)

    return made


@_by_kind
def times_power_of_two(x: Any, shifted: Any) -> Any:
    real, whole, fraction = _BITS[x]

    def made(x: Any, shifted: Any) -> Any:
        k = real(shifted).view(whole) << fraction
        return whole(real(x).view(whole) + k).view(real)

    return made


def series(float32: Sequence[float], float64: Sequence[float]) -> Any:
    @_by_kind
    def polynomial(x: Any) -> Any:
        real = _BITS[x][0]
        given = float32 if x == types.float32 else float64
        highest_first = tuple(real(coefficient) for coefficient in reversed(given))

        def made(x: Any) -> Any:
            value = highest_first[0]
            for k in range(1, len(highest_first)):
                value = value * x + highest_first[k]
            return value

        return made

    return polynomial


_Frame: Any = namedtuple("_Frame", list(FRAME.names or ()))  # type: ignore[misc]


def frame_at(address: int) -> Any:
    return _Frame(*_at(address, (), FRAME).item())


def vector_at(address: int, count: int, kind: Any) -> NDArray[Any]:
    return _at(address, (count,), np.dtype(kind))


def table_at(address: int, rows: int, columns: int, kind: Any) -> NDArray[Any]:
    return _at(address, (rows, columns), np.dtype(kind))


def _at(address: int, shape: tuple[int, ...], kind: np.dtype[Any]) -> NDArray[Any]:
    size = int(np.prod(shape)) * kind.itemsize
    if size == 0:  # nothing need be there
        return np.empty(shape, kind)
    memory: Any = (ctypes.c_char * size).from_address(address)
    return np.ndarray(shape, kind, memory)
