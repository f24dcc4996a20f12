"""The kinds of designs, each one function: how inputs get their values."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from approximant.arrays import Points, Vector
from approximant.designs._grid import grid_numbers
from approximant.designs._settings import Design
from approximant.domain import Box
from approximant.errors import SettingError, short
from approximant.streams import Stream

Generator: TypeAlias = np.random.Generator | np.random.RandomState


@dataclass(frozen=True)
class Inputs:
    """Inputs that are drawn together: all of one kind, or one with a seed of its own."""

    names: tuple[str, ...]
    designs: tuple[Design, ...]
    domain: Box | None
    rows: int
    columns: int | None  # of the block of uniform numbers, where that is given

    def ends(self) -> tuple[Vector, Vector]:
        """Return the lower and the upper ends of the inputs, (k,) each."""
        pairs = zip(self.names, self.designs, strict=True)
        low, high = zip(*(_ends(name, design, self.domain) for name, design in pairs), strict=True)
        return np.array(low), np.array(high)

    def stretched(self, unit: Points) -> Points:
        """Map numbers (n, k) of 0 to 1 to the ends of the inputs, which are met exactly."""
        low, high = self.ends()
        return np.clip(low + unit * (high - low), low, high)


def _ends(name: str, design: Design, domain: Box | None) -> tuple[float, float]:
    low, high = design.low, design.high
    if domain is not None:
        default = domain.intervals()[name]
        low, high = (a if b is None else b for a, b in zip(default, (low, high), strict=True))
    if low is None or high is None:
        missing = " and ".join(k for k, end in (("low", low), ("high", high)) if end is None)
        raise SettingError(
            f"The design {design.kind!r} of {short(name)} has no {missing}; "
            "state the ends, or give a domain."
        )
    if not low < high:
        raise SettingError(
            f"The design of {name!r} has low={low:g} and high={high:g}, of which one comes from "
            "the domain; low must be below high."
        )
    return low, high


def _grid(inputs: Inputs, generator: Generator) -> Points:
    """Return every combination of the inputs' values; the last input changes fastest."""
    stated = None if inputs.designs[0].number else inputs.rows
    axes = [np.linspace(0.0, 1.0, k) for k in grid_numbers(inputs.designs, stated)]
    mesh = np.meshgrid(*axes, indexing="ij")
    return inputs.stretched(np.stack([axis.ravel() for axis in mesh], axis=1))


def _even(inputs: Inputs, generator: Generator) -> Points:
    if len(inputs.names) > 1:
        raise SettingError(
            f"Even spacing of {' and '.join(inputs.names)} would put all rows on one diagonal; "
            "use the design 'grid' or 'sobol'."
        )
    if inputs.rows < 2:
        raise SettingError("Even spacing takes both ends, so at least 2 rows; got rows=1.")
    low, high = inputs.ends()
    return np.linspace(low, high, inputs.rows)


def _uniform(inputs: Inputs, generator: Generator) -> Points:
    """Return the first columns of a block of random numbers that is filled row by row."""
    needed = len(inputs.names)
    columns = inputs.columns or needed
    if columns < needed:
        raise SettingError(
            f"sampling.columns is {columns}, but {needed} inputs take a column each: "
            f"{', '.join(inputs.names)}."
        )
    return inputs.stretched(generator.random((inputs.rows, columns))[:, :needed])


def _normal(inputs: Inputs, generator: Generator) -> Points:
    columns = [
        (design.mean or 0.0) + (design.scale or 1.0) * generator.standard_normal(inputs.rows)
        for design in inputs.designs
    ]
    return np.stack(columns, axis=1)


def _integers(inputs: Inputs, generator: Generator) -> Points:
    legacy = isinstance(generator, np.random.RandomState)
    draw = generator.randint if legacy else generator.integers  # type: ignore[union-attr]
    columns = []
    for name, low, high in zip(inputs.names, *inputs.ends(), strict=True):
        least, most = math.ceil(low), math.floor(high)
        if least >= most:
            raise SettingError(
                f"There is no choice of whole numbers for {name!r} between {low:g} and {high:g}."
            )
        columns.append(draw(least, most + 1, inputs.rows))
    return np.stack(columns, axis=1).astype(float)


def _sobol(inputs: Inputs, generator: Generator) -> Points:
    from scipy.stats.qmc import Sobol

    scrambling = Stream.SCRAMBLING.generator(int(generator.random() * 2.0**53))
    sequence = Sobol(len(inputs.names), scramble=True, rng=scrambling)
    # Only full powers of two are balanced; what is drawn is the start of one.
    unit = sequence.random_base2(max(0, math.ceil(math.log2(inputs.rows))))
    return inputs.stretched(np.asarray(unit[: inputs.rows]))


# In the order in which they take from a generator that they share.
DRAWS: dict[str, Callable[[Inputs, Generator], Points]] = {
    "grid": _grid,
    "even": _even,
    "uniform": _uniform,
    "normal": _normal,
    "integers": _integers,
    "sobol": _sobol,
}
