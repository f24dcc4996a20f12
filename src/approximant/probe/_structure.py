"""Structure of a target of many inputs: unused and linear inputs, summands, hidden directions."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import numpy as np

from approximant.arrays import Points, Values, Vector
from approximant.probe._directions import hidden_directions
from approximant.streams import Stream
from approximant.structure import Structure, Term

PAIRS = 16  # pairs of points for each mixed difference
NEGLIGIBLE = 0.02  # of the tolerance: what a neglected interaction may amount to
ROUNDING = 64 * 2.0**-53  # of the scale: mixed differences of exact sums are this large
MAX_CLIQUES = 3  # per input; beyond it the sum has no fewer parts than the whole

Evaluate = Callable[[Points], Values]


def probe_structure(
    evaluate: Evaluate, dimension: int, tolerance: Vector, *, seed: int = 0
) -> Structure:
    """Return what differences of the target at random points say about its structure.

    A mixed difference f(a) - f(a with b_j) - f(a with b_k) + f(a with b_j, b_k) vanishes if inputs
    j and k do not interact; a function is a sum of functions of the cliques of its interaction
    graph (the functional ANOVA decomposition). Gradients show groups of inputs that enter only
    through fewer linear combinations.

    Args:
        evaluate: the target in scaled units, [-1, 1]^d to values of size one, (n, d) to (n, m).
        dimension: number of inputs d.
        tolerance: largest error allowed, (m,).
        seed: of the random points.
    """
    generator = Stream.PROBE_STRUCTURE.generator(seed)
    differences = _Differences(evaluate, dimension, tolerance, generator)
    single = [differences.mixed((j,)) for j in range(dimension)]
    used = [j for j in range(dimension) if single[j] > NEGLIGIBLE]
    edges = {pair for pair in combinations(used, 2) if differences.mixed(pair) > NEGLIGIBLE}
    terms: list[Term] = []
    for component in _components(used, edges):
        if len(component) > 1 or not differences.straight(component[0]):
            terms.extend(_terms_of(component, edges, differences))
    unused = tuple(j for j in range(dimension) if j not in used)
    return Structure(dimension, tuple(terms), unused)


class _Differences:
    """Differences of the target in multiples of the tolerance, over random pairs of points a, b."""

    def __init__(
        self, evaluate: Evaluate, dimension: int, tolerance: Vector, generator: np.random.Generator
    ) -> None:
        self.dimension = dimension
        self.generator = generator
        self.unit = np.maximum(tolerance, ROUNDING / NEGLIGIBLE)
        self.evaluate = evaluate
        self._a = generator.uniform(-1.0, 1.0, (PAIRS, dimension))
        self._b = generator.uniform(-1.0, 1.0, (PAIRS, dimension))
        ends = generator.random((PAIRS // 2, dimension)) < 0.5
        self._a[::2] = np.where(ends, -1.0, 1.0)  # corners: there interactions are largest
        self._b[::2] = -self._a[::2]
        self._known: dict[tuple[int, ...], Values] = {}

    def scaled(self, points: Points) -> Values:
        """Return the target in multiples of the tolerance, (n, m)."""
        return self.evaluate(points) / self.unit

    def mixed(self, inputs: tuple[int, ...]) -> float:
        """Return the largest mixed difference in these inputs."""
        total = np.zeros(())
        for size in range(len(inputs) + 1):
            for subset in combinations(inputs, size):
                total = total + (-1.0) ** size * self._moved(subset)
        return float(np.abs(total).max())

    def straight(self, column: int) -> bool:
        """Tell whether the target, which is additive in this input, is linear in it."""
        points = np.repeat(self._a[:1], PAIRS + 2, axis=0)
        points[:, column] = [-1.0, 1.0, *self._b[:, column]]
        y = self.scaled(points)
        s = 0.5 * (points[:, column, None] + 1.0)
        return bool(np.abs(y - (1.0 - s) * y[0] - s * y[1]).max() <= NEGLIGIBLE)

    def _moved(self, inputs: tuple[int, ...]) -> Values:
        if inputs not in self._known:
            points = self._a.copy()
            points[:, inputs] = self._b[:, inputs]
            self._known[inputs] = self.scaled(points)
        return self._known[inputs]


def _terms_of(
    component: tuple[int, ...], edges: set[tuple[int, int]], differences: _Differences
) -> list[Term]:
    dimension = differences.dimension
    if len(component) > 1:
        basis = hidden_directions(
            differences.scaled, dimension, component, NEGLIGIBLE, differences.generator
        )
        if len(basis) < len(component):
            return [Term(component, basis)]
    cliques = [c for clique in _cliques(component, edges) for c in _parts(clique, differences)]
    maximal = [c for c in cliques if not any(set(c) < set(other) for other in cliques)]
    distinct = sorted(set(maximal))
    if len(distinct) > MAX_CLIQUES * len(component):
        distinct = [component]
    return [Term.of_inputs(inputs, dimension) for inputs in distinct]


def _parts(clique: tuple[int, ...], differences: _Differences) -> list[tuple[int, ...]]:
    """Return the pairs of a clique without interactions of three inputs, else the clique itself."""
    triples = combinations(clique, 3)
    if len(clique) < 3 or any(differences.mixed(triple) > NEGLIGIBLE for triple in triples):
        return [clique]
    return list(combinations(clique, 2))


def _components(used: list[int], edges: set[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return the connected components of the interaction graph."""
    groups = [{j} for j in used]
    for edge in edges:
        touching = [group for group in groups if group & set(edge)]
        groups = [group for group in groups if group not in touching]
        groups.append(set().union(*touching))
    return sorted(tuple(sorted(group)) for group in groups)


def _cliques(vertices: tuple[int, ...], edges: set[tuple[int, int]]) -> list[tuple[int, ...]]:
    """Return all maximal cliques (Bron and Kerbosch 1973, with pivot)."""
    near = {v: {w for w in vertices if (min(v, w), max(v, w)) in edges} for v in vertices}
    found: list[tuple[int, ...]] = []

    def extend(clique: set[int], open_: set[int], closed: set[int]) -> None:
        if not open_ and not closed:
            found.append(tuple(sorted(clique)))
            return
        pivot = max(open_ | closed, key=lambda v: len(near[v] & open_))
        for v in sorted(open_ - near[pivot]):
            extend(clique | {v}, open_ & near[v], closed & near[v])
            open_ = open_ - {v}
            closed = closed | {v}

    extend(set(), set(vertices), set())
    return found
