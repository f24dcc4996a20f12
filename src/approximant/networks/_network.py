"""A feed-forward network: layers in order, evaluated and differentiated in float64."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, SameBits, Vector
from approximant.errors import SettingError
from approximant.networks._layer import Layer
from approximant.threads import single_threaded


@dataclass(frozen=True, eq=False)
class Network(SameBits):
    """Layers from input to output; networks are equal where all weights are, bit for bit.

    Args:
        layers: at least one; each takes as many inputs as the one before has neurons.

    Raises:
        SettingError: there are none, or neighbouring ones do not fit.
    """

    layers: tuple[Layer, ...]

    def __post_init__(self) -> None:
        if not (
            isinstance(self.layers, tuple)
            and self.layers
            and all(isinstance(layer, Layer) for layer in self.layers)
        ):
            raise SettingError("layers must be a tuple of at least one Layer.")
        super().__post_init__()
        for before, after in zip(self.layers, self.layers[1:], strict=False):
            if after.weights.shape[1] != before.width:
                raise SettingError(
                    f"A layer of {before.width} neurons feeds one with "
                    f"{after.weights.shape[1]} inputs; these numbers must agree."
                )

    @property
    def widths(self) -> tuple[int, ...]:
        """Number of inputs, neurons of every hidden layer, number of outputs."""
        return (int(self.layers[0].weights.shape[1]), *(layer.width for layer in self.layers))

    @property
    def neurons(self) -> int:
        """Number of hidden neurons."""
        return sum(layer.width for layer in self.layers[:-1])

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def outer_weight_sums(self) -> Vector:
        """S of each output, (m,): the sum of absolute output weights, which scales rounding."""
        return np.asarray(np.abs(self.layers[-1].weights).sum(axis=1))

    @property
    def rounding_estimates(self) -> Vector:
        """S (W + 14) u of each output, (m,): about what rounding adds to one evaluation.

        W is the width of the last hidden layer; 14 covers 4 ulp of the activation and the sums. It
        is quick, for searching, and no bound: steep neurons enlarge the rounding of what they get.
        """
        return np.asarray(self.outer_weight_sums * (self.widths[-2] + 14) * UNIT_ROUNDOFF)

    @single_threaded(lapack=False)
    def __call__(self, x: Array) -> Array:
        """Return the outputs (n, m) for inputs (n, d)."""
        for layer in self.layers:
            x = layer(x)
        return x

    @single_threaded(lapack=False)
    def hidden(self, x: Array) -> Array:
        """Return the outputs (n, w) of the last hidden layer for inputs (n, d)."""
        for layer in self.layers[:-1]:
            x = layer(x)
        return x

    @single_threaded(lapack=False)
    def gradient(self, x: Array) -> Array:
        """Return the derivative of every output by every input, (n, m, d), by the chain rule."""
        jacobian: Array | None = None
        for layer in self.layers:
            z = layer.affine(x)
            a = layer.activate(z.copy())
            slope = layer.slope(z, a)[:, :, None]
            before = layer.weights if jacobian is None else layer.weights @ jacobian
            jacobian = slope * before
            x = a
        assert jacobian is not None
        return jacobian

    def __str__(self) -> str:
        """Return the network text, such as `1-128-1 tanh`; `parse_network` reads it."""
        shape = "-".join(str(width) for width in self.widths)
        names = [_groups_text(layer) for layer in self.layers]
        if names[-1] == "linear":
            names.pop()
        if names and all("+" not in name for name in names) and len(set(names)) == 1:
            if len(names) == len(self.layers) - 1:
                names = names[:1]
        biased = any(layer.biases is not None for layer in self.layers)
        words = [shape, ",".join(names), "" if biased else "nobias"]
        return " ".join(word for word in words if word)


def _groups_text(layer: Layer) -> str:
    if len(layer.groups) == 1:
        return layer.groups[0][0]
    return "+".join(f"{count} {name}" for name, count in layer.groups)
