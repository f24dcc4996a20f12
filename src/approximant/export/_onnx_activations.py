"""The activation functions as ONNX operators that runtimes know in double as well as in float.

`Softplus`, `Elu` and `Erf` are missing in double, so they are made of others.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from approximant.export._normal import NORMAL_SERIES
from approximant.export._onnx_graph import Graph


def _linear(graph: Graph, z: str) -> str:
    return z


def _sigmoid(graph: Graph, z: str) -> str:
    half = graph.constant(0.5)
    tanh = graph.add("Tanh", graph.add("Mul", z, half))
    return graph.add("Add", graph.add("Mul", tanh, half), half)


def _gaussian(graph: Graph, z: str) -> str:
    return graph.add("Exp", graph.add("Neg", graph.add("Mul", z, z)))


def _softplus(graph: Graph, z: str) -> str:
    small = graph.add("Exp", graph.add("Neg", graph.add("Abs", z)))
    small = graph.add("Log", graph.add("Add", small, graph.constant(1.0)))
    return graph.add("Add", graph.add("Relu", z), small)


def _silu(graph: Graph, z: str) -> str:
    return graph.add("Mul", z, _sigmoid(graph, z))


def _gelu(graph: Graph, z: str) -> str:
    """Return z times the normal distribution function, by Clenshaw's rule for its series."""
    x = graph.add("Mul", graph.add("Abs", z), graph.constant(math.sqrt(0.5)))
    three = graph.constant(3.0)
    t = graph.add("Div", graph.add("Sub", x, three), graph.add("Add", x, three))
    twice = graph.add("Add", t, t)
    b = before = graph.add("Mul", t, graph.constant(0.0))
    for c in NORMAL_SERIES[:0:-1]:
        step = graph.add("Sub", graph.add("Mul", twice, b), before)
        b, before = graph.add("Add", step, graph.constant(c)), b
    series = graph.add("Sub", graph.add("Mul", t, b), before)
    series = graph.add("Add", series, graph.constant(NORMAL_SERIES[0]))
    one = graph.constant(1.0)
    tail = graph.add("Mul", _gaussian(graph, x), graph.add("Div", series, graph.add("Add", x, one)))
    tail = graph.add("Mul", tail, graph.constant(0.5))
    below = graph.add("GreaterOrEqual", graph.constant(0.0), z)
    normal = graph.add("Where", below, tail, graph.add("Sub", one, tail))
    return graph.add("Mul", z, normal)


def _elu(graph: Graph, z: str) -> str:
    """Return z above 0 and 2t / (1 - t) with t = tanh(z/2) below, which cancels no digits."""
    zero = graph.constant(0.0)
    half = graph.add("Mul", graph.add("Min", z, zero), graph.constant(0.5))
    t = graph.add("Tanh", half)
    low = graph.add("Div", graph.add("Add", t, t), graph.add("Sub", graph.constant(1.0), t))
    return graph.add("Where", graph.add("Greater", z, zero), z, low)


def _leaky_relu(graph: Graph, z: str) -> str:
    zero, slope = graph.constant(0.0), graph.constant(0.01)
    return graph.add("Where", graph.add("Greater", z, zero), z, graph.add("Mul", z, slope))


def _step(graph: Graph, z: str) -> str:
    return graph.add(
        "Cast", graph.add("GreaterOrEqual", z, graph.constant(0.0)), to=graph.number_type
    )


ACTIVATIONS_IN_ONNX: dict[str, Callable[[Graph, str], str]] = {
    "linear": _linear,
    "tanh": lambda graph, z: graph.add("Tanh", z),
    "sigmoid": _sigmoid,
    "sin": lambda graph, z: graph.add("Sin", z),
    "gaussian": _gaussian,
    "softplus": _softplus,
    "silu": _silu,
    "gelu": _gelu,
    "elu": _elu,
    "relu": lambda graph, z: graph.add("Relu", z),
    "leaky_relu": _leaky_relu,
    "abs": lambda graph, z: graph.add("Abs", z),
    "step": _step,
}
