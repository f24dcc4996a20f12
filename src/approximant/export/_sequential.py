"""A model as a sequence of modules, for frameworks: guard, scaling, affine maps, activations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Points, Values
from approximant.export._points import compared_points
from approximant.export._subject import Subject
from approximant.model import Model
from approximant.networks import Layer

COMPARED = 300  # points at which folding the scaling into the weights must change nothing


@dataclass(frozen=True, eq=False)
class Module:
    """One step.

    Args:
        kind: "guard", "scale", "linear" or "unscale".
        tensors: its numbers by name; `weight` is (out, in).
        groups: activations after a linear step.
    """

    kind: str
    tensors: Mapping[str, Array]
    groups: tuple[tuple[str, int], ...] = ()


def modules(subject: Subject) -> list[Module]:
    """Return the steps; the scaling is folded into the weights where that costs no accuracy."""
    model = subject.model
    if any(name == "step" for name, _ in model.network.layers[0].groups):
        return _steps(subject, fold=_trivial(model))
    points = compared_points(model, COMPARED, "float64")
    folded = _steps(subject, fold=True)
    change = np.abs(evaluate(folded, "clip", points) - model.evaluate(points)).max(axis=0)
    return folded if np.all(change <= subject.rounding()) else _steps(subject, fold=False)


def _steps(subject: Subject, fold: bool) -> list[Module]:
    model, found = subject.model, []
    if subject.policy != "none":
        found.append(Module("guard", {"lower": model.domain.lower, "upper": model.domain.upper}))
    layers = list(model.network.layers)
    scaling = model.input_scaling
    if fold:
        layers[0] = _after(layers[0], scaling.anchor, scaling.width)
    else:
        found.append(Module("scale", {"anchor": scaling.anchor, "width": scaling.width}))
    linear = all(name == "linear" for name, _ in layers[-1].groups)
    if linear:
        layers[-1] = _before(layers[-1], model)
    found += [
        Module("linear", {"weight": layer.weights, "bias": _biases(layer)}, layer.groups)
        for layer in layers
    ]
    if not linear:
        undone = model.output_scaling
        found.append(Module("unscale", {"anchor": undone.anchor, "width": undone.width}))
    return found


def evaluate(found: list[Module], policy: str, points: Points) -> Values:
    """Return the values (n, m) of the steps at points (n, d), in NumPy; NaN where they refuse."""
    refused = np.zeros(len(points), dtype=bool)
    for module in found:
        t = module.tensors
        if module.kind == "guard" and policy == "clip":
            points = np.clip(points, t["lower"], t["upper"])
        elif module.kind == "guard":
            refused = ~np.all((points >= t["lower"]) & (points <= t["upper"]), axis=1)
        elif module.kind == "scale":
            points = (points - t["anchor"]) / t["width"]
        elif module.kind == "unscale":
            points = t["anchor"] + t["width"] * points
        else:
            points = Layer(t["weight"], t["bias"], module.groups)(points)
    points[refused] = np.nan
    return points


def _trivial(model: Model) -> bool:
    """Tell whether the scaling of the inputs changes nothing."""
    return not model.input_scaling.anchor.any() and bool(np.all(model.input_scaling.width == 1.0))


def _after(layer: Layer, anchor: Array, width: Array) -> Layer:
    """Return the layer that takes what the scaling took."""
    weights = layer.weights / width
    return Layer(weights, _biases(layer) - weights @ anchor, layer.groups)


def _before(layer: Layer, model: Model) -> Layer:
    """Return the linear layer that gives what undoing the output scaling gave."""
    undone = model.output_scaling
    weights = layer.weights * undone.width[:, None]
    return Layer(weights, undone.anchor + undone.width * _biases(layer), layer.groups)


def _biases(layer: Layer) -> Array:
    return np.zeros(layer.width) if layer.biases is None else layer.biases
