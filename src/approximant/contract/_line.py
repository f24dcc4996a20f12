"""The search for functions of one input: probe, construct, shrink."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant import construct, probe, refine
from approximant.arrays import Points, Values, Vector
from approximant.contract._candidate import MARGIN, Candidate, make_model, rounding_ratio
from approximant.contract._request import Request
from approximant.model import Scaling
from approximant.networks import Layer, Network, NetworkSpec
from approximant.profile import LineProfile
from approximant.progress import Watch
from approximant.sampling import chebyshev_points
from approximant.streams import Stream
from approximant.targets import FunctionTarget

STRICTER = (MARGIN, 0.5, 0.25)  # margins of repeated searches, should a verification fail
LOOSER = (1e2, 1e4, 1e6)  # multiples of the tolerance to aim for when it is out of reach
LAST_WIDTH = 64  # neurons of the network that a target gets which nothing follows
SHRUNK_WIDTH = 80  # widest layer that is worth shrinking: wider ones take seconds
ITERATIONS = 40
# Cost of a solve, in microseconds: overhead of the calls, and of every product of rows and width^2.
OVERHEAD, PRICE = 120.0, 1.5e-3
STARTS = (2, 1)  # placements by rule besides the pruned one, for widths up to PAIRED and beyond
CONTRIBUTIONS = 200  # points at which the contribution of a neuron is measured
FROM_BELOW = (2, 4, 8, 16, 32, 64)
PLAIN = 16  # neurons up to which a network usually shrinks a lot
LEAP = (0.65, 0.75)  # share of a width that is tried first, up to PLAIN and beyond; then bisection
PAIRED = 10  # neurons above which even widths do better: sines come with their cosines
FINE = 0.08  # of the width: how close to the smallest bisection goes
ONE_SOLVE = 0.6  # what an attempt costs beside a step of the refinement
LEAST_EFFORT = 7_000.0  # microseconds that shrinking may take however fast the search was


class TargetLine:
    """A function target of one input, as `probe` and `construct` see it.

    Args:
        target: the function.
        request: gives the tolerance.
        factor: by which the tolerance is relaxed.
    """

    def __init__(self, target: FunctionTarget, request: Request, factor: float = 1.0) -> None:
        self.target = target
        self.request = request
        self.factor = factor
        self.low, self.high = target.domain.lows[0], target.domain.highs[0]

    @property
    def tolerance(self) -> Vector:
        """Largest error allowed, (m,)."""
        return self.factor * self.request.tolerance(self.target.scale)

    def __call__(self, x: Vector) -> Values:
        """Return the target's values (n, m) at points (n,)."""
        return self.target(x[:, None])


