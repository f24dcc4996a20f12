"""Networks for targets of many inputs: one hidden layer per term of the structure, one joint solve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.construct._hidden import Fit, joined, solve_network
from approximant.construct._tuning import CHOOSE, FINE, ROWS, Workbench, suitable_designs
from approximant.construct._views import TermView
from approximant.networks import Layer, Network
from approximant.progress import Watch
from approximant.sampling import Source
from approximant.structure import Structure, Term

WIDTHS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1448, 2048)
BOTH = 400  # neurons up to which two designs run side by side
SHARES = (0.5, 0.1, 0.02)  # of the tolerance, divided among the terms


def surface_candidates(
    source: Source,
    structure: Structure | None = None,
    *,
    max_neurons: int = 2048,
    seed: int = 0,
    watch: Watch,
) -> Iterator[Network]:
    """Yield ever larger networks with one hidden layer, each the best of its size so far.

    Args:
        source: samples in scaled units.
        structure: what is known about the target; None for nothing, as for tables.
        max_neurons: largest number of hidden neurons.
        seed: of the random neurons and points.
        watch: the clock; between two solves it may end the iteration.
    """
    if structure is None:
        structure = Structure.unknown(source.dimension)
    terms = structure.terms
    if not terms:
        yield _solve(source, _no_neurons(source.dimension)).network
    elif len(terms) == 1 and len(terms[0].inputs) == source.dimension:
        for fit in _ladder(source, terms[0], max_neurons, seed, watch):
            yield fit.network
    else:
        yield from _sums(source, terms, max_neurons, seed, watch)


def _ladder(
    source: Source, term: Term, max_neurons: int, seed: int, watch: Watch
) -> Iterator[Fit]:
    """Yield the best network of each width for one term, widths rising."""
    bench = Workbench(source, term, seed)
    designs = suitable_designs(bench, 2)
    largest = min(max_neurons - source.outputs, bench.widest)
    widths = [width for width in WIDTHS if width < largest] + [largest]
    for width in widths:
        fits = []
        for k, design in enumerate(designs):
            watch.tell(f"fitting {width} neurons", widths.index(width) / len(widths))
            if watch.expired():
                break
            designs[k], fit = bench.climb(design, width, FINE, bench.fit(design, width))
            fits.append((fit.ratio, k))
            yield fit
        if width >= BOTH and fits:
            designs = [designs[min(fits)[1]]]
        if watch.expired():
            return


def _sums(
    source: Source, terms: tuple[Term, ...], max_neurons: int, seed: int, watch: Watch
) -> Iterator[Network]:
    """Yield networks for a sum of terms: each term sized alone, then all solved together."""
    views = [TermView(source, term, seed + k) for k, term in enumerate(terms)]
    room = max_neurons // 2 if len(terms) == 1 else max_neurons
    ladders = [
        _ladder(view, term, room, seed + k, watch)
        for k, (view, term) in enumerate(zip(views, terms, strict=True))
    ]
    best: list[Fit | None] = [None] * len(terms)
    for share in SHARES:
        goal = share / len(terms)
        for k, ladder in enumerate(ladders):
            best[k] = _advance(ladder, goal, best[k])
        layers = [_placed(fit) for fit in best if fit is not None]
        if len(layers) < len(terms) or sum(layer.width for layer in layers) > max_neurons:
            return
        yield _solve(source, joined(layers)).network
        if watch.expired():
            return


def _advance(ladder: Iterator[Fit], goal: float, best: Fit | None) -> Fit | None:
    """Return the first fit of the ladder that reaches the goal, or the best there is."""
    if best is not None and best.ratio <= goal:
        return best
    for fit in ladder:
        if best is None or fit.ratio < best.ratio:
            best = fit
        if best.ratio <= goal:
            break
    return best


def _placed(fit: Fit) -> Layer:
    """Return the hidden layer without the linear neurons that the solve added."""
    layer = fit.network.layers[0]
    assert layer.biases is not None
    count = layer.width - layer.groups[-1][1]
    return Layer(layer.weights[:count], layer.biases[:count], layer.groups[:-1])


def _solve(source: Source, hidden: Layer) -> Fit:
    fit = source.fit(ROWS * (hidden.width + source.dimension + 1))
    return solve_network(hidden, fit, source.choose(CHOOSE), source.tolerance)


def _no_neurons(dimension: int) -> Layer:
    return Layer(np.empty((0, dimension)), np.empty(0), ())
