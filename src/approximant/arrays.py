"""Names for the array shapes that pass between rooms; all of them hold float64, whose u is here."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

UNIT_ROUNDOFF = 2.0**-53  # of float64, the u of every bound here

Array: TypeAlias = NDArray[np.float64]  # any shape
Points: TypeAlias = NDArray[np.float64]  # (n, d): n points of d inputs
Values: TypeAlias = NDArray[np.float64]  # (n, m): m outputs at n points
Vector: TypeAlias = NDArray[np.float64]  # (k,)
Indices: TypeAlias = NDArray[np.intp]  # (k,)
Mask: TypeAlias = NDArray[np.bool_]  # (n,)
PerOutput: TypeAlias = float | Vector  # a number for one output, (m,) for several


def per_output(values: Array) -> PerOutput:
    """Return a plain number for one output, the array (m,) for several."""
    return float(values[0]) if len(values) == 1 else np.asarray(values)
