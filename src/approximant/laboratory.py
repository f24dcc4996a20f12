"""The laboratory: networks trained step by step, watched, stopped and taken up again."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from approximant.approximant import Approximant
from approximant.history import History
from approximant.model import Model
from approximant.networks import NetworkSpec
from approximant.progress import INTERVAL, Progress, TrainingProgress
from approximant.report import Report
from approximant.sampling import Samples
from approximant.settings import option
from approximant.threads import outside

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from approximant.draw import Scene
    from approximant.learning import AnyEpoch, Course

SAVED_EVERY = 1.0  # seconds between two checkpoints at least, and
SAVING = 20.0  # times what the last one took, so that saving never takes much of the time


@dataclass(frozen=True, eq=False)
class Training:
    """What a training gives.

    Args:
        approximant: the trained network, with its report.
        history: loss and metrics, epoch by epoch.
        rows: what it was trained with, in the user's units.
        held_out: rows that it was not trained with, or None.
        snapshots: the network after those epochs that were to be kept.
    """

    approximant: Approximant
    history: History
    rows: Samples
    held_out: Samples | None = None
    snapshots: dict[int, Model] = field(default_factory=dict)

    @property
    def report(self) -> Report:
        """What was measured on the trained network, and what stood out."""
        return self.approximant.report

    def pictures(self) -> dict[str, Figure]:
        """Return the figures of the approximant and how it learned, by name."""
        from approximant.draw import training_pictures

        fits = {epoch: kept.evaluate for epoch, kept in self.snapshots.items()}
        fit = self.approximant.model.evaluate
        figures = training_pictures(self.history, fit, self.scene(), fits)
        return self.approximant.pictures() | figures

    def scene(self, title: str = "") -> Scene:
        """Return what the pictures of this training share, for `approximant.draw`."""
        from approximant.draw import Scene

        target, model = self.approximant.target, self.approximant.model
        known = None if target is None or target.kind == "table" else target.measure_outside
        return Scene(
            model.domain,
            known,
            self.rows,
            name=model.outputs[0],
            title=title,
            outside=bool(self.report.outside),
        )

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write what `Approximant.write` writes, the history and its pictures into a folder.

        Raises:
            ModelFileError: the folder or a file cannot be written.
        """
        from approximant.store import make_folder, write_atomically

        place = make_folder(option(folder, Path, "folder"))
        self.approximant.write(place, self.pictures())
        write_atomically(place / "history.csv", self.history.csv().encode())


def train(
    target: Any,
    domain: Any = None,
    *,
    network: str | NetworkSpec,
    progress: Callable[[Progress], object] | None = None,
    **settings: Any,
) -> Training:
    """Return a network of a given shape, trained step by step on samples of a target.

    Every setting is described once: `approximant train --settings` prints them all, with limits.
    Those of the experiment: inputs, outputs, sampling, scaling, output_scaling, init, held_out,
    seed, seconds, keep, checkpoint, resume, outside, measure_outside. Those of the descent:
    optimizer, loss, delta, l1, l2, schedule, batch_size, epochs, shuffle, dtype, patience,
    measure_every. Ctrl-C ends the training and keeps the best network.

    >>> training = train("sin(x)", {"x": (0, 6)}, network="1-16-1 tanh", epochs=20, sampling=500)
    >>> len(training.history)
    20

    Args:
        target: as for `approximate`.
        domain: as for `approximate`; may be left out where the sampling says where rows are drawn.
        network: the shape, such as "2-24-12-1 relu".
        progress: called with a Progress at most ten times a second.
        settings: see `training`.

    Raises:
        FormulaError, DomainError, TargetError, TableError, SettingError: as their names say.
        ModelFileError: a checkpoint cannot be read or written.
    """
    told, interrupted = 0.0, False
    progress = option(progress, Callable | None, "progress")
    watched = _watched(target, domain, network, progress, **settings)
    try:
        for now in watched.events():
            if progress is not None and (now.seconds - told >= INTERVAL or not told):
                told = now.seconds
                progress(now)
    except KeyboardInterrupt:
        if watched.course.last is None:
            raise
        interrupted = True
    return watched.take(interrupted)


