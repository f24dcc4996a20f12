"""The threads of the linear algebra libraries: one while our code computes, as found otherwise."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cache
from importlib import import_module
from typing import Any

# Environment variables that set the threads of the linear algebra libraries.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

_lock = threading.RLock()
_inside: set[int] = set()  # the threads of Python in which our code computes now
_found: dict[str, tuple[Any, int]] = {}  # by library: its controller, and its threads before


@contextmanager
def single_threaded(lapack: bool = True) -> Iterator[None]:
    """Return a context in which the linear algebra libraries use one thread.

    Matrices here are too small to gain from more, lose much on a busy machine, and the order of
    additions, so the last bits of the weights, would depend on the number of threads.

    The libraries have one number for the whole process. It is set when the first thread of Python
    comes in and given back when the last one has left; nothing else may run inside: see `outside`.

    Args:
        lapack: whether SciPy's linear algebra may be used; False spares its import.
    """
    me = threading.get_ident()
    if me in _inside:
        yield
        return
    if lapack:
        import_module("scipy.linalg.lapack")  # only what is loaded can be limited
    try:
        _enter(me)
        yield
    finally:
        _leave(me)


@contextmanager
def outside() -> Iterator[None]:
    """Return a context for code that is not ours: nothing that we set is in force while it runs.

    This thread limits no linear algebra, and steps out of whatever is listed by `leave_with`.
    """
    with ExitStack() as left:
        for step in _steps:
            left.enter_context(step())
        yield


def leave_with(step: Callable[[], AbstractContextManager[None]]) -> None:
    """Let `outside` step out of something more that the whole process has but once."""
    _steps.append(step)


@contextmanager
def _unlimited() -> Iterator[None]:
    me = threading.get_ident()
    if me not in _inside:
        yield
        return
    _leave(me)
    try:
        yield
    finally:
        _enter(me)


_steps: list[Callable[[], AbstractContextManager[None]]] = [_unlimited]


def _enter(me: int) -> None:
    with _lock:
        for library in _libraries("scipy.linalg.lapack" in sys.modules):
            if library.filepath not in _found:
                _found[library.filepath] = library, library.get_num_threads()
        _inside.add(me)
        for library, _ in _found.values():
            _set(library, 1)


def _leave(me: int) -> None:
    with _lock:
        _inside.discard(me)
        if _inside:
            return
        for library, threads in _found.values():
            if library.get_num_threads() == 1:  # else somebody has set it meanwhile
                _set(library, threads)
        _found.clear()


def _set(library: Any, threads: int) -> None:
    """Set the threads of a library, whichever thread of Python asks.

    From 3.7 threadpoolctl lets one thread of Python alone set them, the first that ever did: the
    last to leave could give nothing back, and other users of threadpoolctl would be locked out.
    """
    getattr(library, "_real_set_num_threads", library.set_num_threads)(threads)


@cache
def _libraries(with_lapack: bool) -> tuple[Any, ...]:
    """Return controllers of what is loaded; SciPy brings a library of its own."""
    from threadpoolctl import ThreadpoolController

    return tuple(ThreadpoolController().select(user_api="blas").lib_controllers)
