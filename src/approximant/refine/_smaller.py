"""Smaller networks: variable projection from a few neurons of one that meets the tolerance."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.arrays import Points
from approximant.networks import Layer, Network
from approximant.progress import Watch
from approximant.refine._prune import pruned, some_neurons
from approximant.refine._varpro import varpro
from approximant.sampling import Samples, Source
from approximant.streams import Stream

WIDTHS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
WORTH = 0.8  # of the neurons: a smaller change is not worth the time
STARTS = 2  # choices of neurons for each width
ITERATIONS = 60
ROWS = (200, 6)  # fitting points: at least so many, and so many per weight
CHOOSE = 1500
MARGIN = 0.8  # of the tolerance, on choosing points


def smaller_networks(
    network: Network, source: Source, *, seed: int = 0, watch: Watch
) -> Iterator[Network]:
    """Yield a network of fewer neurons that meets the tolerance on choosing points, if found.

    Widths are tried from small to large, each from the neurons that contribute most to the network
    at hand, then from random ones; the first that meets is the smallest.

    Args:
        network: one hidden layer; it meets the tolerance.
        source: samples in scaled units.
        seed: of the choices.
        watch: the clock; between two runs it may end the search.
    """
    if len(network.layers) != 2:
        return
    choose = source.choose(CHOOSE)
    generator = Stream.KEPT_NEURONS.generator(seed)
    curved = network.layers[0].width - _linear(network.layers[0])
    for width in (width for width in WIDTHS if width <= WORTH * curved):
        d = source.dimension
        rows = source.fit(max(ROWS[0], ROWS[1] * width * (d + 2)))
        for start in range(STARTS):
            if watch.expired():
                return
            watch.tell(f"shrinking to {width} neurons", start / STARTS)
            layer = _start(network, width, rows.points, start, generator)
            trial, _ = varpro(layer, rows.points, rows.values, source.tolerance,
                              iterations=ITERATIONS)  # fmt: skip
            if _ratio(trial, choose, source) <= MARGIN:
                yield trial
                return


def _linear(layer: Layer) -> int:
    return sum(count for name, count in layer.groups if name == "linear")


def _start(
    network: Network, width: int, points: Points, start: int, generator: np.random.Generator
) -> Layer:
    """Return the curved neurons that contribute most, or some at random, with all linear ones."""
    layer = network.layers[0]
    names = np.repeat([name for name, _ in layer.groups], [count for _, count in layer.groups])
    if start == 0:
        return pruned(network, width + _linear(layer), points)
    kept = generator.choice(np.flatnonzero(names != "linear"), width, replace=False)
    return some_neurons(layer, np.sort(np.append(kept, np.flatnonzero(names == "linear"))))


def _ratio(network: Network, choose: Samples, source: Source) -> float:
    """Return the larger of error and rounding in multiples of the tolerance."""
    error = np.abs(network(choose.points) - choose.values).max(axis=0)
    rounding = 4.0 * network.rounding_bounds
    return float((np.maximum(error, rounding) / source.tolerance).max())
