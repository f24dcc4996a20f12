"""Combinations of settings: all of them, those of a list, or as many as are drawn."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from approximant.arrays import Array
from approximant.errors import SettingError
from approximant.quiet import ignoring
from approximant.streams import Stream
from approximant.sweeps._settings import SweepSettings
from approximant.sweeps._variables import Listed, Variable

Combination: TypeAlias = dict[str, Any]  # value by dotted name


def combinations(sweep: SweepSettings) -> list[Combination]:
    """Return the combinations that are known before anything has run."""
    if sweep.method == "rows":
        return [dict(row) for row in sweep.rows]
    variables = sweep.variables
    if sweep.draws is None:
        values = [v.values for v in variables.values() if isinstance(v, Listed)]
        return [dict(zip(variables, row, strict=True)) for row in itertools.product(*values)]
    if sweep.method == "random":
        generator = Stream.SWEEP_DRAWS.generator(sweep.seed)
        shares = generator.random((sweep.draws, len(variables)))
    else:
        shares = _sobol(sweep.draws, len(variables), sweep.seed)
    return [_at(variables, row) for row in shares]


def count(sweep: SweepSettings) -> int:
    """Return the number of combinations without making them."""
    if sweep.method == "rows":
        return len(sweep.rows)
    if sweep.draws is not None:
        return sweep.draws
    return math.prod(len(v.values) for v in sweep.variables.values() if isinstance(v, Listed))


def check_count(sweep: SweepSettings, most: int | None) -> None:
    """Check that there are not more combinations than someone can have meant.

    Raises:
        SettingError: there are, and the message says what they come from.
    """
    number = count(sweep)
    if most is None or number <= most:
        return
    sizes = [len(v.values) for v in sweep.variables.values() if isinstance(v, Listed)]
    product = f" ({' x '.join(map(str, sizes))})" if sweep.draws is None and sizes else ""
    raise SettingError(
        f"The sweep has {number:,} combinations{product}, more than {most:,}; to run them all the "
        "same say so with --yes, in Python with most=None; or draw some: method = 'sobol', "
        "draws = 200."
    )


def _at(variables: Mapping[str, Variable], shares: Array) -> Combination:
    return {
        name: variable.at(float(share))
        for (name, variable), share in zip(variables.items(), shares, strict=True)
    }


def _sobol(number: int, dimension: int, seed: int) -> Array:
    """Return points that fill the unit cube evenly, (number, dimension).

    Scrambled after Owen (1998); any beginning of the sequence fills it, too, so more draws later
    keep those already made.
    """
    from scipy.stats.qmc import Sobol

    with ignoring(UserWarning, "The balance properties of Sobol"):  # of 2^k points alone
        generator = Stream.SWEEP_SCRAMBLING.generator(seed)
        sequence = Sobol(dimension, scramble=True, rng=generator)
        points: Array = sequence.random(number)
    return points
