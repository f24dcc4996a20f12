"""An ONNX graph: scaling, guard and network in one, in double or float."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from approximant.arrays import Array, Points
from approximant.export._facts import facts
from approximant.export._format import Format, Run
from approximant.export._onnx_activations import ACTIVATIONS_IN_ONNX
from approximant.export._onnx_graph import Graph
from approximant.export._subject import Subject

OPSET, IR_VERSION = 17, 8  # what runtimes of the last years all read
# onnxruntime's Tanh is off by up to 8.8 u of its value in 2 million points, others by up to 3 u:
# 16 u are granted, 8 u more than to other libraries.
COARSE = 8.0


def render(subject: Subject) -> bytes:
    """Return the file."""
    import onnx

    graph = Graph(subject.dtype)
    model = subject.model
    x = "x"
    inside = "" if subject.policy == "none" else _inside(graph, subject)
    if subject.policy == "clip":
        low, high = graph.constant(model.domain.lower), graph.constant(model.domain.upper)
        x = graph.add("Min", graph.add("Max", x, low), high)
    a = graph.add("Sub", x, graph.constant(model.input_scaling.anchor))
    a = graph.add("Div", a, graph.constant(model.input_scaling.width))
    for layer in model.network.layers:
        biases = np.zeros(layer.width) if layer.biases is None else layer.biases
        # A product each for one input, as the model does; a matrix product otherwise.
        product = "Mul" if layer.weights.shape[1] == 1 else "MatMul"
        z = graph.add(product, a, graph.constant(np.ascontiguousarray(layer.weights.T)))
        # Not Add: onnxruntime drops an Add of zero, and then takes the factor that follows a matrix
        # product, a float64, for a float32; other biases it may add first instead of last.
        z = graph.add("Sum", z, graph.constant(biases))
        a = _activated(graph, z, layer.groups)
    y = graph.add("Mul", a, graph.constant(model.output_scaling.width))
    y = graph.add("Add", y, graph.constant(model.output_scaling.anchor))
    if subject.policy == "nan":
        y = graph.add("Where", inside, y, graph.constant(np.array([np.nan])))
    graph.add("Identity", y, output="y")
    outputs = [("y", len(model.outputs))]
    if subject.policy == "error":
        graph.add("Identity", inside, output="inside")
        outputs.append(("inside", 1))
    proto = graph.model(subject.name, ("x", model.domain.dimension), outputs, OPSET, IR_VERSION)
    proto.doc_string = "\n".join(f"{label}: {text}".lstrip(": ") for label, text in facts(subject))
    onnx.helper.set_model_props(proto, dict(_metadata(subject)))
    onnx.checker.check_model(proto, full_check=True)
    data: bytes = proto.SerializeToString()
    return data


def _inside(graph: Graph, subject: Subject) -> str:
    """Return a boolean (n, 1): whether every input lies within its interval."""
    domain = subject.model.domain
    above = graph.add("GreaterOrEqual", "x", graph.constant(domain.lower))
    below = graph.add("LessOrEqual", "x", graph.constant(domain.upper))
    both = graph.add("Cast", graph.add("And", above, below), to=graph.number_type)
    return graph.add("Cast", graph.add("ReduceMin", both, axes=[1], keepdims=1), to=graph.boolean)


def _activated(graph: Graph, z: str, groups: tuple[tuple[str, int], ...]) -> str:
    if len(groups) == 1:
        return ACTIVATIONS_IN_ONNX[groups[0][0]](graph, z)
    parts, start = [], 0
    for name, count in groups:
        ends = [graph.integers([end]) for end in (start, start + count, 1)]
        parts.append(ACTIVATIONS_IN_ONNX[name](graph, graph.add("Slice", z, *ends)))
        start += count
    return graph.add("Concat", *parts, axis=1)


def _metadata(subject: Subject) -> Iterator[tuple[str, str]]:
    model = subject.model
    yield "inputs", json.dumps(list(model.domain.names))
    yield "outputs", json.dumps(list(model.outputs))
    yield (
        "domain",
        json.dumps({name: list(ends) for name, ends in model.domain.intervals().items()}),
    )
    yield "policy", subject.policy
    for field in ("max_error", "tolerance", "scale"):
        value = subject.reported(field)
        if value is not None:
            yield field, json.dumps([None if np.isinf(each) else each for each in value.tolist()])
    if subject.verification is not None:
        yield "difference", json.dumps(subject.verification.difference.tolist())
        yield "error", json.dumps(subject.verification.error.tolist())
    for label, text in facts(subject):
        if label in ("outside", "verified", "made by", "proof"):
            yield label.replace(" ", "_"), text


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the graph gives at points (n, d), in onnxruntime or onnx's own evaluator."""
    names = ["y", "inside"] if subject.policy == "error" else ["y"]
    feed = {"x": points.astype(subject.dtype)}
    found, how = _evaluated(data, names, feed)
    values = np.array(found[0], dtype=np.float64)
    if subject.policy == "error":
        values[~np.asarray(found[1])[:, 0]] = np.nan
    return Run(values, None, how)


def _evaluated(data: bytes, names: list[str], feed: dict[str, Array]) -> tuple[list[Any], str]:
    try:
        import onnxruntime
    except ImportError:
        import onnx
        from onnx.reference import ReferenceEvaluator

        found = ReferenceEvaluator(onnx.load_from_string(data)).run(names, feed)
        return list(found), "run by the reference evaluator of onnx, as there was no onnxruntime"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return list(session.run(names, feed)), f"run in onnxruntime {onnxruntime.__version__}"


ONNX = Format(
    suffix=".onnx",
    summary="ONNX graph, opset 17",
    render=render,
    run=run,
    activations=frozenset(ACTIVATIONS_IN_ONNX),
    dtypes=("float64", "float32"),
    same_operations=True,
    coarse=COARSE,
    refusal="a second output, `inside`, is false for a point outside; its value means nothing",
    rows=False,
    extra=("onnx", "onnx"),
    usage=lambda subject, path: (
        f"onnxruntime.InferenceSession({path!r}).run(None, {{'x': points}})    # {subject.dtype}"
    ),
)
