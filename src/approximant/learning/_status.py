"""The sentences of a training's report: how it went, and why it went wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.history import History
from approximant.learning._settings import TrainingSettings
from approximant.report import FRESH, UNUSED_ROWS, USED_ROWS
from approximant.sampling import Samples

LARGE_INPUTS = 10.0  # in the network's units: first-layer gradients grow with the inputs
GENTLER = 10.0  # by which to divide a rate that was too large
SQUARED = 1e-3  # of the root of the largest number: sums of squares of more overflow

_JUDGED = {
    FRESH: "Errors are those on fresh points of the domain.",
    UNUSED_ROWS: "Errors are those on the rows held out.",
    USED_ROWS: (
        "Errors are those on the rows that it was trained with; hold some out (held_out=0.2) to "
        "learn what to expect elsewhere."
    ),
}


@dataclass(frozen=True)
class Ending:
    """How a training ended.

    Args:
        stopped: why it was ended before its last epoch, or empty.
        interrupted: whether the person ended it.
        diverged: whether the loss stopped being finite.
        settled: whether it ended by itself because nothing improved any more.
    """

    stopped: str
    interrupted: bool
    diverged: bool
    settled: bool


def trained_sentence(
    history: History, settings: TrainingSettings, ending: Ending, checked_on: str
) -> str:
    """Return how a training went that stayed finite."""
    done, asked = int(history["epoch"][-1]), settings.descent.epochs
    loss = history["loss"]
    sentences = [f"Trained for {done:,} of {asked:,} epochs" if done < asked
                 else f"Trained for {done:,} epochs"]  # fmt: skip
    sentences[0] += f"; the loss went from {loss[0]:.6g} to {loss[-1]:.6g}."
    if ending.interrupted:
        sentences.append("You ended the training; this is the best network so far.")
    elif ending.stopped:
        sentences.append(f"It ended early: {ending.stopped}.")
    elif ending.settled and settings.descent.patience is not None:
        sentences.append(
            f"It ended early: {settings.descent.patience:,} epochs brought nothing better; this "
            "is the best network."
        )
    elif ending.settled:
        sentences.append("It ended early: no further step lowers the loss.")
    return " ".join([*sentences, _JUDGED[checked_on]])


def diverged_sentence(history: History, settings: TrainingSettings, rows: Samples) -> str:
    """Return the likely cause of a loss that stopped being finite, and what to try.

    Args:
        history: of the epochs, the last of which went wrong.
        settings: of the training.
        rows: as the network saw them.
    """
    bad = int(history["epoch"][-1])
    kept = (
        f"this is the network after epoch {bad - 1:,}, the last good one"
        if bad > 1
        else "no epoch was good, and this is the network as it started"
    )
    return (
        f"The training diverged: in epoch {bad:,} the loss was no longer finite; {kept}. "
        f"{_cause(settings, rows)}"
    )


def _cause(settings: TrainingSettings, rows: Samples) -> str:
    largest, highest = (float(np.abs(side).max()) for side in (rows.points, rows.values))
    rate = getattr(settings.descent.optimizer, "rate", None)
    lower = f"a rate of {rate / GENTLER:g} instead of {rate:g}" if rate else "another optimizer"
    if highest > SQUARED * float(np.finfo(settings.descent.dtype).max) ** 0.5:
        return (
            f"The likely cause is unscaled outputs: they reach {highest:.3g}, whose square is "
            'beyond all numbers; try output_scaling="standard".'
        )
    if largest > LARGE_INPUTS:
        return (
            f"The likely cause is unscaled inputs: they reach {largest:.3g}, and the steps grow "
            f'with them; try scaling="standard", or {lower}.'
        )
    if settings.descent.loss == "sse":
        return (
            f"The likely cause is a rate too large for a loss that adds up {len(rows):,} rows; "
            f'try {lower}, or loss="mse".'
        )
    if rate is None:
        return "The likely cause is first weights too large; try init='lecun_normal'."
    return f"The likely cause is a rate too large; try {lower}."
