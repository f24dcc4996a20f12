"""Small deep networks for targets of many inputs: trained by Levenberg-Marquardt, then widened."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.arrays import Array
from approximant.networks import Layer, Network, NetworkSpec
from approximant.progress import Watch
from approximant.refine._levenberg import levenberg_steps
from approximant.refine._starts import random_network
from approximant.refine._widen import SPREADS, widened
from approximant.sampling import Samples, Source
from approximant.streams import Stream
from approximant.structure import Structure

SHAPES = ((8, 8), (16, 16, 16), (24, 24, 24))
STEPS = (80, 320, 640)  # tried steps for each shape
SEEDS = 2  # starts of each shape
SCOUT = 30  # steps after which the best start is kept
LOOK = 20  # steps between two looks at the pace
STALL = 0.9  # of the cost: less progress than this between two looks ends the training
ROWS = (1000, 4000)  # fitting points: four times the weights, within these
MOST_WEIGHTS = 2  # for each number that there is to fit
WIDTHS = (256, 512, 1024)
CHOOSE = 2000
GAIN = 1.0


def deep_candidates(
    source: Source,
    structure: Structure | None = None,
    *,
    max_neurons: int = 2048,
    seed: int = 0,
    watch: Watch,
) -> Iterator[Network]:
    """Yield ever better networks of several hidden layers.

    Args:
        source: samples in scaled units.
        structure: gives the directions that matter, if they are fewer than the inputs.
        max_neurons: largest number of hidden neurons.
        seed: of the random starts.
        watch: the clock; between two steps it may end the iteration.
    """
    basis = _directions(source.dimension, structure)
    for shape, steps in zip(SHAPES, STEPS, strict=True):
        if sum(shape) > max_neurons or watch.expired():
            return
        spec = deep_spec(len(basis), shape, source.outputs)
        trainer = _Trainer(source, basis, spec, watch)
        if trainer.weights > MOST_WEIGHTS * source.limit * source.outputs:
            return
        network = None
        for network in trainer.train(steps, seed):
            yield trainer.whole(network)
        if network is None or shape == SHAPES[0]:
            continue
        for wide in trainer.widenings(network, max_neurons - sum(shape), seed):
            yield trainer.whole(wide)


def deep_spec(inputs: int, hidden: tuple[int, ...], outputs: int) -> NetworkSpec:
    """Return the shape with tanh neurons and linear outputs."""
    groups = (*((("tanh", width),) for width in hidden), (("linear", outputs),))
    return NetworkSpec((inputs, *hidden, outputs), groups)


class _Trainer:
    """Trains one shape in the directions of a basis, values scaled to the spread of one."""

    def __init__(self, source: Source, basis: Array, spec: NetworkSpec, watch: Watch) -> None:
        self.source = source
        self.basis = basis
        self.spec = spec
        self.watch = watch
        widths = zip(spec.widths, spec.widths[1:], strict=False)
        self.weights = sum((fan_in + 1) * width for fan_in, width in widths)
        self.rows = int(np.clip(4 * self.weights, *ROWS))
        values = source.fit(self.rows).values
        self.centre, self.size = values.mean(axis=0), np.maximum(values.std(axis=0), 1e-300)

    def train(self, steps: int, seed: int) -> Iterator[Network]:
        """Yield networks of falling cost: the best of short runs, then one long run."""
        samples = self._samples(self.rows)
        scouts = []
        for k in range(SEEDS):
            start = random_network(self.spec, GAIN, Stream.DEEP_WEIGHTS.generator(seed, k))
            runs = levenberg_steps(start, samples, steps)
            for step in runs:
                self._tell(step.iterations, steps)
                if step.iterations >= SCOUT or self.watch.expired():
                    break
            scouts.append((step.cost, k, step, runs))
        cost, _, step, runs = min(scouts, key=lambda scout: scout[:2])
        yield step.network
        looked = step.iterations
        for step in runs:
            self._tell(step.iterations, steps)
            if step.iterations >= looked + LOOK or self.watch.expired():
                yield step.network
                if step.cost > STALL * cost or self.watch.expired():
                    return
                looked, cost = step.iterations, step.cost
        yield step.network

    def widenings(self, network: Network, largest: int, seed: int) -> Iterator[Network]:
        """Yield the network with ever more neurons in its last hidden layer."""
        spread = None
        for width in [width for width in WIDTHS if width < largest] + [largest]:
            if self.watch.expired():
                return
            self.watch.tell(f"widening to {width} neurons")
            samples = self._samples(3 * (width + network.widths[-2] + 1))
            trials = [
                (widened(network, width, s, samples, Stream.WIDER_LAYERS.generator(seed, width)), s)
                for s in (SPREADS if spread is None else (spread,))
            ]
            best, spread = min(trials, key=lambda trial: self._error(trial[0]))
            yield best

    def _error(self, network: Network) -> float:
        rows = self.source.choose(CHOOSE)
        values = (rows.values - self.centre) / self.size
        return float(np.abs(network(rows.points @ self.basis.T) - values).max())

    def whole(self, network: Network) -> Network:
        """Return the network in the units of the source, for all inputs."""
        first, *between, last = network.layers
        assert last.biases is not None
        first = Layer(first.weights @ self.basis, first.biases, first.groups)
        output = Layer(last.weights * self.size[:, None], last.biases * self.size + self.centre,
                       last.groups)  # fmt: skip
        return Network((first, *between, output))

    def _samples(self, n: int) -> Samples:
        rows = self.source.fit(n)
        values = (rows.values - self.centre) / self.size
        return Samples(rows.points @ self.basis.T, values, rows.weights)

    def _tell(self, done: int, steps: int) -> None:
        shape = "-".join(map(str, self.spec.hidden))
        self.watch.tell(f"training {shape} neurons", done / steps)


def _directions(dimension: int, structure: Structure | None) -> Array:
    """Return the directions that the target depends on, (r, d): the inputs if nothing is known."""
    if structure is None or not structure.terms:
        return np.eye(dimension)
    first = structure.terms[0]
    used = [j for j in range(dimension) if j not in structure.unused]
    if len(structure.terms) == 1 and len(first.inputs) == len(used):
        return first.basis
    return np.eye(dimension)[used]
