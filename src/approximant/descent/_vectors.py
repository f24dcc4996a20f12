"""Vectors: a few numbers that the processor handles at once, for compiled code.

Loops over samples whose sums stay in registers are several times faster when the vectors are
named. One vector is 64 bytes, the width of AVX-512; other processors use several registers for it.
Memory is flat: `load(a, k)` reads a[k : k + lanes(a)], unchecked.
"""

from __future__ import annotations

import operator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core.datamodel import models
from numba.core.typing.templates import AbstractTemplate, infer_global
from numba.extending import lower_builtin, register_model
from numba.np import arrayobj

from approximant.descent._compiling import instruction

_arrays: Any = arrayobj
_infer_global: Any = infer_global
_lower_builtin: Any = lower_builtin
BYTES = 64
FUSED = ("contract", "nsz")  # a product and a sum may be rounded once


class VectorType(types.Type):
    """The type of a vector of float32 or float64, or of several handled as one."""

    def __init__(self, scalar: Any, count: int = 1) -> None:
        self.scalar = scalar
        self.lanes = count * BYTES * 8 // scalar.bitwidth
        super().__init__(f"Vector({scalar} x {self.lanes})")


@register_model(VectorType)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: VectorType) -> None:
        scalar = ir.FloatType() if kind.scalar == types.float32 else ir.DoubleType()
        vector = ir.VectorType(scalar, kind.lanes)
        super().__init__(manager, kind, vector)  # type: ignore[no-untyped-call]


def _operate(operation: Any, name: str) -> None:
    """Let an operator between two vectors work lane by lane."""

    class Template(AbstractTemplate):
        def generic(self, args: Any, kws: Any) -> Any:
            one, other = args
            return one(one, one) if one == other and isinstance(one, VectorType) else None

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return getattr(builder, name)(*args, flags=FUSED)

    _infer_global(operation)(Template)
    _lower_builtin(operation, VectorType, VectorType)(generate)


_operate(operator.add, "fadd")
_operate(operator.sub, "fsub")
_operate(operator.mul, "fmul")
_operate(operator.truediv, "fdiv")


def _address(context: Any, builder: Any, kind: Any, place: Any, wanted: Any) -> Any:
    """Return a pointer to `wanted` at a place, an array and the number of an element."""
    array, k = place
    start = _arrays.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(start, [k]), wanted.as_pointer())


def _repeated(builder: Any, scalar: Any, kind: Any) -> Any:
    """Return the vector all of whose lanes hold the scalar."""
    first = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.IntType(32)(0))
    return _shuffled(builder, first, first, [0] * kind.count)


@instruction
def lanes(typing: Any, a: Any) -> Any:
    """Return how many numbers of the array's kind make a vector."""
    count = VectorType(a.dtype).lanes

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.intp, count)

    return types.intp(a), generate


@instruction
def pair_lanes(typing: Any, a: Any) -> Any:
    """Return how many numbers `load_pair` reads."""
    count = VectorType(a.dtype, 2).lanes

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_constant(types.intp, count)

    return types.intp(a), generate


@instruction
def load(typing: Any, a: Any, k: Any) -> Any:
    """Return the vector that starts at element k of a flat array."""
    kind = VectorType(a.dtype)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, a, args, context.get_value_type(kind))
        return builder.load(place, align=a.dtype.bitwidth // 8)

    return kind(a, types.intp), generate


@instruction
def load_pair(typing: Any, a: Any, k: Any) -> Any:
    """Return two vectors as one, twice as long, that starts at element k of a flat array.

    The processor has two chains of operations to turn to where each waits for the one before.
    """
    kind = VectorType(a.dtype, 2)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, a, args, context.get_value_type(kind))
        return builder.load(place, align=a.dtype.bitwidth // 8)

    return kind(a, types.intp), generate


@instruction
def store(typing: Any, a: Any, k: Any, x: Any) -> Any:
    """Write a vector to a flat array, from element k on."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _address(context, builder, a, args[:2], args[2].type)
        builder.store(args[2], place, align=a.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(a, types.intp, x), generate


@instruction
def pick(typing: Any, a: Any, k: Any) -> Any:
    """Return element k of a flat array, unchecked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_address(context, builder, a, args, context.get_value_type(a.dtype)))

    return a.dtype(a, types.intp), generate


