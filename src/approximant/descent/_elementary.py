"""exp, log and their kin for compiled code: no branch, no table, so loops over them vectorise.

The arguments are float32 or float64 and so is every number inside. The series are interpolations in
Chebyshev points; results are within a few units in the last place. NaN comes out as NaN.
"""

from __future__ import annotations

import math
from typing import Any

from approximant.descent._compiling import compiled_exactly
from approximant.descent._instructions import (
    between,
    power_of_two,
    rounded,
    series,
    times_power_of_two,
)

# Constants in parts; the first parts have so few digits that whole multiples of them are exact.
_LN2_HIGH = series([0.69287109375], [0.6931471803691238])
_LN2_LOW = series([0.00027608680994530943], [1.9082149292705877e-10])
_LOG2_E = series(*[[1.0 / math.log(2.0)]] * 2)
_PI_HIGH, _PI_MIDDLE, _PI_LOW = 3.141592651605606, 1.9841871583270443e-09, 1.034036596358821e-18
_DENSITY_AT_0 = 1.0 / math.sqrt(2.0 * math.pi)

_SHIFT = series([1.5 * 2.0**23 + 127], [1.5 * 2.0**52 + 1023])  # with the bias of the exponent
_SHIFT_ONLY = series([1.5 * 2.0**23], [1.5 * 2.0**52])
_LEAST = series([-87.0], [-708.0])  # of the arguments of exp that give a normal number
_MOST = series([88.0], [709.0])
_ONE = series([20.0], [40.0])  # from here on the sigmoid is 1

# (exp(r) - 1 - r) / r^2 for |r| <= log(2) / 2
_EXP = series(
    [0.5, 0.16666576989698775, 0.041666554617204574, 0.008363179052722578, 0.0013926183587713494],
    [
        *(0.5000000000000001, 0.16666666666666669, 0.04166666666662413, 0.008333333333330062),
        *(0.0013888888917213717, 0.00019841269863053618, 2.4801521295954376e-05),
        *(2.7557268459997064e-06, 2.7620088445409746e-07, 2.510038549551032e-08),
    ],
)
# p and q, where exp(r) = (q(r^2) + r p(r^2)) / (q(r^2) - r p(r^2)) for |r| <= log(2) / 2
_ODD = series([60.07741165161133, 1.0], [15131.492226872799, 420.27359012803413, 1.0])
_EVEN = series(
    [120.15482330322266, 12.012892723083496],
    [30262.984453745597, 3362.4625514014733, 30.013675506342157],
)
# (atanh(s) / s - 1) / s^2 for s^2 <= 1/9
_ATANH = series(
    [0.3333333366026371, 0.1999985316596486, 0.14296178997151418, 0.1085328790044, 0.11612164612],
    [
        *(0.3333333333333333, 0.19999999999999762, 0.1428571428580005, 0.11111111099118386),
        *(0.09090909948981357, 0.07692271982430275, 0.06667589315724629, 0.05867139530651599),
        *(0.05422589197440007, 0.03746071897775383, 0.07815288900461426),
    ],
)
# (sin(r) / r - 1) / r^2 and (cos(r) - 1 + r^2 / 2) / r^4 for |r| <= pi / 2
_SIN = series(
    [],
    [
        *(-0.16666666666666666, 0.008333333333333316, -0.00019841269841254966),
        *(2.7557319219160833e-06, -2.505210761669045e-08, 1.6058977292642743e-10),
        *(-7.643969663988074e-13, 2.7314368769379893e-15),
    ],
)
_COS = series(
    [],
    [
        *(0.041666666666666664, -0.001388888888888888, 2.4801587301579848e-05),
        *(-2.755731922156836e-07, 2.0876756602722215e-09, -1.1470712262813793e-11),
        *(4.77787760803859e-14, -1.5218598818596388e-16),
    ],
)
# (1 + 2t) exp(t^2) erfc(t) for 0 <= t <= 28, in (t - 4) / (t + 4); after Schonfelder 1978
_ERFC = series(
    [],
    [
        *(1.2329951186255526, -0.13962111684056255, 0.015379652102606133, 0.06809705425470212),
        *(-0.10103906603558063, 0.09373283499798463, -0.06633036582729279, 0.03716751554242076),
        *(-0.016197733895959854, 0.005031969952329153, -0.0007577743061693371),
        *(-0.00019925669640425623, 0.00015062567141369432, -2.4398609353512906e-05),
        *(-1.1232086023404734e-05, 5.706827475068264e-06, 3.0994402010831546e-07),
        *(-8.187662562915786e-07, 5.883230632914435e-08, 1.0181247475149971e-07),
        *(-9.456271524915692e-09, -8.906208663934622e-09),
    ],
)


