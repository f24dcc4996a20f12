"""The search for functions of many inputs: probe the structure, construct, refine."""

from __future__ import annotations

from collections.abc import Iterator

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
SHORT = 0.3  # seconds that shrinking may take however fast the search was


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
        """Yield the candidates with one hidden layer, then the deep ones: each kind ever larger."""
        most, seed = self.request.max_neurons, self.request.seed
        if self.source.dimension == 1:
            rows = construct.row_candidates(self.source, max_neurons=most, watch=self.watch)
            yield (self.judged(network, "rows") for network in rows)
            return
        surfaces = construct.surface_candidates(
            self.source, self.structure, max_neurons=most, seed=seed, watch=self.watch
        )
        yield (self.judged(network, "surface") for network in surfaces)
        deep = refine.deep_candidates(
            self.source, self.structure, max_neurons=most, seed=seed, watch=self.watch
        )
        yield (self.judged(network, "deep") for network in deep)

    def smaller(self, candidate: Candidate) -> Iterator[Candidate]:
        """Yield candidates with fewer neurons, made from one that meets the tolerance."""
        network = scaled_output(candidate.model.network, 1.0 / self.source.scale)
        allowed = min(self.watch.left, max(SHORT, self.watch.seconds))
        if self.request.effort == "small":
            allowed = self.watch.left
        watch = Watch(allowed, self.watch.callback)
        for smaller in refine.smaller_networks(
            network, self.source, seed=self.request.seed, watch=watch
        ):
            yield self.judged(smaller, "smaller")

    def shape(self) -> Candidate:
        """Return the best network found of the shape asked for."""
        assert self.request.network is not None
        network = refine.fit_shape(
            self.request.network, self.source, seed=self.request.seed, watch=self.watch
        )
        return self.judged(network, "shape")

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
