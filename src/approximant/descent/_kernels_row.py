"""Forward, backward and gradient of one layer for a single sample, compiled.

The same arrays as for a batch, with room for one sample: neurons stand side by side, and inner
loops run over the neurons of the wider side. A row of W (inputs, outputs) belongs to one input; a
layer with one output has a single column, stored like a row.
"""

from __future__ import annotations

from typing import Any

from approximant.descent._compiling import compiled
from approximant.descent._vectors import pick, put


@compiled
def forward_row(
    w: Any, at: int, b: int, inputs: int, outputs: int, a: Any, x: int, z: Any, y: int
) -> None:
    """Z = W^T A + B, for A from element x of `a` on; Z goes to element y of `z`.

    W (inputs, outputs) and B stand at elements `at` and b of w; b is -1 without biases.
    """
    if outputs == 1:
        product = pick(w, b) if b >= 0 else w.dtype.type(0.0)
        for i in range(inputs):
            product += pick(w, at + i) * pick(a, x + i)
        put(z, y, product)
        return
    first = pick(a, x)
    for o in range(outputs):
        bias = pick(w, b + o) if b >= 0 else w.dtype.type(0.0)
        put(z, y + o, bias + pick(w, at + o) * first)
    for i in range(1, inputs):
        row, value = at + i * outputs, pick(a, x + i)
        for o in range(outputs):
            put(z, y + o, pick(z, y + o) + pick(w, row + o) * value)


@compiled
def slopes_row(w: Any, at: int, inputs: int, outputs: int, z: Any, x: int, y: int) -> None:
    """dZ = (W dZ_next) * f'(Z): from element x on, z holds f'(Z) and receives dZ.

    dZ_next stands from element y on; W (inputs, outputs) from element `at` of w on.
    """
    if outputs == 1:
        following = pick(z, y)
        for i in range(inputs):
            put(z, x + i, pick(w, at + i) * following * pick(z, x + i))
        return
    for i in range(inputs):
        row, product = at + i * outputs, w.dtype.type(0.0)
        for o in range(outputs):
            product += pick(w, row + o) * pick(z, y + o)
        put(z, x + i, product * pick(z, x + i))


@compiled
def add_gradient_row(
    g: Any, at: int, b: int, inputs: int, outputs: int, a: Any, x: int, z: Any, y: int, factor: Any
) -> None:
    """Add factor * dW = factor * A dZ^T and factor * dB = factor * dZ to elements `at` and b of g.

    With g the weights and the factor minus the learning rate this is a step of plain descent.
    """
    if outputs == 1:
        slope = factor * pick(z, y)
        for i in range(inputs):
            put(g, at + i, pick(g, at + i) + pick(a, x + i) * slope)
    else:
        for i in range(inputs):
            row, value = at + i * outputs, factor * pick(a, x + i)
            for o in range(outputs):
                put(g, row + o, pick(g, row + o) + value * pick(z, y + o))
    if b >= 0:
        for o in range(outputs):
            put(g, b + o, pick(g, b + o) + factor * pick(z, y + o))
