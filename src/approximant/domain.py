"""The region in which an approximant makes claims: a box, for tables its sampled part."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from approximant.arrays import Frozen, Mask, Points, SameBits, Vector, frozen
from approximant.errors import DomainError, one_line, short

MAX_INPUTS = 1000
MIN_FLOATS = 1000  # an interval with fewer floats inside is a point, not a domain


@dataclass(frozen=True)
class Box(Frozen):
    """One named, bounded interval per input.

    Args:
        names: the `d` input names, all different.
        lows: lower end of each interval, in the unit of its input.
        highs: upper end of each interval.

    Raises:
        DomainError: an interval is reversed, empty, infinite or too narrow, or a name repeats.
    """

    names: tuple[str, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]

    def __post_init__(self) -> None:
        self._read()
        super().__post_init__()
        if not self.names:
            raise DomainError("The domain has no inputs; give an interval for each: {'x': (0, 1)}.")
        if len(self.names) > MAX_INPUTS:
            raise DomainError(
                f"{len(self.names)} inputs are too many: at most {MAX_INPUTS:,} are supported."
            )
        repeated = {name for name in self.names if self.names.count(name) > 1}
        if repeated:
            raise DomainError(f"Input {short(sorted(repeated)[0])} is named twice in the domain.")
        for name, (low, high) in self.intervals().items():
            _check_interval(name, low, high)

    @classmethod
    def from_intervals(cls, intervals: Mapping[str, Iterable[float]]) -> Box:
        """Return the box of `{"x": (0, 1), "y": (-2, 2)}`."""
        if not isinstance(intervals, Mapping):
            raise DomainError(f"A {type(intervals).__name__} is no domain; write {{'x': (0, 1)}}.")
        ends = {name: _pair(name, pair) for name, pair in intervals.items()}
        lows, highs = ([pair[k] for pair in ends.values()] for k in (0, 1))
        return cls(tuple(ends), tuple(lows), tuple(highs))

    def _read(self) -> None:
        """Make names and ends tuples of texts and of floats."""
        try:
            names = tuple(self.names)
            lows, highs = (tuple(map(float, ends)) for ends in (self.lows, self.highs))
            fit = len(names) == len(lows) == len(highs) and not isinstance(self.names, str)
        except (TypeError, ValueError, OverflowError):
            fit = False
        if not fit or not all(isinstance(name, str) for name in names):
            raise DomainError(
                "names, lows and highs are a text, a lower and a higher number for each input: "
                "Box(('x', 'y'), (0, 0), (1, 2))."
            )
        for part, values in (("names", names), ("lows", lows), ("highs", highs)):
            object.__setattr__(self, part, values)

    @property
    def dimension(self) -> int:
        """Number of inputs d."""
        return len(self.names)

    @cached_property
    def lower(self) -> Vector:
        """Lower ends, (d,)."""
        return frozen(np.array(self.lows))

    @cached_property
    def upper(self) -> Vector:
        """Upper ends, (d,)."""
        return frozen(np.array(self.highs))

    @cached_property
    def width(self) -> Vector:
        """Lengths of the intervals, (d,)."""
        return frozen(self.upper - self.lower)

    @cached_property
    def centre(self) -> Vector:
        """Midpoints of the intervals, (d,)."""
        return frozen(self.lower + 0.5 * self.width)

    def contains(self, points: Points) -> Mask:
        """Tell for each point (n, d) whether it lies inside, ends included; NaN does not."""
        return np.asarray(np.all((points >= self.lower) & (points <= self.upper), axis=1))

    def clip(self, points: Points) -> Points:
        """Return the nearest points of the box, (n, d)."""
        return np.clip(points, self.lower, self.upper)

    def from_unit(self, unit: Points) -> Points:
        """Map points of [0, 1]^d into the box; 0 and 1 meet its ends exactly."""
        return np.clip(self.lower + unit * self.width, self.lower, self.upper)

    def to_unit(self, points: Points) -> Points:
        """Map points of the box into [0, 1]^d."""
        return (points - self.lower) / self.width

    def intervals(self) -> dict[str, tuple[float, float]]:
        """Return `{name: (low, high)}`."""
        ends = zip(self.lows, self.highs, strict=True)
        return dict(zip(self.names, ends, strict=True))


@dataclass(frozen=True, eq=False)
class SampledRegion(SameBits):
    """The part of a box that the rows of a table really cover.

    Points further from every stored row than `radius` (measured after mapping the box to the unit
    cube) lie outside: between rows the table says nothing about the target.

    Args:
        anchors: at most 1000 stored rows, mapped to the unit cube, (k, d).
        radius: largest distance to the nearest anchor that still counts as inside.
    """

    anchors: Points
    radius: float

    @cached_property
    def _tree(self) -> Any:
        from scipy.spatial import cKDTree

        return cKDTree(self.anchors)

    def contains(self, unit: Points) -> Mask:
        """Tell for points (n, d) of the unit cube whether a stored row is near enough."""
        finite = np.all(np.isfinite(unit), axis=1)
        limit = float(np.nextafter(self.radius, np.inf))  # a search that may end early is faster
        distance, _ = self._tree.query(
            np.where(finite[:, None], unit, 0.0), distance_upper_bound=limit
        )
        return np.asarray(finite & (distance <= self.radius))

    def nearest(self, unit: Points) -> Points:
        """Return for points (n, d) of the unit cube the nearest stored rows."""
        _, rows = self._tree.query(unit)
        return np.asarray(self.anchors[rows])


def _pair(name: str, given: Iterable[float]) -> tuple[float, float]:
    try:
        ends = tuple(map(float, given))
    except (TypeError, ValueError, OverflowError):
        raise DomainError(
            f"The interval of {short(name)} needs two numbers, such as (0, 1)."
        ) from None
    if len(ends) != 2:
        raise DomainError(f"The interval of {short(name)} has {len(ends)} ends; it needs two.")
    return ends


def _check_interval(name: str, low: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high)):
        raise DomainError(
            f"The interval of {short(name)} is {low:g}:{high:g}; both ends must be finite numbers."
        )
    if low > high:
        raise DomainError(
            f"The interval of {short(name)} is reversed: {low:g} is above {high:g}; "
            f"did you mean {one_line(name)}={high:g}:{low:g}?"
        )
    if high - low <= MIN_FLOATS * max(math.ulp(low), math.ulp(high)):
        raise DomainError(
            f"The interval of {short(name)} is empty: {low!r} to {high!r} holds hardly any number; "
            "widen it, or leave the input out by putting its value into the target."
        )
    if not math.isfinite(high - low):
        raise DomainError(f"The interval of {short(name)} is too wide: {low:g}:{high:g} overflows.")
