"""The formula of a network and its report as a LaTeX document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from approximant.arrays import Points
from approximant.export._facts import facts, header
from approximant.export._format import Format, Run
from approximant.export._subject import Subject
from approximant.networks import Layer, Network

# Activation: its formula in z.
ACTIVATIONS_IN_TEX = {
    "linear": "z",
    "tanh": r"\tanh z",
    "sigmoid": r"1 / (1 + e^{-z})",
    "sin": r"\sin z",
    "gaussian": r"e^{-z^2}",
    "softplus": r"\log(1 + e^z)",
    "silu": r"z / (1 + e^{-z})",
    "gelu": r"\tfrac{1}{2} z \, (1 + \operatorname{erf}(z / \sqrt{2}))",
    "elu": r"z \text{ for } z > 0, \; e^z - 1 \text{ otherwise}",
    "relu": r"\max(z, 0)",
    "leaky_relu": r"z \text{ for } z > 0, \; 0.01 z \text{ otherwise}",
    "abs": r"|z|",
    "step": r"1 \text{ for } z \ge 0, \; 0 \text{ otherwise}",
}
_HEAD = r"""
\documentclass{article}
\usepackage[T1]{fontenc}
\usepackage{amsmath,longtable}
% \neuron{number}{activation}{bias}{weights} is a row of a table.
\newcommand{\neuron}[4]{#1 & #2 & #3 & \raggedright #4 \tabularnewline}
\begin{document}
"""
_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "%": r"\%", "_": r"\_", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
}  # fmt: skip
_NEURON = re.compile(r"^\\neuron\{(\d+)\}\{([^{}]+)\}\{([^{}]+)\}\{([^{}]+)\}", re.MULTILINE)


def render(subject: Subject) -> bytes:
    """Return the document."""
    comments = "\n".join(f"% {line}".rstrip() for line in header(subject))
    body = "\n".join(_body(subject))
    return f"{comments}\n{_HEAD}{body}\n\\end{{document}}\n".encode(errors="backslashreplace")


def _body(subject: Subject) -> Iterator[str]:
    yield rf"\section*{{{escaped(subject.name)}}}"
    yield from _formula(subject)
    yield from _scaling(subject)
    for number, layer in enumerate(subject.model.network.layers, 1):
        yield from _table(number, layer)
    yield r"\subsection*{Report}" + "\n" + r"\begin{description}"
    yield from (rf"\item[{escaped(label or 'about')}] {escaped(t)}" for label, t in facts(subject))
    yield r"\end{description}"


def _formula(subject: Subject) -> Iterator[str]:
    layers = subject.model.network.layers
    inputs = ", ".join(rf"\text{{{escaped(n)}}}" for n in subject.model.domain.names)
    yield rf"With the inputs $x = ({inputs})$, scaled to $t_i = (x_i - a_i) / s_i$,"
    yield r"\begin{align*}"
    before = "t"
    for number, _ in enumerate(layers, 1):
        here = rf"h^{{({number})}}"
        yield (
            rf"{here}_j &= \sigma\Bigl(b^{{({number})}}_j + \textstyle\sum_i "
            rf"w^{{({number})}}_{{ji}} {before}_i\Bigr), \\"
        )
        before = here
    yield rf"y_k &= c_k + r_k {before}_k."
    yield r"\end{align*}"
    names = dict.fromkeys(name for layer in layers for name, _ in layer.groups)
    words = (rf"{escaped(name)}: $\sigma(z) = {ACTIVATIONS_IN_TEX[name]}$" for name in names)
    yield f"{'; '.join(words)}."


def _scaling(subject: Subject) -> Iterator[str]:
    model = subject.model
    yield r"\begin{longtable}{llll}"
    yield r"input & domain & $a_i$ & $s_i$ \\ \hline"
    for k, (name, (low, high)) in enumerate(model.domain.intervals().items()):
        anchor, width = model.input_scaling.anchor[k], model.input_scaling.width[k]
        yield rf"{escaped(name)} & {low!r} to {high!r} & {float(anchor)!r} & {float(width)!r} \\"
    yield r"\end{longtable}" + "\n" + r"\begin{longtable}{lll}"
    yield r"output & $c_k$ & $r_k$ \\ \hline"
    for k, name in enumerate(model.outputs):
        anchor, width = model.output_scaling.anchor[k], model.output_scaling.width[k]
        yield rf"{escaped(name)} & {float(anchor)!r} & {float(width)!r} \\"
    yield r"\end{longtable}"


def _table(number: int, layer: Layer) -> Iterator[str]:
    yield rf"\subsection*{{Layer {number}}}"
    yield r"\begin{longtable}{rllp{0.6\textwidth}}"
    yield r"$j$ & $\sigma$ & $b_j$ & $w_{j1}, w_{j2}, \ldots$ \tabularnewline \hline"
    names = [name for name, count in layer.groups for _ in range(count)]
    biases = np.zeros(layer.width) if layer.biases is None else layer.biases
    rows = zip(names, biases.tolist(), layer.weights.tolist(), strict=True)
    for j, (name, bias, weights) in enumerate(rows, 1):
        words = ", ".join(map(repr, weights))
        yield rf"\neuron{{{j}}}{{{escaped(name)}}}{{{bias!r}}}{{{words}}}"
    yield r"\end{longtable}"


def escaped(text: str) -> str:
    """Return a text in which nothing is a command."""
    return "".join(_SPECIAL.get(c, c if c.isprintable() else " ") for c in text)


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the tables give at points (n, d), read back and evaluated in NumPy."""
    rows = iter(_NEURON.findall(data.decode()))
    layers = []
    for layer in subject.model.network.layers:
        found = [next(rows) for _ in range(layer.width)]
        weights = np.array([[float(word) for word in row[3].split(",")] for row in found])
        layers.append(Layer(weights, np.array([float(row[2]) for row in found]), layer.groups))
    model = replace(subject.reference, network=Network(tuple(layers)))
    return Run(model(points), None, "its tables were read back and evaluated in NumPy")


TEX = Format(
    suffix=".tex",
    summary="LaTeX document with the formula and the report",
    render=render,
    run=run,
    activations=frozenset(ACTIVATIONS_IN_TEX),
    guarded=False,
)
