"""Certificate: a proved bound on the error, or in words why there is none; with all that a checker
needs to prove it again."""

from __future__ import annotations

import dataclasses
import decimal
import math
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias, cast, get_args, get_origin, get_type_hints

import numpy as np

from approximant.arrays import Array, PerOutput, Points, SameBits, Vector, per_output

Kind: TypeAlias = Literal["analytic", "direct", "gap"]
Ends: TypeAlias = tuple[float, ...]  # one number per input
Sizes: TypeAlias = tuple[float, ...]  # one number per output

VERSION = 1  # of the form in which certificates are saved
LARGEST_COUNT = 2**64  # there are not so many floats
SHOWN = 60  # characters of a value that cannot be read


@dataclass(frozen=True)
class Piece:
    """One cell of the domain with the numbers that bound |target - network| there.

    An "analytic" cell is bounded by the lemma of `certify`: with `e = target - network` analytic
    and at most `magnitude` in the polyellipse with parameters `ellipse` around the cell, `e` is
    within `tail` of the polynomial of degree `degree` that interpolates it in Chebyshev nodes;
    that polynomial, computed up to `delta`, is at most `grid` on `multiple` times as many nodes.
    A "direct" cell is bounded by evaluating target and network on the whole cell in balls. A "gap"
    is the same between two neighbouring floats: it counts for `bound_real` alone.

    Args:
        low: lower ends of the cell, (d,).
        high: upper ends, (d,).
        kind: "analytic", "direct" or "gap".
        bound_real: on |target - network|, the network in real arithmetic, (m,).
        rounding: on |network in real arithmetic - network as executed|, (m,).
        ellipse: parameter rho > 1 of the Bernstein ellipse on each axis, (d,).
        degree: of the polynomial on each axis, (d,).
        multiple: nodes searched per node interpolated, on each axis.
        magnitude: M, on |target - network| in the polyellipse, (m,).
        grid: G, largest value of the polynomial on the nodes searched, (m,).
        delta: on the error of the computed polynomial, (m,).
        tail: tau, on the distance between `e` and its exact interpolant, (m,).
        partial: whether a root begins in it, so that its bounds hold where there is a value.
        crude: whether time was up, so that it counts for `bound`, not for `bound_elsewhere`.
    """

    low: Ends
    high: Ends
    kind: Kind
    bound_real: Sizes
    rounding: Sizes
    ellipse: Ends = ()
    degree: tuple[int, ...] = ()
    multiple: int = 0
    magnitude: Sizes = ()
    grid: Sizes = ()
    delta: Sizes = ()
    tail: Sizes = ()
    partial: bool = False
    crude: bool = False

    @property
    def bound(self) -> Sizes:
        """On |target - network as executed| at the floats of the cell, (m,), rounded up."""
        return tuple(
            math.nextafter(a + b, math.inf)
            for a, b in zip(self.bound_real, self.rounding, strict=True)
        )

    def is_in(self, jumps: Sequence[Jump]) -> bool:
        """Tell whether a cell of one input lies in one of the jumps, which are in order."""
        at = bisect_right(jumps, self.low[0], key=lambda jump: jump.left) - 1
        return at >= 0 and self.high[0] <= jumps[at].right


@dataclass(frozen=True)
class Jump:
    """A place of one input where no continuous bound holds: the target or the network jumps.

    Args:
        left: last float before it.
        right: first float after it.
        bound_real: on |target - network| at all numbers from `left` to `right`, (m,).
        floats: how many floats lie strictly between `left` and `right`.
    """

    left: float
    right: float
    bound_real: Sizes
    floats: int

    @property
    def width(self) -> float:
        """Width of the gap."""
        return self.right - self.left


@dataclass(frozen=True, eq=False)
class Certificate(SameBits):
    """What was proved about `max |target - network|` over the domain.

    Args:
        bound: on the error of the float64 network as executed, at every float64 point of the
            domain, per output; infinite where nothing was proved.
        bound_real: on the error of the stored weights in real arithmetic, at every point.
        bound_elsewhere: `bound` away from `jumps` and, if time was up, on what was bounded well.
        sampled_max: largest error seen at sampled points, the target evaluated in balls.
        worst_point: where it was seen, (d,) or (m, d).
        proved: whether `bound` and `bound_real` are proved; if not, `claim` says what is known.
        rigour: what the proof rests on.
        cells: number of cells.
        seconds: time it took.
        claim: the sentence proved, or why there is no proof.
        covered: share of the domain's volume that was bounded as tightly as intended.
        cut_by_time: whether time ended before all of it was.
        jumps: where the target or the network jumps.
        worst_cell: lower and upper ends of the cell with the largest bound, (2, d).
        inputs: input names.
        outputs: output names.
        formulas: the formula texts the claim is about.
        fingerprint: SHA-256 of weights, scaling, domain and formulas; another network or formula
            has another one, and this certificate says nothing about it.
        pieces: the cells, for a checker.
    """

    bound: PerOutput
    bound_real: PerOutput
    bound_elsewhere: PerOutput
    sampled_max: PerOutput
    worst_point: Vector | Points
    proved: bool
    rigour: str
    cells: int
    seconds: float
    claim: str
    covered: float
    cut_by_time: bool
    jumps: tuple[Jump, ...]
    worst_cell: Points
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    formulas: tuple[str, ...]
    fingerprint: str
    pieces: tuple[Piece, ...] = dataclasses.field(default=(), repr=False)

    def keeps(self, tolerance: PerOutput | None) -> bool:
        """Tell whether it proves that no output exceeds its tolerance; without one, any proof."""
        if tolerance is None or not self.proved:
            return self.proved
        return bool(np.all(np.atleast_1d(self.bound) <= np.atleast_1d(tolerance)))

    def as_dict(self, *, pieces: bool = True) -> dict[str, Any]:
        """Return the certificate as numbers, texts and lists for JSON; inf and NaN are texts.

        Args:
            pieces: whether to include the cells, without which nothing can be checked again.
        """
        names = [f.name for f in dataclasses.fields(self) if pieces or f.name != "pieces"]
        return {"version": VERSION, **{name: _plain(getattr(self, name)) for name in names}}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Certificate:
        """Return the certificate that `as_dict` described; without its cells if there are none.

        Numbers may be hexadecimal texts.

        Raises:
            ValueError: this is no such description, or of another version; the text says why.
        """
        if not isinstance(data, Mapping) or "version" not in data:
            raise ValueError("it has no version")
        rest = {name: value for name, value in data.items() if name != "version"}
        if _whole(data["version"], "version") != VERSION:
            raise ValueError(f"certificates of version {data['version']} cannot be read")
        return cast(Certificate, _record(cls, rest, "the certificate"))


