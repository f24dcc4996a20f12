"""The one linear solve behind every construction and refinement."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array, Values, Vector

RIDGE = 1e-15  # relative to the design matrix: the level of its own rounding


def least_squares(
    design: Array, values: Values, ridge: float = RIDGE, hopeless: Vector | None = None
) -> Array:
    """Return the weights (w, m) that minimise |design @ weights - values|, kept small.

    Householder QR of the design augmented by `ridge * |design|` on the diagonal, then one step of
    iterative refinement. The ridge bounds the weights where columns are nearly dependent, as they
    are for all good hidden layers, without the cost of a singular value decomposition; unlike
    normal equations it keeps all digits.

    Args:
        design: values of the hidden neurons, (n, w), n >= w.
        values: target values, (n, m).
        ridge: weight penalty as a share of the norm of the design matrix.
        hopeless: residual (m,) from which the refinement is not worth its time.
    """
    from scipy.linalg import lapack

    rows, width = design.shape
    penalty = ridge * float(np.abs(design).max(initial=1e-300)) * rows**0.5
    augmented = np.zeros((rows + width, width), order="F")
    augmented[:rows] = design
    augmented[rows + np.arange(width), np.arange(width)] = penalty
    qr, tau, _, _ = lapack.dgeqrf(augmented, lwork=64 * width, overwrite_a=1)

    def solve(residual: Array, pull: Array) -> Array:
        stacked = np.asfortranarray(np.concatenate([residual, pull]))
        rotated, _, _ = lapack.dormqr("L", "T", qr, tau, stacked, 64 * width, overwrite_c=1)
        weights, _ = lapack.dtrtrs(qr[:width], rotated[:width])
        return np.asarray(weights)

    weights = solve(values, np.zeros((width, values.shape[1])))
    residual = values - design @ weights
    if hopeless is not None and np.any(np.abs(residual).max(axis=0) > hopeless):
        return weights
    return weights + solve(residual, -penalty * weights)
