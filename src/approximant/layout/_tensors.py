"""What a model file holds: every float in a tensor, every word in the card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from approximant.arrays import Array
from approximant.domain import Box, SampledRegion
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network


def tensors_of(model: Model) -> dict[str, Array]:
    """Return all floats of a model by name."""
    tensors = {
        "domain.lower": model.domain.lower,
        "domain.upper": model.domain.upper,
        "input.anchor": model.input_scaling.anchor,
        "input.width": model.input_scaling.width,
        "output.anchor": model.output_scaling.anchor,
        "output.width": model.output_scaling.width,
    }
    for index, layer in enumerate(model.network.layers):
        tensors[f"layer.{index}.weights"] = layer.weights
        if layer.biases is not None:
            tensors[f"layer.{index}.biases"] = layer.biases
    if model.region is not None:
        tensors["region.anchors"] = model.region.anchors
        tensors["region.radius"] = np.array([model.region.radius])
    return {name: np.ascontiguousarray(t, dtype=np.float64) for name, t in tensors.items()}


def words_of(model: Model) -> dict[str, Any]:
    """Return what a model is beside its tensors; the intervals and scaling are there to be read."""
    return {
        "network": str(model.network),
        "layers": [
            {"groups": [list(group) for group in layer.groups], "biases": layer.biases is not None}
            for layer in model.network.layers
        ],
        "inputs": list(model.domain.names),
        "outputs": list(model.outputs),
        "domain": {name: list(ends) for name, ends in model.domain.intervals().items()},
        "scaling": {
            side: {"anchor": scaling.anchor.tolist(), "width": scaling.width.tolist()}
            for side, scaling in (("input", model.input_scaling), ("output", model.output_scaling))
        },
        "outside": model.outside,
        "sampled_region": model.region is not None,
    }


def model_of(words: Mapping[str, Any], tensors: Mapping[str, Array]) -> Model:
    """Return the model of `words_of` and `tensors_of`.

    Raises:
        ApproximantError, AttributeError, LookupError, TypeError, ValueError: they make no model.
    """
    layers = tuple(_layer(index, layer, tensors) for index, layer in enumerate(words["layers"]))
    network = Network(layers)
    inputs, outputs = (_names(words[side]) for side in ("inputs", "outputs"))
    d, m = len(inputs), len(outputs)
    if (network.widths[0], network.widths[-1]) != (d, m):
        raise ValueError(f"a network {network} does not fit {d} inputs and {m} outputs")
    ends = [_shaped(tensors, f"domain.{end}", (d,)).tolist() for end in ("lower", "upper")]
    return Model(
        network,
        Box(inputs, tuple(ends[0]), tuple(ends[1])),
        outputs,
        _scaling(tensors, "input", d),
        _scaling(tensors, "output", m),
        words["outside"],
        _region(tensors, d) if words["sampled_region"] else None,
    )


def _layer(index: int, words: Mapping[str, Any], tensors: Mapping[str, Array]) -> Layer:
    weights = tensors[f"layer.{index}.weights"]
    if weights.ndim != 2 or weights.size == 0:
        raise ValueError(f"the weights of layer {index} have the shape {weights.shape}")
    groups = tuple((str(name), count) for name, count in words["groups"])
    if any(type(count) is not int or count < 1 for _, count in groups):
        raise ValueError(f"layer {index} has the neuron groups {groups}")
    biases = tensors[f"layer.{index}.biases"] if words["biases"] else None
    return Layer(weights, biases, groups)


def _scaling(tensors: Mapping[str, Array], side: str, columns: int) -> Scaling:
    anchor, width = (_shaped(tensors, f"{side}.{part}", (columns,)) for part in ("anchor", "width"))
    if side == "input" and not width.all():
        raise ValueError("an input would be divided by a width of zero")
    return Scaling(anchor, width)


def _region(tensors: Mapping[str, Array], d: int) -> SampledRegion:
    anchors = tensors["region.anchors"]
    if anchors.ndim != 2 or anchors.shape[1] != d or len(anchors) == 0:
        raise ValueError(f"the rows of the sampled region have the shape {anchors.shape}")
    return SampledRegion(anchors, float(_shaped(tensors, "region.radius", (1,))[0]))


def _shaped(tensors: Mapping[str, Array], name: str, shape: tuple[int, ...]) -> Array:
    if tensors[name].shape != shape:
        raise ValueError(f"{name} has the shape {tensors[name].shape} instead of {shape}")
    return tensors[name]


def _names(words: Any) -> tuple[str, ...]:
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise TypeError(f"{words!r} are no names")
    return tuple(words)
