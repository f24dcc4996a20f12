"""Formulas with conditions drawn at random, against networks that nearly are the formula."""

from __future__ import annotations

import math

import numpy as np
from flint import fmpq

from approximant.domain import Box
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network
from drawn.expressions import Node, fraction, number, text, variable
from drawn.networks import Case, Surface, Taste, draw_model, surfaces_of, write
from drawn.places import draw_box, draw_place, draw_rounded_box, moved

TASTES = (Taste(kinked=0.0), Taste(kinked=1.0))
SIZES = (fmpq(1, 1000), fmpq(1), fmpq(1000), fmpq(1, 10**6), fmpq(-3, 10))
AT_END = 0.15  # share of formulas that change between an end of the domain and the next float
LONGEST = 12_000  # characters
ORDERS = ("<", "<=", ">", ">=")


def draw_formula(rng: np.random.Generator) -> Case:
    """Return a network against a formula that differs smoothly and on one side of conditions."""
    d = int(rng.choice([1, 2, 3], p=[0.82, 0.15, 0.03]))
    at_end = d == 1 and rng.random() < AT_END
    box = draw_rounded_box(rng) if at_end else draw_box(rng, d)
    widths = [int(rng.integers(1, 4)) for _ in range(rng.choice([1, 1, 2]))]
    plain = at_end or rng.random() < 0.5  # so that nothing else hides what conditions do
    model = (
        _straight(rng, box) if plain else draw_model(rng, box, widths, 1, TASTES[rng.integers(2)])
    )
    written = write(model)
    conditions = Conditions(rng, box)
    target = written[0]
    if rng.random() < 0.7:
        target = target + number(SIZES[rng.integers(len(SIZES))]) * conditions.smooth()
    for _ in range(1 if plain else rng.integers(1, 4)):
        changed = conditions.changed_at_end(target) if at_end else conditions.changed(target)
        if len(text(changed, box.names)) < LONGEST:
            target = changed
    return Case("formula", model, written, (target,), surfaces_of(model) + conditions.surfaces)


def _straight(rng: np.random.Generator, box: Box) -> Model:
    """Return a network that is an affine function, or constant."""
    d = box.dimension
    slopes = (
        rng.choice([0.0, 0.5, 1.0, -3.0], size=(1, d)) if rng.random() < 0.5 else np.zeros((1, d))
    )
    hidden = Layer.uniform(slopes, None, "linear")
    output = Layer.uniform(
        np.ones((1, 1)), np.array([float(rng.choice([0.0, 1.0, 0.1]))]), "linear"
    )
    network = Network((hidden, output))
    return Model(network, box, ("f",), Scaling.identity(d), Scaling.identity(1))


