"""Memory: what stands at an address, for compiled code."""

from __future__ import annotations

from typing import Any

from numba import from_dtype, types
from numba.np import arrayobj

from approximant.descent._compiling import instruction
from approximant.descent._frame import FRAME

_arrays: Any = arrayobj


@instruction
def frame_at(typing: Any, address: Any) -> Any:
    """Return the frame at an address."""
    kind = from_dtype(FRAME)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(kind))

    return kind(address), generate


@instruction
def vector_at(typing: Any, address: Any, count: Any, kind: Any) -> Any:
    """Return the array (count,) of a kind that starts at an address."""
    made = types.Array(kind.dtype, 1, "C")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _array(context, builder, made, args[0], [args[1]])

    return made(types.intp, types.intp, kind), generate


@instruction
def table_at(typing: Any, address: Any, rows: Any, columns: Any, kind: Any) -> Any:
    """Return the array (rows, columns) of a kind that starts at an address."""
    made = types.Array(kind.dtype, 2, "C")

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _array(context, builder, made, args[0], args[1:3])

    return made(types.intp, types.intp, types.intp, kind), generate


def _array(context: Any, builder: Any, kind: Any, address: Any, shape: Any) -> Any:
    array = _arrays.make_array(kind)(context, builder)
    size = context.get_constant(types.intp, kind.dtype.bitwidth // 8)
    strides = [size] if len(shape) == 1 else [builder.mul(size, shape[1]), size]
    data = builder.inttoptr(address, array.data.type)
    _arrays.populate_array(array, data, shape, strides, size, meminfo=None)
    return array._getvalue()
