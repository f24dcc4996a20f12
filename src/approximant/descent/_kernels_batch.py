"""Forward, backward and weight gradient of one layer for a batch of samples, compiled.

Arrays are flat and hold [neuron][sample]: the samples of neuron i start at i * stride, and the
stride, a multiple of two vectors, is the room for samples. Every inner loop works on vectors of
samples, and sums stay in registers while it runs along the neurons. Four neurons are computed at
once, so that each vector loaded is used four times.
"""

from __future__ import annotations

from typing import Any

from approximant.descent._compiling import compiled, compiled_inline
from approximant.descent._vectors import (
    add_totals,
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
def forward_batch(
    w: Any, at: int, b: int, inputs: int, outputs: int, a: Any, x: int, z: Any, y: int, stride: int
) -> None:
    """Z = W^T A + B, for A from element x of `a` on; Z goes to element y of `z`.

    W (inputs, outputs) and B stand at elements `at` and b of w; b is -1 without biases.
    """
    lane = lanes(a)
    whole = outputs - outputs % 4
    for j in range(0, stride, 2 * lane):
        for o in range(0, whole, 4):
            p0, p1, q0, q1, r0, r1, s0, s1 = _four(
                w, at + o, outputs, 1, inputs, a, x + j, stride, b + o if b >= 0 else -1
            )
            k = y + o * stride + j
            store(z, k, p0)
            store(z, k + lane, p1)
            store(z, k + stride, q0)
            store(z, k + stride + lane, q1)
            store(z, k + 2 * stride, r0)
            store(z, k + 2 * stride + lane, r1)
            store(z, k + 3 * stride, s0)
            store(z, k + 3 * stride + lane, s1)
        for o in range(whole, outputs):
            p0, p1 = _one(w, at + o, outputs, inputs, a, x + j, stride, b + o if b >= 0 else -1)
            k = y + o * stride + j
            store(z, k, p0)
            store(z, k + lane, p1)


@compiled
def slopes_batch(
    w: Any, at: int, inputs: int, outputs: int, z: Any, x: int, y: int, stride: int
) -> None:
    """dZ = (W dZ_next) * f'(Z): from element x on, z holds f'(Z) and receives dZ.

    dZ_next stands from element y on; W (inputs, outputs) from element `at` of w on.
    """
    lane = lanes(z)
    whole = inputs - inputs % 4
    for j in range(0, stride, 2 * lane):
        for i in range(0, whole, 4):
            p0, p1, q0, q1, r0, r1, s0, s1 = _four(
                w, at + i * outputs, 1, outputs, outputs, z, y + j, stride, -1
            )
            k = x + i * stride + j
            _multiply(z, k, p0, p1)
            _multiply(z, k + stride, q0, q1)
            _multiply(z, k + 2 * stride, r0, r1)
            _multiply(z, k + 3 * stride, s0, s1)
        for i in range(whole, inputs):
            p0, p1 = _one(w, at + i * outputs, 1, outputs, z, y + j, stride, -1)
            _multiply(z, x + i * stride + j, p0, p1)


@compiled
def gradient_batch(
    g: Any, at: int, b: int, inputs: int, outputs: int, a: Any, x: int, z: Any, y: int, stride: int
) -> None:
    """Add dW = A dZ^T and dB = dZ 1, sums over the samples, to elements `at` and b of g."""
    if outputs == 1:  # a single column is stored like a single row
        _add_products(g, at, z, y, outputs, a, x, inputs, stride)
    else:
        _add_products(g, at, a, x, inputs, z, y, outputs, stride)
    if b >= 0:
        for o in range(outputs):
            lane, k = lanes(z), y + o * stride
            sums = load(z, k)
            for j in range(lane, stride, lane):
                sums = scaled(z.dtype.type(1.0), load(z, k + j), sums)
            put(g, b + o, pick(g, b + o) + total(sums))


@compiled
def _add_products(
    g: Any, at: int, u: Any, x: int, rows: int, v: Any, y: int, columns: int, stride: int
) -> None:
    """Add to g[at + row * columns + column] the product of a row of u and a row of v."""
    lane = lanes(u)
    whole_rows, whole_columns = rows - rows % 4, columns - columns % 4
    for column in range(0, whole_columns, 4):
        n = y + column * stride
        for row in range(0, whole_rows, 4):
            m, k = x + row * stride, at + row * columns + column
            _add_four_by_four(g, k, columns, u, m, v, n, stride)
        for row in range(whole_rows, rows):
            m, k = x + row * stride, at + row * columns + column
            _add_one_by_four(g, k, u, m, v, n, stride)
    for column in range(whole_columns, columns):
        n = y + column * stride
        for row in range(rows):
            m, k = x + row * stride, at + row * columns + column
            sums = multiplied(load(u, m), load(v, n))
            for j in range(lane, stride, lane):
                sums = summed(load(u, m + j), load(v, n + j), sums)
            put(g, k, pick(g, k) + total(sums))


@compiled_inline
def _four(
    w: Any, at: int, along: int, across: int, count: int, x: Any, k: int, stride: int, b: int
) -> Any:
    """Return, for c = 0..3, the sum over i < count of w[at + c across + i along] x[k + i stride].

    Two vectors each; the sums start at w[b + c] unless b is -1.
    """
    lane, zero = lanes(x), x.dtype.type(0.0)
    p0 = p1 = repeat(x, pick(w, b) if b >= 0 else zero)
    q0 = q1 = repeat(x, pick(w, b + 1) if b >= 0 else zero)
    r0 = r1 = repeat(x, pick(w, b + 2) if b >= 0 else zero)
    s0 = s1 = repeat(x, pick(w, b + 3) if b >= 0 else zero)
    for i in range(count):
        x0, x1 = load(x, k + i * stride), load(x, k + i * stride + lane)
        m = at + i * along
        p, q = pick(w, m), pick(w, m + across)
        r, s = pick(w, m + 2 * across), pick(w, m + 3 * across)
        p0, p1 = scaled(p, x0, p0), scaled(p, x1, p1)
        q0, q1 = scaled(q, x0, q0), scaled(q, x1, q1)
        r0, r1 = scaled(r, x0, r0), scaled(r, x1, r1)
        s0, s1 = scaled(s, x0, s0), scaled(s, x1, s1)
    return p0, p1, q0, q1, r0, r1, s0, s1


@compiled_inline
def _one(w: Any, at: int, along: int, count: int, x: Any, k: int, stride: int, b: int) -> Any:
    """Return the sum over i < count of w[at + i along] x[k + i stride], two vectors."""
    p0 = p1 = repeat(x, pick(w, b) if b >= 0 else x.dtype.type(0.0))
    for i in range(count):
        p = pick(w, at + i * along)
        p0 = scaled(p, load(x, k + i * stride), p0)
        p1 = scaled(p, load(x, k + i * stride + lanes(x)), p1)
    return p0, p1


@compiled_inline
def _multiply(z: Any, k: int, p0: Any, p1: Any) -> None:
    """Multiply two vectors into z, from element k on."""
    store(z, k, multiplied(p0, load(z, k)))
    store(z, k + lanes(z), multiplied(p1, load(z, k + lanes(z))))


@compiled_inline
def _add_four_by_four(
    g: Any, at: int, columns: int, u: Any, x: int, v: Any, y: int, stride: int
) -> None:
    """Add the products of four rows of u with four of v: sixteen sums in registers."""
    nought = repeat(u, u.dtype.type(0.0))
    p0 = p1 = p2 = p3 = q0 = q1 = q2 = q3 = nought
    r0 = r1 = r2 = r3 = s0 = s1 = s2 = s3 = nought
    for j in range(0, stride, lanes(u)):
        m, n = x + j, y + j
        v0, v1 = load(v, n), load(v, n + stride)
        v2, v3 = load(v, n + 2 * stride), load(v, n + 3 * stride)
        p = load(u, m)
        p0, p1, p2, p3 = summed(p, v0, p0), summed(p, v1, p1), summed(p, v2, p2), summed(p, v3, p3)
        q = load(u, m + stride)
        q0, q1, q2, q3 = summed(q, v0, q0), summed(q, v1, q1), summed(q, v2, q2), summed(q, v3, q3)
        r = load(u, m + 2 * stride)
        r0, r1, r2, r3 = summed(r, v0, r0), summed(r, v1, r1), summed(r, v2, r2), summed(r, v3, r3)
        s = load(u, m + 3 * stride)
        s0, s1, s2, s3 = summed(s, v0, s0), summed(s, v1, s1), summed(s, v2, s2), summed(s, v3, s3)
    add_totals(g, at, p0, p1, p2, p3)
    add_totals(g, at + columns, q0, q1, q2, q3)
    add_totals(g, at + 2 * columns, r0, r1, r2, r3)
    add_totals(g, at + 3 * columns, s0, s1, s2, s3)


@compiled_inline
def _add_one_by_four(g: Any, at: int, u: Any, x: int, v: Any, y: int, stride: int) -> None:
    """Add the products of one row of u with four rows of v."""
    p0 = p1 = p2 = p3 = repeat(u, u.dtype.type(0.0))
    for j in range(0, stride, lanes(u)):
        p = load(u, x + j)
        p0 = summed(p, load(v, y + j), p0)
        p1 = summed(p, load(v, y + j + stride), p1)
        p2 = summed(p, load(v, y + j + 2 * stride), p2)
        p3 = summed(p, load(v, y + j + 3 * stride), p3)
    add_totals(g, at, p0, p1, p2, p3)