def training(
    target: Any,
    domain: Any = None,
    *,
    network: str | NetworkSpec,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    sampling: Any = None,
    init: Any = "glorot_uniform",
    keep: Collection[int] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    tell: Callable[[Progress], object] | None = None,
    **settings: Any,
) -> Iterator[TrainingProgress]:
    """Yield a TrainingProgress after every epoch; leaving the loop ends the training.

    >>> for now in training("x^2", {"x": (0, 1)}, network="1-8-1 tanh", epochs=1000):
    ...     if now.loss < 1e-3:
    ...         break
    >>> square = now.approximant()

    Args:
        target, domain, network: as for `train`.
        inputs: names of the inputs, or columns.
        outputs: names of the outputs, or columns.
        sampling: how rows are drawn from a function: their number, or a mapping such as
            {"rows": 1000, "design": "sobol", "noise": 0.05}. Tables bring their rows.
        init: the first weights: a name, or a mapping such as
            {"name": "arrays", "weights": [...], "biases": [...]}.
        keep: epochs after which a copy of the network is kept for pictures; 0 is the start.
        checkpoint: file to which the state is written every few seconds and at the end.
        resume: checkpoint to go on from; what follows is the same to the last bit. Where nothing
            is left to do, the last epoch is yielded once more.
        tell: hears of what takes time before the first epoch, which is the first compilation ever;
            without it, that is said on stderr.
        settings: all the others, by name.

    Raises:
        FormulaError, DomainError, TargetError, TableError, SettingError: as their names say, at
            once, not with the first epoch.
        ModelFileError: a checkpoint cannot be read or written.
    """
    return _watched(
        target, domain, network, tell, inputs=inputs, outputs=outputs, sampling=sampling, init=init,
        keep=keep, checkpoint=checkpoint, resume=resume, **settings,
    ).events()  # fmt: skip


def _watched(
    target: Any,
    domain: Any,
    network: str | NetworkSpec,
    tell: Callable[[Progress], object] | None,
    /,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    sampling: Any = None,
    init: Any = "glorot_uniform",
    keep: Collection[int] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> _Watched:
    """Return the training that `training` describes, before its first epoch."""
    from approximant.learning import Course, read_lesson, read_training_settings, resumed

    kept = frozenset(option(keep, list[int], "keep", least=0))
    place: Path | None = option(checkpoint, Path | None, "checkpoint")
    resume = option(resume, Path | None, "resume")
    tell = option(tell, Callable | None, "tell")
    asked = read_training_settings(network, init, sampling, settings)
    lesson = read_lesson(
        target,
        domain,
        inputs=inputs,
        outputs=outputs,
        sampling=asked.sampling,
        held_out=asked.held_out,
        seed=asked.seed,
    )
    state, history = (None, None) if resume is None else resumed(resume, lesson, asked)
    start = time.perf_counter()

    def told(stage: str) -> None:
        if tell is not None:
            with outside():
                tell(Progress(stage, time.perf_counter() - start))
        elif sys.stderr is not None:  # nobody listens, but seconds of silence want a reason
            print(f"approximant: {stage}", file=sys.stderr)

    course = Course(lesson, asked, state=state, history=history, tell=told)
    return _Watched(course, kept, place)


class _Watched:
    """A course with what is kept of it on the way."""

    def __init__(self, course: Course, keep: frozenset[int], checkpoint: Path | None) -> None:
        self.course = course
        self.keep = keep
        self.checkpoint = checkpoint
        self.snapshots: dict[int, Model] = {}
        self._save_next = SAVED_EVERY
        self._first: tuple[int, float] | None = None  # epoch that was yielded first, and when

    def events(self) -> Iterator[TrainingProgress]:
        """Yield an event for each epoch, and save the last state however the loop is left."""
        if 0 in self.keep:
            self.snapshots[0] = self.course.model(self.course.start)
        try:
            for epoch in self.course.epochs():
                if epoch.number in self.keep:
                    self.snapshots[epoch.number] = self.course.model(epoch.network())
                if self.course.seconds >= self._save_next:
                    self._save()
                yield self._event(epoch)
        finally:
            self._save()

    def _save(self) -> None:
        from approximant.learning import save_course

        start = self.course.seconds
        if self.checkpoint is not None and self.course.last is not None:
            save_course(self.checkpoint, self.course)
        now = self.course.seconds
        self._save_next = now + max(SAVED_EVERY, SAVING * (now - start))

    def _event(self, epoch: AnyEpoch) -> TrainingProgress:
        seconds, epochs = self.course.seconds, self.course.settings.descent.epochs
        if self._first is None:
            self._first = epoch.number, seconds
        # What came before the first epoch, such as compiling, says nothing about the others.
        before, then = self._first
        more = epoch.number - before
        pace = (seconds - then) / more if more else epoch.seconds
        metrics = epoch.metrics
        return TrainingProgress(
            "training",
            seconds,
            epoch.number / epochs,
            pace * (epochs - epoch.number),
            epoch=epoch.number,
            epochs=epochs,
            loss=epoch.loss,
            metrics={name: v for name, v in metrics.items() if not name.startswith(_HELD)},
            held_out={n.removeprefix(_HELD): v for n, v in metrics.items() if n.startswith(_HELD)},
            rate=epoch.rate,
            take=self.take,
        )

    def take(self, interrupted: bool = False) -> Training:
        """Return the training up to now."""
        course = self.course
        found = course.outcome(interrupted=interrupted)
        approximant = Approximant(found.model, found.report, course.lesson.target)
        lesson = course.lesson
        return Training(approximant, found.history, lesson.rows, lesson.held_out, self.snapshots)


_HELD = "held_out_"