class Conditions:
    """Changes expressions at places of a domain that lie closer and closer together.

    Args:
        rng: the source of chance.
        box: the domain.

    Attributes:
        surfaces: where the changes are.
    """

    def __init__(self, rng: np.random.Generator, box: Box) -> None:
        self.surfaces: list[Surface] = []
        self._rng = rng
        self._box = box
        self._places: list[fmpq] = []
        self._slopes = (fmpq(1), fmpq(0), fmpq(0))[: box.dimension]
        low, high = box.lows[0], box.highs[0]
        if box.dimension > 1:  # places of a sum of inputs, maybe each in its own unit
            units = [round(float(rng.uniform(0.2, 2.0)), 1) for _ in box.names]
            self._slopes = tuple(fraction(u) for u in units)
            low = sum(u * a for u, a in zip(units, box.lows, strict=True))
            high = sum(u * b for u, b in zip(units, box.highs, strict=True))
        self._ends = low, high
        self._form = variable(0)
        if box.dimension > 1:
            parts = [number(s) * variable(k) for k, s in enumerate(self._slopes)]
            self._form = parts[0]
            for part in parts[1:]:
                self._form = self._form + part

    def changed(self, node: Node) -> Node:
        """Return an expression that is another one on a side of some condition, or bends there."""
        rng = self._rng
        size = number(SIZES[rng.integers(len(SIZES))])
        kind = rng.integers(10)
        if kind < 4:
            parts = [self._other(node), node]
            if rng.random() < 0.4:
                parts.reverse()
            return Node("where", (self._condition(), *parts))
        if kind == 4:
            return node + size * self._condition()  # a condition counts as 1 or 0
        if kind == 5:  # a root that has values on one side alone, which the condition may know
            away = self._away()
            root = node + size * Node("sqrt", (away,))
            side = Node(str(rng.choice([">=", ">"])), (away, number(0.0)))
            return Node("where", (side, root, node)) if rng.random() < 0.8 else root
        if kind == 6 and rng.random() < 0.5:  # a condition that may have no value
            test = Node("<", (Node("sqrt", (self._away(),)), number(5.0)))
            return Node("where", (test, node, node + size))
        return node + size * self._bend()

    def changed_at_end(self, node: Node) -> Node:
        """Return an expression that is another one between an end of the domain and a float."""
        return Node("where", (self._between(*self._sliver()), self._other(node), node))

    def smooth(self) -> Node:
        """Return a smooth function of moderate size."""
        scale = _short(min(1.0 / self._reach(), 1e300))
        z = (self._form - number(_short(self._ends[0]))) * number(scale)
        return Node(str(self._rng.choice(["cos", "sin", "tanh", "square", "atan"])), (z,))

    def _bend(self) -> Node:
        """Return a function with a kink or jumps at some place."""
        away = self._away()
        kind = self._rng.integers(6)
        if kind == 0:
            return Node("sqrt", (Node("abs", (away,)),))
        if kind == 1:
            return Node(str(self._rng.choice(["abs", "sign", "cbrt"])), (away,))
        if kind == 2:
            return Node(str(self._rng.choice(["max", "min"])), (away, number(0.0)))
        if kind == 3:
            return Node(str(self._rng.choice(["max", "min"])), (away, self._away()))
        if kind == 4:
            often = float(self._rng.integers(1, 9)) / self._reach()
            scaled = away * number(_short(min(often, 1e300)))
            return Node(str(self._rng.choice(["floor", "ceil", "round"])), (scaled,))
        return Node("abs", (Node("abs", (away,)) - number(abs(self._gap())),))

    def _other(self, node: Node) -> Node:
        size = SIZES[self._rng.integers(len(SIZES))]
        kind = self._rng.integers(4)
        if kind == 0:
            return number(size)
        if kind == 1:
            return node + number(size) * self.smooth()
        return node + number(size) if kind == 2 else node * number(fmpq(2))

    def _condition(self, depth: int = 0) -> Node:
        rng = self._rng
        kind = rng.integers(10 if depth < 2 else 6)
        if kind < 2:
            return Node(str(rng.choice(ORDERS)), self._sides())
        if kind == 2:
            return Node(str(rng.choice(["==", "!="])), self._sides())
        if kind < 6:  # between two places, perhaps closer than floats
            return self._between(*(self._sliver() if rng.random() < 0.2 else self._pair()))
        if kind == 6:
            return Node("not", (self._condition(depth + 1),))
        if kind == 7:
            inside = Node("abs", (self._away(),))
            return Node(str(rng.choice(ORDERS)), (inside, number(abs(self._gap()))))
        word = "and" if kind == 8 else "or"
        return Node(word, (self._condition(depth + 1), self._condition(depth + 1)))

    def _sides(self) -> tuple[Node, Node]:
        """Return two sides of a comparison that are equal at a place."""
        place = self._place()
        kind = self._rng.integers(4)
        if kind == 0:
            return self._form - number(place), number(0.0)
        if kind == 1:
            factor = fmpq(int(self._rng.integers(1, 9)), 10)
            return number(factor) * self._form, number(factor * place)
        return (self._form, number(place)) if kind == 2 else (number(place), self._form)

    def _away(self) -> Node:
        """Return the signed distance of some place."""
        away = self._form - number(self._place())
        return away if self._rng.random() < 0.6 else Node("negative", (away,))

    def _between(self, *places: fmpq) -> Node:
        first = Node(str(self._rng.choice(ORDERS[:2])), (number(min(places)), self._form))
        second = Node(str(self._rng.choice(ORDERS[:2])), (self._form, number(max(places))))
        return Node("and", (first, second))

    def _pair(self) -> tuple[fmpq, fmpq]:
        """Return two places, often close together."""
        return self._place(), self._place(beside=self._rng.random() < 0.7)

    def _sliver(self) -> tuple[fmpq, fmpq]:
        """Return two places as near to an end of the domain as its width is rounded."""
        low, high = map(fraction, self._ends)
        end, inwards = (low, 1) if self._rng.random() < 0.5 else (high, -1)
        off = abs(high - low - fraction(self._reach())) or fraction(math.ulp(self._reach()))
        shares = self._rng.uniform(0.0, 0.8, 2)  # the half of `off` is what a ball may miss
        places = [end + inwards * off * _short(float(share)) for share in shares]
        if self._rng.random() < 0.3:  # the end itself, where the rest begins
            places[0] = end
        for place in places:
            self._remember(place)
        return places[0], places[1]

    def _place(self, beside: bool = False) -> fmpq:
        """Return a place: a new one, one that was used, or one beside that."""
        if beside:
            place = moved(self._rng, self._places[-1], *self._ends)
        elif self._places and self._rng.random() < 0.6:
            place = self._places[self._rng.integers(len(self._places))]
            if self._rng.random() < 0.7:
                place = moved(self._rng, place, *self._ends)
        else:
            place = draw_place(self._rng, *self._ends)
        self._remember(place)
        return place

    def _remember(self, place: fmpq) -> None:
        self._places.append(place)
        self.surfaces.append((self._slopes, -place))

    def _gap(self) -> fmpq:
        """Return a distance: part of the domain, or of the distance of two floats there."""
        scale = self._reach() if self._rng.random() < 0.5 else 3.0 * math.ulp(self._ends[1])
        gap = _short(scale * float(self._rng.random()))
        place = self._places[-1]
        self.surfaces += [(self._slopes, -place - gap), (self._slopes, -place + gap)]
        return gap

    def _reach(self) -> float:
        return self._ends[1] - self._ends[0]


def _short(x: float) -> fmpq:
    return fraction(float(f"{x:.3g}"))
