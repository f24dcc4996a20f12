"""Comparing a file with the model it came from."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Points, Values, Vector
from approximant.errors import ApproximantError, ExportError
from approximant.export._format import Format, Run
from approximant.export._points import beyond_points, compared_points
from approximant.export._subject import Subject, Verification
from approximant.formula import Formula
from approximant.streams import Stream

COMPARED = {"float64": 1000, "float32": 10_000}  # spread points, besides edges and corners


def verified(form: Format, data: bytes, subject: Subject) -> Verification:
    """Return how a file compares with the model, its guard included.

    Raises:
        ExportError: the file does not do what the model does.
    """
    points = compared_points(subject.source, COMPARED[subject.dtype], subject.dtype)
    # The first ones are for gradients too.
    points = Stream.EXPORT_ORDER.generator(0).permutation(points)
    beyond = beyond_points(subject.reference, subject.dtype)
    asked = np.concatenate([points, beyond])
    run = form.run(data, subject, asked)
    _check_guard(form, run.values[len(points) :], beyond, subject)
    reference = _reference(form, subject, asked)[: len(points)]
    values = run.values[: len(points)]
    difference = np.abs(values - reference).max(axis=0)
    bound = difference_bound(form, subject)
    if not np.all(difference <= (subject.limit() if bound is None else bound)):
        raise ExportError(
            f"The {form.suffix} file would differ from the model by {difference.max():.3g} "
            f"({run.how}); nothing was written. Please report this with the model."
        )
    error, basis = _error(subject, points, values, difference)
    gradient = _gradient(run, subject, points)
    return Verification(
        difference, bound, form.coarse, gradient, len(points), run.how, error, basis
    )


def difference_bound(form: Format, subject: Subject) -> Vector | None:
    """Return a bound (m,) on |file - model| anywhere in the domain, None without one.

    Both round within the running bound of certificates, whatever the order of summation, the file
    with the accuracy of its library. It says nothing where a step may take the other side.
    """
    if not form.same_operations or subject.dtype != "float64":
        return None
    from approximant.certify import rounding_over  # here: it loads Arb

    enough = np.maximum(subject.rounding(), np.finfo(float).tiny)
    bound = rounding_over(subject.source, enough)
    bound = bound + (rounding_over(subject.source, enough, form.coarse) if form.coarse else bound)
    return bound if np.all(bound <= subject.limit()) else None


def _reference(form: Format, subject: Subject, points: Points) -> Values:
    """Return the model's values (n, m), asked as the file is: at once, or point by point."""
    if form.batched or subject.dtype == "float32":
        return subject.source.evaluate(points)
    return np.concatenate([subject.source.evaluate(point[None]) for point in points])


def _check_guard(form: Format, values: Values, beyond: Points, subject: Subject) -> None:
    if subject.policy == "none":
        return
    expected = subject.reference(beyond)
    same = np.abs(values - expected) <= subject.limit()
    same |= np.isnan(values) & np.isnan(expected)
    if not same.all():
        place = beyond[~same.all(axis=1)][0].tolist()
        raise ExportError(
            f"The guard of the {form.suffix} file does not act as that of the model at {place}; "
            "nothing was written. Please report this with the model."
        )


def _gradient(run: Run, subject: Subject, points: Points) -> float | None:
    if run.gradients is None:
        return None
    found = run.gradients[: len(points)]
    return float(np.abs(found - subject.source.gradient(points[: len(found)])).max())


def _error(
    subject: Subject, points: Points, values: Values, difference: Vector
) -> tuple[Vector, str]:
    """Return the error of a file against the target, (m,), and what that rests on."""
    reported = subject.reported("max_error")
    within = subject.source.domain.contains(points)  # rounded, an end may lie just outside
    target = None if subject.dtype == "float64" else _target_values(subject, points[within])
    if target is not None and len(target) and np.isfinite(target).all():
        return np.abs(values[within] - target).max(axis=0), (
            f"measured against the formula at {len(target):,} points"
        )
    if reported is None:
        return difference, "measured against the model, whose own error is not known"
    return reported + difference, "the reported error of the model and the difference from it"


def _target_values(subject: Subject, points: Points) -> Values | None:
    """Return the formulas' values (n, m), None where there are none for every output."""
    texts, names = subject.card.get("formulas", ()), subject.source.domain.names
    if len(texts) != len(subject.source.outputs):
        return None
    columns = dict(zip(names, points.T, strict=True))
    try:
        return np.stack([Formula(text, names)(columns) for text in texts], axis=1)
    except (ApproximantError, ValueError):
        return None
