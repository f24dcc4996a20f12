"""From a finished training to the Report that people read."""

from __future__ import annotations

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
from approximant.targets import FunctionTarget, TableTarget, Target

POINTS = (4096, 20_000)  # fresh points: for one input, for several
SLOW = 1e-4  # seconds an evaluation: a slower target is measured on fewer points
PATIENCE = 1.0  # seconds that measuring a slow target may take


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
    target = lesson.target
    errors, checked_on = _errors(lesson, model, settings.seed)
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
        rounding=per_output(model.network.rounding_bounds * np.abs(model.output_scaling.width)),
        evaluations=target.evaluations,
        seconds=seconds,
        seed=settings.seed,
        cut_by_time=bool(ending.stopped),
        interrupted=ending.interrupted,
        unused_inputs=target.unused_inputs,
        empty_share=target.empty_share if isinstance(target, TableTarget) else None,
        notes=(*target.notes, *_batch_note(settings, len(lesson.rows))),
        outside=_outside(lesson, settings, model),
        findings=findings,
    )


def _batch_note(settings: TrainingSettings, rows: int) -> tuple[str, ...]:
    size = settings.descent.batch_size
    if isinstance(size, str) or size <= rows:
        return ()
    return (f"The batch size {size:,} is more than the {rows:,} rows: each step took all of them.",)


def _errors(lesson: Lesson, model: Model, seed: int) -> tuple[Errors, str]:
    """Return the errors on points that took no part, or say that there are none."""
    target = lesson.target
    if isinstance(target, TableTarget):
        rows = lesson.held_out or lesson.rows
        errors = measure_rows(rows.values, model.evaluate(rows.points), rows.points)
        return errors, UNUSED_ROWS if lesson.held_out is not None else USED_ROWS
    points = POINTS[target.domain.dimension > 1]
    if not affordable(target):
        points = max(100, int(PATIENCE * target.evaluations / target.seconds))
    weights = np.maximum(target.scale, np.finfo(float).tiny)
    errors = measure_function(
        target, model.evaluate, target.domain, weights,
        points=points, generator=Stream.TRAINING_CHECK.generator(seed),
    )  # fmt: skip
    return errors, FRESH


def affordable(target: Target) -> bool:
    """Tell whether a target can be evaluated at thousands of points more without a wait."""
    return isinstance(target, FunctionTarget) and target.seconds <= SLOW * target.evaluations


def _outside(lesson: Lesson, settings: TrainingSettings, model: Model) -> tuple[OutsideError, ...]:
    target, asked = lesson.target, settings.measure_outside
    if isinstance(target, TableTarget) or not (
        target.kind == "formula" if asked is None else asked
    ):
        return ()
    generator = Stream.TRAINING_OUTSIDE.generator(settings.seed)
    return measure_outside(target.measure_outside, model.evaluate, target.domain, generator)