def rounded_up(bounds: PerOutput) -> str:
    """Return bounds with four digits each, none of them smaller than it is."""
    return ", ".join(map(_rounded_up, np.atleast_1d(bounds).tolist()))


def _rounded_up(bound: float) -> str:
    up = decimal.Context(prec=4, rounding=decimal.ROUND_CEILING)
    number = float(up.create_decimal(decimal.Decimal(bound)))
    if decimal.Decimal(f"{number:.4g}") < decimal.Decimal(bound):  # among subnormal numbers
        number = math.nextafter(number, math.inf)
    return f"{number:.4g}"


def _plain(value: Any) -> Any:
    if isinstance(value, (Piece, Jump)):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)  # JSON has no word for it
    return value


def _record(kind: Any, data: Any, place: str) -> Any:
    """Return a dataclass from a dictionary of its fields, each of the type it should have."""
    fields = dataclasses.fields(kind)
    if not isinstance(data, Mapping):
        raise ValueError(f"{place} is {_short(data)}, not a group of named values")
    missing = [f.name for f in fields if f.name not in data and f.default is dataclasses.MISSING]
    unknown = [name for name in data if name not in {f.name for f in fields}]
    if missing or unknown:
        fault = f"lacks {missing[0]!r}" if missing else f"has {_short(unknown[0])}, which it cannot"
        raise ValueError(f"{place} {fault}")
    hints = _hints(kind)
    return kind(**{n: _field(hints[n], value, f"{n} of {place}") for n, value in data.items()})


@lru_cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return get_type_hints(kind)


def _field(hint: Any, value: Any, place: str) -> Any:
    if dataclasses.is_dataclass(hint):
        return _record(hint, value, place)
    if get_origin(hint) is tuple:
        if not isinstance(value, (list, tuple)):
            raise ValueError(f"{place} is {_short(value)}, not a list")
        item = get_args(hint)[0]
        return tuple(_field(item, part, f"{place}, number {k}") for k, part in enumerate(value))
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise ValueError(f"{place} is {_short(value)}; it can be {', '.join(get_args(hint))}")
        return value
    if hint is int:
        return _whole(value, place)
    if hint in (bool, str):
        if type(value) is not hint:
            name = "a text" if hint is str else "true or false"
            raise ValueError(f"{place} is {_short(value)}, not {name}")
        return value
    if hint is float:
        return _number(value, place)
    numbers = _numbers(value, place)
    if hint != PerOutput:
        return numbers
    if numbers.ndim > 1 or not len(numbers):
        raise ValueError(f"{place} is {_short(value)}, not a number per output")
    return per_output(numbers)


def _numbers(value: Any, place: str) -> Array:
    """Return an array from a number, a list of numbers, or a list of such lists."""
    rows = value if isinstance(value, list) else [value]
    if any(isinstance(row, list) for row in rows):
        lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
        if len(lengths) > 1:
            raise ValueError(f"{place} has rows of different lengths")
        return np.array([[_number(x, place) for x in row] for row in rows], dtype=float)
    return np.array([_number(x, place) for x in rows], dtype=float)


def _whole(value: Any, place: str) -> int:
    if type(value) is not int or not 0 <= value < LARGEST_COUNT:
        raise ValueError(f"{place} is {_short(value)}, not a whole number from 0 on")
    return value


def _number(value: Any, place: str) -> float:
    """Return a float from a number or from one of the texts that stand for one."""
    try:
        if type(value) is float or type(value) is int:
            return float(value)
        if type(value) is str and _NUMBER.fullmatch(value):
            return float.fromhex(value)
    except OverflowError:
        pass
    raise ValueError(f"{place} is {_short(value)}, not a number that float64 holds")


_NUMBER = re.compile(r"-?(0x[0-9a-f]\.?[0-9a-f]*(p[+-]?[0-9]+)?|inf)")


def _short(value: Any) -> str:
    """Return a value as it stands in an error, cut where it is long."""
    try:
        text = repr(value)
    except (RecursionError, ValueError):  # nested too deep; an integer of too many digits
        text = type(value).__name__
    return text if len(text) <= SHOWN else text[:SHOWN] + "..."
