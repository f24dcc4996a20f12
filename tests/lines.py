"""A target of one input made from a plain function, as `probe` and `construct` want it."""

from collections.abc import Callable

import numpy as np

from approximant.arrays import Array, Values, Vector


class FunctionLine:
    """A `Line` of a function of (n,) that returns (n,) or (n, m); remembers where it was asked."""

    def __init__(
        self, function: Callable[[Vector], Array], low: float, high: float, tol: float = 1e-8
    ) -> None:
        self.function, self.low, self.high, self.tol = function, low, high, tol
        self.asked: list[Vector] = []
        self.scale = np.zeros(self(np.array([low, high])).shape[1])
        self(np.linspace(low, high, 101))

    @property
    def tolerance(self) -> Vector:
        """Return `tol` times the largest value seen, (m,)."""
        return np.maximum(self.tol * self.scale, np.finfo(float).tiny)

    def __call__(self, x: Vector) -> Values:
        """Return the values (n, m) at points (n,)."""
        self.asked.append(x)
        with np.errstate(all="ignore"):
            values = np.asarray(self.function(x), dtype=float).reshape(len(x), -1)
        if hasattr(self, "scale"):
            self.scale = np.maximum(self.scale, np.abs(values).max(axis=0))
        return values


def dense(low: float, high: float, *places: float, n: int = 20_000, seed: int = 99) -> Vector:
    """Return points all over an interval and ever nearer to its ends and to the places given."""
    generator = np.random.default_rng(seed)
    parts = [generator.uniform(low, high, n)]
    distances = (high - low) * 2.0 ** -generator.uniform(0, 60, 2000)
    for place in (low, high, *places):
        parts += [[place], place + distances, place - distances]
        parts += [[np.nextafter(place, -np.inf), np.nextafter(place, np.inf)]]
    return np.clip(np.concatenate(parts), low, high)
