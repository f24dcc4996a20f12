"""The proof of a bound: sample, choose a goal and a precision, bound cell by cell, put in words."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from approximant.arrays import Points, Vector, per_output
from approximant.certificate import Certificate
from approximant.certify._box import BoxProof
from approximant.certify._difference import Difference
from approximant.certify._found import Bounded, Found, bounds_of, jumps_of
from approximant.certify._line import LineProof
from approximant.certify._rounding import rounding_bound
from approximant.certify._samples import (
    executed_errors,
    float_errors,
    spread_points,
    worst_of,
)
from approximant.certify._statistical import statistical
from approximant.certify._words import (
    contradicted,
    overflowing,
    refused,
    unfinished,
)
from approximant.claims import claim_of, rests_on
from approximant.errors import CertificateError
from approximant.formula import Formula
from approximant.model import Model
from approximant.precision import precision
from approximant.progress import Progress, Watch

MOST_INPUTS = 3
BITS = (128, 256, 512, 1024)  # precisions tried until cancellation leaves the difference its digits
MANY_BITS = 80  # enough for the formulas of several inputs, whose networks are not in balls
FINEST = 2.0**-64  # share of the network's size below which none is, even if nothing rounds
SHARP = 1e-3  # share of the goal that the radius of a ball may have
LOWEST = 0.125  # share of the rounding bound below which no goal is set
LOOKS = 60  # of the sampled points with large errors, and of others, to set the goal
PEAKS = 60  # cells whose highest points are sampled again at the end


def prove(
    model: Model,
    formulas: Sequence[Formula],
    *,
    seconds: float = 30.0,
    progress: Callable[[Progress], object] | None = None,
) -> Certificate:
    """Return a proved bound on `max |formula - network|` over the model's domain, if there is one.

    Args:
        model: one to three inputs.
        formulas: one per output, of the model's inputs.
        seconds: after this time what is left of the domain is bounded crudely.
        progress: called with a Progress at most ten times a second.

    Raises:
        CertificateError: the formulas do not fit the model, or a weight is not finite.
    """
    _check(model, formulas)
    if model.domain.dimension > MOST_INPUTS:
        return statistical(model, formulas, seconds=seconds)
    watch = Watch(seconds, progress)
    points = spread_points(model.domain)
    errors = float_errors(model, formulas, points)
    goal = _goal(model, formulas, points, errors)
    difference = _sharp_difference(model, formulas, goal, points[:: len(points) // 16])
    # Bounds may overflow, which is no proof then but nothing to warn of.
    with precision(difference.bits), np.errstate(over="ignore", invalid="ignore"):
        proof = LineProof if model.domain.dimension == 1 else BoxProof
        found = proof(difference, goal, watch).run()
        watch.tell("sampling")
        return _certificate(difference, formulas, found, points, errors, watch)


def _check(model: Model, formulas: Sequence[Formula]) -> None:
    if len(formulas) != len(model.outputs):
        raise CertificateError(
            f"The model has {len(model.outputs)} outputs; {len(formulas)} formulas were given."
        )
    for formula in formulas:
        for name in formula.variables:
            if name not in model.domain.names:
                raise CertificateError(f"The formula {formula.text!r} uses {name!r}, no input.")
    arrays = [layer.weights for layer in model.network.layers]
    arrays += [layer.biases for layer in model.network.layers if layer.biases is not None]
    for scaling in (model.input_scaling, model.output_scaling):
        arrays += [scaling.anchor, scaling.width]
    if not all(np.isfinite(array).all() for array in arrays):
        raise CertificateError("A weight of the network is not finite; nothing can be proved.")


def _goal(model: Model, formulas: Sequence[Formula], points: Points, errors: Points) -> Vector:
    """Return the size of bound worth aiming at, (m,): the largest error seen, or rounding.

    Errors in floats say where to look; where the formula cancels they may be far too large.
    """
    order = np.argsort(-np.nan_to_num(errors, nan=0.0).max(axis=1))
    looked = points[np.concatenate([order[:LOOKS], order[:: len(order) // LOOKS]])]
    with precision(BITS[1]):
        exact = executed_errors(model, [formula.balls() for formula in formulas], looked)
    seen = np.nan_to_num(exact, nan=0.0).max(axis=0)
    rounding = rounding_bound(model, model.domain.lower, model.domain.upper)
    with np.errstate(over="ignore"):  # the larger the goal the better
        sums = model.outer_weight_sums
        floor = np.clip(LOWEST * rounding, FINEST * sums, 1e-14 * sums)
    return np.asarray(np.maximum(np.maximum(seen, floor), 1e-290))


def _sharp_difference(
    model: Model, formulas: Sequence[Formula], goal: Vector, points: Points
) -> Difference:
    """Return the difference at the lowest precision that resolves the goal."""
    for bits in BITS if model.domain.dimension == 1 else (MANY_BITS, *BITS):
        with precision(bits):
            difference = Difference(model, formulas)
            radii = np.array([difference.radius(point) for point in points])
        if np.all(np.nan_to_num(radii) <= SHARP * goal):
            break
    return difference


def _certificate(
    difference: Difference,
    formulas: Sequence[Formula],
    found: Found,
    points: Points,
    errors: Points,
    watch: Watch,
) -> Certificate:
    model = difference.model
    jumps, tight = jumps_of(found.cells) if model.domain.dimension == 1 else ((), found.cells)
    sampled, worst = _sampled(difference, formulas, found.cells, points, errors)
    well = [cell for cell in tight if not cell.piece.crude] or tight
    away = bounds_of(well)[0] if tight else None
    bound, real = found.bounds() if found.complete else _nothing(model)
    so_far = unfinished(found, away, jumps)
    refusal = _refusal(model, found, so_far, bound, sampled, worst)
    if refusal is not None:
        bound, real = _nothing(model)
    texts = tuple(formula.text for formula in formulas)
    certificate = Certificate(
        bound=per_output(bound),
        bound_real=per_output(real),
        bound_elsewhere=per_output(bound if away is None or found.failed is not None else away),
        sampled_max=per_output(sampled),
        worst_point=worst if len(worst) > 1 else worst[0],
        proved=refusal is None,
        rigour=rests_on(model.network),
        cells=len(found.cells),
        seconds=watch.seconds,
        claim=refusal or "",
        covered=0.0 if found.failed is not None else 1.0 - found.rough - found.open,
        cut_by_time=found.rough + found.open > 0.0,
        jumps=jumps,
        worst_cell=_worst_cell(model, found),
        inputs=model.domain.names,
        outputs=model.outputs,
        formulas=texts,
        fingerprint=model.fingerprint(texts),
        pieces=tuple(cell.piece for cell in found.cells),
    )
    if refusal is not None:
        return certificate
    return dataclasses.replace(certificate, claim=claim_of(certificate, model.domain))


def _nothing(model: Model) -> tuple[Vector, Vector]:
    """Return the bounds of those who know nothing."""
    infinite = np.full(len(model.outputs), np.inf)
    return infinite, infinite


def _refusal(
    model: Model,
    found: Found,
    so_far: str,
    bound: Vector,
    sampled: Vector,
    worst: Points,
) -> str | None:
    """Return why nothing is proved, None for a proof."""
    if found.failed is not None:
        return refused(model.domain, found.failed)
    if not found.complete:
        return so_far
    if not np.isfinite(bound).all():
        return overflowing()
    if np.any(sampled > bound):  # no proof may outlive a counterexample
        k = int(np.argmax(sampled > bound))
        return contradicted(model.domain, worst[k], float(sampled[k]), float(bound[k]))
    return None


def _worst_cell(model: Model, found: Found) -> Points:
    if found.failed is not None:
        return found.failed
    if not found.complete:
        return np.stack([model.domain.lower, model.domain.upper])
    largest = max(found.cells, key=lambda cell: max(cell.piece.bound)).piece
    return np.array([largest.low, largest.high])


def _sampled(
    difference: Difference,
    formulas: Sequence[Formula],
    cells: list[Bounded],
    points: Points,
    errors: Points,
) -> tuple[Vector, Points]:
    """Return the largest errors (m,) at points where they were large, and these points (m, d).

    The precision that was enough for bounds may leave a thousandth of an error open.
    """
    seen = np.nan_to_num(errors, nan=-1.0)
    chosen = [points[np.argsort(-seen[:, k])[:8]] for k in range(seen.shape[1])]
    for k in range(seen.shape[1]):
        highest = sorted(cells, key=lambda cell: -cell.piece.bound_real[k])[:PEAKS]
        if highest:
            chosen.append(np.array([cell.peaks[k] for cell in highest]))
    places = np.concatenate(chosen)
    _, worst = worst_of(places, executed_errors(difference.model, difference.targets, places))
    with precision(BITS[-1]):
        targets = [formula.balls() for formula in formulas]
        exact = np.diagonal(executed_errors(difference.model, targets, worst))
    return np.maximum(np.nan_to_num(exact, nan=0.0), 0.0), worst
