"""Activations on balls, real and complex: what each becomes on a cell, and its enclosure there.

Everything here is for the checker alone; the prover has its own bounds, so that a slip in one of
the two does not pass unnoticed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from flint import acb, arb

Ball: TypeAlias = Any  # arb, or acb where complex balls are meant

HALF = arb(0.5)
# From where on activations rise; silu and gelu have their minimum below -0.75.
RISING = {"tanh": None, "sigmoid": None, "softplus": None, "expm1": None,
          "silu": -0.75, "gelu": -0.75}  # fmt: skip
CORNER = 1.5  # the square around a disc reaches further than it, if not as far as this
WIDE = 2.0**-24  # a real ball wider than this is read at its ends where the activation rises


def branch(name: str, low: arb, high: arb) -> str | None:
    """Return the smooth activation that a kinked one equals for low <= z <= high, None for none."""
    if name not in _KINKED:
        return name
    below, above = _KINKED[name]
    if low >= 0:
        return above
    # A step is 1 at 0 already, the others are continuous there.
    return below if (high < 0 or (high <= 0 and name != "step")) else None


_KINKED = {
    "relu": ("zero", "linear"),
    "leaky_relu": ("leak", "linear"),
    "abs": ("negative", "linear"),
    "elu": ("expm1", "linear"),
    "step": ("off", "on"),
}
AFFINE = {"linear": (1.0, 0.0), "negative": (-1.0, 0.0), "leak": (0.01, 0.0),
          "zero": (0.0, 0.0), "off": (0.0, 0.0), "on": (0.0, 1.0)}  # fmt: skip


def settled(name: str, low: arb, high: arb) -> arb | None:
    """Return the value on low <= z <= high of an activation that is saturated there, or None."""
    if name not in _LIMITS:
        return None
    reach, above, below = _LIMITS[name]
    if low > reach:
        return arb(above, SATURATED)
    return arb(below, SATURATED) if high < -reach else None


# Beyond this |z| the activation is within exp(-88) of these limits.
_LIMITS = {"tanh": (45, 1, -1), "sigmoid": (90, 1, 0), "gaussian": (10, 0, 0)}
SATURATED = 2.0**-126


def enclosure(name: str, z: Ball) -> Ball:
    """Return a ball that holds the activation of every number in z; not finite near a pole.

    `name` is an activation, or what `branch` made of a kinked one. Complex balls know no kinks.
    """
    if name in AFFINE:
        slope, shift = AFFINE[name]
        return slope * z + shift if slope else arb(shift)  # whatever becomes of z
    if name in _KINKED:
        return _BENT[name](z) if isinstance(z, arb) else acb(arb.nan())
    if isinstance(z, arb) and z.rad() > WIDE and _rises(name, z):
        return enclosure(name, z.lower()).union(enclosure(name, z.upper()))
    natural: Ball = _NATURAL[name](z)
    if isinstance(z, arb) or name not in _SIZES:
        return natural
    most = _SIZES[name](z)
    if natural.is_finite() and not natural.abs_upper() > CORNER * most:
        return natural
    return acb(_around_zero(most), _around_zero(most))


def _rises(name: str, z: arb) -> bool:
    """Tell whether an activation is known to rise on a real ball."""
    start = RISING.get(name, arb.pos_inf())
    return start is None or bool(z > start)


def size(name: str, z: acb) -> arb:
    """Return a bound on the modulus of an activation on a rectangle; not finite near a pole."""
    natural: arb = enclosure(name, z).abs_upper()
    return natural.min(_SIZES[name](z)) if name in _SIZES and natural.is_finite() else natural


_BENT: dict[str, Callable[[arb], arb]] = {
    "relu": lambda z: z.max(arb(0)),
    "leaky_relu": lambda z: z.max(arb(0)) + 0.01 * z.min(arb(0)),
    "abs": lambda z: abs(z),
    "elu": lambda z: z.max(arb(0)) + enclosure("expm1", z.min(arb(0))),
    "step": lambda z: arb(HALF, HALF),
}


def _around_zero(most: arb) -> arb:
    return most.union(-most)


def _tanh(z: Ball) -> Ball:
    """Return tanh z = +-(1 - 2 / (exp(+-2z) + 1)), whose fraction is small far from the poles."""
    natural = z.tanh()
    if natural.is_finite() or isinstance(z, arb) or z.real.contains(0):
        return natural
    growth = (2 * z.real.abs_lower()).exp().lower() - 1
    if not growth > 2:
        return natural
    rest = _around_zero((2 / growth).upper())
    return acb((1 if z.real > 0 else -1) + rest, rest)


def _sigmoid(z: Ball) -> Ball:
    return HALF * (1 + enclosure("tanh", HALF * z))


def _gaussian(z: Ball) -> Ball:
    if isinstance(z, arb) and z.rad() > WIDE:  # it falls with the size of z
        return _gaussian(z.abs_lower()).union(_gaussian(z.abs_upper()))
    return (-z * z).exp()


def _softplus(z: Ball) -> Ball:
    return _log(1 + z.exp())


def _log(z: Ball) -> Ball:
    return z.log() if isinstance(z, arb) else z.log(analytic=True)


def _normal_cdf(z: Ball) -> Ball:
    return HALF * (-z * HALF.sqrt()).erfc()


_NATURAL: dict[str, Callable[[Ball], Ball]] = {
    "tanh": _tanh,
    "sigmoid": _sigmoid,
    "sin": lambda z: z.sin(),
    "gaussian": _gaussian,
    "softplus": _softplus,
    "silu": lambda z: z * _sigmoid(z),
    "gelu": lambda z: z * _normal_cdf(z),
    "expm1": lambda z: z.expm1() if isinstance(z, arb) else z.exp() - 1,
}


def _tanh_size(z: acb) -> arb:
    """Return the largest |tanh| on a rectangle, infinite where a pole may lie in it.

    |tanh(x + iy)|^2 = (cosh 2x - cos 2y) / (cosh 2x + cos 2y) falls in cos 2y; where that is
    negative it falls in |x|, and elsewhere it stays below 1.
    """
    y = z.imag.abs_upper()
    cosine = (2 * y).cos().lower() if y < HALF * arb.pi() else arb(-1)
    if cosine >= 0:
        return arb(1)
    cosh = (2 * z.real.abs_lower()).cosh()
    if not cosh + cosine > 0:
        return arb.pos_inf()
    return ((cosh - cosine) / (cosh + cosine)).sqrt().upper().max(arb(1))


def _gaussian_size(z: acb) -> arb:
    return (z.imag.abs_upper() ** 2 - z.real.abs_lower() ** 2).exp().upper()


def _softplus_size(z: acb) -> arb:
    """Return a bound on |log(1 + exp z)|, infinite unless |Im z| < pi/2: there |1 + exp z| >= 1.

    Then |1 + exp z| is at most 1 + exp(Re z), and its argument at most |Im z|, that of exp z: to
    add 1 turns a number towards the positive axis.
    """
    turn = z.imag.abs_upper()
    if not turn < HALF * arb.pi():
        return arb.pos_inf()
    return ((1 + z.real.upper().exp()).log() ** 2 + turn**2).sqrt().upper()


_SIZES: dict[str, Callable[[acb], arb]] = {
    "expm1": lambda z: (z.real.upper().exp() + 1).upper(),
    "softplus": _softplus_size,
    "tanh": _tanh_size,
    "sigmoid": lambda z: HALF * (1 + _tanh_size(HALF * z)),
    "gaussian": _gaussian_size,
}
