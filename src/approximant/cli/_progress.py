"""Progress on a terminal: one line on stderr that goes away when the work is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock, Timer
from typing import TYPE_CHECKING, Any, TypeAlias

from approximant.progress import Progress, SweepProgress, TrainingProgress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

Told: TypeAlias = Callable[[Progress], None] | None  # hears of progress, if anybody wants to know
PATIENCE = 0.7  # seconds before the line appears: short work needs no progress


def silent(event: Progress) -> None:
    """Hear of progress, and say nothing, not even what is worth a line without a terminal."""


@contextmanager
def shown_progress(wanted: bool = True) -> Iterator[Told]:
    """Give a callback that shows progress, or None where stderr is no terminal."""
    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        yield _Line(stack).show


class _Line:
    """Makes the line with the first event that comes late enough, or that work is long to follow.

    Whoever is told that something takes long hears no more until it is done, so a clock of our own
    brings up the line then.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._bar: Bar | None = None
        self._task: TaskID | None = None
        self._latest: Progress | None = None
        self._clock: Timer | None = None
        self._closed = False
        self._lock = Lock()
        stack.callback(self._close)

    def show(self, event: Progress) -> None:
        """Show one event."""
        with self._lock:
            self._latest = event
            if self._bar is not None or event.seconds >= PATIENCE:
                self._draw(event)
            elif self._clock is None:
                self._clock = Timer(PATIENCE - event.seconds, self._late)
                self._clock.daemon = True
                self._clock.start()

    def _late(self) -> None:
        with self._lock:
            if self._latest is not None and not self._closed:
                self._draw(self._latest)

    def _close(self) -> None:
        with self._lock:
            self._closed = True
            if self._clock is not None:
                self._clock.cancel()

    def _draw(self, event: Progress) -> None:
        shown: dict[str, Any] = {
            "description": event.stage,
            "total": None if event.done is None else 1.0,
            "completed": event.done or 0.0,
            "facts": _facts(event),
        }
        if self._bar is None or self._task is None:
            bar = _bar()
            self._task = bar.add_task(**shown)
            self._bar = self._stack.enter_context(bar)
        self._bar.update(self._task, **shown)


def _facts(event: Progress) -> str:
    facts: list[str] = []
    if isinstance(event, TrainingProgress):
        facts = [f"epoch {event.epoch:,} of {event.epochs:,}", f"loss {event.loss:.4g}"]
        if "loss" in event.held_out:
            facts.append(f"held out {event.held_out['loss']:.4g}")
    if isinstance(event, SweepProgress):
        facts = [f"{event.finished:,} of {event.total:,} finished", f"{event.running} running"]
        facts += [f"{event.failed:,} failed"] if event.failed else []
    if event.remaining is not None:
        facts.append(f"about {event.remaining:.0f} s left")
    if event.best_error is not None:
        facts.append(f"best error {event.best_error:.2g} x tolerance")
    return ", ".join(facts)


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TimeElapsedColumn(),
        TextColumn("{task.fields[facts]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
