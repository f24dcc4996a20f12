"""The training loop by plain `njit`, from the same sources: for a Numba whose inside has changed.

Every file with compiled functions is read once more, and where it imports what uses Numba's private
interfaces it is given `_plain_parts.py`. Modules so read have names that cannot be imported: Numba
imports the module of each function it compiles, and by its real name it would run the file that
has failed.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

_ROOM = __package__ + "."
_REPLACED = ("_compiling", "_instructions", "_memory", "_vectors")
_COMPILED = ("_activations", "_elementary", "_kernels", "_loss_terms", "_updates")  # beginnings


def plain_loop(dtype: str) -> Callable[[int], int]:
    """Return what does as the compiled loop does; it is compiled when it is called first."""
    run = _read("_kernels_epoch", {}).entry(np.dtype(dtype).type)

    def loop(address: int) -> int:
        run(address)
        return 0

    return loop


def _read(name: str, read: dict[str, ModuleType]) -> ModuleType:
    """Return a file of the room, read anew with plain parts.

    Args:
        name: of the file.
        read: what was read so far.
    """

    def importing(wanted: str, *rest: Any) -> Any:
        inside = wanted.removeprefix(_ROOM)
        if inside == wanted:
            return builtins.__import__(wanted, *rest)
        if inside in _REPLACED:
            return import_module(_ROOM + "_plain_parts")
        if inside.startswith(_COMPILED):
            return read.get(inside) or _read(inside, read)
        return import_module(wanted)

    spec = find_spec(_ROOM + name)
    assert spec is not None and spec.loader is not None
    module = read[name] = ModuleType(f"{__name__}.{name}", "plain")
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": importing}
    exec(spec.loader.get_code(spec.name), module.__dict__)  # type: ignore[attr-defined]
    return module