@compiled_exactly
def _exp_parts(x: Any) -> Any:
    """Return 2^k and exp(r) - 1, where x = k log(2) + r."""
    x = between(x, _LEAST(x), _MOST(x))
    shifted = x * _LOG2_E(x) + _SHIFT(x)  # so large that only a whole number has room beside
    k = shifted - _SHIFT(x)
    r = (x - k * _LN2_HIGH(k)) - k * _LN2_LOW(k)
    return power_of_two(shifted), r + r * r * _EXP(r)


@compiled_exactly
def exp(x: Any) -> Any:
    """Return exp(x); the least and largest normal number beyond the range of the kind."""
    scale, rest = _exp_parts(x)
    return scale + scale * rest


@compiled_exactly
def expm1(x: Any) -> Any:
    """Return exp(x) - 1, accurate near 0 as well."""
    scale, rest = _exp_parts(x)
    return scale * rest + (scale - type(x)(1.0))


@compiled_exactly
def sigmoid(x: Any) -> Any:
    """Return e / (1 + e), the sigmoid, for e = exp(x) = 2^k exp(r); x may be a vector.

    As exp(r) is a quotient, e needs no division of its own.
    """
    x = between(x, _LEAST(x), _ONE(x))
    shifted = x * _LOG2_E(x) + _SHIFT_ONLY(x)
    k = shifted - _SHIFT_ONLY(x)
    r = (x - k * _LN2_HIGH(x)) - k * _LN2_LOW(x)
    odd, even = r * _ODD(r * r), _EVEN(r * r)
    numerator = times_power_of_two(even + odd, shifted)
    return numerator / (numerator + (even - odd))


@compiled_exactly
def tanh(x: Any) -> Any:
    """Return tanh(x) = (e - 1) / (e + 1) for e = exp(2x)."""
    number = type(x)
    end = number(40.0)  # of 2x: from here on the result is 1
    x = x + x
    x = -end if x < -end else x
    x = end if x > end else x
    e = expm1(x)
    return e / (e + number(2.0))


@compiled_exactly
def log1p(u: Any) -> Any:
    """Return log(1 + u) = 2 atanh(u / (2 + u)) for 0 <= u <= 1."""
    s = u / (type(u)(2.0) + u)
    square = s * s
    return (s + s) + (s + s) * square * _ATANH(square)


@compiled_exactly
def sin_and_cos(x: Any) -> Any:
    """Return sin(x) and cos(x), to 1e-16 while |x| is below a million."""
    number = type(x)
    y = float(x)
    k = rounded(y / math.pi)
    half = 0.5 * k
    sign = 1.0 - 4.0 * abs(half - rounded(half))  # -1 for odd k
    r = ((y - k * _PI_HIGH) - k * _PI_MIDDLE) - k * _PI_LOW
    square = r * r
    cos = 1.0 - 0.5 * square + square * square * _COS(square)
    return number(sign * (r + r * square * _SIN(square))), number(sign * cos)


@compiled_exactly
def normal_cdf_and_density(x: Any) -> Any:
    """Return the distribution function and the density of the standard normal law."""
    number = type(x)
    y = float(x)
    t = math.sqrt(0.5) * abs(y)
    bell = exp(-0.5 * y * y)
    tail = 0.5 * bell * _ERFC((t - 4.0) / (t + 4.0)) / (1.0 + 2.0 * t)
    return number(1.0 - tail if y > 0.0 else tail), number(_DENSITY_AT_0 * bell)
