"""Rules for tables: where the noise is, and which network stops short of chasing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector
from approximant.contract._candidate import Candidate, rounding_ratio
from approximant.contract._leftover import structure_left
from approximant.sampling import Samples
from approximant.targets import TableTarget

FLAT = 0.97  # more neurons that leave this share of the choosing error hardly lower it
SPARE = 0.5  # share of the weights in use from which a penalised network may be too small
FALLING = 0.95  # of the choosing error so far: more neurons of the kind would help further
CHANCE = 1.4  # two standard deviations times n^0.5: n rows tell an error up to a share (2n)^-0.5
KNOWN = 0.5  # effective weights per row up to which errors on the fitted rows tell anything
PATIENCE = 4  # times the neurons: the choosing error has stopped falling when so many do not help


@dataclass(frozen=True, eq=False)
class Judged:
    """A candidate with the root mean square error expected on other rows, in tolerances.

    Where rounding is larger, as a multiple of a quarter of the tolerance, that stands for it.
    """

    candidate: Candidate
    rms: float


def judge(candidate: Candidate, target: TableTarget, tolerance: Vector) -> Judged:
    """Return the candidate with its expected error.

    That is its error on the choosing rows. Where the effective number of weights is known, the rows
    it was fitted to count as well, by generalised cross-validation (Golub, Heath, Wahba 1979): few
    choosing rows alone leave much to chance. Rows at the same point count once.
    """
    squares = _squares(candidate, target.choose, tolerance)
    fitted, chosen, _ = target.different
    if candidate.regularised is not None and candidate.freedom < KNOWN * fitted:
        free = 1.0 - candidate.freedom / (fitted * len(target.outputs))
        validated = _squares(candidate, target.fit, tolerance) / free**2
        squares = (fitted * validated + chosen * squares) / (fitted + chosen)
    rms = float(np.sqrt(np.max(squares)))
    return Judged(candidate, max(rms, rounding_ratio(candidate.model, tolerance)))


def _squares(candidate: Candidate, rows: Samples, tolerance: Vector) -> Vector:
    """Return the mean squared error per output, in tolerances, (m,)."""
    error = rows.weighed(candidate.model.evaluate(rows.points) - rows.values) / tolerance
    return np.asarray(np.mean(error**2, axis=0))


def stopped_falling(history: list[Judged]) -> bool:
    """Tell whether four times the neurons brought hardly anything over the best."""
    best = min(judged.rms for judged in history)
    enough = min(j.candidate.neurons for j in history if FLAT * j.rms <= best)
    return max(judged.candidate.neurons for judged in history) >= PATIENCE * max(enough, 4)


def still_falling(history: list[Judged]) -> bool:
    """Tell whether the last of several candidates is clearly better than all before."""
    return len(history) > 1 and history[-1].rms < FALLING * min(j.rms for j in history[:-1])


def simplest_good(history: list[Judged], rows: int) -> Candidate:
    """Return the smallest candidate whose choosing error is within a few per cent of the best.

    Some of many candidates without penalties will do well on few rows by chance: they count only
    where they beat those with penalties by more than such an error is uncertain.

    Args:
        history: the candidates.
        rows: number of choosing rows behind their errors.
    """
    known = [judged for judged in history if judged.candidate.regularised is not None]
    if known:
        limit = (1.0 - CHANCE / rows**0.5) * min(judged.rms for judged in known)
        known += [j for j in history if j.candidate.regularised is None and j.rms < limit]
    known = known or history
    best = min(judged.rms for judged in known)
    good = [judged.candidate for judged in known if judged.rms <= 1.02 * best]
    return min(good, key=lambda candidate: candidate.neurons)


def noise_alone(candidate: Candidate, target: TableTarget) -> bool:
    """Tell whether a penalised network has left nothing but noise, with neurons to spare.

    Its residuals show no structure, and the rows determine only some of its weights.
    """
    if candidate.regularised is None or candidate.freedom > SPARE * candidate.parameters:
        return False
    return not structured(candidate, target)


def structured(candidate: Candidate, target: TableTarget) -> bool:
    """Tell whether residuals on the rows that did not verify depend on the inputs."""
    rows = Samples.joined([target.fit, target.choose])
    residuals = candidate.model.evaluate(rows.points) - rows.values
    return structure_left(rows.points, residuals, rows.values)


def noise_level(candidate: Candidate, fitted: Samples, others: list[Samples]) -> Vector:
    """Return the standard deviation of the noise per output, (m,).

    From the residuals of all rows: those of the fitted rows lose one degree of freedom for every
    weight that the rows determine, the others are independent of the fit up to the choice among a
    few sizes.
    """
    model = candidate.model
    squares = np.zeros(len(model.outputs))
    count = 0.0
    for part, lost in ((fitted, candidate.freedom), *((part, 0.0) for part in others)):
        if len(part) <= 2 * lost:
            continue
        residuals = part.weighed(model.evaluate(part.points) - part.values)
        squares += np.sum(residuals**2, axis=0)
        count += len(part) - lost
    return np.asarray(np.sqrt(squares / max(count, 1.0)))
