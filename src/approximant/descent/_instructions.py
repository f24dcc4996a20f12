"""Instructions that the elementary functions are made of: for numbers, and for vectors of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llvmlite import ir
from numba import types

from approximant.descent._compiling import instruction
from approximant.descent._vectors import VectorType


@instruction
def rounded(typing: Any, x: Any) -> Any:
    """Return the nearest whole number."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        return builder.call(builder.module.declare_intrinsic("llvm.rint", [kind]), args)

    return x(x), generate


@instruction
def power_of_two(typing: Any, shifted: Any) -> Any:
    """Return 2^k for shifted = k + _SHIFT, k whole and between the ends of the exponent.

    Such a number carries k plus the bias of the exponent in its lowest bits; moved up by the length
    of the fraction they stand where exponents do.
    """
    fraction = 23 if shifted == types.float32 else 52

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        integer = ir.IntType(shifted.bitwidth)
        bits = builder.shl(builder.bitcast(args[0], integer), integer(fraction))
        return builder.bitcast(bits, args[0].type)

    return shifted(shifted), generate


@instruction
def times_power_of_two(typing: Any, x: Any, shifted: Any) -> Any:
    """Return x * 2^k for shifted = k + _SHIFT_ONLY, the result being a normal number like x.

    k is added where the exponent of x stands.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kind = args[0].type
        integers, fraction = _integers(kind)
        k = builder.shl(builder.bitcast(args[1], integers), fraction)
        return builder.bitcast(builder.add(builder.bitcast(args[0], integers), k), kind)

    return x(x, shifted), generate


def _integers(kind: Any) -> Any:
    """Return the integers as wide as numbers of a kind, and the length of the fraction as one."""
    number = getattr(kind, "element", kind)
    bits, fraction = (32, 23) if isinstance(number, ir.FloatType) else (64, 52)
    integer = ir.IntType(bits)
    if number is kind:
        return integer, integer(fraction)
    integers = ir.VectorType(integer, kind.count)
    return integers, ir.Constant(integers, [fraction] * kind.count)


@instruction
def between(typing: Any, x: Any, least: Any, most: Any) -> Any:
    """Return x, or the end that it lies beyond; NaN stays NaN."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        x, least, most = args
        x = builder.select(builder.fcmp_ordered("<", x, least), least, x)
        return builder.select(builder.fcmp_ordered(">", x, most), most, x)

    return x(x, x, x), generate


def series(float32: Sequence[float], float64: Sequence[float]) -> Any:
    """Return a compiled polynomial; coefficients from the constant on, for each kind of number."""

    @instruction
    def polynomial(typing: Any, x: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            kind = args[0].type
            lanes = x.lanes if isinstance(x, VectorType) else None
            *rest, last = float32 if types.float32 in (x, getattr(x, "scalar", x)) else float64
            value = ir.Constant(kind, [last] * lanes if lanes else last)
            for coefficient in reversed(rest):
                constant = ir.Constant(kind, [coefficient] * lanes if lanes else coefficient)
                value = builder.fmul(value, args[0], flags=["contract"])
                value = builder.fadd(value, constant, flags=["contract"])
            return value

        return x(x), generate

    return polynomial
