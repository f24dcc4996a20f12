"""The activation functions in C, written so that compilers turn loops over them into SIMD code.

`exp`, `tanh` and the sigmoid are polynomials of their own: calls of the C library would not
vectorise. Everything else calls the C library. `@name@`, `@real@`, `@f@` (suffix of functions) and
`@l@` (suffix of numbers) are filled in by `_c_source`.
"""

from __future__ import annotations

import math

TANH = ("expm1", "tanh")
SIGMOID = (*TANH, "sigmoid")

# Activation: what it needs, its value as an expression in z, its slope as one in z and a.
ACTIVATIONS_IN_C: dict[str, tuple[tuple[str, ...], str, str]] = {
    "linear": ((), "z", "1.0@l@"),
    "tanh": (TANH, "@name@_tanh(z)", "1.0@l@ - a * a"),
    "sigmoid": (SIGMOID, "@name@_sigmoid(z)", "a * (1.0@l@ - a)"),
    "sin": ((), "sin@f@(z)", "cos@f@(z)"),
    "gaussian": (
        ("expm1",),
        "1.0@l@ + @name@_expm1(-z * z < -60.0@l@ ? -60.0@l@ : -z * z)",
        "-2.0@l@ * z * a",
    ),
    "softplus": (
        SIGMOID,
        "(z < 0.0@l@ ? 0.0@l@ : z) + log1p@f@(exp@f@(-fabs@f@(z)))",
        "@name@_sigmoid(z)",
    ),
    "silu": (
        SIGMOID,
        "z * @name@_sigmoid(z)",
        "@name@_sigmoid(z) * (1.0@l@ + z * (1.0@l@ - @name@_sigmoid(z)))",
    ),
    "gelu": (
        ("normal",),
        "z * @name@_normal(z)",
        "@name@_normal(z) + z * 0.3989422804014327@l@ * exp@f@(-0.5@l@ * z * z)",
    ),
    "elu": (
        ("expm1",),
        "z > 0.0@l@ ? z : @name@_expm1(z < -60.0@l@ ? -60.0@l@ : z)",
        "z > 0.0@l@ ? 1.0@l@ : a + 1.0@l@",
    ),
    "relu": ((), "z < 0.0@l@ ? 0.0@l@ : z", "z > 0.0@l@ ? 1.0@l@ : 0.0@l@"),
    "leaky_relu": ((), "z > 0.0@l@ ? z : 0.01@l@ * z", "z > 0.0@l@ ? 1.0@l@ : 0.01@l@"),
    "abs": ((), "fabs@f@(z)", "(@real@)((z > 0.0@l@) - (z < 0.0@l@))"),
    "step": ((), "z >= 0.0@l@ ? 1.0@l@ : 0.0@l@", "0.0@l@"),
}

_TANH = """\
static inline @real@ @name@_tanh(@real@ z)
{
    @real@ m = fabs@f@(z), e;
    m = m > 20.0@l@ ? 20.0@l@ : m;
    e = @name@_expm1(2.0@l@ * m);
    return copysign@f@(e / (e + 2.0@l@), z);
}
"""
_SIGMOID = """\
static inline @real@ @name@_sigmoid(@real@ z)
{
    return 0.5@l@ * @name@_tanh(0.5@l@ * z) + 0.5@l@;
}
"""
_NORMAL = """\
/* The distribution function of the normal distribution. */
static inline @real@ @name@_normal(@real@ z)
{
    return 0.5@l@ * erfc@f@(-0.7071067811865476@l@ * z);
}
"""
_EXPM1 = """\
/* exp(x) - 1 for |x| < {limit}: x = k log(2) + r, a Taylor polynomial in r, and 2^k put together
   from its bits. Adding a large number rounds x / log(2) to the integer k. */
static inline @real@ @name@_expm1(@real@ x)
{{
    @real@ k = x * {per_log2}@l@ + {magic}@l@;
    @real@ r, p, power;
    uint{bits}_t word;
    memcpy(&word, &k, sizeof word);
    word = (word + {bias}u) << {mantissa};
    memcpy(&power, &word, sizeof power);
    k -= {magic}@l@;
    r = (x - k * {log2_high}@l@) - k * {log2_low}@l@;
    p = {horner};
    return power * (r + r * r * p) + (power - 1.0@l@);
}}
"""
# The high part of log(2) has so few digits that its product with k is exact.
_FORMATS = {
    "float64": {
        "limit": 708, "bits": 64, "bias": 1023, "mantissa": 52, "magic": "6755399441055744.0",
        "per_log2": "1.4426950408889634", "log2_high": "0.6931471803691238",
        "log2_low": "1.9082149292705877e-10",
    },
    "float32": {
        "limit": 87, "bits": 32, "bias": 127, "mantissa": 23, "magic": "12582912.0",
        "per_log2": "1.44269504", "log2_high": "0.693359375", "log2_low": "-2.12194440e-4",
    },
}  # fmt: skip
DEGREE = {"float64": 13, "float32": 8}  # of the Taylor polynomial of exp


def helper(kind: str, dtype: str) -> str:
    """Return the C function that activations share: "expm1", "tanh", "sigmoid" or "normal"."""
    if kind != "expm1":
        return {"tanh": _TANH, "sigmoid": _SIGMOID, "normal": _NORMAL}[kind]
    return _EXPM1.format(horner=_horner(DEGREE[dtype]), **_FORMATS[dtype])


def _horner(degree: int) -> str:
    """Return (exp(r) - 1 - r) / r^2 as nested multiplications, three to a line."""
    text = f"{1 / math.factorial(degree)!r}@l@"
    for k in range(degree - 1, 1, -1):
        gap = "\n        " if (degree - k) % 4 == 0 else " "
        text = f"({text} * r{gap}+ {1 / math.factorial(k)!r}@l@)"
    return text
