"""Progress on a terminal: one line on stderr that goes away when the work is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from approximant.progress import Progress, SweepProgress, TrainingProgress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

PATIENCE = 0.7  # seconds before the line appears: short work needs no progress


@contextmanager
def shown_progress(wanted: bool = True) -> Iterator[Callable[[Progress], None] | None]:
    """Give a callback that shows progress, or None where stderr is no terminal."""
    if not wanted or sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with ExitStack() as stack:
        yield _Line(stack).show


class _Line:
    """Makes the line with the first event that comes late enough."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._bar: Bar | None = None
        self._task: TaskID | None = None

    def show(self, event: Progress) -> None:
        """Show one event."""
        if event.seconds < PATIENCE:
            return
        if self._bar is None:
            self._bar = self._stack.enter_context(_bar())
            self._task = self._bar.add_task("", total=None, facts="")
        assert self._task is not None
        self._bar.update(
            self._task,
            description=event.stage,
            total=None if event.done is None else 1.0,
            completed=event.done or 0.0,
            facts=_facts(event),
        )


def _facts(event: Progress) -> str:
    facts = [f"{event.seconds:.0f} s"]
    if isinstance(event, TrainingProgress):
        facts = [f"epoch {event.epoch:,} of {event.epochs:,}", f"loss {event.loss:.4g}", *facts]
        if "loss" in event.held_out:
            facts.insert(2, f"held out {event.held_out['loss']:.4g}")
    if isinstance(event, SweepProgress):
        counts = [f"{event.finished:,} of {event.total:,} finished", f"{event.running} running"]
        failed = [f"{event.failed:,} failed"] if event.failed else []
        facts = [*counts, *failed, *facts]
    if event.remaining is not None:
        facts.append(f"about {event.remaining:.0f} s left")
    if event.best_error is not None:
        facts.append(f"best error {event.best_error:.2g} x tolerance")
    return ", ".join(facts)


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[facts]}", markup=False),
        console=Console(stderr=True),
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
