"""The compiled loop, one function per dtype: loaded if it was compiled before, else compiled."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

MESSAGE = "compiling the training loop, once, about 8 s"
Tell = Callable[[str], None]

_ready: dict[str, Callable[[int], int]] = {}
_lock = Lock()


def compiled_loop(dtype: str, report_compile: Tell | None = None) -> Callable[[int], int]:
    """Return the function that does what the frame at an address asks for.

    Args:
        dtype: of the weights, "float64" or "float32".
        report_compile: told when it must be compiled first, which takes seconds, and when the
            result cannot be kept for the next process.
    """
    with _lock:
        if dtype not in _ready:
            from approximant.descent._machine import file_name, kept_code, loaded

            file = file_name(dtype)
            _ready[dtype] = loaded(kept_code(file) or _compile(dtype, file, report_compile))
        return _ready[dtype]


def _compile(dtype: str, file: str, report_compile: Tell | None) -> bytes:
    if report_compile is not None:
        report_compile(MESSAGE)
    import numpy as np

    from approximant.descent._compiling import object_code
    from approximant.descent._kernels_epoch import entry
    from approximant.descent._machine import keep_code

    code = object_code(entry(np.dtype(dtype).type))
    problem = keep_code(file, code)
    if problem is not None and report_compile is not None:
        report_compile(f"the compiled loop cannot be kept, so this happens each time ({problem})")
    return code
