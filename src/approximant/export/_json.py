"""JSON that `approximant.load` reads back bit for bit: hexadecimal floats, a neuron a line."""

from __future__ import annotations

from typing import Any

from approximant.arrays import Points
from approximant.export._format import Format, Run
from approximant.export._subject import Subject
from approximant.layout import SCHEMA, model_of, read_text, tensors_of, text_of, versions, words_of

OWN = ("schema", "model", "export")  # entries of the card that are written anew


def render(subject: Subject) -> bytes:
    """Return the file: the card of a model file, the tensors, the verification."""
    known = {name: value for name, value in subject.card.items() if name not in OWN}
    card: dict[str, Any] = {"schema": SCHEMA, "versions": versions(), **known}
    card["model"] = words_of(subject.model)
    if subject.verification is not None:
        card["export"] = {
            "difference": subject.verification.difference.tolist(),
            "points": subject.verification.points,
            "how": subject.verification.how,
        }
    return text_of(card, tensors_of(subject.model)).encode()


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the model read back gives at points (n, d)."""
    card, tensors, _ = read_text(data.decode())
    model = model_of(card["model"], tensors)
    if subject.policy == "none":
        return Run(model.evaluate(points), model.gradient(points), _HOW)
    inside = model.inside(points)
    if subject.policy == "clip":
        points = model.moved_inside(points)
    values, gradients = model.evaluate(points), model.gradient(points)
    if subject.policy != "clip":
        values[~inside] = float("nan")
        gradients[~inside] = float("nan")
    return Run(values, gradients, _HOW)


_HOW = "read back and evaluated"

JSON = Format(
    suffix=".json",
    summary="readable model file that approximant.load reads",
    render=render,
    run=run,
    usage=lambda subject, path: f"approximant.load({path!r})",
)
