"""What can be said where no proof exists: callables, tables, and four or more inputs.

If none of n independent points exceeds a level, then with 95 % confidence less than a share
log(20)/n of the domain does: with a share p above it, n points would all miss it with probability
(1 - p)^n < exp(-pn), and exp(-log(20)) = 5 %. This holds for the largest error seen as the level
too. Of m outputs each may fail at 5/m %, a share of log(20 m)/n: all hold together at 95 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from approximant.arrays import Points, Values, per_output
from approximant.certificate import Certificate, rounded_up
from approximant.certify._samples import float_errors, worst_of
from approximant.errors import CertificateError
from approximant.formula import Formula
from approximant.model import Model
from approximant.progress import Watch
from approximant.streams import Stream
from approximant.targets import FunctionTarget, TableTarget

POINTS = 100_000
CHUNK = 1000  # points between two looks at the clock
FEWEST = 30  # points below which no statement is made


def statistical(
    model: Model,
    target: FunctionTarget | TableTarget | Sequence[Formula],
    *,
    points: int = POINTS,
    seconds: float = 30.0,
    seed: int = 0,
) -> Certificate:
    """Return the statistical statement about a model; `proved` is False and `bound` infinite.

    Args:
        model: the model.
        target: a function, evaluated at fresh random points; a table, whose rows kept for
            verification are used; or formulas, one per output.
        points: fresh points, fewer if the target allows fewer evaluations.
        seconds: after this time no further point is drawn.
        seed: of the points.

    Raises:
        CertificateError: the target allows too few evaluations for any statement.
    """
    watch = Watch(seconds)
    if isinstance(target, TableTarget):
        places, errors = _of_rows(model, target)
        kind, texts = "table", _NO_TEXTS
        subject = f"{len(places):,} rows that were not used in the fit"
        share = "of rows drawn like these"
    else:
        places, errors = _of_points(model, target, points, watch, seed)
        kind, texts = _kind(target)
        subject = f"{len(places):,} fresh independent points"
        share = "of the domain (by volume)"
    largest, worst = worst_of(places, errors)
    m = len(model.outputs)
    most = rounded_up(100.0 * min(1.0, unseen(len(places), m)))
    each = " of each output" if m > 1 else ""
    claim = (
        f"{_REASON[kind]} Of {subject}, none had an error{each} above {rounded_up(largest)}; with "
        f"95 % confidence{' for all outputs together' if m > 1 else ''} less than {most} % {share} "
        "has a larger one. This is a statistical statement, not a bound: a larger error may exist "
        "anywhere."
    )
    infinite = per_output(np.full(m, np.inf))
    return Certificate(
        bound=infinite,
        bound_real=infinite,
        bound_elsewhere=infinite,
        sampled_max=per_output(largest),
        worst_point=worst if m > 1 else worst[0],
        proved=False,
        rigour="statistics: independent points, 95 % confidence",
        cells=0,
        seconds=watch.seconds,
        claim=claim,
        covered=0.0,
        cut_by_time=False,
        jumps=(),
        worst_cell=np.stack([model.domain.lower, model.domain.upper]),
        inputs=model.domain.names,
        outputs=model.outputs,
        formulas=texts,
        fingerprint=model.fingerprint(texts),
    )


def unseen(points: int, outputs: int) -> float:
    """Return the share that so many points would miss with at most 5 % / outputs probability."""
    return math.log(20.0 * outputs) / points * (1.0 + 1e-12)  # above what the logarithm rounds


_NO_TEXTS: tuple[str, ...] = ()
_REASON = {
    "table": "No proof exists for a table: between its rows nothing is known.",
    "callable": "No proof exists for a callable: only its values are known.",
    "formula": "Proofs are made for formulas of up to three inputs; this one has more.",
}


def _kind(target: FunctionTarget | Sequence[Formula]) -> tuple[str, tuple[str, ...]]:
    if not isinstance(target, FunctionTarget):
        return "formula", tuple(formula.text for formula in target)
    return target.kind, target.texts or ()


def _of_rows(model: Model, table: TableTarget) -> tuple[Points, Values]:
    rows = table.verify
    if len(rows.points) < FEWEST:
        raise _too_few(len(rows.points), "rows")
    return rows.points, np.abs(rows.values - model.evaluate(rows.points))


def _of_points(
    model: Model,
    target: FunctionTarget | Sequence[Formula],
    points: int,
    watch: Watch,
    seed: int,
) -> tuple[Points, Values]:
    """Return fresh uniform points and the errors there, as many as limit and time allow."""
    if isinstance(target, FunctionTarget):
        points = points if target.remaining is None else min(points, target.remaining)
        function = target

        def errors_at(x: Points) -> Values:
            return np.asarray(np.abs(function(x) - model.evaluate(x)))
    else:
        formulas = target

        def errors_at(x: Points) -> Values:
            return float_errors(model, formulas, x)

    if points < FEWEST:
        raise _too_few(points, "evaluations")
    generator = Stream.STATISTICAL_POINTS.generator(seed)
    parts = list(_chunks(model, errors_at, points, watch, generator))
    places = np.concatenate([x for x, _ in parts])
    errors = np.concatenate([error for _, error in parts])
    if not np.isfinite(errors).all():
        raise CertificateError("The target has no finite value at some points of the domain.")
    return places, errors


def _chunks(
    model: Model,
    errors_at: Callable[[Points], Values],
    points: int,
    watch: Watch,
    generator: np.random.Generator,
) -> Iterator[tuple[Points, Values]]:
    """Yield points with their errors; the first chunk is small, for targets that are slow."""
    size, done = FEWEST, 0
    while done < points and (done < FEWEST or not watch.expired()):
        count = min(size, points - done)
        x = model.domain.from_unit(generator.random((count, model.domain.dimension)))
        yield x, errors_at(x)
        done += count
        size = min(CHUNK, 2 * size)


def _too_few(count: int, what: str) -> CertificateError:
    return CertificateError(
        f"Only {count} {what} are left, too few for a statement; at least {FEWEST} are needed."
    )
