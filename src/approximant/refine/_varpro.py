"""Variable projection: Gauss-Newton on the hidden layer, output weights solved in each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Points, Values, Vector
from approximant.networks import Layer, Network

UNIT_ROUNDOFF = 2.0**-53
FIRST_DAMPING = 1e-3
LOWER, RAISE = 5.0, 4.0  # factors on the damping after a step that helped, or did not
TINY = 4  # widths up to which steps are so cheap, and their end so sudden, that none is given up
LOOK = 5  # steps that helped between two looks at the pace
HOPE = 2.0  # how many times faster than so far the rest of the way may have to be


@dataclass(frozen=True, eq=False)
class _Trial:
    """The least-squares solve of the output layer for one hidden layer, as far as its cost."""

    layer: Layer
    z: Array  # (n, w) what the activations are applied to
    a: Array  # (n, w) activations
    factors: Array  # (n + w + 1, w + 1) Householder QR of the design with its ridge
    tau: Vector
    rotated: Array  # (n + w + 1, m): Q' applied to the values
    cost: float  # sum of squared residuals


@dataclass(frozen=True, eq=False)
class _Projection:
    """What a step needs of the trial it starts from."""

    layer: Layer
    slope: Array  # (n, w) derivative of the activations
    basis: Array  # (n + w + 1, w + 1) orthonormal columns of the design with its ridge
    weights: Array  # (w + 1, m), the last row the output biases
    residual: Array  # (n + w + 1, m)
    cost: float


def varpro(
    layer: Layer, points: Points, values: Values, tolerance: Vector, *, iterations: int
) -> tuple[Network, int]:
    """Return the network of one hidden layer after damped Gauss-Newton steps, and how many it took.

    Kaufman's approximation of the variable projection Jacobian (Kaufman 1975; Golub and Pereyra
    2003), Marquardt damping. Stops early when the largest residual is below half the tolerance and
    rounding below its quarter, or when that is out of reach at the pace so far.

    Args:
        layer: hidden layer to start from; smooth activations.
        points: (n, d).
        values: (n, m).
        tolerance: largest error wanted, (m,).
        iterations: most steps tried.
    """
    scaled = values / tolerance
    scale = float(np.abs(scaled).max())
    scaled = scaled / scale
    start = _try(layer, points, scaled)
    if start is None:
        raise ValueError("The hidden layer is not finite at the points.")
    best = _project(start, scaled)
    goal = values.size * (0.25 / scale) ** 2  # of the cost, for a largest residual of about half
    damping, first = FIRST_DAMPING, best.cost
    system: tuple[Array, Vector] | None = None
    accepted = 0
    for k in range(iterations):
        if _good(best, len(points), scale):
            break
        if system is None:
            look = layer.width > TINY and accepted and accepted % LOOK == 0
            if look and _hopeless(first, best.cost, goal, k, iterations):
                break
            system = _normal_equations(best, points)
        step = _damped_step(*system, damping)
        trial = _try(_moved(best.layer, step), points, scaled) if step is not None else None
        if trial is None or not trial.cost < best.cost:
            damping *= RAISE
            if damping > 1e8:
                break
            continue
        best, system, damping = _project(trial, scaled), None, max(damping / LOWER, 1e-15)
        accepted += 1
    outer = (best.weights * (scale * tolerance)).T
    output = Layer.uniform(outer[:, :-1].copy(), outer[:, -1].copy(), "linear")
    return Network((best.layer, output)), k + 1


def _good(now: _Projection, rows: int, scale: float) -> bool:
    """Tell whether error and rounding are both well within what the tolerance leaves them."""
    error = float(np.abs(now.residual[:rows]).max()) * scale
    sums = np.abs(now.weights[:-1]).sum(axis=0) * scale
    rounding = float(sums.max()) * (now.layer.width + 14) * UNIT_ROUNDOFF
    return error < 0.5 and 4.0 * rounding < 0.9


def _hopeless(first: float, now: float, goal: float, done: int, iterations: int) -> bool:
    """Tell whether the goal is out of reach at the pace so far, hoping for a better one."""
    pace = np.log(first / now) / done
    return bool(np.log(now / goal) > HOPE * pace * (iterations - done))


def _try(layer: Layer, points: Points, values: Values) -> _Trial | None:
    """Return the solve for a hidden layer, None if the layer is not finite."""
    from scipy.linalg import lapack

    z = layer.affine(points)
    a = layer.activate(z.copy())
    n, width = a.shape
    design = np.zeros((n + width + 1, width + 1), order="F")
    design[:n, :width] = a
    design[:n, width] = 1.0
    # Weights cost S (width + 14) u in rounding; the ridge lets them pay for it as a misfit.
    ridge = (width + 14) * UNIT_ROUNDOFF * n**0.5
    design[n + np.arange(width + 1), np.arange(width + 1)] = ridge
    if not np.isfinite(a).all():
        return None
    factors, tau, _, _ = lapack.dgeqrf(design, lwork=64 * (width + 1), overwrite_a=1)
    padded = np.zeros((n + width + 1, values.shape[1]), order="F")
    padded[:n] = values
    rotated, _, _ = lapack.dormqr("L", "T", factors, tau, padded, 64 * (width + 1), overwrite_c=1)
    tail = rotated[width + 1 :]
    return _Trial(layer, z, a, factors, tau, rotated, float(np.vdot(tail, tail)))


def _project(trial: _Trial, values: Values) -> _Projection:
    from scipy.linalg import lapack

    n, width = trial.a.shape
    columns = width + 1
    weights, _ = lapack.dtrtrs(trial.factors[:columns], trial.rotated[:columns])
    basis, _, _ = lapack.dorgqr(trial.factors, trial.tau, lwork=64 * columns, overwrite_a=1)
    residual = -basis @ trial.rotated[:columns]
    residual[:n] += values
    slope = trial.layer.slope(trial.z, trial.a)
    return _Projection(trial.layer, slope, basis, weights, residual, trial.cost)


def _normal_equations(now: _Projection, points: Points) -> tuple[Array, Vector]:
    """Return J'J and J'r of the projected residual for weights and biases of the hidden layer."""
    n, width = now.slope.shape
    d = points.shape[1]
    gram = np.zeros((width * (d + 1),) * 2)
    right = np.zeros(width * (d + 1))
    inputs = np.hstack([points, np.ones((n, 1))])
    for output in range(now.weights.shape[1]):
        pull = now.slope * now.weights[:-1, output]
        jacobian = np.zeros((len(now.basis), width * (d + 1)), order="F")
        for k in range(d + 1):
            jacobian[:n, k * width : (k + 1) * width] = pull * inputs[:, k : k + 1]
        jacobian -= now.basis @ (now.basis.T @ jacobian)
        gram += jacobian.T @ jacobian
        right += jacobian.T @ now.residual[:, output]
    return gram, right


def _damped_step(gram: Array, right: Vector, damping: float) -> Vector | None:
    from scipy.linalg import lapack

    diagonal = np.diag(gram)
    damped = gram + damping * np.diag(diagonal + 1e-14 * diagonal.max())
    factor, failed = lapack.dpotrf(damped, lower=1)
    if failed:
        return None
    step, _ = lapack.dpotrs(factor, right, lower=1)
    return np.asarray(step) if np.isfinite(step).all() else None


def _moved(layer: Layer, step: Vector) -> Layer:
    parts = step.reshape(-1, layer.width)
    assert layer.biases is not None
    return Layer(layer.weights + parts[:-1].T, layer.biases + parts[-1], layer.groups)
