"""Networks drawn at random, and the formula that is such a network written out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from flint import fmpq

from approximant.domain import Box
from approximant.model import Model, Scaling
from approximant.networks import ACTIVATIONS, Layer, Network
from drawn.expressions import Node, fraction, number, text, variable
from drawn.places import draw_box, draw_float, draw_share

KINKED = ("step", "relu", "abs", "leaky_relu", "elu")
Surface = tuple[tuple[fmpq, ...], fmpq]  # slopes and offset of an affine function; it is where 0


@dataclass(frozen=True, eq=False)
class Case:
    """A model, the formulas it is compared with, and where something switches.

    Args:
        label: what kind it is.
        model: the network.
        written: the network itself as expressions, one per output.
        targets: the formulas as expressions; the same objects where they are the network.
        surfaces: affine functions of the inputs at whose zeros a branch may change.
    """

    label: str
    model: Model
    written: tuple[Node, ...]
    targets: tuple[Node, ...]
    surfaces: list[Surface] = field(default_factory=list)

    @property
    def texts(self) -> tuple[str, ...]:
        """The formulas as prover and checker read them."""
        return tuple(text(node, self.model.domain.names) for node in self.targets)


@dataclass(frozen=True)
class Taste:
    """What kind of numbers a network is made of."""

    steep: float = 0.0  # share of weights of 1e3 to 1e12
    tiny: float = 0.0  # of 1e-12 to 1e-300
    kinked: float = 0.6  # share of layers whose units bend or jump


TASTES = (
    Taste(),
    Taste(kinked=0.0),
    Taste(kinked=1.0),
    Taste(0.2),
    Taste(0.0, 0.2),
    Taste(0.15, 0.1),
)


def draw_network(rng: np.random.Generator) -> Case:
    """Return a network against itself, or itself with one constant moved by part of an ulp."""
    d = int(rng.choice([1, 2, 3], p=[0.76, 0.19, 0.05]))
    depth = int(rng.choice([1, 2, 3], p=[0.6, 0.3, 0.1]))
    most = (4, 2, 2)[depth - 1]
    widths = [int(rng.integers(1, most + 1)) for _ in range(depth)]
    m = 2 if rng.random() < 0.08 else 1
    model = draw_model(rng, draw_box(rng, d), widths, m, TASTES[rng.integers(len(TASTES))])
    written = write(model)
    kind = rng.choice(["itself", "bias", "input"], p=[0.5, 0.3, 0.2])
    targets, surfaces = written, surfaces_of(model)
    if kind == "bias":
        k = int(rng.integers(len(widths)))
        biases = _biases(model.network.layers[k])
        j = int(rng.integers(len(biases)))
        moved = draw_share(rng) * fraction(math.ulp(biases[j]))
        targets = write(model, moved_bias=(k, j, moved))
    elif kind == "input":
        moved = draw_share(rng) * fraction(math.ulp(model.domain.highs[0]))
        targets = write(model, moved_input=moved)
        surfaces += [(slopes, offset + slopes[0] * moved) for slopes, offset in surfaces]
    return Case(f"network, {kind}", model, written, targets, surfaces)


def draw_model(
    rng: np.random.Generator, box: Box, widths: Sequence[int], m: int, taste: Taste
) -> Model:
    """Return a model whose units switch inside of a domain."""
    into = _input_scaling(rng, box)
    layers: list[Layer] = []
    spots = [_spot(rng, box) for _ in range(3)]
    sizes = [box.dimension, *widths]
    for before, width in zip(sizes, widths, strict=False):
        layers.append(_layer(rng, layers, into, (width, before), spots, taste))
    layers.append(_output(rng, m, widths[-1]))
    out = _output_scaling(rng, m)
    return Model(Network(tuple(layers)), box, ("f", "g")[:m], into, out)


def _spot(rng: np.random.Generator, box: Box) -> np.ndarray:
    ends = zip(box.lows, box.highs, strict=True)
    return np.array([draw_float(rng, low, high) for low, high in ends])


def _layer(
    rng: np.random.Generator,
    before: list[Layer],
    into: Scaling,
    shape: tuple[int, int],
    spots: list[np.ndarray],
    taste: Taste,
) -> Layer:
    """Return a layer most of whose units are 0 at one of the spots, as well as floats allow."""
    weights = _weights(rng, shape, taste)
    biases = np.zeros(shape[0])
    for j in range(shape[0]):
        at = spots[rng.integers(len(spots))]
        value = into.apply(at[None])
        for layer in before:
            value = layer(value)
        place = -float(weights[j] @ value[0])
        kind = rng.random()
        if kind < 0.75 and np.isfinite(place):
            biases[j] = place
        elif kind < 0.9:
            biases[j] = rng.normal()
    name = lambda kinked: str(rng.choice(KINKED if kinked else SMOOTH))  # noqa: E731
    kinked = rng.random() < taste.kinked
    groups = ((name(kinked), shape[0]),)
    if shape[0] > 1 and rng.random() < 0.3:
        groups = ((name(kinked), 1), (name(not kinked), shape[0] - 1))
    return Layer(weights, None if not biases.any() else biases, groups)


SMOOTH = tuple(name for name in ACTIVATIONS if name not in KINKED)


def _weights(rng: np.random.Generator, shape: tuple[int, int], taste: Taste) -> np.ndarray:
    kinds = rng.random(shape)
    plain = np.where(
        rng.random(shape) < 0.5,
        rng.normal(size=shape) * rng.choice([0.5, 1.0, 5.0, 40.0]),
        rng.choice([1.0, -1.0, 2.0, -0.5, 0.1, 3.0, -7.0, 0.0], size=shape),
    )
    signs = rng.choice([-1.0, 1.0], size=shape)
    steep = signs * 10.0 ** rng.uniform(3, 12, shape)
    tiny = signs * 10.0 ** -np.minimum(rng.exponential(60, shape) + 12, 300)
    weights = np.where(kinds < taste.steep, steep, plain)
    return np.where(kinds > 1.0 - taste.tiny, tiny, weights)


def _output(rng: np.random.Generator, m: int, width: int) -> Layer:
    weights = _weights(rng, (m, width), Taste())
    biases = rng.normal(size=m) if rng.random() < 0.6 else None
    name = str(rng.choice(list(ACTIVATIONS))) if rng.random() < 0.12 else "linear"
    return Layer.uniform(weights, biases, name)


def _input_scaling(rng: np.random.Generator, box: Box) -> Scaling:
    """Return a scaling that maps the domain to numbers of ordinary size, or none."""
    d, width = box.dimension, box.width
    kind = rng.integers(6)
    if kind == 0:
        return Scaling.identity(d)
    if kind == 1:
        return Scaling(box.lower + 0.5 * width, 0.5 * width)
    if kind == 2:  # no rounding
        return Scaling(np.zeros(d), 2.0 ** np.round(np.log2(width)))
    if kind == 3:  # a power of two about a decimal
        return Scaling(_decimal(box.centre), 2.0 ** -rng.integers(-3, 8, size=d))
    if kind == 4:
        return Scaling(_decimal(box.lower + width * rng.random(d)), _decimal(width * 0.3))
    return Scaling(
        np.where(rng.random(d) < 0.5, 0.0, box.lower), width * 10.0 ** rng.uniform(-3, 3, d)
    )


def _decimal(values: np.ndarray) -> np.ndarray:
    return np.array([float(f"{v:.5g}") for v in values])


def _output_scaling(rng: np.random.Generator, m: int) -> Scaling:
    kind = rng.integers(5)
    if kind < 2:
        return Scaling.identity(m)
    if kind == 2:
        return Scaling(np.zeros(m), 2.0 ** rng.integers(-8, 9, size=m))
    if kind == 3:
        return Scaling(rng.normal(size=m), 10.0 ** rng.uniform(-9, 9, m))
    return Scaling(np.full(m, 1000.5), np.full(m, 0.3))


def write(
    model: Model,
    *,
    moved_input: fmpq | None = None,
    moved_bias: tuple[int, int, fmpq] | None = None,
) -> tuple[Node, ...]:
    """Return a model as expressions with exact constants, one per output.

    Args:
        model: the model.
        moved_input: added to the first input.
        moved_bias: layer, unit, and what is added to its bias.
    """
    into, out = model.input_scaling, model.output_scaling
    values = []
    for k, (anchor, width) in enumerate(zip(into.anchor, into.width, strict=True)):
        node = variable(k)
        if k == 0 and moved_input is not None:
            node = node + number(moved_input)
        node = node - number(anchor) if anchor else node
        values.append(node / number(width) if width != 1.0 else node)
    for k, layer in enumerate(model.network.layers):
        biases = [fraction(b) for b in _biases(layer)]
        if moved_bias is not None and moved_bias[0] == k:
            biases[moved_bias[1]] += moved_bias[2]
        values = _layer_written(layer, biases, values)
    ends = zip(out.anchor, out.width, values, strict=True)
    return tuple(number(anchor) + number(width) * node for anchor, width, node in ends)


def _layer_written(layer: Layer, biases: list[fmpq], values: list[Node]) -> list[Node]:
    names = [name for name, count in layer.groups for _ in range(count)]
    found = []
    for name, row, bias in zip(names, layer.weights, biases, strict=True):
        z = number(bias)
        for weight, node in zip(row, values, strict=True):
            z = z + number(weight) * node if weight else z
        found.append(_activated(name, z))
    return found


def _activated(name: str, z: Node) -> Node:
    if name == "step":
        return Node("where", (Node(">=", (z, number(0.0))), number(1.0), number(0.0)))
    return Node(name, (z,))


def _biases(layer: Layer) -> list[float]:
    return [0.0] * layer.width if layer.biases is None else layer.biases.tolist()


def surfaces_of(model: Model) -> list[Surface]:
    """Return the affine functions that units of the first layer that switch are given."""
    layer, into = model.network.layers[0], model.input_scaling
    names = [name for name, count in layer.groups for _ in range(count)]
    found = []
    for name, row, bias in zip(names, layer.weights, _biases(layer), strict=True):
        if name in KINKED:
            slopes = tuple(fraction(w) / fraction(s) for w, s in zip(row, into.width, strict=True))
            shifts = (s * fraction(a) for s, a in zip(slopes, into.anchor, strict=True))
            found.append((slopes, fraction(bias) - sum(shifts, fmpq(0))))
    return found
