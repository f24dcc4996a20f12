"""A network on one cell: kinked units replaced by the branch they take there, in ball arithmetic.

Layers that are affine on the cell are multiplied out exactly, so that what cancels between them (a
piece that x has left behind) does not widen the balls.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TypeAlias

import numpy as np
from flint import arb

from approximant.arrays import Array
from approximant.checker._activations import branch, enclosure, settled
from approximant.checker._terms import Affine, ExactBox, Later, Sparse, Terms, combined
from approximant.model import Model, Scaling

Pattern: TypeAlias = tuple[tuple[str, ...], ...]  # the branches of every neuron, layer by layer


class KinkError(Exception):
    """A kinked unit changes its branch inside the cell."""


@dataclass(frozen=True, eq=False)
class ExactLayer:
    """A layer with its floats as exact balls."""

    weights: Sparse
    biases: list[arb]
    names: list[str]  # activation of every neuron


def _exact_layers(model: Model) -> list[ExactLayer]:
    """Return the layers of a model, the scaling of its outputs as the last one."""
    layers = []
    for layer in model.network.layers:
        names = [name for name, count in layer.groups for _ in range(count)]
        biases = np.zeros(layer.width) if layer.biases is None else layer.biases
        layers.append(ExactLayer(_sparse(layer.weights), _balls(biases), names))
    scaling = model.output_scaling
    names = ["linear"] * len(scaling.width)
    layers.append(ExactLayer(_sparse(np.diag(scaling.width)), _balls(scaling.anchor), names))
    return layers


def _scaled_inputs(scaling: Scaling) -> Affine:
    """Return the scaled inputs as functions of the inputs."""
    widths, anchors = _balls(scaling.width), _balls(scaling.anchor)
    divisor = reduce(arb.__mul__, map(abs, widths))
    columns = range(len(widths))
    slopes = [[divisor / widths[k] if k == c else arb(0) for c in columns] for k in columns]
    return Affine(slopes, [-slopes[k][k] * anchors[k] for k in columns], divisor)


@dataclass(frozen=True, eq=False)
class Stage:
    """What the neurons of one layer do on a cell: the ends of z, and the branch they take."""

    ends: list[tuple[arb, arb]]
    kinds: list[str]


@dataclass(frozen=True, eq=False)
class CellNetwork:
    """The network on one cell.

    Args:
        stages: every layer in turn.
        around: the network as an analytic function, in the complex plane as well.
        inside: the same at points of the cell itself, where saturated neurons are constant.
    """

    stages: list[Stage]
    around: Terms
    inside: Terms


class ExactNetwork:
    """A network with its floats as exact balls.

    Args:
        model: the network and its scaling.
    """

    def __init__(self, model: Model) -> None:
        self._layers = _exact_layers(model)
        self._inputs = _scaled_inputs(model.input_scaling)
        # Cells on which the same branches are taken share what does not depend on their ends.
        self._reached: dict[Pattern, Affine] = {}
        self._still: dict[Pattern, dict[int, arb]] = {}

    def on(self, box: ExactBox, *, bent: bool = False) -> CellNetwork:
        """Return the network on a cell.

        Args:
            box: the ends of the cell for every input.
            bent: whether units may change their branch inside; only real balls have values then.

        Raises:
            KinkError: a unit changes its branch inside.
        """
        first, kinds, later = self._inputs, list[str](), list[Later]()
        stages: list[Stage] = []
        pattern: Pattern = ()
        for layer in self._layers:
            if not kinds:
                if pattern not in self._reached:
                    self._reached[pattern] = first.through(layer.weights, layer.biases)
                first = self._reached[pattern]
                ends = reach = first.ends(box)
                found = _branches(layer.names, ends, bent)
                if first.bends(found):
                    kinds = found
                else:
                    first = first.bent(found)
            else:
                sums = combined(layer.weights, layer.biases, _ranges(stages[-1]))
                ends = [(z.lower(), z.upper()) for z in sums]
                found = _branches(layer.names, ends, bent)
                later.append((layer.weights, layer.biases, found))
            stages.append(Stage(ends, found))
            pattern = (*pattern, tuple(found))
        whole = Terms(first, kinds, later)
        if pattern not in self._still:
            self._still[pattern] = _constants(whole)
        still = self._still[pattern]
        saturated = _saturated(whole, reach)
        return CellNetwork(stages, whole.without(still), whole.without(still | saturated))


def _ranges(stage: Stage) -> list[arb]:
    pairs = zip(stage.kinds, stage.ends, strict=True)
    return [enclosure(kind, low.union(high)) for kind, (low, high) in pairs]


def _constants(terms: Terms) -> dict[int, arb]:
    """Return the values of the neurons that do not depend on the inputs."""
    values = {k: terms.first.constant(k) for k in range(len(terms.kinds))}
    return {k: enclosure(terms.kinds[k], z) for k, z in values.items() if z is not None}


def _saturated(terms: Terms, reach: Sequence[tuple[arb, arb]]) -> dict[int, arb]:
    """Return the values of the neurons that are saturated all over the cell."""
    if not terms.kinds:
        return {}
    pairs = zip(terms.kinds, reach, strict=True)
    values = {k: settled(kind, *ends) for k, (kind, ends) in enumerate(pairs)}
    return {k: value for k, value in values.items() if value is not None}


def _branches(names: Sequence[str], ends: Sequence[tuple[arb, arb]], bent: bool) -> list[str]:
    kinds = []
    for name, (low, high) in zip(names, ends, strict=True):
        kind = branch(name, low, high)
        if kind is None and not bent:
            raise KinkError(f"a unit {name} changes its branch inside")
        kinds.append(kind or name)
    return kinds


def _sparse(weights: Array) -> Sparse:
    return [[(k, arb(w)) for k, w in enumerate(row) if w != 0.0] for row in weights.tolist()]


def _balls(values: Array) -> list[arb]:
    return [arb(value) for value in values.tolist()]
