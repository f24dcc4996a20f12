"""Inputs so badly scaled that it matters."""

from __future__ import annotations

import math

import numpy as np

from approximant.arrays import Points, Vector
from approximant.measure._evidence import Evidence
from approximant.report import Finding

# Weights start for inputs of size 1, which biases have. Steps along the largest column limit the
# rate while those along the smallest wait: a ratio of sizes r costs about r^2 as many steps.
SIZES = 30.0
# A network that has learned all but this share of the standard deviation was not held up.
LEARNED = 0.01


def badly_scaled(evidence: Evidence) -> Finding | None:
    """Return the finding that inputs far from size 1 hold up the training, where they do."""
    ratio = size_ratio(evidence.rows.points)
    if ratio <= SIZES or evidence.unlearned <= LEARNED:
        return None
    columns = zip(evidence.inputs, evidence.rows.points.T, strict=True)
    spans = [f"{name} runs from {c.min():.4g} to {c.max():.4g}" for name, c in columns if _far(c)]
    return Finding(
        "badly scaled inputs",
        f"{', '.join(spans[:3])}: sizes differ {ratio:,.0f}-fold, that of the biases' input 1 "
        f"included, and {evidence.unlearned:.2g} of the target's standard deviation is still to be "
        "learned.",
        "Scale the inputs: scaling='standard'.",
    )


def size_ratio(points: Points) -> float:
    """Return the largest size of a column over the smallest spread, both beside the bias 1."""
    sizes, spreads = _sizes(points)
    varying = spreads > 0
    return float(max(1.0, sizes.max()) / min(1.0, spreads[varying].min(initial=1.0)))


def _sizes(points: Points) -> tuple[Vector, Vector]:
    return np.sqrt(np.mean(points**2, axis=0)), np.std(points, axis=0)


def _far(column: Vector) -> bool:
    sizes, spreads = _sizes(column[:, None])
    root = math.sqrt(SIZES)
    return bool(sizes[0] > root or 0 < spreads[0] < 1 / root)
