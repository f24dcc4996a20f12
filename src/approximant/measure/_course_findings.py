"""What the course of a training says: whether it ended too early, or too late."""

from __future__ import annotations

import math

import numpy as np

from approximant.arrays import Vector
from approximant.measure._evidence import Evidence
from approximant.report import Finding

# The last third of the epochs is read as two halves; loss against epoch is a straight line on
# logarithmic axes for most trainings, so it says what as many epochs again would bring.
END = 3
WORTHWHILE = 0.1  # share of the loss that they must promise to take away
FEW = 6  # epochs needed to tell a trend from the jitter of single epochs
AT_REST = 0.05  # a rate below this share of its largest has ended the training by itself
CERTAIN = 3.0  # standard errors by which the loss must have fallen
EXACT = 1e-6  # a network this near to the rows, by their standard deviation, needs nothing more

# Held-out rows count as worse where the mean squared error on them is this many times that of the
# training - with the rise since their best epoch, and without.
GAP_WITH_RISE, RISE, GAP = 2.0, 1.1, 4.0
CLEAR = 2.0  # standard errors that the gap must exceed
HARMLESS = 0.01  # held-out rows as near as this, by the standard deviation, are near enough


def still_improving(evidence: Evidence) -> Finding | None:
    """Return the finding that the loss was still falling when the training stopped."""
    if evidence.settled or _at_rest(evidence) or evidence.relative_rmse < EXACT:
        return None
    name, epochs, loss = _measured(evidence)
    if len(loss) < 2:
        return None
    half = max(1, len(loss) // (2 * END))
    level = np.log(np.maximum(loss, np.finfo(float).tiny))
    fall = level[-2 * half : -half].mean() - level[-half:].mean()
    stretch = math.log(epochs[-half:].mean() / epochs[-2 * half : -half].mean())
    gain = 1.0 - 2.0 ** (-fall / stretch)
    if gain < WORTHWHILE or fall <= CERTAIN * _jitter(level) * math.sqrt(2.0 / half):
        return None
    last = int(evidence.history["epoch"][-1])
    return Finding(
        "still improving",
        f"The {name} was still falling when the training stopped after {last:,} epochs; at this "
        f"pace as many again would make it {gain:.0%} smaller.",
        f"Train longer: epochs={2 * last}.",
    )


def _at_rest(evidence: Evidence) -> bool:
    if "rate" not in evidence.history:
        return False
    rates = evidence.history["rate"]
    rates = rates[np.isfinite(rates)]
    return bool(len(rates) and rates[-1] < AT_REST * rates.max())


def _measured(evidence: Evidence) -> tuple[str, Vector, Vector]:
    """Return what the loss is called, its epochs and its values: the most telling there is."""
    history = evidence.history
    names = {"held_out_loss": "loss on held-out rows", "loss_after": "loss", "loss": "loss"}
    for column, name in names.items():
        if column in history:
            known = np.isfinite(history[column])
            if known.sum() >= 2:
                return name, history["epoch"][known], history[column][known]
    return "loss", np.zeros(0), np.zeros(0)


def _jitter(level: Vector) -> float:
    """Return the standard deviation of single epochs about their trend, from second differences."""
    end = level[-max(FEW, len(level) // END) :]
    if len(end) < FEW:
        return 0.0
    return float(np.sqrt(np.mean(np.diff(end, 2) ** 2) / 6.0))


def overfitting(evidence: Evidence) -> Finding | None:
    """Return the finding that held-out rows do much worse than those of the training."""
    held = evidence.held_out
    if held is None or len(held) < 2:
        return None
    inside = np.mean((evidence.residuals / evidence.deviations) ** 2, axis=1)
    missed = evidence.network(held.points) - held.values
    outside = np.mean((missed / evidence.deviations) ** 2, axis=1)
    best, when = _best_held_out(evidence)
    now = float(np.mean(missed**2))
    rise = now / best if best > 0 else 1.0
    gap = outside.mean() / max(inside.mean(), np.finfo(float).tiny)
    harmless = math.sqrt(outside.mean()) <= HARMLESS
    if harmless or gap < (GAP_WITH_RISE if rise >= RISE else GAP) or not _certain(inside, outside):
        return None
    sentence = (
        f"The rmse is {np.sqrt(np.mean(evidence.residuals**2)):.2g} on the rows of the training "
        f"but {math.sqrt(now):.2g} on the {len(held):,} held out"
    )
    if rise >= RISE:
        epochs = int(evidence.history["epoch"][-1])
        sentence += f"; there it was least, {math.sqrt(best):.2g}, at epoch {when} of {epochs}."
        action = f"Keep the weights of the best epoch: patience={max(1, epochs // 10)}."
    elif evidence.network.parameters > evidence.rows.values.size:
        weights = evidence.network.parameters
        sentence += f", with {weights:,} weights for {len(evidence.rows):,} rows."
        action = "Use a network with fewer weights than rows."
    else:
        sentence += "."
        action = f"Train on more rows: {4 * len(evidence.rows):,} to begin with."
    return Finding("overfitting", sentence, action)


def _best_held_out(evidence: Evidence) -> tuple[float, int]:
    """Return the least mean squared error on held-out rows that was measured, and its epoch."""
    history = evidence.history
    if "held_out_mse" not in history or not np.isfinite(history["held_out_mse"]).any():
        return 0.0, 0
    k = int(np.nanargmin(history["held_out_mse"]))
    return float(history["held_out_mse"][k]), int(history["epoch"][k])


def _certain(inside: Vector, outside: Vector) -> bool:
    """Tell whether the ratio of two means of squares exceeds 1 by more than chance allows."""
    variances = [np.var(s) / (len(s) * max(s.mean() ** 2, 1e-300)) for s in (inside, outside)]
    ratio = max(outside.mean(), 1e-300) / max(inside.mean(), 1e-300)
    return math.log(ratio) > CLEAR * math.sqrt(sum(variances))
