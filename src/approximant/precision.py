"""The precision of Arb: one number for the whole process, set around our own code alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flint import ctx

from approximant.threads import leave_with

_lock = threading.Lock()


class _Held(threading.local):
    """What a thread knows of the lock: whether it holds it, and the precision found before."""

    inside = False
    found = 0


_held = _Held()


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Return a context in which Arb works with so many bits.

    One thread at a time: in the middle of a proof another one would change the precision of the
    first, down to the ten bits with which `certify` rounds on purpose.
    """
    nested, before = _held.inside, ctx.prec
    if nested:
        ctx.prec = bits
    else:
        _enter(bits)
    try:
        yield
    finally:
        if not nested:
            _leave()
        elif _held.inside:
            ctx.prec = before


@contextmanager
def _outside() -> Iterator[None]:
    """Return a context for code that is not ours: it finds the precision as it was."""
    if not _held.inside:
        yield
        return
    bits = ctx.prec
    _leave()
    try:
        yield
    finally:
        _enter(bits)


def _enter(bits: int) -> None:
    _lock.acquire()
    _held.inside, _held.found, ctx.prec = True, ctx.prec, bits


def _leave() -> None:
    if _held.inside:  # not so after an interruption that came while `_outside` waited
        _held.inside, ctx.prec = False, _held.found
        _lock.release()


leave_with(_outside)
