"""Networks for the rows of a table with one input: the families for lines, widths rising."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.construct._line_geometry import line_geometries
from approximant.networks import Layer, Network
from approximant.progress import Watch
from approximant.sampling import Source
from approximant.solving import least_squares

WIDTHS = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)
ROWS_A_NEURON = 2  # fewer rows than this and the network passes through them whatever lies between


def row_candidates(source: Source, *, max_neurons: int, watch: Watch) -> Iterator[Network]:
    """Yield for every width the network with the smallest error on the choosing rows.

    Args:
        source: rows of one input, mapped to [-1, 1]; values of size one.
        max_neurons: largest number of hidden neurons.
        watch: the clock.
    """
    rows, choose = source.fit(source.limit), source.choose(source.limit)
    most = min(max_neurons, len(np.unique(rows.points)) // ROWS_A_NEURON)
    for width in [1, *(w for w in WIDTHS if w <= most)]:
        if width > 1 and watch.expired():
            return
        watch.tell(f"fitting {width} neurons", width / max(most, width))
        best, smallest = None, np.inf
        for layer in _layers(width):
            design = np.hstack([layer(rows.points), np.ones((len(rows), 1))])
            weights = least_squares(rows.weighed(design), rows.weighed(rows.values))
            output = Layer.uniform(weights[:-1].T.copy(), weights[-1].copy(), "linear")
            network = Network((layer, output))
            error = (network(choose.points) - choose.values) / source.tolerance
            size = float(np.square(choose.weighed(error)).mean(axis=0).max())
            if best is None or size < smallest:
                best, smallest = network, size
        if best is not None:
            yield best


def _layers(width: int) -> Iterator[Layer]:
    if width == 1:
        yield Layer.uniform(np.ones((1, 1)), np.zeros(1), "linear")
        return
    for family in line_geometries():
        layer = family.build(width)
        if layer is not None:
            yield layer
