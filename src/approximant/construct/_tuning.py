"""Tuning: which geometry suits a term, and how steep its neurons should be along each direction."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from approximant.arrays import Vector
from approximant.construct._geometries import GEOMETRIES, Geometry
from approximant.construct._hidden import Fit, solve_network
from approximant.networks import Layer
from approximant.sampling import Source
from approximant.streams import Stream
from approximant.structure import Term

ROWS = 3  # fitting points per column of the solve
ROWS_WIDE = 2  # for wide layers, whose columns differ less
WIDE = 400
CHOOSE = 2500  # choosing points
PILOTS = {1: 24, 2: 200, 3: 300}  # neurons of the solves that tune, by rank
PILOT = 200  # for higher ranks
TUNABLE = 20  # directions that can be tuned one by one in the time of a search
STEP = 2.0  # between the scales tried while tuning
FINE = 1.5  # between those tried later
ROUNDS = 2  # passes over the directions
MET = 0.7  # of the tolerance: good enough to leave the scale alone
GAIN = 0.97  # a change must lower the error to this share


@dataclass(frozen=True, eq=False)
class Design:
    """A geometry with one scale per direction of its term."""

    geometry: Geometry
    scales: Vector

    def scaled(self, factor: float, direction: int | None = None) -> Design:
        """Return the design with one or all of its scales multiplied."""
        scales = self.scales.copy()
        scales[slice(None) if direction is None else direction] *= factor
        return replace(self, scales=scales)


class Workbench:
    """Solves for one term, with its samples at hand.

    Args:
        source: samples of the term.
        term: its inputs and directions.
        seed: of the random neurons.
    """

    def __init__(self, source: Source, term: Term, seed: int) -> None:
        self.source = source
        self.term = term
        self.seed = seed
        self._choose = source.choose(CHOOSE)

    @property
    def widest(self) -> int:
        """The largest number of neurons for which there are enough samples."""
        return max(1, self.source.limit // 2)

    def hidden(self, design: Design, width: int) -> Layer:
        """Return the hidden layer of the design."""
        generator = Stream.HIDDEN_WEIGHTS.generator(self.seed, width)
        weights, biases = design.geometry.place(width, design.scales, generator)
        return Layer.uniform(weights @ self.term.basis, biases, design.geometry.activation)

    def fit(self, design: Design, width: int, rows: int | None = None) -> Fit:
        """Return the network of the design after one solve on `rows` samples per neuron."""
        rows = rows or (ROWS if width <= WIDE else ROWS_WIDE)
        samples = self.source.fit(rows * (width + len(self.term.inputs) + 1))
        hidden = self.hidden(design, width)
        return solve_network(hidden, samples, self._choose, self.source.tolerance)

    def climb(self, design: Design, width: int, step: float, best: Fit) -> tuple[Design, Fit]:
        """Return the design with the best common factor on its scales, found step by step."""
        for factor in (step, 1.0 / step):
            moved = False
            while (fit := self.fit(design.scaled(factor), width)).ratio < GAIN * best.ratio:
                design, best, moved = design.scaled(factor), fit, True
            if moved:
                break
        return design, best

    def settle(self, design: Design, width: int) -> tuple[Design, Fit]:
        """Return the design with its scale settled for a width; wide layers get one trial only.

        The best scale rises with the width, so that is where the trial goes.
        """
        fit = self.fit(design, width)
        if width <= WIDE:
            return self.climb(design, width, FINE, fit)
        steeper = design.scaled(FINE)
        other = self.fit(steeper, width) if fit.ratio > MET else fit
        return (steeper, other) if other.ratio < fit.ratio else (design, fit)

    def tune_directions(self, design: Design, width: int, best: Fit) -> tuple[Design, Fit]:
        """Return the design with each direction's own scale tuned in turn."""
        for _ in range(ROUNDS):
            before = best.spread
            for direction in range(self.term.rank):
                for factor in (1.0 / STEP, STEP):
                    moved = False
                    while True:
                        trial = design.scaled(factor, direction)
                        fit = self.fit(trial, width)
                        if fit.spread >= GAIN * best.spread:
                            break
                        design, best, moved = trial, fit, True
                    if moved:
                        break
            if best.spread > 0.9 * before:
                break
        return design, best


def suitable_designs(bench: Workbench, keep: int) -> list[Design]:
    """Return the best designs for a term, best first, tuned on pilots of a few neurons."""
    rank = bench.term.rank
    width = min(PILOTS.get(rank, PILOT), bench.widest)
    found: list[tuple[float, Design]] = []
    for geometry in GEOMETRIES.values():
        if not geometry.ranks[0] <= rank <= geometry.ranks[1]:
            continue
        design = Design(geometry, np.full(rank, geometry.start))
        design, fit = bench.climb(design, width, STEP, bench.fit(design, width))
        found.append((fit.spread, design))
    found.sort(key=lambda pair: pair[0])
    if rank == 1 or rank > TUNABLE:
        return [design for _, design in found[:keep]]
    tuned = []
    for _, design in found[: keep + 1]:
        design, fit = bench.tune_directions(design, width, bench.fit(design, width))
        tuned.append((fit.spread, design))
    tuned.sort(key=lambda pair: pair[0])
    return [design for _, design in tuned[:keep]]
