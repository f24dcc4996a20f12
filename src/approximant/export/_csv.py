"""The weights as a table for spreadsheets: a neuron a row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from approximant.arrays import Points
from approximant.export._facts import facts
from approximant.export._format import Format, Run
from approximant.export._subject import Subject
from approximant.model import Scaling
from approximant.networks import Layer, Network

INPUTS = ("input", "low", "high", "anchor", "width")
OUTPUTS = ("output", "anchor", "width")
NEURONS = ("layer", "neuron", "activation", "bias")


def render(subject: Subject) -> bytes:
    """Return the file: facts, inputs, outputs, neurons, a blank row between them."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    for row in _rows(subject):
        writer.writerow([_safe(cell) if isinstance(cell, str) else repr(cell) for cell in row])
    return table.getvalue().encode(errors="backslashreplace")


def _rows(subject: Subject) -> Iterator[list[str | int | float]]:
    model = subject.model
    for label, text in facts(subject):
        yield [label or "about", text]
    yield ["use", "inputs become t = (x - anchor) / width; a neuron gives "
           "activation(weights * outputs of the layer before + bias); "
           "an output is anchor + width * its neuron"]  # fmt: skip
    yield []
    yield list(INPUTS)
    scaling = model.input_scaling
    columns = (model.domain.lower, model.domain.upper, scaling.anchor, scaling.width)
    for name, *row in zip(model.domain.names, *(c.tolist() for c in columns), strict=True):
        yield [name, *row]
    yield []
    yield list(OUTPUTS)
    undone = model.output_scaling
    for name, *row in zip(model.outputs, undone.anchor.tolist(), undone.width.tolist(),
                          strict=True):  # fmt: skip
        yield [name, *row]
    yield []
    widest = max(model.network.widths[:-1])
    yield [*NEURONS, *(f"weight {k}" for k in range(1, widest + 1))]
    for number, layer in enumerate(model.network.layers, 1):
        names = [name for name, count in layer.groups for _ in range(count)]
        biases = np.zeros(layer.width) if layer.biases is None else layer.biases
        for k, (name, bias, row) in enumerate(
            zip(names, biases.tolist(), layer.weights.tolist(), strict=True), 1
        ):
            yield [number, k, name, bias, *row]


def _safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the table gives at points (n, d), read back and evaluated in NumPy."""
    rows = list(csv.reader(io.StringIO(data.decode())))
    layers: list[list[list[str]]] = [[] for _ in subject.model.network.layers]
    for row in _section(rows, NEURONS):
        layers[int(row[0]) - 1].append(row)
    inputs, outputs = (
        np.array([[float(cell) for cell in row[-2:]] for row in _section(rows, head)])
        for head in (INPUTS, OUTPUTS)
    )
    model = replace(
        subject.reference,
        network=Network(tuple(_layer(found) for found in layers)),
        input_scaling=Scaling(inputs[:, 0], inputs[:, 1]),
        output_scaling=Scaling(outputs[:, 0], outputs[:, 1]),
    )
    return Run(model(points), None, "read back and evaluated in NumPy")


def _section(rows: list[list[str]], head: tuple[str, ...]) -> list[list[str]]:
    start = next(k for k, row in enumerate(rows) if tuple(row[: len(head)]) == head) + 1
    end = next((k for k in range(start, len(rows)) if not rows[k]), len(rows))
    return rows[start:end]


def _layer(rows: list[list[str]]) -> Layer:
    names = [row[2] for row in rows]
    groups: list[tuple[str, int]] = []
    for name in names:
        if groups and groups[-1][0] == name:
            groups[-1] = (name, groups[-1][1] + 1)
        else:
            groups.append((name, 1))
    weights = np.array([[float(cell) for cell in row[4:]] for row in rows])
    return Layer(weights, np.array([float(row[3]) for row in rows]), tuple(groups))


CSV = Format(
    suffix=".csv",
    summary="table of weights for spreadsheets",
    render=render,
    run=run,
    guarded=False,
)
