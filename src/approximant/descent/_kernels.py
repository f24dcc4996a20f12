"""The compiled loop: a whole epoch without any Python in between.

The derivation for a network with one hidden layer, in the words of the code (A0 = x, the inputs):

    Z1 = W1^T A0 + B1    A1 = f(Z1)    Z2 = W2^T A1 + B2    loss = share * sum of term(Z2 - y)
    dZ2 = share * term'(Z2 - y)    dW2 = A1 dZ2^T    dB2 = dZ2
    dZ1 = (W2 dZ2) * f'(Z1)        dW1 = A0 dZ1^T    dB1 = dZ1

Every array is flat; `a` holds A0, A1, A2 one after the other and `z` beside them Z1 and Z2. Once
an activation has been taken, f'(Z) stands where Z stood, and on the way back dZ where f'(Z) stood.
"""

from __future__ import annotations

from typing import Any

from approximant.descent._activations import activate
from approximant.descent._compiling import compiled, compiled_inline
from approximant.descent._kernels_batch import forward_batch, gradient_batch, slopes_batch
from approximant.descent._kernels_row import add_gradient_row, forward_row, slopes_row
from approximant.descent._loss_terms import loss_terms


@compiled
def forward(theta: Any, layers: Any, groups: Any, a: Any, z: Any, stride: int) -> None:
    """Z = W^T A + B and A = f(Z), layer by layer; f'(Z) stays in z."""
    for layer in range(len(layers)):
        inputs, outputs, at, b, x, y, first, end = _row_of(layers, layer)
        if stride == 1:
            forward_row(theta, at, b, inputs, outputs, a, x, z, y)
        else:
            forward_batch(theta, at, b, inputs, outputs, a, x * stride, z, y * stride, stride)
        for group in range(first, end):
            start, stop = groups[group, 1] * stride, groups[group, 2] * stride
            activate(groups[group, 0], z[start:stop], a[start:stop])


@compiled
def backward(theta: Any, gradient: Any, layers: Any, a: Any, z: Any, stride: int) -> None:
    """Add dW = A dZ^T and dB = dZ, then dZ = (W dZ) * f'(Z) one layer down; last layer first."""
    for layer in range(len(layers) - 1, -1, -1):
        inputs, outputs, at, b, x, y, _, _ = _row_of(layers, layer)
        x, y = x * stride, y * stride
        gradient_batch(gradient, at, b, inputs, outputs, a, x, z, y, stride)
        if layer > 0:
            slopes_batch(theta, at, inputs, outputs, z, x, y, stride)


@compiled
def backward_row(theta: Any, target: Any, factor: Any, layers: Any, a: Any, z: Any) -> None:
    """The same for one sample, the gradient times a factor.

    With the weights themselves for a target and minus the rate for a factor it is the whole step
    of plain descent: a layer's weights are needed no more once dZ has passed through them.
    """
    for layer in range(len(layers) - 1, -1, -1):
        inputs, outputs, at, b, x, y, _, _ = _row_of(layers, layer)
        if layer > 0:
            slopes_row(theta, at, inputs, outputs, z, x, y)
        add_gradient_row(target, at, b, inputs, outputs, a, x, z, y, factor)


@compiled_inline
def _row_of(table: Any, k: int) -> Any:
    """Return a row of the table of layers; its columns are explained in `_packing.py`."""
    return (
        *(table[k, 0], table[k, 1], table[k, 2], table[k, 3]),
        *(table[k, 4], table[k, 5], table[k, 6], table[k, 7]),
    )


@compiled
def gather(rows: Any, order: Any, first: int, count: int, a: Any, y: Any, stride: int) -> None:
    """Write rows (n, inputs + outputs) order[first : first + count] as [column][sample].

    The inputs go to `a`, the targets to y. Room that is left over is filled with zeros.
    """
    inputs = rows.shape[1] - len(y) // (2 * stride)
    for j in range(count):
        row = order[first + j]
        for i in range(inputs):
            a[i * stride + j] = rows[row, i]
        for o in range(inputs, rows.shape[1]):
            y[(o - inputs) * stride + j] = rows[row, o]
    for i in range(inputs):
        a[i * stride + count : (i + 1) * stride] = 0


@compiled
def residuals(
    loss: int,
    delta: float,
    share: float,
    a: Any,
    z: Any,
    y: Any,
    count: int,
    stride: int,
    sums: Any,
) -> None:
    """Take the residuals A - y and dZ = share * term'(A - y) * f'(Z) of the outputs.

    Adds to sums: the terms of the loss, |A - y|, and (A - y)^2. y holds the targets, and behind
    them room for the slopes of the terms.
    """
    size = len(y) // 2
    start = len(z) - size
    run = size if count == stride else count  # samples, of one output or of all, side by side
    factor = a.dtype.type(share)
    for k in range(0, size, run if count == stride else stride):
        r, slopes = y[k : k + run], y[size + k : size + k + run]
        out, dz = a[start + k : start + k + run], z[start + k : start + k + run]
        absolute = squares = a.dtype.type(0.0)
        for j in range(run):
            r[j] = out[j] - r[j]
            absolute += abs(r[j])
            squares += r[j] * r[j]
        sums[0] += loss_terms(loss, delta, r, slopes)
        sums[1] += absolute
        sums[2] += squares
        for j in range(run):
            dz[j] *= factor * slopes[j]
        z[start + k + run : start + k + stride] = 0
