"""Rules for tables: where the noise is, and which network stops short of chasing it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector
from approximant.contract._candidate import Candidate
from approximant.model import Model
from approximant.targets import TableTarget

FLAT = 0.97  # more neurons that leave this share of the choosing error hardly lower it
PATIENCE = 4  # times the neurons: the choosing error has stopped falling when so many do not help


@dataclass(frozen=True, eq=False)
class Judged:
    """A candidate with its root mean square error on the choosing rows, weighed by tolerance."""

    candidate: Candidate
    rms: float


def choosing_rms(model: Model, target: TableTarget, tolerance: Vector) -> float:
    """Return the root mean square error on the choosing rows as a multiple of the tolerance."""
    error = model.evaluate(target.choose.points) - target.choose.values
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


def noise_level(model: Model, target: TableTarget) -> Vector:
    """Return the standard deviation of the noise per output, (m,).

    From the residuals of all rows: those of the fitting rows lose one degree of freedom for every
    weight that was solved for, the others are independent of the fit up to the choice among a few
    sizes.
    """
    network = model.network
    freedom = network.widths[-2] + 1 if len(network.layers) == 2 else network.parameters
    squares = np.zeros(len(target.outputs))
    count = 0.0
    for part, lost in ((target.fit, freedom), (target.choose, 0), (target.verify, 0)):
        if len(part) <= 2 * lost:
            continue
        squares += np.sum((model.evaluate(part.points) - part.values) ** 2, axis=0)
        count += len(part) - lost
    return np.asarray(np.sqrt(squares / max(count, 1.0)))
