"""What the pictures of one training have in common: the box, the target, the rows, the names."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from approximant.arrays import Array, Points, Vector
from approximant.domain import Box
from approximant.draw._style import label
from approximant.draw._subject import FEWEST, LARGEST
from approximant.errors import DomainError, SettingError
from approximant.sampling import Samples

Curve: TypeAlias = Callable[[Points], Array]  # points (n, d) to values (n,) or (n, m)
ALONG = 1201  # points along one input
SIDE = 121  # points along each side of a map


@dataclass(frozen=True, eq=False)
class Scene:
    """What several pictures of one output share.

    Args:
        domain: the box of the training, with the names of the inputs.
        target: points (n, d) to values (n,) or (n, m); None where only rows are known.
        rows: rows the network was trained on.
        output: which output is drawn.
        name: what this output is called.
        title: a line of its own above every picture.
        outside: whether the target may be evaluated outside the domain.
        limit: most points at which one picture evaluates the target; below 100 it is not asked.
    """

    domain: Box
    target: Curve | None = None
    rows: Samples | None = None
    output: int = 0
    name: str = "y"
    title: str = ""
    outside: bool = False
    limit: int = 40_000

    def needs(self, *dimensions: int) -> None:
        """Raise DomainError unless a picture made for so many inputs can show this domain."""
        d = self.domain.dimension
        if d not in dimensions:
            wanted = " or ".join(map(str, dimensions))
            raise DomainError(
                f"this picture cannot show {d} inputs: expected {wanted}; try the slices of "
                "`draw.pictures`"
            )

    def needs_rows(self) -> Samples:
        """Return the rows, or raise SettingError if there are none to show."""
        if self.rows is None or len(self.rows) == 0:
            raise SettingError("this picture shows rows: got none; give the scene its rows")
        return self.rows

    @property
    def ordinate(self) -> str:
        """Name of the output for a label."""
        return label(self.name)

    @property
    def heading(self) -> str:
        """The title as it can be drawn."""
        return label(self.title, 90)

    @property
    def inputs(self) -> list[str]:
        """Names of the inputs for labels."""
        return [label(name) for name in self.domain.names]

    @property
    def knows_target(self) -> bool:
        """Whether the target can be asked at all."""
        return self.target is not None and self.limit >= FEWEST

    def at(self, curve: Curve, points: Points) -> Vector:
        """Return the output of a network at points (n, d), NaN where it cannot be drawn."""
        values: Array = np.asarray(curve(points), dtype=float).reshape(len(points), -1)
        return drawable(values[:, self.output])

    def target_at(self, points: Points) -> Vector | None:
        """Return the target at points (n, d), NaN where it must not be asked."""
        if self.target is None or not self.knows_target:
            return None
        values = np.full(len(points), np.nan)
        asked = self.domain.contains(points) | self.outside
        if asked.any():
            values[asked] = self.at(self.target, points[asked])
        return values

    def row_values(self) -> Vector:
        """Return the output of the rows (n,); without rows there are none."""
        return drawable(self.rows.values[:, self.output]) if self.rows is not None else np.zeros(0)

    def line(self, margin: float = 0.0) -> Vector:
        """Return points along the only input, a share of the interval more on both sides."""
        n = min(ALONG, self.limit) if self.knows_target else ALONG
        shares = np.linspace(-margin, 1 + margin, n)
        x: Vector = self.domain.lower[0] + shares * self.domain.width[0]
        return x

    def plane(self, side: int = SIDE) -> tuple[Vector, Vector, Points]:
        """Return abscissas, ordinates and all points of an even grid over two inputs."""
        side = min(side, math.isqrt(self.limit)) if self.knows_target else side
        x, y = (np.linspace(a, b, side) for a, b in self.domain.intervals().values())
        return x, y, np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def drawable(values: Array) -> Array:
    """Return values with NaN where no axis could show them."""
    with np.errstate(invalid="ignore"):
        kept: Array = np.where(np.abs(values) <= LARGEST, values, np.nan)
    return kept


def ends_of(*values: Array, air: float = 0.06) -> tuple[float, float]:
    """Return the ends of an axis that shows all values, with a share of the height as air."""
    shown = np.concatenate([v[np.isfinite(v)].ravel() for v in values] or [np.zeros(0)])
    low, high = (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)
    more = air * (high - low) if high > low else 0.5 * abs(high) or 1.0
    return low - more, high + more


def rms(difference: Vector) -> float:
    """Return the root mean square of what is known of a difference (n,); NaN if nothing is."""
    known = difference[np.isfinite(difference)]
    if len(known) == 0:
        return math.nan
    largest = float(np.abs(known).max()) or 1.0  # squares of huge numbers overflow
    return largest * math.sqrt(float(np.mean((known / largest) ** 2)))
