"""Variable projection: Gauss-Newton on the hidden layer, output weights solved in each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, Points, Values, Vector
from approximant.networks import Layer, Network

FIRST_DAMPING = 1e-3
GLANCE = 100.0  # multiples of the goal's cost from which a closer look at the error is worth it
NEAR, EXTRA = 1e3, 3  # costs within this multiple of the goal's are worth more iterations
LOWER, RAISE = 5.0, 4.0  # factors on the damping after a step that helped, or did not
TINY = 4  # widths up to which steps are so cheap, and their end so sudden, that none is given up
LOOK = 5  # steps that helped between two looks at the pace
HOPE = 2.0  # how many times faster than so far the rest of the way may have to be


@dataclass(frozen=True, eq=False)
class _Projection:
    """The least-squares solve of the output layer for one hidden layer."""

    layer: Layer
    z: Array  # (n, w) what the activations are applied to
    a: Array  # (n, w) activations
    factors: Array  # (n + w + 1, w + 1) Householder QR of the design with its ridge
    tau: Vector
    rotated: Array  # (n + w + 1, m): Q' applied to the values
    cost: float  # sum of squared residuals

    @property
    def tail(self) -> Array:
        """The residual, (n, m), in the coordinates of Q' that the design does not reach."""
        return self.rotated[self.layer.width + 1 :]

    def weights(self) -> Array:
        """Return the output weights (w + 1, m), the last row the biases."""
        from scipy.linalg import lapack

        columns = self.layer.width + 1
        weights, _ = lapack.dtrtrs(self.factors[:columns], self.rotated[:columns])
        return np.asarray(weights)


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
        iterations: most steps tried; EXTRA times as many when the goal is near.
    """
    scaled = values / tolerance
    scale = float(np.abs(scaled).max())
    scaled = scaled / scale
    best = _project(layer, points, scaled)
    if best is None:
        raise ValueError("The hidden layer is not finite at the points.")
    goal = values.size * (0.25 / scale) ** 2  # of the cost, for a largest residual of about half
    damping, first, accepted = FIRST_DAMPING, best.cost, 0
    weights = best.weights()
    system: tuple[Array, Vector] | None = None
    for k in range(EXTRA * iterations):
        if k >= iterations and best.cost > NEAR * goal:
            break
        if system is None:
            if best.cost < GLANCE * goal and _good(best, weights, scaled, scale):
                break
            look = layer.width > TINY and accepted and accepted % LOOK == 0 and k < iterations
            if look and _hopeless(first, best.cost, goal, k, iterations):
                break
            system = _normal_equations(best, weights, points)
        step = _damped_step(*system, damping)
        trial = _project(_moved(best.layer, step), points, scaled) if step is not None else None
        if trial is None or not trial.cost < best.cost:
            damping *= RAISE
            if damping > 1e8:
                break
            continue
        best, system, damping = trial, None, max(damping / LOWER, 1e-15)
        weights, accepted = best.weights(), accepted + 1
    best = _without_turns(best, points, scaled)
    outer = (best.weights() * (scale * tolerance)).T
    output = Layer.uniform(outer[:, :-1].copy(), outer[:, -1].copy(), "linear")
    return Network((best.layer, output)), k + 1


def _good(now: _Projection, weights: Array, values: Values, scale: float) -> bool:
    """Tell whether error and rounding are both well within what the tolerance leaves them."""
    residual = values - now.a @ weights[:-1] - weights[-1]
    error = float(np.abs(residual).max()) * scale
    sums = np.abs(weights[:-1]).sum(axis=0) * scale
    rounding = float(sums.max()) * (now.layer.width + 14) * UNIT_ROUNDOFF
    return error < 0.5 and 4.0 * rounding < 0.9


def _hopeless(first: float, now: float, goal: float, done: int, iterations: int) -> bool:
    """Tell whether the goal is out of reach at the pace so far, hoping for a better one."""
    pace = np.log(first / now) / done
    return bool(np.log(now / goal) > HOPE * pace * (iterations - done))


def _project(layer: Layer, points: Points, values: Values) -> _Projection | None:
    """Return the solve for a hidden layer, None if the layer is not finite."""
    from scipy.linalg import lapack

    z = layer.affine(points)
    a = layer.activate(z.copy())
    if not np.isfinite(a).all():
        return None
    n, width = a.shape
    columns = width + 1
    design = np.zeros((n + columns, columns), order="F")
    design[:n, :width] = a
    design[:n, width] = 1.0
    # Weights cost S (width + 14) u in rounding; the ridge lets them pay for it as a misfit.
    ridge = (width + 14) * UNIT_ROUNDOFF * n**0.5
    design[n + np.arange(columns), np.arange(columns)] = ridge
    factors, tau, _, _ = lapack.dgeqrf(design, lwork=64 * columns, overwrite_a=1)
    rotated = _rotate(factors, tau, values, n + columns)
    tail = rotated[columns:]
    return _Projection(layer, z, a, factors, tau, rotated, float(np.vdot(tail, tail)))


def _rotate(factors: Array, tau: Vector, columns: Array, rows: int) -> Array:
    """Return Q' applied to columns (n, k) with zeros below, (rows, k)."""
    from scipy.linalg import lapack

    padded = np.zeros((rows, columns.shape[1]), order="F")
    padded[: len(columns)] = columns
    rotated, _, _ = lapack.dormqr("L", "T", factors, tau, padded, 64 * rows, overwrite_c=1)
    return np.asarray(rotated)


def _normal_equations(now: _Projection, weights: Array, points: Points) -> tuple[Array, Vector]:
    """Return J'J and J'r of the projected residual for weights and biases of the hidden layer.

    Kaufman's Jacobian is the part of d(design) weights that the design does not reach: what is
    left below the first columns once Q' is applied.
    """
    n, width = now.a.shape
    d = points.shape[1]
    slope = now.layer.slope(now.z, now.a)
    gram = np.zeros((width * (d + 1),) * 2)
    right = np.zeros(width * (d + 1))
    jacobian = np.empty((n, width * (d + 1)))
    for output in range(weights.shape[1]):
        pull = slope * weights[:-1, output]
        for k in range(d):
            jacobian[:, k * width : (k + 1) * width] = pull * points[:, k : k + 1]
        jacobian[:, d * width :] = pull
        reached = _rotate(now.factors, now.tau, jacobian, len(now.rotated))[width + 1 :]
        gram += reached.T @ reached
        right += reached.T @ now.tail[:, output]
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


def _without_turns(now: _Projection, points: Points, values: Values) -> _Projection:
    """Return the solve with the whole turns taken from the phases of sines.

    Long steps leave phases in the thousands, where rounding z costs four digits of the sine.
    """
    layer = now.layer.without_turns()
    return now if layer is now.layer else _project(layer, points, values) or now
