"""The functions of formulas on balls: real enclosures, and analytic continuations.

`REAL` takes real balls and encloses every value that the function has on them; where a ball only
just leaves the domain of a root or an inverse function (`sqrt`, `acos`, ...), the part inside
counts. `EVERYWHERE` is not finite then: its finite balls prove that there is a value on the whole
ball. `ANALYTIC` takes real or complex balls and is not finite unless the function is analytic on
the whole ball: the principal branch of Arb alone would return a finite ball across a branch cut.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import inf, isfinite
from typing import Any, TypeAlias

from flint import acb, arb

Ball: TypeAlias = Any  # arb, or acb where complex balls are allowed
Operation: TypeAlias = Callable[[Ball], Ball]

NOT_FINITE = arb.nan()
OVERHANG = 2.0**-20  # share of a ball that may lie outside the domain of a root


def hull(a: arb, b: arb) -> arb:
    """Return a real ball around two; not finite if one is not."""
    return a.union(b) if a.is_finite() and b.is_finite() else NOT_FINITE


def from_zero(top: arb) -> arb:
    """Return a real ball that begins exactly at 0 and reaches to `top` at least, top >= 0."""
    around = arb(
        0, top / 2
    )  # Arb rounds a radius up when it is given; the midpoint makes up for it
    return around.rad() + around


def _complex(z: Ball) -> acb:
    return z if isinstance(z, acb) else acb(z)


def _alike(value: acb, z: Ball) -> Ball:
    """Return a real ball for a real argument."""
    if isinstance(z, acb):
        return value
    return value.real if value.imag.contains(0) and value.is_finite() else NOT_FINITE


def _where(holds: bool, value: Callable[[], Ball]) -> Ball:
    return value() if holds else NOT_FINITE


def _inside_unit(part: arb) -> bool:
    return bool(abs(part) < 1)


def _off_real_axis(z: Ball) -> bool:
    return isinstance(z, acb) and not z.imag.contains(0)


def _off_imaginary_axis(z: Ball) -> bool:
    return not _complex(z).real.contains(0)


def _analytic_log(z: Ball) -> Ball:
    return _alike(_complex(z).log(analytic=True), z)


def _analytic_sqrt(z: Ball) -> Ball:
    if _is_zero(z):
        return z
    return _alike(_complex(z).sqrt(analytic=True), z)


def _is_zero(z: Ball) -> bool:
    """Tell whether a ball holds 0 alone: on a region, what has such values is 0 all over it."""
    return bool(z.is_zero())


def _off_unit_cuts(operation: Operation) -> Operation:
    """Guard a function with cuts on the real axis beyond -1 and 1: asin, acos, atanh."""
    return lambda z: _where(
        _off_real_axis(z) or _inside_unit(_complex(z).real), lambda: operation(z)
    )


def _off_imaginary_cuts(operation: Operation) -> Operation:
    """Guard a function with cuts on the imaginary axis beyond -i and i: atan, asinh."""
    return lambda z: _where(
        _off_imaginary_axis(z) or _inside_unit(_complex(z).imag), lambda: operation(z)
    )


def _asinh(z: Ball) -> Ball:
    """Return asinh, an odd function: wide balls with positive real part are too much for Arb."""
    mirrored = isinstance(z, acb) and bool(z.real > 0)
    return -((-z).asinh()) if mirrored else z.asinh()


def _acosh(z: Ball) -> Ball:
    return _where(_off_real_axis(z) or bool(_complex(z).real > 1), z.acosh)


def _log1p(z: Ball) -> Ball:
    return _where(_off_real_axis(z) or bool(_complex(z).real > -1), z.log1p)


def _log2(z: Ball) -> Ball:
    return _analytic_log(z) / arb(2).log()


def _log10(z: Ball) -> Ball:
    return _analytic_log(z) / arb(10).log()


ANALYTIC: dict[str, Operation] = {
    "sin": lambda z: z.sin(),
    "cos": lambda z: z.cos(),
    "tan": lambda z: z.tan(),
    "asin": _off_unit_cuts(lambda z: z.asin()),
    "acos": _off_unit_cuts(lambda z: z.acos()),
    "atan": _off_imaginary_cuts(lambda z: z.atan()),
    "sinh": lambda z: z.sinh(),
    "cosh": lambda z: z.cosh(),
    "tanh": lambda z: z.tanh(),
    "asinh": _off_imaginary_cuts(_asinh),
    "acosh": _acosh,
    "atanh": _off_unit_cuts(lambda z: z.atanh()),
    "sech": lambda z: z.sech(),
    "exp": lambda z: z.exp(),
    "expm1": lambda z: z.expm1(),
    "log": _analytic_log,
    "log1p": _log1p,
    "log2": _log2,
    "log10": _log10,
    "sqrt": _analytic_sqrt,
    "erf": lambda z: z.erf(),
    "gamma": lambda z: z.gamma(),
    "j0": lambda z: z.bessel_j(0),
    "j1": lambda z: z.bessel_j(1),
}


def analytic_power(z: Ball, exponent: Fraction) -> Ball:
    """Return z to a rational exponent; not finite across the cut of a fractional one."""
    if exponent.denominator == 1:
        return z ** int(exponent)
    if exponent == Fraction(1, 2):
        return _analytic_sqrt(z)
    if exponent > 0 and _is_zero(z):
        return z
    power = acb(arb(exponent.numerator) / exponent.denominator)
    return _alike(_complex(z).pow(power, analytic=True), z)


def _within(operation: Operation, low: float, high: float, overhang: float) -> Operation:
    """Return a monotone function whose argument counts only between two ends of its domain.

    Of a ball that just reaches over an end, as rounding makes it do, the part inside counts.
    """

    def clipped(x: arb) -> arb:
        if x >= low and x <= high:
            value = _real(operation(x))
            if value.is_finite():  # Arb gives up where a ball ends just where the domain does
                return value
        over = _just_over(x, low, overhang) and _just_over(-x, -high, overhang)
        if not x.is_finite() or not over:
            return NOT_FINITE
        bottom = x.lower() if x >= low else arb(low)
        top = x.upper() if x <= high else arb(high)
        return hull(operation(bottom), operation(top))

    return clipped


def _just_over(x: arb, end: float, overhang: float = OVERHANG) -> bool:
    """Tell whether a ball reaches below an end by no more than the rounding of its radius."""
    if not isfinite(end):
        return True
    inside, outside = x.upper() - end, end - x.lower()
    return bool(inside >= 0) and bool(outside <= inside * overhang)


def _real(value: Ball) -> arb:
    assert isinstance(value, arb)
    return value


def _real_functions(overhang: float) -> dict[str, Operation]:
    return {
        **ANALYTIC,
        "sqrt": _within(arb.sqrt, 0.0, inf, overhang),
        "asin": _within(arb.asin, -1.0, 1.0, overhang),
        "acos": _within(arb.acos, -1.0, 1.0, overhang),
        "acosh": _within(arb.acosh, 1.0, inf, overhang),
        "log": arb.log,
        "log2": lambda x: x.log() / arb(2).log(),
        "log10": lambda x: x.log() / arb(10).log(),
        "log1p": arb.log1p,
        "atan": arb.atan,
        "asinh": arb.asinh,
        "atanh": arb.atanh,
    }


REAL = _real_functions(OVERHANG)
EVERYWHERE = _real_functions(0.0)


def real_power(x: arb, exponent: Fraction, overhang: float = OVERHANG) -> arb:
    """Return an enclosure of x to a rational exponent wherever that has a value."""
    if exponent.denominator > 1:
        return real_general_power(x, arb(exponent.numerator) / exponent.denominator, overhang)
    power = int(exponent)
    if power > 0 and power % 2 == 0 and x.contains(0) and x.is_finite():
        return from_zero(x.abs_upper() ** power)
    return x**power


def real_general_power(x: arb, exponent: arb, overhang: float = OVERHANG) -> arb:
    """Return an enclosure of x to any exponent for the part of x that is not negative."""
    if x > 0:
        return (exponent * x.log()).exp()
    if not exponent > 0 or not x.is_finite() or not _just_over(x, 0.0, overhang):
        return NOT_FINITE
    if not x.upper() > 0:
        return arb(0)
    # Largest at the upper end: the power grows with x whatever the positive exponent.
    return from_zero((exponent * x.upper().log()).exp().upper())


def analytic_general_power(z: Ball, exponent: Ball) -> Ball:
    """Return z to an exponent that is itself a function, through the logarithm off its cut."""
    return (exponent * _analytic_log(z)).exp()


def cube_root(x: Ball, sign: int) -> Ball:
    """Return the real cube root continued from the side of zero that `sign` names."""
    if sign == 0:
        return arb(0)
    return sign * analytic_power(sign * x, Fraction(1, 3))


def real_cube_root(x: arb) -> arb:
    """Return an enclosure of the real cube root."""
    if not x.is_finite():
        return NOT_FINITE
    return hull(_exact_cube_root(x.lower()), _exact_cube_root(x.upper()))


def _exact_cube_root(x: arb) -> arb:
    if x == 0:
        return arb(0)
    return x.root(3) if x > 0 else -((-x).root(3))
