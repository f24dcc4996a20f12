"""From a finished training to the Report that people read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from approximant.arrays import per_output
from approximant.history import History
from approximant.learning._rows import Lesson
from approximant.learning._settings import TrainingSettings
from approximant.learning._status import Ending, diverged_sentence, trained_sentence
from approximant.measure import Errors, measure_function, measure_outside, measure_rows
from approximant.model import Model
from approximant.report import (
    FRESH,
    UNUSED_ROWS,
    USED_ROWS,
    Finding,
    OutsideError,
    Report,
)
from approximant.sampling import Samples
from approximant.streams import Stream
from approximant.targets import FunctionTarget, TableTarget, TimeUp

POINTS = (4096, 20_000)  # fresh points: for one input, for several
PATIENCE = 1.0  # seconds that evaluating a slow callable may take for the report
FEWEST = 100  # points on which errors are measured, however slow the target is


def training_report(
    lesson: Lesson,
    settings: TrainingSettings,
    model: Model,
    history: History,
    seconds: float,
    ending: Ending,
    findings: tuple[Finding, ...],
) -> Report:
    """Return the report of a trained model, its errors measured on fresh points.

    Args:
        lesson: what was learned, in the user's units.
        settings: how.
        model: what came out.
        history: of all epochs.
        seconds: time of the training.
        ending: how it ended.
        findings: what stood out.
    """
    from approximant.certify import rounding_bound  # here: it loads Arb, and training begins soon

    target = lesson.target
    errors, checked_on, slow = _errors(lesson, model, settings.seed)
    span = target.high - target.low
    with np.errstate(divide="ignore", invalid="ignore"):
        range_error = np.where(span > 0, errors.max_error / span, np.inf)
    one = len(target.outputs) == 1
    if ending.diverged:
        seen = Samples(
            model.input_scaling.apply(lesson.rows.points),
            model.output_scaling.apply(lesson.rows.values),
        )
        status = diverged_sentence(history, settings, seen)
    else:
        status = trained_sentence(history, settings, ending, checked_on)
    return Report(
        target=target.description,
        kind=target.kind,
        inputs=target.domain.names,
        outputs=target.outputs,
        network=str(model.network),
        met=None,
        status=status,
        max_error=per_output(errors.max_error),
        worst_point=errors.worst_points[0] if one else errors.worst_points,
        rmse=per_output(errors.rmse),
        mae=per_output(errors.mae),
        scale=per_output(target.scale),
        scale_point=target.scale_points[0] if one else target.scale_points,
        tolerance=None,
        range=per_output(span),
        range_error=per_output(range_error),
        checked_points=errors.checked,
        checked_on=checked_on,
        neurons=model.network.neurons,
        parameters=model.network.parameters,
        outer_weight_sum=per_output(model.outer_weight_sums),
        rounding=per_output(rounding_bound(model, target.domain.lower, target.domain.upper)),
        evaluations=target.evaluations,
        seconds=seconds,
        seed=settings.seed,
        cut_by_time=bool(ending.stopped),
        interrupted=ending.interrupted,
        unused_inputs=target.unused_inputs,
        empty_share=target.empty_share if isinstance(target, TableTarget) else None,
        notes=(*target.notes, *_batch_note(settings, len(lesson.rows)), *slow),
        outside=_outside(lesson, settings, model),
        findings=findings,
    )


def _batch_note(settings: TrainingSettings, rows: int) -> tuple[str, ...]:
    size = settings.descent.batch_size
    if isinstance(size, str) or size <= rows:
        return ()
    return (f"The batch size {size:,} is more than the {rows:,} rows: each step took all of them.",)


def _errors(lesson: Lesson, model: Model, seed: int) -> tuple[Errors, str, tuple[str, ...]]:
    """Return the errors, the name of the points they were seen on, and a note on a slow target."""
    target = lesson.target
    if isinstance(target, TableTarget):
        rows = lesson.held_out or lesson.rows
        errors = measure_rows(rows.values, model.evaluate(rows.points), rows.points)
        return errors, UNUSED_ROWS if lesson.held_out is not None else USED_ROWS, ()
    box, generator = target.domain, Stream.TRAINING_CHECK.generator(seed)
    points = POINTS[box.dimension > 1]
    target.keep(points)
    try:
        with brief(target):
            weights = np.maximum(target.scale, np.finfo(float).tiny)
            errors = measure_function(
                target, model.evaluate, box, weights, points=points, generator=generator
            )
        return errors, FRESH, ()
    except TimeUp:
        if (missing := FEWEST - len(target.kept)) > 0:
            target(box.from_unit(generator.random((missing, box.dimension))))
        rows = target.kept
    finally:
        target.keep(0)
    errors = measure_rows(rows.values, model.evaluate(rows.points), rows.points)
    return errors, FRESH, (f"The target is slow: errors were measured on {len(rows):,} points.",)


@contextmanager
def brief(target: FunctionTarget) -> Iterator[None]:
    """Break the evaluations of a callable off with TimeUp when they have taken too long."""
    end = time.perf_counter() + PATIENCE
    target.break_off(lambda: time.perf_counter() > end)
    try:
        yield
    finally:
        target.break_off(None)


def _outside(lesson: Lesson, settings: TrainingSettings, model: Model) -> tuple[OutsideError, ...]:
    target, asked = lesson.target, settings.measure_outside
    if isinstance(target, TableTarget) or not (
        target.kind == "formula" if asked is None else asked
    ):
        return ()
    generator = Stream.TRAINING_OUTSIDE.generator(settings.seed)
    return measure_outside(target.measure_outside, model.evaluate, target.domain, generator)
