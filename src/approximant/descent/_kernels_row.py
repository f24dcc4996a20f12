"""Forward, backward and weight gradient of one layer for a single sample, compiled.

The same arrays as for a batch, with room for one sample: neurons stand side by side, and the inner
loops run over them. A row of W (inputs, outputs) belongs to one input; a layer with a single output
has one column, which is stored like a row.
"""

from __future__ import annotations

from typing import Any

from approximant.descent._compiling import compiled, compiled_inline
from approximant.descent._vectors import (
    lanes,
    load,
    multiplied,
    pick,
    put,
    repeat,
    scaled,
    store,
    summed,
    total,
)


@compiled
def forward_row(
    w: Any, at: int, b: int, inputs: int, outputs: int, a: Any, x: int, z: Any, y: int
) -> None:
    """Z = W^T A + B, for A from element x of `a` on; Z goes to element y of `z`.

    W (inputs, outputs) and B stand at elements `at` and b of w; b is -1 without biases.
    """
    zero = w.dtype.type(0.0)
    if outputs == 1:
        bias = pick(w, b) if b >= 0 else zero
        put(z, y, bias + product_row(w, at, a, x, inputs))
        return
    whole = outputs - outputs % lanes(w)
    for o in range(0, whole, lanes(w)):
        sums = load(w, b + o) if b >= 0 else repeat(w, zero)
        for i in range(inputs):
            sums = scaled(pick(a, x + i), load(w, at + i * outputs + o), sums)
        store(z, y + o, sums)
    if whole < outputs:
        for o in range(whole, outputs):
            put(z, y + o, pick(w, b + o) if b >= 0 else zero)
        for i in range(inputs):
            row, value = at + i * outputs, pick(a, x + i)
            for o in range(whole, outputs):
                put(z, y + o, pick(z, y + o) + value * pick(w, row + o))


@compiled
def slopes_row(w: Any, at: int, inputs: int, outputs: int, z: Any, x: int, y: int) -> None:
    """dZ = (W dZ_next) * f'(Z): from element x on, z holds f'(Z) and receives dZ.

    dZ_next stands from element y on; W (inputs, outputs) from element `at` of w on.
    """
    if outputs == 1:
        following = pick(z, y)
        both, whole = repeat(w, following), inputs - inputs % lanes(w)
        for i in range(0, whole, lanes(w)):
            product = multiplied(both, load(w, at + i))
            store(z, x + i, multiplied(product, load(z, x + i)))
        for i in range(whole, inputs):
            put(z, x + i, following * pick(w, at + i) * pick(z, x + i))
        return
    for i in range(inputs):
        put(z, x + i, product_row(w, at + i * outputs, z, y, outputs) * pick(z, x + i))


@compiled
def add_gradient_row(
    g: Any, at: int, b: int, inputs: int, outputs: int, a: Any, x: int, z: Any, y: int, factor: Any
) -> None:
    """Add factor * dW = factor * A dZ^T and factor * dB = factor * dZ to elements `at` and b of g.

    With the weights for g and minus the learning rate for a factor this is a step of descent.
    """
    if outputs == 1:
        _add_multiple(g, at, factor * pick(z, y), a, x, inputs)
    else:
        for i in range(inputs):
            _add_multiple(g, at + i * outputs, factor * pick(a, x + i), z, y, outputs)
    if b >= 0:
        _add_multiple(g, b, factor, z, y, outputs)


@compiled_inline
def product_row(u: Any, k: int, v: Any, m: int, count: int) -> Any:
    """Return the inner product of u[k : k + count] and v[m : m + count]."""
    lane = lanes(u)
    whole = count - count % (2 * lane)
    p = q = repeat(u, u.dtype.type(0.0))
    for i in range(0, whole, 2 * lane):
        p = summed(load(u, k + i), load(v, m + i), p)
        q = summed(load(u, k + i + lane), load(v, m + i + lane), q)
    product = total(summed(q, repeat(u, u.dtype.type(1.0)), p))
    for i in range(whole, count):
        product += pick(u, k + i) * pick(v, m + i)
    return product


@compiled_inline
def _add_multiple(g: Any, k: int, factor: Any, v: Any, m: int, count: int) -> None:
    """Add factor * v[m : m + count] to g[k : k + count]."""
    whole = count - count % lanes(g)
    for i in range(0, whole, lanes(g)):
        store(g, k + i, scaled(factor, load(v, m + i), load(g, k + i)))
    for i in range(whole, count):
        put(g, k + i, pick(g, k + i) + factor * pick(v, m + i))
