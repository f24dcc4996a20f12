"""A model in float32: rounded hidden weights, output weights solved for again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from approximant.arrays import Array, Points, Vector
from approximant.domain import SampledRegion
from approximant.errors import ExportError
from approximant.export._c_emulation import emulated_values, hidden_values
from approximant.export._points import compared_points, rounded_domain
from approximant.export._subject import Subject
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network
from approximant.solving import least_squares
from approximant.threads import single_threaded

RIDGES = (1e-8, 1e-7, 1e-6, 1e-5, 1e-4)  # the larger, the smaller the sum of output weights
WIDE, FEWER = 400, (1e-6, 1e-5)  # for layers whose solves take long


def in_single(subject: Subject) -> Subject:
    """Return the subject with a model whose numbers are all float32, as near as can be had.

    The hidden weights are rounded. What that changed, the output weights make good: they are solved
    for again, against the float64 model, with the hidden layer evaluated in float32. Larger output
    weights fit better and round worse; the penalty on them that gives the smallest error counts.

    Raises:
        ExportError: float32 cannot tell the ends of an interval apart, or overflows.
    """
    rounded = replace(subject, model=_rounded(subject.source))
    if not _solvable(rounded.model):
        return rounded
    n = max(1000, 2 * rounded.model.network.widths[-2])
    points = compared_points(subject.source, n, "float32")
    return min(_candidates(rounded, points), key=lambda found: _difference(found, points))


def _candidates(rounded: Subject, points: Points) -> list[Subject]:
    found = [rounded]
    scaling, network = rounded.model.output_scaling, rounded.model.network
    hidden = hidden_values(rounded, points)
    design = np.concatenate([hidden, np.ones((len(hidden), 1))], axis=1)
    values = (rounded.source.evaluate(points) - scaling.anchor) / scaling.width
    for ridge in RIDGES if design.shape[1] < WIDE else FEWER:
        with single_threaded():
            weights = _float32(least_squares(design, values, ridge)).T
        output = Layer(weights[:, :-1].copy(), weights[:, -1].copy(), network.layers[-1].groups)
        solved = Network((*network.layers[:-1], output))
        found.append(replace(rounded, model=replace(rounded.model, network=solved)))
    return found


def _solvable(model: Model) -> bool:
    """Tell whether the outputs are linear in weights that follow a hidden layer."""
    last = model.network.layers[-1]
    linear = all(name == "linear" for name, _ in last.groups)
    return linear and last.biases is not None and bool(model.output_scaling.width.all())


def _difference(found: Subject, points: Points) -> float:
    difference = np.abs(emulated_values(found, points) - found.source.evaluate(points)).max(axis=0)
    return float(np.max(difference / np.maximum(found.scale(), np.finfo(float).tiny)))


def _rounded(model: Model) -> Model:
    layers = (_rounded_layer(layer, k == 0) for k, layer in enumerate(model.network.layers))
    region = model.region and SampledRegion(
        _float32(model.region.anchors), float(_float32(np.array(model.region.radius)))
    )
    return replace(
        model,
        network=Network(tuple(layers)),
        domain=rounded_domain(model, "float32"),
        input_scaling=_rounded_scaling(model.input_scaling),
        output_scaling=_rounded_scaling(model.output_scaling),
        region=region,
    )


def _rounded_scaling(scaling: Scaling) -> Scaling:
    return Scaling(_float32(scaling.anchor), _float32(scaling.width))


def _rounded_layer(layer: Layer, first: bool) -> Layer:
    layer = layer.without_turns()
    biases = None if layer.biases is None else _float32(layer.biases)
    for activation, neurons in layer.slices():
        if first and biases is not None and activation.name == "step":
            # Rounded down, a jump stays between the same two float32 numbers.
            biases[neurons] = _float32_below(np.asarray(layer.biases)[neurons])
    return Layer(_float32(layer.weights), biases, layer.groups)


def _float32(values: Array) -> Array:
    with np.errstate(over="ignore"):
        rounded = values.astype(np.float32).astype(np.float64)
    if not np.isfinite(rounded).all():
        raise ExportError(
            f"The network has numbers up to {np.abs(values).max():.3g}, more than float32 can "
            "hold; export it as float64."
        )
    return np.asarray(rounded)


def _float32_below(values: Vector) -> Vector:
    near = values.astype(np.float32)
    below = np.nextafter(near, np.float32(-np.inf))
    return np.where(near > values, below, near).astype(np.float64)
