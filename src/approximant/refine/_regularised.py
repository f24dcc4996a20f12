"""Networks for the rows of a table that may be noisy: ever wider layers, penalised by evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Vector
from approximant.networks import Layer, Network, NetworkSpec
from approximant.progress import Watch
from approximant.refine._evidence import Penalised, evidence_steps
from approximant.sampling import Samples, Source
from approximant.solving import least_squares
from approximant.streams import Stream

WIDTHS = (0, 2, 4, 8, 16, 32)  # tanh neurons beside the linear ones
LARGEST = 700  # weights up to which a step is cheap
BUDGET = 100  # steps from a start
STARTS, CHEAP = 3, 4e6  # rows times weights squared, the products of a step, that cost little
POLISH = 30  # steps with more rows from a network found before
ROWS = (4000, 10)  # fitting rows while widths are tried: at least so many, and so many per weight
FIRST, OUTER, SHIFT = 0.7, 0.1, 0.5  # sizes of the first weights; with larger ones it starts wiggly
RIDGE = 1e-2
WITHIN = 6.0  # standard deviations of the residuals that fit into the tolerance: good enough


@dataclass(frozen=True, eq=False)
class Regularised:
    """A network in the units of its source.

    Args:
        network: the network.
        effective: how many weights the rows determine.
        inner: the same in standard units, with its penalties.
    """

    network: Network
    effective: float
    inner: Penalised


class Regulariser:
    """Fits networks to the rows of a table, inputs and values brought to mean zero and size one.

    Args:
        source: rows; it cannot be evaluated elsewhere.
        seed: of the random starts.
        watch: the clock; between two steps it may end the work.
    """

    def __init__(self, source: Source, *, seed: int, watch: Watch) -> None:
        rows = source.fit(source.limit)
        self.source = source
        self.seed = seed
        self.watch = watch
        self._points = _centre_and_size(rows.points, rows.weights)
        self._values = _centre_and_size(rows.values, rows.weights)

    def networks(self, max_neurons: int) -> Iterator[Regularised]:
        """Yield a linear function, then ever wider layers of tanh beside it.

        The widest that the rows can bear gets several starts where they cost little: nothing that
        follows would make up for a poor one.
        """
        specs = list(self._specs(max_neurons))
        for spec in specs:
            cheap = self.source.limit * weight_count(spec) ** 2 <= CHEAP
            for start in range(STARTS if cheap and spec is specs[-1] and len(specs) > 1 else 1):
                if spec is not specs[0] and self.watch.expired():
                    return
                yield self.fitted(spec, start)

    def _specs(self, max_neurons: int) -> Iterator[NetworkSpec]:
        d, m = self.source.dimension, self.source.outputs
        linear = min(d, m)
        for width in WIDTHS:
            groups = ((("tanh", width),) if width else ()) + (("linear", linear),)
            spec = NetworkSpec((d, width + linear, m), (groups, (("linear", m),)))
            affordable = weight_count(spec) <= min(LARGEST, self.source.limit * m)
            if width + linear > max_neurons or (width and not affordable):
                return
            yield spec

    def fitted(self, spec: NetworkSpec, start: int = 0) -> Regularised:
        """Return the network of a shape after a run from a random start.

        Args:
            spec: the shape; linear outputs.
            start: number of the start.
        """
        rows = self._inward(self.source.fit(max(ROWS[0], ROWS[1] * weight_count(spec))))
        generator = Stream.EVIDENCE_WEIGHTS.generator(self.seed, start)
        found = self._run(Penalised.fresh(_start(spec, rows, generator)), rows, BUDGET)
        if len(rows) < self.source.limit:
            found = self._run(found, self._inward(self.source.fit(self.source.limit)), POLISH)
        return self._outward(found)

    def suits(self, spec: NetworkSpec) -> bool:
        """Tell whether a shape has biases, which take up the scaling, and not too many weights."""
        return spec.biases and weight_count(spec) <= LARGEST

    def refitted(self, found: Regularised, rows: Samples) -> Regularised:
        """Return the network after a few more steps with other rows."""
        return self._outward(self._run(found.inner, self._inward(rows), POLISH, warm=0))

    def _run(self, start: Penalised, rows: Samples, budget: int, warm: int = 5) -> Penalised:
        shape, best = str(start.network.widths[1:-1]).strip("(,)"), start
        for step, best in enumerate(evidence_steps(start, rows, budget, warm)):
            self.watch.tell(f"fitting {shape} neurons", (step + 1) / budget)
            if self._within(best) or self.watch.expired():
                break
        return best

    def _within(self, now: Penalised) -> bool:
        tolerance = self.source.tolerance / self._values[1]
        return bool(np.all(WITHIN <= tolerance * np.sqrt(now.precision)))

    def _inward(self, rows: Samples) -> Samples:
        (centre, size), (middle, spread) = self._points, self._values
        points, values = (rows.points - centre) / size, (rows.values - middle) / spread
        return Samples(points, values, rows.weights)

    def _outward(self, found: Penalised) -> Regularised:
        (centre, size), (middle, spread) = self._points, self._values
        first, *between, last = found.network.layers
        weights = first.weights / size
        biases = np.zeros(first.width) if first.biases is None else first.biases
        first = Layer(weights, biases - weights @ centre, first.groups)
        offset = middle if last.biases is None else last.biases * spread + middle
        last = Layer(last.weights * spread[:, None], offset, last.groups)
        return Regularised(Network((first, *between, last)), found.effective, found)


def weight_count(spec: NetworkSpec) -> int:
    """Return the number of weights and biases of a shape."""
    pairs = zip(spec.widths, spec.widths[1:], strict=False)
    return sum((fan_in + spec.biases) * width for fan_in, width in pairs)


def _centre_and_size(columns: Array, weights: Vector | None) -> tuple[Vector, Vector]:
    centre = np.average(columns, axis=0, weights=weights)
    size = np.sqrt(np.average((columns - centre) ** 2, axis=0, weights=weights))
    return centre, np.where(size > 0.0, size, 1.0)


def _start(spec: NetworkSpec, rows: Samples, generator: np.random.Generator) -> Network:
    """Return a network near the best linear function, or near zero if it has no linear neurons."""
    layers = []
    for fan_in, width, groups in zip(spec.widths, spec.widths[1:], spec.groups, strict=False):
        size = FIRST / np.sqrt(fan_in)
        biases = generator.uniform(-SHIFT, SHIFT, width) if spec.biases else None
        layers.append(Layer(size * generator.standard_normal((width, fan_in)), biases, groups))
    last = layers[-1]
    outer = OUTER / FIRST * np.sqrt(last.weights.shape[1]) * last.weights
    layers[-1] = Layer(outer, None if last.biases is None else 0.0 * last.biases, last.groups)
    if len(layers) == 2 and layers[0].groups[-1][0] == "linear":
        layers = _with_linear(layers[0], layers[1], rows)
    return Network(tuple(layers))


def _with_linear(hidden: Layer, output: Layer, rows: Samples) -> list[Layer]:
    """Return the layers with the best linear function in the linear neurons, the last ones."""
    slopes = least_squares(rows.weighed(rows.points), rows.weighed(rows.values), RIDGE).T
    count = hidden.groups[-1][1]
    m, d = slopes.shape
    inner, outer = (slopes, np.eye(m)) if m <= d else (np.eye(d), slopes)
    first = np.concatenate([hidden.weights[:-count], inner])
    second = np.hstack([output.weights[:, :-count], outer])
    biases = None if hidden.biases is None else hidden.biases.copy()
    if biases is not None:
        biases[-count:] = 0.0
    return [Layer(first, biases, hidden.groups), Layer(second, output.biases, output.groups)]
