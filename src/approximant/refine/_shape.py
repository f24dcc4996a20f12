"""Networks of a shape that was asked for, whatever its layers and activations."""

from __future__ import annotations

from collections.abc import Iterator

from approximant.networks import Network, NetworkSpec
from approximant.progress import Watch
from approximant.refine._levenberg import Step, levenberg_steps
from approximant.refine._starts import best_start, squared_error
from approximant.refine._widen import exact_output
from approximant.sampling import Samples, Source
from approximant.streams import Stream

STARTS = 3
SCOUT = 25  # steps after which the best start is kept
STEPS = 400
LARGEST = 2500  # weights up to which Gauss-Newton matrices are formed
ROWS = (600, 4000)  # fitting points: four times the weights, within these
CHOOSE = 2000


def fit_shape(spec: NetworkSpec, source: Source, *, seed: int = 0, watch: Watch) -> Network:
    """Return a network of exactly this shape, fitted as well as a budget of steps allows.

    The best of several random starts with exact output weights is refined by Levenberg-Marquardt
    unless it has too many weights for that.

    Args:
        spec: widths, activations and whether there are biases.
        source: samples in scaled units.
        seed: of the starts.
        watch: the clock; between two steps it may end the work.
    """
    weights = sum((a + 1) * b for a, b in zip(spec.widths, spec.widths[1:], strict=False))
    columns = spec.widths[-2] + 1
    samples = source.fit(max(min(max(4 * weights, ROWS[0]), ROWS[1]), 3 * columns))
    choose = source.choose(CHOOSE)
    seeds = [Stream.START.seed(seed, k) for k in range(STARTS)]
    starts = [best_start(spec, samples, choose, own) for own in seeds]
    if weights <= LARGEST:
        refined = _refined(starts, samples, watch)
    else:
        refined = min(starts, key=lambda start: squared_error(start, choose))
    linear = all(name == "linear" for name, _ in spec.groups[-1])
    if not (linear and spec.biases):
        return refined
    return min(refined, exact_output(refined, samples), key=lambda n: squared_error(n, choose))


def _refined(starts: list[Network], samples: Samples, watch: Watch) -> Network:
    """Return the start that short runs prefer, after a long run."""
    scouts: list[Step] = []
    for start in starts:
        scouts.append(_last(levenberg_steps(start, samples, SCOUT), watch))
    best = min(scouts, key=lambda step: step.cost)
    return _last(levenberg_steps(best.network, samples, STEPS), watch).network


def _last(steps: Iterator[Step], watch: Watch) -> Step:
    """Return the last of the steps, or the one at which time is up."""
    for step in steps:
        watch.tell("refining", step.iterations / STEPS)
        if watch.expired():
            break
    return step
