"""The search for functions of one input: probe, construct, shrink."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant import construct, probe, refine
from approximant.arrays import Points, Values, Vector
from approximant.contract._candidate import MARGIN, Candidate, make_model, rounding_ratio
from approximant.contract._request import Request
from approximant.model import Scaling
from approximant.networks import Layer, Network
from approximant.progress import Watch
from approximant.sampling import chebyshev_points
from approximant.targets import FunctionTarget

STRICTER = (MARGIN, 0.5, 0.25)  # margins of repeated searches, should a verification fail
SHRUNK_WIDTH = 80  # widest layer that is worth shrinking: wider ones take seconds
ITERATIONS = 40
# Cost of a solve, in microseconds: overhead of the calls, and of every product of rows and width^2.
OVERHEAD, PRICE = 100.0, 1.5e-3
SHARES = (0.6, 0.8, 0.9)  # of the width, tried in turn until none of them works
LEAST_EFFORT = 12_000.0  # microseconds that shrinking may take however fast the search was


class TargetLine:
    """A function target of one input, as `probe` and `construct` see it."""

    def __init__(self, target: FunctionTarget, request: Request) -> None:
        self.target = target
        self.request = request
        self.low, self.high = target.domain.lows[0], target.domain.highs[0]

    @property
    def tolerance(self) -> Vector:
        """Largest error allowed, (m,)."""
        return self.request.tolerance(self.target.scale)

    def __call__(self, x: Vector) -> Values:
        """Return the target's values (n, m) at points (n,)."""
        return self.target(x[:, None])


class LineSearch:
    """Finds candidates for one function of one input.

    Attributes:
        watched: places (k, 1) near which errors are worth hunting.
        profile: pieces and breaks of the target.
    """

    def __init__(self, target: FunctionTarget, request: Request, watch: Watch) -> None:
        self.target = target
        self.request = request
        self.watch = watch
        self.line = TargetLine(target, request)
        self._generator = np.random.default_rng([request.seed, 1])
        self._effort = np.inf  # microseconds of solves that shrinking may still spend
        watch.tell("probing the target")
        self.profile = probe.probe_line(self.line, self._generator)

    @property
    def watched(self) -> Points:
        """Places (k, 1) near which errors are worth hunting."""
        return self.profile.watched[:, None]

    def rounds(self) -> Iterator[list[Candidate]]:
        """Yield candidates to verify, the smallest first; each round asks for a wider margin."""
        for margin in STRICTER:
            self.watch.tell("constructing")
            built = construct.line_network(
                self.line, self.profile, margin=margin, max_neurons=self.request.max_neurons,
                generator=self._generator, watch=self.watch)  # fmt: skip
            scaling = Scaling(np.array([built.anchor]), np.array([built.width]))
            first = self._candidate(built.network, scaling, built.ratio, built.geometry)
            found = [first]
            if built.accepted(margin) and len(built.network.layers) == 2:
                found += self._shrink(first, margin, built.solves)
            yield found[::-1]
            if not built.accepted(margin):
                return

    def shape(self) -> Candidate:
        """Return the best network found of the one-hidden-layer shape asked for."""
        spec = self.request.network
        assert spec is not None
        built = construct.line_shape(self.line, self.profile, spec, self._generator)
        scaling = Scaling(np.array([built.anchor]), np.array([built.width]))
        best = self._candidate(built.network, scaling, built.ratio, built.geometry)
        if built.ratio > 0.5 and best.neurons <= SHRUNK_WIDTH:
            refined = self._refined(built.network.layers[0], scaling, 4 * ITERATIONS)
            if refined is not None and refined.ratio < best.ratio:
                best = refined
        return best

    def _candidate(self, network: Network, scaling: Scaling, ratio: float, geometry: str
                   ) -> Candidate:  # fmt: skip
        model = make_model(network, self.target.domain, self.target.outputs, scaling,
                           self.request.outside)  # fmt: skip
        return Candidate(model, ratio, geometry)

    def _shrink(self, first: Candidate, margin: float, solves: list[int]) -> list[Candidate]:
        """Return ever smaller candidates within about the effort that the search took."""
        small = self.request.effort == "small"
        self._effort = np.inf if small else max(LEAST_EFFORT, sum(_cost(w) for w in solves))
        found: list[Candidate] = []
        width, shares = first.neurons, list(SHARES)
        while 1 < width <= SHRUNK_WIDTH and shares:
            smaller = self._smaller(min(width - 1, int(shares[0] * width)), first, margin, small)
            if smaller is None:
                shares.pop(0)
            else:
                found.append(smaller)
                width = smaller.neurons
            if self._effort <= 0 or self.watch.expired():
                break
        return found

    def _smaller(self, width: int, first: Candidate, margin: float, small: bool
                 ) -> Candidate | None:  # fmt: skip
        """Return an accepted candidate of this width from one of several starts, or None."""
        for layer in construct.line_starts(max(width, 1), first.geometry, 24 if small else 4):
            self.watch.tell("shrinking")
            candidate = self._refined(layer, self._box_scaling(), 4 * ITERATIONS if small else ITERATIONS)
            if candidate is not None and candidate.ratio <= margin:
                return candidate
            if self._effort <= 0 or self.watch.expired():
                break
        return None

    def _box_scaling(self) -> Scaling:
        half = 0.5 * (self.line.high - self.line.low)
        return Scaling(np.array([self.line.low + half]), np.array([half]))

    def _refined(self, layer: Layer, scaling: Scaling, iterations: int) -> Candidate | None:
        """Return the candidate after variable projection, None if rounding would spoil it."""
        low, high = self.line.low, self.line.high
        unit = chebyshev_points(max(64, 4 * layer.width))
        x = np.clip(low + 0.5 * (high - low) * (1.0 + unit), low, high)[:, None]
        network, steps = refine.varpro(layer, scaling.apply(x), self.target(x), self.line.tolerance,
                                       iterations=iterations)  # fmt: skip
        self._effort -= steps * _cost(layer.width)
        candidate = self._candidate(network, scaling, np.inf, "varpro")
        if rounding_ratio(candidate.model, self.line.tolerance) > 1.0:
            return None
        fresh = low + (high - low) * self._generator.random((16 * layer.width + 256, 1))
        error = np.abs(self.target(fresh) - candidate.model.evaluate(fresh)).max(axis=0)
        ratio = float(np.max(error / self.line.tolerance))
        return Candidate(candidate.model, ratio, "varpro")


def _cost(width: int) -> float:
    """Return roughly the microseconds of one solve of this width."""
    return OVERHEAD + PRICE * max(64, 4 * width) * width**2

