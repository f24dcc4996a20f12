"""Rules for tables: where the noise is, and which network stops short of chasing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector
from approximant.contract._candidate import Candidate
from approximant.contract._leftover import structure_left
from approximant.model import Model
from approximant.sampling import Samples
from approximant.targets import TableTarget

FLAT = 0.97  # more neurons that leave this share of the choosing error hardly lower it
SPARE = 0.5  # share of the weights in use from which a penalised network may be too small
PATIENCE = 4  # times the neurons: the choosing error has stopped falling when so many do not help


@dataclass(frozen=True, eq=False)
class Judged:
    """A candidate with its root mean square error on the choosing rows, weighed by tolerance."""

    candidate: Candidate
    rms: float


def choosing_rms(model: Model, target: TableTarget, tolerance: Vector) -> float:
    """Return the root mean square error on the choosing rows as a multiple of the tolerance."""
    rows = target.choose
    error = rows.weighed(model.evaluate(rows.points) - rows.values)
    return float(np.max(np.sqrt(np.mean(error**2, axis=0)) / tolerance))


def stopped_falling(history: list[Judged]) -> bool:
    """Tell whether four times the neurons brought hardly anything over the best."""
    best = min(judged.rms for judged in history)
    enough = min(j.candidate.neurons for j in history if FLAT * j.rms <= best)
    return max(judged.candidate.neurons for judged in history) >= PATIENCE * max(enough, 4)


def simplest_good(history: list[Judged]) -> Candidate:
    """Return the smallest candidate whose choosing error is within a few per cent of the best."""
    best = min(judged.rms for judged in history)
    good = [judged.candidate for judged in history if judged.rms <= 1.02 * best]
    return min(good, key=lambda candidate: candidate.neurons)


def noise_alone(candidate: Candidate, target: TableTarget) -> bool:
    """Tell whether a penalised network has left nothing but noise.

    Its residuals show no structure, and it has neurons to spare: the rows determine only some of
    its weights.
    """
    if candidate.regularised is None or candidate.freedom > SPARE * candidate.parameters:
        return False
    rows = Samples.joined([target.fit, target.choose])
    residuals = candidate.model.evaluate(rows.points) - rows.values
    return not structure_left(rows.points, residuals, rows.values)


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
