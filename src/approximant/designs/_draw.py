"""Drawing the rows that a sampling describes, and the noise on their values."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from approximant.arrays import Points, Values
from approximant.designs._grid import grid_numbers
from approximant.designs._kinds import DRAWS, Generator, Inputs
from approximant.designs._settings import ROWS, Sampling
from approximant.domain import Box
from approximant.errors import SettingError
from approximant.streams import Stream, numpy_legacy


def draw_points(sampling: Sampling, names: Sequence[str], domain: Box | None, seed: int) -> Points:
    """Return the points (n, d) of the rows of a training, in the order in which they are drawn.

    Inputs with a seed of their own are drawn alone. The others share one generator, and kind after
    kind takes from it in the order of `DRAWS`. `legacy` gives to the bit what
    `numpy.random.RandomState(seed)` gives.

    Args:
        sampling: the designs.
        names: of the d inputs.
        domain: its ends hold where a design states none; None where every design does.
        seed: used where the sampling has none.

    Raises:
        SettingError: an unknown input, one without ends, or numbers that do not fit each other.
    """
    designs = dict(zip(names, sampling.designs(names), strict=True))
    grid = [design for design in designs.values() if design.kind == "grid"]
    rows = math.prod(grid_numbers(grid, sampling.rows)) if grid else sampling.rows or ROWS

    def inputs(*members: str, columns: int | None) -> Inputs:
        return Inputs(members, tuple(designs[m] for m in members), domain, rows, columns)

    shared = _generator(sampling, _seed(sampling, seed))
    columns: dict[str, Points] = {}
    for kind, draw in DRAWS.items():
        members = [name for name, d in designs.items() if d.kind == kind and d.seed is None]
        if members:
            together = draw(inputs(*members, columns=sampling.columns), shared)
            columns |= zip(members, together.T, strict=True)
    for name, design in designs.items():
        if design.seed is not None:
            own = _generator(sampling, design.seed)
            columns[name] = DRAWS[design.kind](inputs(name, columns=None), own)[:, 0]
    return np.stack([columns[name] for name in names], axis=1)


def add_noise(sampling: Sampling, values: Values, seed: int) -> Values:
    """Return values (n, m) with the sampling's normal noise; it does not depend on the points."""
    if sampling.noise == 0.0:
        return values
    stream, own = Stream.NOISE, _seed(sampling, seed)
    legacy = sampling.generator == "legacy"
    generator = stream.legacy(own) if legacy else stream.generator(own)
    return values + sampling.noise * generator.standard_normal(values.shape)


def sampled_box(sampling: Sampling, names: Sequence[str], points: Points) -> Box:
    """Return the box that rows were drawn from: the ends stated, else those of the points (n, d).

    Raises:
        SettingError: an input has the same value in all rows.
    """
    intervals = {}
    for name, design, column in zip(names, sampling.designs(names), points.T, strict=True):
        low = float(column.min()) if design.low is None else design.low
        high = float(column.max()) if design.high is None else design.high
        if not low < high:
            raise SettingError(
                f"Input {name!r} is {low:g} in all rows, which make no interval; give a domain."
            )
        intervals[name] = (low, high)
    return Box.from_intervals(intervals)


def _seed(sampling: Sampling, seed: int) -> int:
    return seed if sampling.seed is None else sampling.seed


def _generator(sampling: Sampling, seed: int) -> Generator:
    """Return the generator of the points; the legacy one is the seed's own."""
    if sampling.generator == "pcg64":
        return Stream.DESIGN.generator(seed)
    if seed >= 2**32:
        raise SettingError(f"The legacy generator takes seeds below 2^32; got {seed}.")
    return numpy_legacy(seed)
