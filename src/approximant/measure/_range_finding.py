"""Values that the last activation cannot reach."""

from __future__ import annotations

import math

import numpy as np

from approximant.arrays import Vector
from approximant.measure._evidence import Evidence
from approximant.report import Finding

# The unreachable part counts where it explains this share of the mean squared error, or is this
# share of the standard deviation however bad the rest is; below the last, nobody would notice.
SHARE_OF_ERROR, SHARE_OF_DEVIATION, NOTICEABLE = 0.25, 0.1, 1e-3

RANGES = {
    "tanh": (-1.0, 1.0),
    "sigmoid": (0.0, 1.0),
    "sin": (-1.0, 1.0),
    "gaussian": (0.0, 1.0),
    "softplus": (0.0, math.inf),
    "relu": (0.0, math.inf),
    "elu": (-1.0, math.inf),
    "silu": (-0.27847, math.inf),
    "gelu": (-0.16998, math.inf),
    "abs": (0.0, math.inf),
    "step": (0.0, 1.0),
}


def unreachable_range(evidence: Evidence) -> Finding | None:
    """Return the finding that the last activation cannot reach the values of the rows."""
    layer = evidence.network.layers[-1]
    names = [
        activation.name
        for activation, columns in layer.slices()
        for _ in range(layer.width)[columns]
    ]
    low, high = np.array([RANGES.get(name, (-math.inf, math.inf)) for name in names]).T
    values = evidence.watched.values
    missed = values - np.clip(values, low, high)
    unavoidable = np.mean(missed**2, axis=0)
    reached = np.mean(evidence.residuals**2, axis=0)
    share = np.sqrt(unavoidable) / evidence.deviations
    matters = (unavoidable >= SHARE_OF_ERROR * reached) | (share >= SHARE_OF_DEVIATION)
    matters &= share > NOTICEABLE
    if not matters.any():
        return None
    k = int(np.argmax(np.where(matters, share, 0.0)))
    column: Vector = values[:, k]
    return Finding(
        "output range",
        f"{np.mean(missed[:, k] != 0):.0%} of the rows have values that a {names[k]} output cannot "
        f"reach: it gives {_interval(low[k], high[k])}, they run from {column.min():.3g} to "
        f"{column.max():.3g}; at least {math.sqrt(unavoidable[k]):.2g} of the rmse "
        f"{math.sqrt(reached[k]):.2g} comes from there.",
        "Make the output layer linear.",
    )


def _interval(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}" if math.isfinite(high) else f"at least {low:.3g}"
