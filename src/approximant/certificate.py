"""Certificate: a proved bound on the error, or in words why there is none; with all that a checker
needs to prove it again."""

from __future__ import annotations

import dataclasses
import decimal
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from approximant.arrays import PerOutput, Points, Vector, per_output

Kind: TypeAlias = Literal["analytic", "direct", "gap"]
Ends: TypeAlias = tuple[float, ...]  # one number per input
Sizes: TypeAlias = tuple[float, ...]  # one number per output

VERSION = 1  # of the form in which certificates are saved


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

    @property
    def bound(self) -> Sizes:
        """On |target - network as executed| at the floats of the cell, (m,), rounded up."""
        return tuple(
            math.nextafter(a + b, math.inf)
            for a, b in zip(self.bound_real, self.rounding, strict=True)
        )


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
class Certificate:
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
        """Return the certificate that `as_dict` described.

        Raises:
            KeyError, TypeError, ValueError: this is no such description, or of another version.
        """
        if data["version"] != VERSION:
            raise ValueError(f"certificates of version {data['version']!r} cannot be read")
        known = {f.name: data.get(f.name, []) for f in dataclasses.fields(cls)}
        for name in ("bound", "bound_real", "bound_elsewhere", "sampled_max"):
            known[name] = per_output(np.atleast_1d(_numbers(known[name])))
        for name in ("worst_point", "worst_cell"):
            known[name] = np.array(_numbers(known[name]), dtype=float)
        for name in ("inputs", "outputs", "formulas"):
            known[name] = tuple(known[name])
        known["jumps"] = tuple(_record(Jump, row) for row in known["jumps"])
        known["pieces"] = tuple(_record(Piece, row) for row in known["pieces"])
        return cls(**known)


def rounded_up(bounds: PerOutput) -> str:
    """Return bounds with four digits each, none of them smaller than it is."""
    up = decimal.Context(prec=4, rounding=decimal.ROUND_CEILING)
    numbers = [up.create_decimal(decimal.Decimal(b)) for b in np.atleast_1d(bounds).tolist()]
    return ", ".join(f"{float(number):.4g}" for number in numbers)


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


def _numbers(value: Any) -> Any:
    """Undo `_plain` for a number or nested lists of numbers."""
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return float(value)


def _record(kind: type[Any], row: Mapping[str, Any]) -> Any:
    """Return a Piece or Jump from its fields; integers stay integers, lists become tuples."""
    return kind(**{name: _field(value, name) for name, value in row.items()})


def _field(value: Any, name: str) -> Any:
    if name == "kind" or name in ("multiple", "floats"):
        return value
    if name == "degree":
        return tuple(int(item) for item in value)
    found = _numbers(value)
    return tuple(found) if isinstance(found, list) else found
