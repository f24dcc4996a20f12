"""From what a contract found to the Report that people read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector, per_output
from approximant.contract._candidate import Candidate, rounding_bound
from approximant.contract._request import Request
from approximant.measure import Errors
from approximant.progress import Watch
from approximant.report import FRESH, UNUSED_ROWS, OutsideError, Report
from approximant.targets import FunctionTarget, TableTarget


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that goes into a report besides the target.

    Args:
        candidate: what came out.
        errors: its errors on fresh points or rows.
        status: sentences about how it went.
        history: (neurons, choosing error / tolerance) of every candidate.
        interrupted: whether the person ended the search.
        unused_inputs: inputs on which the target does not depend.
        noise: standard deviation of the noise, (m,), or None.
        notes: further facts.
        outside: errors beyond the domain.
    """

    candidate: Candidate
    errors: Errors
    status: str
    history: list[tuple[int, float]]
    interrupted: bool
    unused_inputs: tuple[str, ...] = ()
    noise: Vector | None = None
    notes: tuple[str, ...] = ()
    outside: tuple[OutsideError, ...] = ()


def make_report(
    target: FunctionTarget | TableTarget, request: Request, watch: Watch, outcome: Outcome
) -> Report:
    """Return the report of an outcome."""
    model, errors = outcome.candidate.model, outcome.errors
    tolerance = request.tolerance(target.scale)
    span = target.high - target.low
    with np.errstate(divide="ignore", invalid="ignore"):
        range_error = np.where(span > 0, errors.max_error / span, np.inf)
    one = len(target.outputs) == 1
    rows = target.rows if isinstance(target, TableTarget) else None
    return Report(
        target=target.description,
        kind=target.kind,
        inputs=target.domain.names,
        outputs=target.outputs,
        network=str(model.network),
        met=meets(outcome, tolerance),
        status=outcome.status,
        max_error=per_output(errors.max_error),
        worst_point=errors.worst_points[0] if one else errors.worst_points,
        rmse=per_output(errors.rmse),
        mae=per_output(errors.mae),
        scale=per_output(target.scale),
        scale_point=target.scale_points[0] if one else target.scale_points,
        tolerance=per_output(tolerance),
        range=per_output(span),
        range_error=per_output(range_error),
        checked_points=errors.checked,
        checked_on=FRESH if rows is None else UNUSED_ROWS,
        neurons=model.network.neurons,
        parameters=model.network.parameters,
        outer_weight_sum=per_output(model.outer_weight_sums),
        rounding=per_output(rounding_bound(model)),
        evaluations=target.evaluations,
        seconds=watch.seconds,
        seed=request.seed,
        cut_by_time=watch.cut,
        interrupted=outcome.interrupted,
        unused_inputs=outcome.unused_inputs,
        noise=None if outcome.noise is None else per_output(outcome.noise),
        empty_share=target.empty_share if isinstance(target, TableTarget) else None,
        rows=rows,
        notes=(*target.notes, *outcome.notes),
        outside=outcome.outside,
        history=tuple(outcome.history),
    )


def meets(outcome: Outcome, tolerance: Vector) -> bool:
    """Tell whether no checked point exceeded the tolerance and rounding keeps to its quarter."""
    within = outcome.errors.max_error <= tolerance
    sound = 4.0 * rounding_bound(outcome.candidate.model) <= tolerance
    return bool(np.all(within & sound))
