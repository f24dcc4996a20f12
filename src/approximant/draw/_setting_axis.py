"""An axis for a setting: numbers on an even or a logarithmic scale, anything else side by side."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from approximant.arrays import Vector
from approximant.draw._style import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDE = 20.0  # ratio of the ends from which a logarithmic scale shows more
LEAST, MOST = 1e-250, 1e250  # on a logarithmic scale, whose margins have to be floats as well
MOST_TICKS = 12


@dataclass(frozen=True, eq=False)
class SettingAxis:
    """The values that one setting has in several experiments.

    Args:
        name: of the setting.
        values: one per experiment; numbers, texts, or whatever has a text.
    """

    name: str
    values: Sequence[Any]

    @cached_property
    def numeric(self) -> bool:
        """Whether all values are finite numbers."""
        return all(
            isinstance(v, (int, float)) and not isinstance(v, bool) and math.isfinite(v)
            for v in self.values
        )

    @cached_property
    def log(self) -> bool:
        """Whether a logarithmic scale shows the values better."""
        if not self.numeric or not len(self.values):
            return False
        low, high = min(self.values), max(self.values)
        return bool(LEAST <= low and high <= MOST and high / low >= WIDE)

    @cached_property
    def kinds(self) -> list[Any]:
        """The different values, numbers by size, texts by the numbers in them if there are any."""
        if self.numeric:
            return sorted(set(self.values))
        texts = list(dict.fromkeys(map(str, self.values)))
        return sorted(texts, key=_numbers_in) if all(map(_numbers_in, texts)) else texts

    @cached_property
    def positions(self) -> Vector:
        """Where each experiment stands: its number, or the place of its value in the list."""
        if self.numeric:
            return np.array(self.values, dtype=float)
        places = {kind: place for place, kind in enumerate(self.kinds)}
        return np.array([places[str(value)] for value in self.values], dtype=float)

    @cached_property
    def places(self) -> Vector:
        """The place of each value among the different ones, from 0."""
        kinds = {kind: place for place, kind in enumerate(self.kinds)}
        keys = self.values if self.numeric else map(str, self.values)
        return np.array([kinds[key] for key in keys], dtype=float)

    @property
    def shares(self) -> Vector:
        """Where each experiment stands between the ends of the axis, 0..1."""
        return self._share(self.positions)

    def ticks(self) -> tuple[Vector, list[str]]:
        """Return shares of the axis and what is written there: the values, or some of them."""
        kinds = self.kinds
        if len(kinds) > MOST_TICKS and self.numeric:
            low, high = kinds[0], kinds[-1]
            few = np.geomspace(low, high, 5) if self.log else np.linspace(low, high, 5)
            kinds = [float(f"{value:.2g}") for value in few]
        elif len(kinds) > MOST_TICKS:
            kinds = kinds[:: math.ceil(len(kinds) / MOST_TICKS)]
        where = kinds if self.numeric else [self.kinds.index(kind) for kind in kinds]
        return np.clip(self._share(np.array(where, dtype=float)), 0.0, 1.0), list(map(text, kinds))

    def scale(self, ax: Axes, which: str = "x") -> None:
        """Give an axis of `ax` the scale, the name and the ticks of the setting."""
        axis = ax.xaxis if which == "x" else ax.yaxis
        axis.set_label_text(label(self.name))
        if self.log:
            (ax.set_xscale if which == "x" else ax.set_yscale)("log")
        if not self.numeric:
            axis.set_ticks(np.arange(len(self.kinds)), [text(kind) for kind in self.kinds])
        elif len(self.kinds) <= MOST_TICKS:
            axis.set_ticks([float(k) for k in self.kinds], list(map(text, self.kinds)))
            axis.set_ticks([], minor=True)

    def _share(self, positions: Vector) -> Vector:
        ends = self.positions if len(self.positions) else np.array([0.0, 1.0])
        if self.log:
            positions, ends = np.log(positions), np.log(ends)
        low, high = float(ends.min()), float(ends.max())
        if high == low:
            return np.full(len(positions), 0.5)
        shares: Vector = (positions - low) / (high - low)
        return shares


def _numbers_in(words: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+\.?\d*", words)]


def text(value: Any) -> str:
    """Return a value as an axis shows it."""
    if isinstance(value, float):
        return f"{value:.4g}"
    return label(str(value), 24)
