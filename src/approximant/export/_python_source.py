"""What both Python modules have in common: header, numbers, layers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.export._facts import header
from approximant.export._literals import listed, numbers, texts
from approximant.export._subject import Subject

# Activation: its value and its slope, for `math`.
ACTIVATIONS_IN_PYTHON = {
    "linear": ("lambda z: z", "lambda z, a: 1.0"),
    "tanh": ("math.tanh", "lambda z, a: 1.0 - a * a"),
    "sigmoid": ("lambda z: 0.5 * math.tanh(0.5 * z) + 0.5", "lambda z, a: a * (1.0 - a)"),
    "sin": (
        "lambda z: math.sin(z) if math.isfinite(z) else math.nan",
        "lambda z, a: math.cos(z) if math.isfinite(z) else math.nan",
    ),
    "gaussian": ("lambda z: math.exp(-z * z)", "lambda z, a: -2.0 * z * a"),
    "softplus": (
        "lambda z: max(z, 0.0) + math.log1p(math.exp(-abs(z)))",
        "lambda z, a: 0.5 * math.tanh(0.5 * z) + 0.5",
    ),
    "silu": (
        "lambda z: z * (0.5 * math.tanh(0.5 * z) + 0.5)",
        "lambda z, a: (0.5 * math.tanh(0.5 * z) + 0.5)\n"
        "        * (1.0 + z * (0.5 - 0.5 * math.tanh(0.5 * z)))",
    ),
    "gelu": (
        "lambda z: z * 0.5 * math.erfc(-math.sqrt(0.5) * z)",
        "lambda z, a: 0.5 * math.erfc(-math.sqrt(0.5) * z)\n"
        "        + z * math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)",
    ),
    "elu": (
        "lambda z: z if z > 0.0 else math.expm1(z)",
        "lambda z, a: 1.0 if z > 0.0 else a + 1.0",
    ),
    "relu": ("lambda z: 0.0 if z < 0.0 else z", "lambda z, a: float(z > 0.0)"),
    "leaky_relu": (
        "lambda z: z if z > 0.0 else 0.01 * z",
        "lambda z, a: 1.0 if z > 0.0 else 0.01",
    ),
    "abs": ("abs", "lambda z, a: float((z > 0.0) - (z < 0.0))"),
    "step": ("lambda z: float(z >= 0.0)", "lambda z, a: 0.0"),
}


def python_file(subject: Subject, module: str, code: str) -> bytes:
    """Return a Python file: the header as comments, one import, the code."""
    comments = "\n".join(f"# {line}".rstrip() for line in header(subject))
    text = f"{comments}\n\nimport {module}\n\n{code}"
    return text.encode(errors="backslashreplace")


def definitions(subject: Subject) -> str:
    """Return the numbers of the module, with its table of activations."""
    names = dict.fromkeys(n for layer in subject.model.network.layers for n, _ in layer.groups)
    table = "".join(
        f'    "{name}": (\n        {value},\n        {slope},\n    ),\n'
        for name, (value, slope) in ((name, ACTIVATIONS_IN_PYTHON[name]) for name in names)
    )
    return "\n".join([*constants(subject, "()"), f"ACTIVATIONS = {{\n{table}}}", ""])


def constants(subject: Subject, brackets: str) -> Iterator[str]:
    """Yield the definitions of all numbers."""
    model = subject.model
    yield f"INPUTS = {texts(model.domain.names, brackets)}"
    yield f"OUTPUTS = {texts(model.outputs, brackets)}"
    if subject.policy != "none":
        yield f"LOWER = {numbers(model.domain.lower, brackets)}"
        yield f"UPPER = {numbers(model.domain.upper, brackets)}"
    if subject.has_region and model.region is not None:
        yield f"ROWS = {numbers(model.region.anchors, brackets)}"
        yield f"RADIUS = {model.region.radius!r}"
    yield f"ANCHOR = {numbers(model.input_scaling.anchor, brackets)}"
    yield f"WIDTH = {numbers(model.input_scaling.width, brackets)}"
    yield f"OFFSET = {numbers(model.output_scaling.anchor, brackets)}"
    yield f"SPAN = {numbers(model.output_scaling.width, brackets)}"
    yield f"LAYERS = {listed(_layers(subject, brackets), brackets)}"
    yield f"SAMPLES = {listed(_samples(subject, brackets), brackets)}"
    yield f"ALLOWED = {numbers(subject.allowed(), brackets)}"
    yield f"ALLOWED_SLOPE = {subject.allowed_gradient()!r}"


def _layers(subject: Subject, brackets: str) -> Iterator[str]:
    for layer in subject.model.network.layers:
        biases = np.zeros(layer.width) if layer.biases is None else layer.biases
        groups = (f'{brackets[0]}"{name}", {count}{brackets[1]}' for name, count in layer.groups)
        parts = [
            numbers(layer.weights, brackets, "        "),
            numbers(biases, brackets, "        "),
            listed(groups, brackets, "        "),
        ]
        yield listed(parts, brackets, "    ")


def _samples(subject: Subject, brackets: str) -> Iterator[str]:
    values, slopes = subject.sample_values(), subject.sample_gradients()
    for point, value, slope in zip(subject.samples, values, slopes, strict=True):
        parts = [numbers(part, brackets, "        ") for part in (point, value, slope)]
        yield listed(parts, brackets, "    ")
