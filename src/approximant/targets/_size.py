"""How large values may be: sums of them should stay within float64."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from approximant.arrays import Points, Values
from approximant.targets._words import point_text

LARGEST = 2.0**1000  # about 1.07e301: leaves room for sums of some millions of such values


def too_large(
    inputs: Sequence[str], outputs: Sequence[str], points: Points, values: Values
) -> str | None:
    """Return what is wrong with finite values (n, m) at points (n, d) for their size, or None."""
    row, column = divmod(int(np.abs(values).argmax()), values.shape[1])
    if abs(values[row, column]) <= LARGEST:
        return None
    return (
        f"{outputs[column]} is {values[row, column]:.4g} at {point_text(inputs, points[row])}; "
        f"values up to {LARGEST:.3g} can be approximated, sums of larger ones overflow. Divide it "
        "by a constant."
    )
