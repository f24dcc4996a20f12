"""The search for functions of many inputs: probe the structure, construct, refine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from approximant import construct, probe, refine
from approximant.contract._candidate import (
    Candidate,
    box_scaling,
    make_model,
    rounding_ratio,
    scaled_output,
)
from approximant.contract._request import Request
from approximant.contract._source import FunctionSource, TableSource
from approximant.networks import Network
from approximant.progress import Watch
from approximant.structure import Structure

CHOOSING = 4000  # points that judge a candidate
# Products that shrinking may take, times the cube of the neurons: as many as the solves of a search
# that ends with so many, some four a width with three rows a neuron; and what pilots take at least.
SHRINKING, LEAST_SHRINKING = 20.0, 1e10


class SurfaceSearch:
    """Finds candidates for a target of many inputs, or for the rows of a table.

    Attributes:
        structure: what the probe found; None where the target can be evaluated at rows only.
    """

    def __init__(
        self, source: FunctionSource | TableSource, request: Request, watch: Watch
    ) -> None:
        self.source = source
        self.request = request
        self.watch = watch
        self.structure: Structure | None = None
        if source.evaluate is not None:
            watch.tell("probing the target")
            self.structure = probe.probe_structure(
                source.evaluate, source.dimension, source.tolerance, seed=request.seed
            )

    def candidates(self) -> Iterator[Candidate]:
        """Yield ever better candidates of every kind in turn."""
        for kind in self.kinds():
            yield from kind

    def kinds(self) -> Iterator[Iterator[Candidate]]:
        """Yield the candidates kind by kind, each ever larger.

        For tables the penalised ones come first, then all with one hidden layer, then the deep.
        """
        most, seed = self.request.max_neurons, self.request.seed
        method, line = self.request.method, self.source.dimension == 1
        if line and method != "refine":
            rows = construct.row_candidates(self.source, max_neurons=most, watch=self.watch)
            yield (self.judged(network, "rows") for network in rows)
            return
        if isinstance(self.source, TableSource) and method != "construct":
            yield (self._regularised(found) for found in self.regulariser.networks(most))
        if method != "refine":
            surfaces = construct.surface_candidates(
                self.source, self.structure, max_neurons=most, seed=seed, watch=self.watch
            )
            yield (self.judged(network, "surface") for network in surfaces)
        if method == "construct":
            return
        deep = refine.deep_candidates(
            self.source, self.structure, max_neurons=most, seed=seed, watch=self.watch
        )
        yield (self.judged(network, "deep") for network in deep)

    def smaller(self, candidate: Candidate) -> Iterator[Candidate]:
        """Yield candidates with fewer neurons, made from one that meets the tolerance."""
        network = scaled_output(candidate.model.network, 1.0 / self.source.scale)
        budget = max(LEAST_SHRINKING, SHRINKING * candidate.neurons**3)
        if self.request.effort == "small":
            budget = np.inf
        for smaller in refine.smaller_networks(
            network, self.source, budget=budget, seed=self.request.seed, watch=self.watch
        ):
            yield self.judged(smaller, "smaller")

    def shape(self) -> Candidate:
        """Return the best network found of the shape asked for."""
        return next(self.shapes())

    def shapes(self) -> Iterator[Candidate]:
        """Yield networks of the shape asked for: for tables a penalised one, then a plain one."""
        spec = self.request.network
        assert spec is not None
        if isinstance(self.source, TableSource) and self.regulariser.suits(spec):
            yield self._regularised(self.regulariser.fitted(spec))
        seed, watch = self.request.seed, self.watch
        network = refine.fit_shape(spec, self.source, seed=seed, watch=watch)
        yield self.judged(network, "shape")

    def with_all_rows(self, candidate: Candidate) -> Candidate:
        """Return a penalised candidate fitted to the choosing rows too; its ratio is not known."""
        assert isinstance(self.source, TableSource) and candidate.regularised is not None
        rows = self.source.fit_and_choose()
        return self._regularised(self.regulariser.refitted(candidate.regularised, rows))

    def _regularised(self, found: refine.Regularised) -> Candidate:
        return replace(self.judged(found.network, "regularised"), regularised=found)

    @cached_property
    def regulariser(self) -> refine.Regulariser:
        """What fits penalised networks to the rows of a table."""
        return refine.Regulariser(self.source, seed=self.request.seed, watch=self.watch)

    def judged(self, network: Network, geometry: str) -> Candidate:
        """Return the candidate of a network, judged on points that took no part in its fit."""
        samples = self.source.choose(CHOOSING)
        target = self.source.target
        error = np.abs(network(samples.points) - samples.values).max(axis=0)
        model = make_model(
            scaled_output(network, self.source.scale),
            target.domain,
            target.outputs,
            box_scaling(target.domain),
            self.request.outside,
        )
        tolerance = self.source.tolerance * self.source.scale
        ratio = float(np.max(error / self.source.tolerance))
        return Candidate(model, max(ratio, rounding_ratio(model, tolerance)), geometry)
