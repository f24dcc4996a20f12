"""Networks for targets of many inputs: hidden neurons for each term, one joint solve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.construct._hidden import Fit, joined, solve_network
from approximant.construct._tuning import (
    CHOOSE,
    FINE,
    ROWS,
    WIDE,
    Design,
    Workbench,
    suitable_designs,
)
from approximant.construct._views import TermView
from approximant.networks import Layer, Network
from approximant.progress import Watch
from approximant.sampling import Source
from approximant.streams import Stream
from approximant.structure import Structure, Term

WIDTHS = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1448, 2048)
LONG_ENOUGH = 384  # neurons from which on one design is enough and the pace can be judged
LOOK_BACK = 3  # widths
SLACK = 2.0  # how many times faster than so far the error may have to fall
PATIENT_RANK = 2  # up to which all widths are tried: nothing else reaches small tolerances there
NEAR = 20.0  # multiples of the goal from which the widest layer is worth more solves
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
        for fit in Ladder(source, terms[0], max_neurons, seed, watch).fits():
            yield fit.network
    else:
        yield from _sums(source, terms, max_neurons, seed, watch)


class Ladder:
    """The networks of rising width for one term, tried one by one while there is hope.

    Args:
        source: samples of the term.
        term: its inputs and directions.
        max_neurons: largest number of neurons.
        seed: of the random neurons.
        watch: the clock; between two solves it may end the climb.
    """

    def __init__(
        self, source: Source, term: Term, max_neurons: int, seed: int, watch: Watch
    ) -> None:
        self.bench = Workbench(source, term, seed)
        self.watch = watch
        self.best: Fit | None = None
        largest = max(1, min(max_neurons - source.outputs, self.bench.widest))
        self.widths = [width for width in WIDTHS if width < largest] + [largest]
        self._ratios: list[float] = []  # the best of each width so far

    def fits(self, goal: float = 1.0) -> Iterator[Fit]:
        """Yield fits until the widths are used up, time is up, or the goal is out of reach."""
        designs = suitable_designs(self.bench, 2) if self.widths else []
        for width in self.widths:
            if self._hopeless(goal) or (self.best is not None and self.watch.expired()):
                return
            self.watch.tell(f"fitting {width} neurons", len(self._ratios) / len(self.widths))
            tried: list[tuple[float, int]] = []
            for k, design in enumerate(designs):
                designs[k], fit = self.bench.settle(design, width)
                tried.append((fit.ratio, k))
                if self.best is None or fit.ratio < self.best.ratio:
                    self.best = fit
                yield fit
            self._ratios.append(min(tried)[0])
            if width >= LONG_ENOUGH:
                designs = [designs[min(tried)[1]]]
        yield from self._last_resort(designs, goal)

    def _last_resort(self, designs: list[Design], goal: float) -> Iterator[Fit]:
        """Yield fits of the widest layer with more samples and steeper neurons, if that may do."""
        width = self.widths[-1]
        if width <= WIDE or not designs or self.best is None or self.best.ratio > NEAR * goal:
            return
        design, last = designs[0], float("inf")
        while not self.watch.expired():
            fit = self.bench.fit(design, width, rows=ROWS)
            if fit.ratio < self.best.ratio:
                self.best = fit
            yield fit
            if fit.ratio >= last:
                return
            design, last = design.scaled(FINE), fit.ratio

    def _hopeless(self, goal: float) -> bool:
        """Tell whether the error falls too slowly to reach the goal at the largest width."""
        done, rank = len(self._ratios), self.bench.term.rank
        if rank <= PATIENT_RANK or done <= LOOK_BACK or self.widths[done - 1] < LONG_ENOUGH:
            return False
        # Errors of analytic targets fall like exp(-c width^(1/rank)).
        before, last, end = (
            width ** (1.0 / rank)
            for width in (self.widths[done - 1 - LOOK_BACK], self.widths[done - 1], self.widths[-1])
        )
        pace = np.log(self._ratios[-1 - LOOK_BACK] / self._ratios[-1]) / (last - before)
        return bool(np.log(self._ratios[-1] / goal) > SLACK * max(float(pace), 0.0) * (end - last))


def _sums(
    source: Source, terms: tuple[Term, ...], max_neurons: int, seed: int, watch: Watch
) -> Iterator[Network]:
    """Yield networks for a sum of terms: each term sized alone, then all solved together."""
    room = (max_neurons - source.outputs) / sum(term.rank**2 for term in terms)
    by_rank = sorted(terms, key=lambda term: term.rank)
    seeded = [(Stream.TERM.seed(seed, k), term) for k, term in enumerate(by_rank)]
    ladders = [
        Ladder(TermView(source, term, own), term, int(room * term.rank**2), own, watch)
        for own, term in seeded
    ]
    climbs: list[Iterator[Fit] | None] = [None] * len(terms)
    for share in SHARES:
        goal = share / len(terms)
        for k, ladder in enumerate(ladders):
            climb = climbs[k] = climbs[k] or ladder.fits(goal)
            while ladder.best is None or ladder.best.ratio > goal:
                if next(climb, None) is None:
                    break
        best = [ladder.best for ladder in ladders if ladder.best is not None]
        yield _solve(source, joined([_placed(fit) for fit in best])).network
        if watch.expired() or any(fit.ratio > goal for fit in best):
            return


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