class LineSearch:
    """Finds candidates for one function of one input.

    Attributes:
        watched: places (k, 1) near which errors are worth hunting.
        profile: pieces and breaks of the target.
        built: the last candidate constructed, which shrinking starts from.
    """

    def __init__(self, target: FunctionTarget, request: Request, watch: Watch) -> None:
        self.target = target
        self.request = request
        self.watch = watch
        self.line = TargetLine(target, request)
        self.built: Candidate | None = None
        self._generator = Stream.PROBE_LINE.generator(request.seed)
        self._effort = np.inf  # microseconds of solves that shrinking may still spend
        watch.tell("probing the target")
        self.profile = probe.probe_line(self.line, self._generator)

    @property
    def watched(self) -> Points:
        """Places (k, 1) near which errors are worth hunting."""
        return self.profile.watched[:, None]

    def rounds(self) -> Iterator[list[Candidate]]:
        """Yield candidates to verify, the smallest first.

        Each round asks for a wider margin; once the tolerance proves out of reach, for a looser
        tolerance, so that the best network found is a good one all the same.
        """
        for margin in STRICTER:
            built = self._build(self.line, self.profile, margin)
            found = [] if built is None else self._with_smaller(built, margin)
            yield found
            if not found or found[0].ratio > margin:
                break
        for factor in LOOSER:
            if self.watch.expired():
                return
            line = TargetLine(self.target, self.request, factor)
            built = self._build(line, probe.probe_line(line, self._generator), MARGIN)
            if built is not None:
                yield [self._from_built(built, factor)]
                if built.accepted(MARGIN):
                    return

    def last_resort(self) -> Candidate:
        """Return the best of the plain layers, for a target that nothing else could follow."""
        width, outputs = min(LAST_WIDTH, self.request.max_neurons), len(self.target.outputs)
        groups = ((("tanh", width),), (("linear", outputs),))
        return self.shape(NetworkSpec((1, width, outputs), groups))

    def _build(
        self, line: TargetLine, profile: LineProfile, margin: float
    ) -> construct.LineNetwork | None:
        self.watch.tell("constructing")
        return construct.line_network(
            line,
            profile,
            margin=margin,
            watch=self.watch,
            max_neurons=self.request.max_neurons,
            generator=self._generator,
        )

    def _with_smaller(self, built: construct.LineNetwork, margin: float) -> list[Candidate]:
        """Return the candidate with the smaller ones made from it, the smallest first."""
        first = self.built = self._from_built(built)
        if len(built.network.layers) != 2:
            return [first]
        small = self.request.effort == "small"
        rescue = not built.accepted(margin)
        spent = ONE_SOLVE * sum(_cost(width) for width in built.solves)
        self._effort = np.inf if small or rescue else max(LEAST_EFFORT, spent)
        return [*reversed(self._shrink(first, margin, rescue)), first]

    def _from_built(self, built: construct.LineNetwork, factor: float = 1.0) -> Candidate:
        scaling = Scaling(np.array([built.anchor]), np.array([built.width]))
        return self._candidate(built.network, scaling, factor * built.ratio, built.geometry)

    def shape(self, spec: NetworkSpec) -> Candidate:
        """Return the best network found of the one-hidden-layer shape asked for."""
        built = construct.line_shape(self.line, self.profile, spec, self._generator)
        best = self._from_built(built)
        if built.ratio > 0.5 and best.neurons <= SHRUNK_WIDTH:
            scaling = best.model.input_scaling
            refined = self._refined(built.network.layers[0], scaling, 4 * ITERATIONS)
            if refined.ratio < best.ratio:
                best = refined
        return best

    def _candidate(
        self, network: Network, scaling: Scaling, ratio: float, geometry: str
    ) -> Candidate:
        model = make_model(
            network, self.target.domain, self.target.outputs, scaling, self.request.outside
        )
        return Candidate(model, ratio, geometry)

    def _shrink(self, first: Candidate, margin: float, rescue: bool) -> list[Candidate]:
        """Return ever smaller candidates that keep the margin, within the effort allowed.

        Wide layers, and those that do not keep it themselves, are approached from below; then the
        smallest width is bisected.
        """
        found: list[Candidate] = []
        failed, best = 0, first
        for low in FROM_BELOW if rescue or first.neurons > SHRUNK_WIDTH else ():
            smaller = self._smaller(low, best, margin) if low < best.neurons else None
            if smaller is not None:
                found, best = [smaller], smaller
                break
            failed = low
            if self._spent():
                return found
        while 1 < best.neurons <= SHRUNK_WIDTH and not self._spent():
            width = best.neurons
            leap = LEAP[width > PLAIN]
            middle = min(width - 1, max(int(leap * width), (failed + width) // 2))
            if middle > PAIRED:
                middle -= middle % 2
            if middle <= failed or width - failed <= FINE * width:
                break
            smaller = self._smaller(middle, best, margin)
            if smaller is None:
                failed = middle
            else:
                found.append(smaller)
                best = smaller
        return found

    def _spent(self) -> bool:
        return self._effort <= 0 or self.watch.expired()

    def _smaller(self, width: int, best: Candidate, margin: float) -> Candidate | None:
        """Return an accepted candidate of this width from one of several starts, or None.

        The first start keeps the neurons of the best candidate that contribute most.
        """
        small = self.request.effort == "small"
        iterations = 4 * ITERATIONS if small else ITERATIONS
        for layer, scaling in self._starts(width, best, 24 if small else STARTS[width > PAIRED]):
            self.watch.tell("shrinking")
            candidate = self._refined(layer, scaling, iterations)
            if candidate.ratio <= margin:
                return candidate
            if self._spent():
                break
        return None

    def _starts(self, width: int, best: Candidate, count: int) -> Iterator[tuple[Layer, Scaling]]:
        scaling = best.model.input_scaling
        if best.smooth:
            x = np.linspace(self.line.low, self.line.high, CONTRIBUTIONS)[:, None]
            yield refine.pruned(best.model.network, width, scaling.apply(x)), scaling
        for layer in construct.line_starts(width, best.geometry, count):
            yield layer, self._box_scaling()

    def _box_scaling(self) -> Scaling:
        half = 0.5 * (self.line.high - self.line.low)
        return Scaling(np.array([self.line.low + half]), np.array([half]))

    def _refined(self, layer: Layer, scaling: Scaling, iterations: int) -> Candidate:
        """Return the candidate after variable projection; its ratio counts rounding as well."""
        low, high = self.line.low, self.line.high
        unit = chebyshev_points(max(64, 4 * layer.width))
        x = np.clip(low + 0.5 * (high - low) * (1.0 + unit), low, high)[:, None]
        network, steps = refine.varpro(
            layer, scaling.apply(x), self.target(x), self.line.tolerance, iterations=iterations
        )
        self._effort -= steps * _cost(layer.width)
        candidate = self._candidate(network, scaling, np.inf, "varpro")
        fresh = low + (high - low) * self._generator.random((16 * layer.width + 256, 1))
        error = np.abs(self.target(fresh) - candidate.model.evaluate(fresh)).max(axis=0)
        ratio = float(np.max(error / self.line.tolerance))
        ratio = max(ratio, MARGIN * rounding_ratio(candidate.model, self.line.tolerance))
        return Candidate(candidate.model, ratio, "varpro")


def _cost(width: int) -> float:
    """Return roughly the microseconds of one solve of this width."""
    return OVERHEAD + PRICE * max(64, 4 * width) * width**2
