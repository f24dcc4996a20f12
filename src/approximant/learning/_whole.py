"""Ctrl-C, held back while an epoch is on its way: it is done wholly, or not at all."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


class Whole:
    """A context at the end of which an interruption that came within it takes effect.

    An interruption in the middle would leave weights of one epoch beside the history of another;
    compiled code could not be stopped there anyway. Signals reach the main thread alone, so that
    elsewhere there is nothing to hold back.
    """

    def __init__(self) -> None:
        self._usual: Any = None
        self._came = False

    def __enter__(self) -> None:
        self._came, usual = False, signal.getsignal(signal.SIGINT)
        self._usual = usual if callable(usual) else None
        if self._usual is not None:
            try:
                signal.signal(signal.SIGINT, self._note)
            except ValueError:  # not the main thread
                self._usual = None

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._came = True

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._usual is None:
            return
        signal.signal(signal.SIGINT, self._usual)
        if self._came:
            self._usual(signal.SIGINT, None)
