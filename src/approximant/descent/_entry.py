"""The compiled entry of the room: one function per dtype, kept on disk between processes."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

MESSAGE = "compiling the training loop, once, about 8 s"
Entry = Callable[..., None]

_ready: dict[str, Entry] = {}


def compiled_entry(dtype: str, report_compile: Callable[[str], None] | None = None) -> Entry:
    """Return `_kernels_epoch.run` compiled for weights of a dtype, "float64" or "float32".

    Args:
        dtype: of the weights.
        report_compile: told when it must be compiled first, which takes seconds.
    """
    if dtype not in _ready:
        _ready[dtype] = _compile(dtype, report_compile)
    return _ready[dtype]


def _compile(dtype: str, report_compile: Callable[[str], None] | None) -> Entry:
    from numba import njit
    from numba.core import event

    from approximant.descent._compiling import OPTIONS
    from approximant.descent._kernels_epoch import entry

    class Listener(event.Listener):  # type: ignore[misc]
        told = False

        def on_start(self, event: Any) -> None:
            if report_compile is not None and not self.told:
                report_compile(MESSAGE)
            self.told = True

        def on_end(self, event: Any) -> None:
            pass

    function = entry(_fingerprint())
    options = dict(OPTIONS, nogil=True)
    with event.install_listener("numba:compile", Listener()):
        try:
            made: Entry = njit(_signature(dtype), cache=True, **options)(function)
        except Exception:  # no folder to keep it in, or a damaged file there: go without
            made = njit(_signature(dtype), **options)(function)
    return made


def _signature(dtype: str) -> Any:
    """Return the types of the arguments of `run`; every array is contiguous."""
    from numba import types

    real = getattr(types, dtype)
    flat, table = types.Array(real, 1, "C"), types.Array(real, 2, "C")
    numbers, tables = types.Array(types.float64, 1, "C"), types.Array(types.int64, 2, "C")
    order = types.Array(types.int32, 1, "C")
    integer, number, group = types.int64, types.float64, types.Tuple
    return types.void(
        integer,
        group((flat, flat, table, numbers)),  # weights
        group((table, order, types.uint64)),  # data
        group((tables, tables)),  # shape
        group((flat, flat, flat, integer, integer)),  # room
        group((integer, number, number, types.boolean)),  # loss
        group((integer, number, number)),  # penalty
        group((integer, numbers, numbers)),  # optimizer
        numbers,  # result
    )


def _fingerprint() -> int:
    """Return a number that changes with any source file of the room.

    It is part of what Numba looks up, for Numba itself notices changes of one file only.
    """
    value = 0
    for path in sorted(Path(__file__).parent.glob("*.py")):
        value = zlib.crc32(path.read_bytes(), value)
    return value
