"""The loss curves of several runs that differ in their settings, over one another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Vector
from approximant.draw._labels import label_ends, legend_marks
from approximant.draw._loss_curves import DASHED, draw_losses
from approximant.draw._style import (
    FRESH,
    NETWORK,
    REPORTED,
    TARGET,
    TOLERANCE,
    head,
    label,
    new_figure,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLOURS = (TARGET, NETWORK, REPORTED, TOLERANCE, "#E69F00", "#56B4E9", FRESH)
STYLES = ("-", DASHED)  # of the first seven runs, and of the next


def compared_runs_figure(
    losses: Mapping[str, tuple[Vector, Vector]], *, name: str = "loss", title: str = ""
) -> Figure:
    """Return the losses of several runs over their epochs, each named where it ends.

    Args:
        losses: numbers of the epochs (k,) and losses (k,) by the name of the run, in which a line
            break is kept; NaN where an epoch was not measured.
        name: what the ordinate is called.
        title: a line above the picture.
    """
    figure = new_figure(8.0, max(4.4, 0.62 * min(len(losses), 12)))
    ax = figure.subplots()
    for number, (run, (epochs, values)) in enumerate(losses.items()):
        draw_losses(
            ax,
            np.asarray(values, dtype=float),
            epochs,
            name="\n".join(label(line, 40) for line in run.split("\n")),
            colour=COLOURS[number % len(COLOURS)],
            style=STYLES[number // len(COLOURS) % len(STYLES)],
        )
    ax.set_ylabel(label(name))
    head(ax, label(title, 90))
    return legend_marks(label_ends(ax)).figure  # type: ignore[return-value]
