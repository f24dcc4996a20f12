"""One layer: an affine map followed by the activations of its neuron groups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, SameBits, Vector
from approximant.errors import SettingError
from approximant.networks._activations import ACTIVATIONS, Activation

Groups = tuple[tuple[str, int], ...]  # (activation name, number of neurons), in neuron order


@dataclass(frozen=True, eq=False)
class Layer(SameBits):
    """`activation(x @ weights.T + biases)`, with an activation per group of neurons.

    Layers are equal where groups and all weights, bit for bit, are.

    Args:
        weights: (out, in).
        biases: (out,), or None for a layer without biases.
        groups: activation name and neuron count of each group; the counts add up to `out`.

    Raises:
        SettingError: an unknown activation, or shapes that do not fit each other.
    """

    weights: Array
    biases: Vector | None
    groups: Groups

    def __post_init__(self) -> None:
        super().__post_init__()
        unknown = [name for name, _ in self.groups if name not in ACTIVATIONS]
        if unknown:
            raise SettingError(
                f"Unknown activation {unknown[0]!r}; known are {', '.join(ACTIVATIONS)}."
            )
        if sum(count for _, count in self.groups) != self.width:
            raise SettingError(f"Groups {self.groups} do not add up to {self.width} neurons.")
        if self.biases is not None and self.biases.shape != (self.width,):
            raise SettingError(f"{self.biases.shape} biases do not fit {self.width} neurons.")

    @classmethod
    def uniform(cls, weights: Array, biases: Vector | None, activation: str) -> Layer:
        """Return a layer whose neurons all have the same activation."""
        return cls(weights, biases, ((activation, weights.shape[0]),))

    @property
    def width(self) -> int:
        """Number of neurons."""
        return int(self.weights.shape[0])

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return self.weights.size + (0 if self.biases is None else self.biases.size)

    def without_turns(self) -> Layer:
        """Return the layer with sine biases from -pi to pi: z, rounded, then keeps more digits."""
        if self.biases is None or not any(name == "sin" for name, _ in self.groups):
            return self
        biases = self.biases.copy()
        for activation, neurons in self.slices():
            if activation.name == "sin":
                turns = np.round(biases[neurons] / (2.0 * np.pi))
                biases[neurons] -= turns * (2.0 * np.pi)
        return Layer(self.weights, biases, self.groups)

    def slices(self) -> Iterator[tuple[Activation, slice]]:
        """Yield each group as its activation and its columns."""
        start = 0
        for name, count in self.groups:
            yield ACTIVATIONS[name], slice(start, start + count)
            start += count

    def affine(self, x: Array) -> Array:
        """Return z = x @ weights.T + biases, (n, out), for x (n, in)."""
        if self.weights.shape[1] == 1:  # one rounding a product, so kinks stay where they belong
            z = x * self.weights[:, 0]
        else:
            z = x @ self.weights.T
        if self.biases is not None:
            z += self.biases
        return z

    def activate(self, z: Array) -> Array:
        """Return the activations of z (n, out); overwrites z."""
        if len(self.groups) == 1:
            return ACTIVATIONS[self.groups[0][0]].value(z)
        for activation, columns in self.slices():
            z[:, columns] = activation.value(z[:, columns])
        return z

    def slope(self, z: Array, a: Array) -> Array:
        """Return d activation / d z, (n, out), given z and a = activate(z)."""
        slopes = np.empty_like(z)
        for activation, columns in self.slices():
            slopes[:, columns] = activation.derivative(z[:, columns], a[:, columns])
        return slopes

    def __call__(self, x: Array) -> Array:
        """Return the outputs (n, out) of the layer for inputs (n, in)."""
        return self.activate(self.affine(x))
