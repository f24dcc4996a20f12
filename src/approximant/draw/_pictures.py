"""The pictures of one model, chosen by its number of inputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approximant.draw import _many_inputs, _one_input, _two_inputs
from approximant.draw._subject import Evaluate, Subject
from approximant.model import Model
from approximant.report import Report
from approximant.sampling import Samples

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def pictures(
    model: Model,
    report: Report,
    target: Evaluate | None = None,
    *,
    outside: bool = False,
    rows: Samples | None = None,
    fresh: Samples | None = None,
    limit: int = 40_000,
) -> dict[str, Figure]:
    """Return the figures that show how well a model fits, by name: `fit`, `error`, `slices`.

    One input: the curves, and the error along the input. Two: maps of the target, the network and
    the error. More: predicted against true, a histogram of errors, slices through the middle. What
    needs a target is left out where none is known.

    Args:
        model: what is drawn.
        report: what was measured.
        target: maps points (n, d) to values (n, m); values that are not finite are not drawn.
        outside: whether the target may be evaluated outside the domain.
        rows: rows that were used in the fit, where these are what is known of the target.
        fresh: rows that were not.
        limit: most points at which one picture evaluates the target; below 100 it is not asked.
    """
    asked = None if target is None else np.errstate(**np.geterr())(target)  # others' code
    subject = Subject(model, report, asked, outside, rows, fresh, limit)
    by_inputs = {1: _one_input.figures, 2: _two_inputs.figures}
    with np.errstate(over="ignore", invalid="ignore"):  # air around axes near the end of float64
        return by_inputs.get(model.domain.dimension, _many_inputs.figures)(subject)
