"""Weights as safetensors under the names of a framework, with the lines that rebuild its model."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from approximant.arrays import Array, Points
from approximant.export._facts import facts
from approximant.export._format import Run
from approximant.export._sequential import Module, evaluate, modules
from approximant.export._subject import Subject
from approximant.layout import safetensors_bytes


@dataclass(frozen=True, eq=False)
class Framework:
    """How a framework names and arranges its weights.

    Args:
        names: its name for each of ours, such as `weight`.
        transposed: whether its weights are (in, out).
        separate: whether an activation is a module of its own.
        lines: returns the lines that rebuild the model of a file of a given name.
    """

    names: dict[str, str]
    transposed: bool
    separate: bool
    lines: Callable[[Subject, list[Module], str], str]

    def numbered(self, found: list[Module]) -> Iterator[tuple[int, Module]]:
        """Yield the modules with their place in the framework's sequence."""
        place = 0
        for module in found:
            yield place, module
            activated = any(name != "linear" for name, _ in module.groups)
            place += 2 if self.separate and activated else 1

    def render(self, subject: Subject) -> bytes:
        """Return the file; its metadata has the facts and the lines that rebuild the model."""
        found = modules(subject)
        tensors = {
            f"{place}.{self.names[name]}": np.ascontiguousarray(self._turned(name, values))
            for place, module in self.numbered(found)
            for name, values in module.tensors.items()
        }
        known = {label or "about": text for label, text in facts(subject) if label != "domain"}
        known["inputs"] = json.dumps(list(subject.model.domain.names))
        known["domain"] = json.dumps(subject.model.domain.intervals())
        known["rebuild"] = self.lines(subject, found, "this file")
        known["format"] = "pt" if self.separate else "keras"
        return safetensors_bytes(tensors, {label: str(text) for label, text in known.items()})

    def run(self, data: bytes, subject: Subject, points: Points) -> Run:
        """Return what the weights read back give at points (n, d), in NumPy."""
        from safetensors.numpy import load

        tensors, found = load(data), []
        for place, module in self.numbered(modules(subject)):
            read = {
                name: self._turned(name, tensors[f"{place}.{self.names[name]}"])
                for name in module.tensors
            }
            found.append(replace(module, tensors=read))
        values = evaluate(found, subject.policy, points)
        return Run(values, None, "its weights were read back and evaluated in NumPy")

    def usage(self, subject: Subject, path: str) -> str:
        """Return the lines that rebuild the model."""
        return self.lines(subject, modules(subject), path)

    def _turned(self, name: str, values: Array) -> Array:
        return values.T if self.transposed and name == "weight" else values
