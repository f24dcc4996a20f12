"""A candidate: a model with what choosing points say about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector
from approximant.domain import Box
from approximant.model import Model, Scaling
from approximant.networks import ACTIVATIONS, Layer, Network
from approximant.refine import Regularised

MARGIN = 0.9  # share of the tolerance to stay under on choosing points


@dataclass(frozen=True, eq=False)
class Candidate:
    """A model that may be what was asked for.

    Args:
        model: the model.
        ratio: largest error on choosing points as a multiple of the tolerance.
        geometry: how it was made, for the history.
        regularised: the network as its penalties left it, where it has some.
    """

    model: Model
    ratio: float
    geometry: str
    regularised: Regularised | None = None

    @property
    def neurons(self) -> int:
        """Hidden neurons."""
        return self.model.network.neurons

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return self.model.network.parameters

    @property
    def freedom(self) -> float:
        """Number of weights that the rows determined, rather than a random choice or a penalty."""
        if self.regularised is not None:
            return self.regularised.effective
        network = self.model.network
        return network.widths[-2] + 1 if len(network.layers) == 2 else network.parameters

    @property
    def smooth(self) -> bool:
        """Whether all hidden neurons can be refined by Gauss-Newton steps."""
        layers = self.model.network.layers[:-1]
        return all(ACTIVATIONS[name].smooth for layer in layers for name, _ in layer.groups)


def rounding_ratio(model: Model, tolerance: Vector) -> float:
    """Return the quick estimate of rounding as a multiple of a quarter of the tolerance.

    What lies above 1 is refused, by the search and by the verdict.
    """
    return float(np.max(4.0 * model.rounding_estimates / tolerance))


def scaled_output(network: Network, scale: Vector) -> Network:
    """Return the network with its outputs multiplied by `scale` (m,), so it speaks user's units."""
    *hidden, last = network.layers
    biases = None if last.biases is None else last.biases * scale
    return Network((*hidden, Layer(last.weights * scale[:, None], biases, last.groups)))


def box_scaling(box: Box) -> Scaling:
    """Return the scaling that maps the box to [-1, 1]^d."""
    return Scaling(box.centre, 0.5 * box.width)


def make_model(
    network: Network, box: Box, outputs: tuple[str, ...], scaling: Scaling, outside: str
) -> Model:
    """Return the model of a network whose outputs are in the user's units already."""
    return Model(network, box, outputs, scaling, Scaling.identity(len(outputs)), outside)