@instruction
def put(typing: Any, a: Any, k: Any, number: Any) -> Any:
    """Write one number to element k of a flat array, unchecked."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _address(context, builder, a, args[:2], args[2].type))
        return context.get_dummy_value()

    return types.void(a, types.intp, a.dtype), generate


@instruction
def repeat(typing: Any, a: Any, number: Any) -> Any:
    """Return the vector, of the array's kind, all of whose lanes hold one number."""
    kind = VectorType(a.dtype)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _repeated(builder, args[1], context.get_value_type(kind))

    return kind(a, a.dtype), generate


@instruction
def repeat_pair(typing: Any, a: Any, number: Any) -> Any:
    """Return the same for two vectors as one."""
    kind = VectorType(a.dtype, 2)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _repeated(builder, args[1], context.get_value_type(kind))

    return kind(a, a.dtype), generate


@instruction
def scaled(typing: Any, w: Any, x: Any, y: Any) -> Any:
    """Return w * x + y for a number w and vectors x and y."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        w = _repeated(builder, args[0], args[1].type)
        return builder.fadd(builder.fmul(w, args[1], flags=FUSED), args[2], flags=FUSED)

    return x(x.scalar, x, x), generate


@instruction
def multiplied(typing: Any, x: Any, y: Any) -> Any:
    """Return x * y lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fmul(*args, flags=FUSED)

    return x(x, x), generate


@instruction
def summed(typing: Any, x: Any, y: Any, z: Any) -> Any:
    """Return x * y + z lane by lane."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.fadd(builder.fmul(*args[:2], flags=FUSED), args[2], flags=FUSED)

    return x(x, x, x), generate


@instruction
def add_totals(typing: Any, a: Any, k: Any, p: Any, q: Any, r: Any, s: Any) -> Any:
    """Add to a[k : k + 4] the totals over the lanes of four vectors.

    Neighbours are folded into one vector until four lanes hold the four totals: half as many
    instructions as four totals taken one by one.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        p, q, r, s = args[2:]
        both = _folded(builder, _folded(builder, p, q), _folded(builder, r, s))
        while both.type.count > 4:
            both = _halves_added(builder, both)
        place = _address(context, builder, a, args[:2], both.type)
        align = a.dtype.bitwidth // 8
        sums = builder.fadd(builder.load(place, align=align), both, flags=FUSED)
        builder.store(sums, place, align=align)
        return context.get_dummy_value()

    return types.void(a, types.intp, p, p, p, p), generate


@instruction
def total(typing: Any, x: Any) -> Any:
    """Return the sum over the lanes of a vector."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sums = args[0]
        while sums.type.count > 2:
            sums = _halves_added(builder, sums)
        ends = (builder.extract_element(sums, ir.IntType(32)(lane)) for lane in (0, 1))
        return builder.fadd(*ends, flags=FUSED)

    return x.scalar(x), generate


def _folded(builder: Any, x: Any, y: Any) -> Any:
    """Return neighbours added, two of x beside two of y in every four lanes."""
    size = x.type.count
    starts = [k + shift for k in range(0, size, 4) for shift in (0, 2, size, size + 2)]
    masks = ([k + odd for k in starts] for odd in (0, 1))
    return builder.fadd(*(_shuffled(builder, x, y, mask) for mask in masks), flags=FUSED)


def _halves_added(builder: Any, x: Any) -> Any:
    """Return the sum of the lower and the upper half of a vector."""
    half = x.type.count // 2
    masks = (range(half), range(half, 2 * half))
    return builder.fadd(*(_shuffled(builder, x, x, mask) for mask in masks), flags=FUSED)


def _shuffled(builder: Any, x: Any, y: Any, lanes: Any) -> Any:
    kind = ir.VectorType(ir.IntType(32), len(lanes))
    return builder.shuffle_vector(x, y, ir.Constant(kind, list(lanes)))
