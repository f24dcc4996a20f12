"""One training, epoch by epoch: from the rows to the network, its history and its report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from approximant.arrays import Points, Values
from approximant.descent import State, descend, initial_network, reached_epoch
from approximant.errors import SettingError
from approximant.history import History
from approximant.learning._levenberg import (
    AnyEpoch,
    check_levenberg,
    levenberg_epochs,
    reached_try,
)
from approximant.learning._report import affordable, training_report
from approximant.learning._rows import Lesson
from approximant.learning._settings import TrainingSettings
from approximant.learning._status import Ending
from approximant.learning._whole import Whole
from approximant.measure import diagnose
from approximant.model import Model
from approximant.networks import Network
from approximant.report import Finding, Report
from approximant.sampling import Samples
from approximant.scalings import fit_scaling
from approximant.targets import FunctionTarget
from approximant.threads import single_threaded


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a training gives.

    Args:
        model: the network in the user's units.
        report: how well it does, and what stood out.
        history: what was measured, epoch by epoch.
    """

    model: Model
    report: Report
    history: History


class Course:
    """A training that can be watched, stopped and taken up again.

    Args:
        lesson: what is to be learned.
        settings: how.
        state: where an earlier course stopped, with its history; None to begin anew.
        history: of that course.
        tell: hears what takes time before the first epoch.
    """

    def __init__(
        self,
        lesson: Lesson,
        settings: TrainingSettings,
        *,
        state: State | None = None,
        history: History | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> None:
        _check_shape(lesson, settings)
        self.lesson = lesson
        self.settings = settings
        self.start = initial_network(settings.network, settings.init, settings.seed)
        if settings.descent.optimizer.name == "levenberg_marquardt":
            check_levenberg(self.start, settings.descent)
        self.last: AnyEpoch | None = None
        self.stopped = ""  # why it ended before its last epoch
        self.ended = False  # by itself
        self._rows = [] if history is None else _rows_of(history)
        self._before = self._rows[-1]["seconds"] if self._rows else 0.0
        self._began = time.perf_counter()
        self._state = state
        self._tell = tell
        self._whole = Whole()
        self._input = fit_scaling(settings.scaling, lesson.rows.points, lesson.target.domain)
        self._output = fit_scaling(settings.output_scaling, lesson.rows.values, None)

    @property
    def seconds(self) -> float:
        """Seconds of training so far, those before an interruption included."""
        return self._before + time.perf_counter() - self._began

    def epochs(self) -> Iterator[AnyEpoch]:
        """Yield every epoch as it is done; leaving the loop ends the training."""
        settings = self.settings
        steps = self._steps()
        while (epoch := self._next(steps)) is not None:
            yield epoch
            if settings.seconds is not None and self.seconds >= settings.seconds:
                if epoch.number < settings.descent.epochs:
                    self.stopped = f"time ran out after {settings.seconds:g} s"
                return
        self.ended = True
        if self.last is None and self._state is not None:  # taken up where all was done
            self.last = self._reached(self._state)
            yield self.last

    def _next(self, steps: Iterator[AnyEpoch]) -> AnyEpoch | None:
        """Return the next epoch with its row of the history written; None after the last."""
        with self._whole, single_threaded():
            epoch = next(steps, None)
            if epoch is not None:
                self.last = epoch
                self._rows.append(self._row(epoch))
            return epoch

    def _reached(self, state: State) -> AnyEpoch:
        """Return the epoch with which an earlier course ended."""
        row = dict(self._rows[-1])
        loss, rate = row.pop("loss"), row.pop("rate")
        metrics = {name: row[name] for name in row if name not in ("epoch", "seconds")}
        if self.settings.descent.optimizer.name == "levenberg_marquardt":
            return reached_try(self.start, state, loss, metrics)
        return reached_epoch(self.start, state, loss, metrics, rate)

    def _steps(self) -> Iterator[AnyEpoch]:
        rows, held = self._scaled(self.lesson.rows), self._scaled(self.lesson.held_out)
        assert rows is not None
        descent, seed = self.settings.descent, self.settings.seed
        if descent.optimizer.name == "levenberg_marquardt":
            return levenberg_epochs(self.start, rows, descent, held_out=held, state=self._state)
        return descend(
            self.start,
            rows,
            descent,
            held_out=held,
            seed=seed,
            state=self._state,
            report_compile=self._tell,
        )

    def _scaled(self, samples: Samples | None) -> Samples | None:
        if samples is None:
            return None
        return Samples(self._input.apply(samples.points), self._output.apply(samples.values))

    def _row(self, epoch: AnyEpoch) -> dict[str, float]:
        return {
            "epoch": float(epoch.number),
            "loss": epoch.loss,
            **epoch.metrics,
            "rate": epoch.rate,
            "seconds": self.seconds,
        }

    @property
    def history(self) -> History:
        """What was measured so far."""
        return History.from_rows(self._rows)

    def model(self, network: Network) -> Model:
        """Return a network of this course in the user's units."""
        target = self.lesson.target
        return Model(
            network,
            target.domain,
            target.outputs,
            self._input,
            self._output,
            self.settings.outside,
            target.region if target.kind == "table" else None,
        )

    @single_threaded()
    def outcome(self, *, interrupted: bool = False) -> Outcome:
        """Return the network as it is now with its report; the best one where it went wrong.

        Args:
            interrupted: whether the person ended the training; the best network is kept then.
        """
        settings, last = self.settings, self.last
        if last is None:
            raise SettingError("The training has not begun: no epoch is done.")
        best = interrupted or last.diverged or settings.descent.patience is not None
        model = self.model(last.best_network() if best else last.network())
        history = self.history
        ending = Ending(self.stopped, interrupted, last.diverged, self._settled())
        report = training_report(
            self.lesson, settings, model, history, self.seconds, ending,
            self._diagnose(model.network, ending),
        )  # fmt: skip
        return Outcome(model, report, history)

    def _settled(self) -> bool:
        """Tell whether the training ended by itself because nothing improved any more."""
        assert self.last is not None
        early = self.last.number < self.settings.descent.epochs
        return early and self.ended and not (self.stopped or self.last.diverged)

    def _diagnose(self, network: Network, ending: Ending) -> tuple[Finding, ...]:
        if ending.diverged:
            return ()  # the status says what is wrong
        rows, target = self._scaled(self.lesson.rows), self.lesson.target
        assert rows is not None

        def scaled(points: Points) -> Values:
            assert isinstance(target, FunctionTarget)
            return self._output.apply(target(self._input.undo(points)))

        return diagnose(
            network,
            rows,
            self.history,
            held_out=self._scaled(self.lesson.held_out),
            target=scaled if affordable(target) else None,
            initial=self.start,
            inputs=target.domain.names,
            settled=ending.settled,
        )


def _check_shape(lesson: Lesson, settings: TrainingSettings) -> None:
    widths, d, m = (
        settings.network.widths,
        lesson.target.domain.dimension,
        len(lesson.target.outputs),
    )
    if (widths[0], widths[-1]) != (d, m):
        fitting = "-".join(map(str, (d, *widths[1:-1], m)))
        raise SettingError(
            f"The network {'-'.join(map(str, widths))} has {widths[0]} inputs and {widths[-1]} "
            f"outputs; the target has {d} and {m}: write {fitting}."
        )


def _rows_of(history: History) -> list[dict[str, float]]:
    return [{name: float(history[name][k]) for name in history} for k in range(len(history))]
