"""Why a table did not meet its tolerance: noise, few points, or a network that follows chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector
from approximant.contract._leftover import varies
from approximant.contract._request import Request
from approximant.contract._status import rounding_cause
from approximant.contract._table import noise_level
from approximant.contract._verified import Verified
from approximant.sampling import Samples
from approximant.targets import TableTarget

FEW = 40  # different points from which residuals tell noise from what a network cannot follow
MANY_REPLICATES = 100  # degrees of freedom from which rows at equal points are trusted anyway
PAIRS = 3  # rows that repeat others exactly: so many are no accident
SEVERAL = 3.0  # standard deviations of the noise: a smaller tolerance asks for less than the rows
OVERFIT = 3.0  # times the fitting error on other rows: the network follows chance


@dataclass(frozen=True, eq=False)
class Leftover:
    """What a network leaves of the rows of a table.

    Args:
        noise: standard deviation of the noise, (m,), where the rows tell it; else None.
        scatter: whether rows at equal points tell it.
        varies: whether the residuals still depend on the inputs.
        overfit: whether the residuals are much smaller at the rows fitted.
    """

    noise: Vector | None = None
    scatter: bool = False
    varies: bool = False
    overfit: bool = False


def leftover(target: TableTarget, verified: Verified, fitted: Samples) -> Leftover:
    """Return what a network that missed the tolerance leaves of the rows.

    Residuals are taken for noise only where they do not depend on the inputs, rows at the same
    point do not agree exactly, and there are points enough to tell.

    Args:
        target: the table.
        verified: what came out.
        fitted: the rows it was fitted to.
    """
    candidate = verified.candidate
    parts = [target.fit, target.choose, target.verify]
    others = parts[1:] if fitted is target.fit else parts[2:]
    fit, verify = (_rms(verified, part) for part in (fitted, target.verify))
    overfit = bool(np.any(verify > OVERFIT * np.maximum(fit, 1e-300)))
    rows = Samples.joined([fitted, *others])
    structure = varies(rows.points, candidate.model.evaluate(rows.points) - rows.values)
    if trusted(target):
        return Leftover(target.replicate_noise, True, structure, overfit)
    unknown = target.exact_repeats >= PAIRS or sum(target.different) < FEW
    noise = None if unknown or structure or overfit else noise_level(candidate, fitted, others)
    return Leftover(noise, False, structure, overfit)


def trusted(target: TableTarget) -> bool:
    """Tell whether rows at equal points tell the noise better than the residuals do."""
    enough = min(MANY_REPLICATES, sum(target.different))
    return target.replicate_noise is not None and target.replicate_freedom >= enough


def _rms(verified: Verified, samples: Samples) -> Vector:
    error = verified.candidate.model.evaluate(samples.points) - samples.values
    return np.asarray(np.sqrt(np.mean(error**2, axis=0)))


def table_cause(
    target: TableTarget, verified: Verified, left: Leftover, kept: bool, request: Request
) -> str:
    """Return the likely cause and the next thing to try for a table.

    Args:
        target: the table.
        verified: what came out.
        left: what it leaves of the rows.
        kept: whether the choosing rows kept the tolerance.
        request: the settings.
    """
    if request.network is not None:
        return (
            "The shape asked for is too small for this tolerance, does not suit the rows, or the "
            "rows are noisy; leave network= out to let the size be found."
        )
    if rounding := rounding_cause(verified, target):
        return rounding
    few = _few(target)
    if left.noise is not None and np.any(SEVERAL * left.noise > verified.tolerance):
        return " ".join(sentence for sentence in (_noise(left, left.noise), few) if sentence)
    if few:
        return few
    if kept:
        return (
            "The rows that chose the network kept the tolerance, those that verify it did not: the "
            "rows are too few for it; give more rows or raise tol."
        )
    if left.overfit:
        return (
            "The network follows the rows it was fitted to much better than others: there are too "
            f"few rows for so much detail; give more rows.{_agreement(target)}"
        )
    depends = " What is left still depends on the inputs, so it is not noise alone." * left.varies
    return (
        "No network that was tried followed the rows any closer; raise tol or max_neurons, or give "
        f"more rows.{depends}{_agreement(target)}"
    )


def _noise(left: Leftover, noise: Vector) -> str:
    level = ", ".join(f"{value:.3g}" for value in noise)
    seen = "Rows at the same point scatter: noise floor"
    if not left.scatter:
        seen = "What is left looks like noise, or detail too fine for these rows: noise floor"
    return (
        f"{seen} at about {level} (standard deviation). Set the tolerance to several times the "
        "noise, or give less noisy rows, or more of them."
    )


def _few(target: TableTarget) -> str:
    """Return the sentence for rows at few different points, or none."""
    rows, different = sum(target.rows), sum(target.different)
    if different >= FEW:
        return ""
    fitted = f"{target.different[0]} of them were fitted"
    if different == rows:
        return f"There are only {rows} rows, and {fitted}: too few; give more rows or raise tol."
    return (
        f"The {rows:,} rows lie at only {different} different points, and {fitted}: too few to "
        "tell how the target goes between them; give rows at more points, or raise tol."
        f"{_agreement(target)}"
    )


def _agreement(target: TableTarget) -> str:
    if target.exact_repeats < PAIRS:
        return ""
    return " Rows at the same point agree exactly: unless they are copies, there is no noise."
