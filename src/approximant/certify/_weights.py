"""The stored numbers of a model as balls, read once per precision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb, ctx

from approximant.model import Model
from approximant.networks import Layer

Row = list[tuple[int, arb]]  # the weights of a neuron that are not 0, with their inputs


@dataclass(frozen=True)
class BallLayer:
    """A layer with exact weights: what feeds each neuron, its bias, its activation."""

    rows: list[Row]
    biases: list[arb]
    activations: list[str]

    @classmethod
    def of(cls, layer: Layer) -> BallLayer:
        """Return the layer with its weights as exact balls."""
        rows = [
            [(int(k), arb(float(row[k]))) for k in np.flatnonzero(row)] for row in layer.weights
        ]
        biases = np.zeros(layer.width) if layer.biases is None else layer.biases
        names = [name for name, count in layer.groups for _ in range(count)]
        return cls(rows, [arb(float(b)) for b in biases], names)


@dataclass(frozen=True)
class Weights:
    """A model's numbers as balls.

    Args:
        scale: factor and offset of each input, `t = factor x + offset`.
        hidden: layers before the last, from the input; the output layer among them if it bends.
        last: linear layer to the user's units, the output layer where that is linear.
        bits: precision at which quotients were taken.
    """

    scale: list[tuple[arb, arb]]
    hidden: list[BallLayer]
    last: BallLayer
    bits: int

    @classmethod
    def of(cls, model: Model) -> Weights:
        """Return the numbers of a model at the precision of `flint.ctx`."""
        into, out = model.input_scaling, model.output_scaling
        scale = [
            (1 / arb(float(width)), -arb(float(anchor)) / arb(float(width)))
            for anchor, width in zip(into.anchor, into.width, strict=True)
        ]
        layers = [BallLayer.of(layer) for layer in model.network.layers]
        if any(name != "linear" for name in layers[-1].activations):
            layers.append(_passing_on(len(model.outputs)))  # what follows comes after the bend
        last = layers.pop()
        rows, biases = [], []
        ends = zip(out.anchor, out.width, last.rows, last.biases, strict=True)
        for anchor, width, row, bias in ends:
            factor = arb(float(width))
            rows.append([(k, factor * weight) for k, weight in row])
            biases.append(factor * bias + arb(float(anchor)))
        return cls(scale, layers, BallLayer(rows, biases, last.activations), ctx.prec)


def _passing_on(outputs: int) -> BallLayer:
    """Return the linear layer that changes nothing."""
    rows = [[(k, arb(1))] for k in range(outputs)]
    return BallLayer(rows, [arb(0)] * outputs, ["linear"] * outputs)
