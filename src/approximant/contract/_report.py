"""From what a contract found to the Report that people read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector, per_output
from approximant.certificate import Certificate
from approximant.contract._request import Request
from approximant.contract._status import ENDED, range_warning, time_ran_out, verdict
from approximant.contract._verified import Verified
from approximant.errors import CertificateError
from approximant.progress import Watch
from approximant.report import FRESH, UNUSED_ROWS, OutsideError, Report
from approximant.targets import FunctionTarget, TableTarget


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that goes into a report besides the target.

    Args:
        verified: what came out, with its errors on fresh points or rows.
        cause: why the tolerance was not met where it was not, and what to try; or empty.
        history: (neurons, choosing error / tolerance) of every candidate.
        interrupted: whether the person ended the search.
        unused_inputs: inputs on which no dependence was seen.
        noise: standard deviation of the noise, (m,), or None.
        notes: further facts.
        outside: errors beyond the domain.
    """

    verified: Verified
    cause: str
    history: list[tuple[int, float]]
    interrupted: bool
    unused_inputs: tuple[str, ...] = ()
    noise: Vector | None = None
    notes: tuple[str, ...] = ()
    outside: tuple[OutsideError, ...] = ()


def make_report(
    target: FunctionTarget | TableTarget,
    request: Request,
    watch: Watch,
    outcome: Outcome,
    certificate: Certificate | CertificateError | None = None,
) -> Report:
    """Return the report of an outcome, with the certificate where a proof was asked for."""
    verified = outcome.verified
    model, errors = verified.candidate.model, verified.errors
    span = target.high - target.low
    with np.errstate(divide="ignore", invalid="ignore"):
        range_error = np.where(span > 0, errors.max_error / span, np.inf)
    one = len(target.outputs) == 1
    table = target if isinstance(target, TableTarget) else None
    met, found = verdict(verified, table, certificate)
    return Report(
        target=target.description,
        kind=target.kind,
        inputs=target.domain.names,
        outputs=target.outputs,
        network=str(model.network),
        met=met,
        status=_status(target, request, watch, outcome, met, found),
        max_error=per_output(errors.max_error),
        worst_point=errors.worst_points[0] if one else errors.worst_points,
        rmse=per_output(errors.rmse),
        mae=per_output(errors.mae),
        scale=per_output(target.scale),
        scale_point=target.scale_points[0] if one else target.scale_points,
        tolerance=per_output(verified.tolerance),
        range=per_output(span),
        range_error=per_output(range_error),
        checked_points=errors.checked,
        checked_on=FRESH if table is None else UNUSED_ROWS,
        neurons=model.network.neurons,
        parameters=model.network.parameters,
        outer_weight_sum=per_output(model.outer_weight_sums),
        rounding=per_output(verified.rounding),
        evaluations=target.evaluations,
        seconds=watch.seconds,
        seed=request.seed,
        cut_by_time=watch.cut,
        interrupted=outcome.interrupted,
        unused_inputs=outcome.unused_inputs,
        noise=None if outcome.noise is None else per_output(outcome.noise),
        empty_share=None if table is None else table.empty_share,
        rows=None if table is None else table.rows,
        notes=(*target.notes, *outcome.notes),
        outside=outcome.outside,
        history=tuple(outcome.history),
        certificate=certificate if isinstance(certificate, Certificate) else None,
    )


def _status(
    target: FunctionTarget | TableTarget,
    request: Request,
    watch: Watch,
    outcome: Outcome,
    met: bool,
    found: str,
) -> str:
    """Return the sentences of a report: the verdict `found`, and what belongs to it."""
    sentences = (
        ENDED * outcome.interrupted,
        found,
        time_ran_out(request, met) * watch.cut,
        outcome.cause * (not outcome.verified.met and not outcome.interrupted),
        range_warning(target, request),
    )
    return " ".join(sentence for sentence in sentences if sentence)
