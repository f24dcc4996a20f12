"""Telling of a sweep while it runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from approximant.progress import INTERVAL, Progress, SweepProgress


class Told:
    """Tells of progress now and then."""

    def __init__(self, progress: Callable[[Progress], object] | None, start: float) -> None:
        self.progress = progress
        self.start = start
        self.total = self.finished = self.failed = 0
        self.cost_done = self.cost_left = 0.0
        self._begun: float | None = None
        self._told = -math.inf

    def tell(self, running: int, at_once: bool = False) -> None:
        """Pass an event on, at most ten a second unless it is to be told at once."""
        now = time.perf_counter()
        self._begun = self._begun or now
        if self.progress is None or (now - self._told < INTERVAL and not at_once):
            return
        self._told = now
        over = self.finished + self.failed
        left = None
        if self.cost_done:
            left = (now - self._begun) * self.cost_left / self.cost_done
        self.progress(SweepProgress(
            "sweep", now - self.start, over / self.total if self.total else None, left,
            total=self.total, finished=self.finished, running=running, failed=self.failed,
        ))  # fmt: skip
