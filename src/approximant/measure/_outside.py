"""How the error grows outside the domain."""

from __future__ import annotations

import numpy as np

from approximant.arrays import per_output
from approximant.domain import Box
from approximant.measure._errors import Evaluate
from approximant.report import OutsideError

BEYOND = (0.01, 0.1, 0.5, 1.0)  # shares of the interval's width
POINTS = 64


def measure_outside(
    target: Evaluate, model: Evaluate, box: Box, generator: np.random.Generator
) -> tuple[OutsideError, ...]:
    """Return the largest error at several distances beyond each end of each input.

    The other inputs are random inside. Where the target is not finite the error is NaN.

    Args:
        target: maps points (n, d) to values (n, m), NaN where it has none.
        model: the same, without any guard.
        box: the domain.
        generator: draws the other inputs.
    """
    rows = []
    for k, name in enumerate(box.names):
        for side in ("below", "above"):
            for beyond in BEYOND:
                count = POINTS if box.dimension > 1 else 1
                x = box.from_unit(generator.random((count, box.dimension)))
                step = beyond * box.width[k]
                x[:, k] = box.lower[k] - step if side == "below" else box.upper[k] + step
                values = target(x)  # others' code, under the rules of those who called
                with np.errstate(all="ignore"):
                    error = np.abs(values - model(x)).max(axis=0)
                rows.append(OutsideError(name, side, beyond, per_output(error)))
    return tuple(rows)
