"""The compiled loop, one function per dtype: loaded if it was compiled before, else compiled.

It is made with private interfaces of Numba and llvmlite, which may change with any version: where
they fail, in whatever manner, a plain loop from the same sources takes its place.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

MESSAGE = "compiling the training loop, once, about 8 s"
PLAIN = (
    "Numba does not work as expected inside ({}): the training loop is compiled by its public "
    "interface, anew in every process; results may differ by rounding"
)
Tell = Callable[[str], object]

_ready: dict[str, Callable[[int], int]] = {}
_said: set[str] = set()  # that a loop is plain is said once
_lock = Lock()


def compiled_loop(dtype: str, report_compile: Tell | None = None) -> Callable[[int], int]:
    """Return the function that does what the frame at an address asks for.

    Args:
        dtype: of the weights, "float64" or "float32".
        report_compile: told when it must be compiled first, which takes seconds, when the result
            cannot be kept for the next process, and when a plain loop has to do.
    """
    with _lock:
        if dtype not in _ready:
            _ready[dtype] = _made(dtype, report_compile or (lambda text: None))
        return _ready[dtype]


def _made(dtype: str, tell: Tell) -> Callable[[int], int]:
    try:
        file, loop = _kept(dtype)
        if loop is not None:
            return loop
        compiling = _compiler(dtype)
    except Exception as error:
        return _plain(dtype, error, tell)
    tell(MESSAGE)
    try:
        code, loop = compiling()
    except Exception as error:
        return _plain(dtype, error, tell)
    from approximant.descent._machine import keep_code

    problem = keep_code(file, code)
    if problem is not None:
        tell(f"the compiled loop cannot be kept, so this happens each time ({problem})")
    return loop


def _kept(dtype: str) -> tuple[str, Callable[[int], int] | None]:
    """Return where the loop is kept, and the loop if it is there and can be used."""
    from approximant.descent._machine import file_name, kept_code, loaded

    file = file_name(dtype)
    code = kept_code(file)
    try:
        return file, None if code is None else loaded(code)
    except Exception:  # the file is whole, but no code for this process
        return file, None


def _compiler(dtype: str) -> Callable[[], tuple[bytes, Callable[[int], int]]]:
    """Return what makes the machine code of the loop, and the loop."""
    import numpy as np

    from approximant.descent._compiling import object_code
    from approximant.descent._kernels_epoch import entry
    from approximant.descent._machine import loaded

    def compiled() -> tuple[bytes, Callable[[int], int]]:
        code = object_code(entry(np.dtype(dtype).type))
        return code, loaded(code)

    return compiled


def _plain(dtype: str, error: Exception, tell: Tell) -> Callable[[int], int]:
    from approximant.descent._plain import plain_loop

    if PLAIN not in _said:
        _said.add(PLAIN)
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        tell(PLAIN.format(reason if len(reason) <= 120 else f"{reason[:117]}..."))
    return plain_loop(dtype)
