"""The functions of formulas that are defined branch by branch: which branch holds on a real ball,
and what it is there. A branch is an integer; None where the ball does not decide."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TypeAlias

from flint import arb

from approximant.formula._ball_functions import (
    ANALYTIC,
    NOT_FINITE,
    Ball,
    cube_root,
    from_zero,
    hull,
    real_cube_root,
)

Branch: TypeAlias = int | None


def sign_of(x: arb) -> Branch:
    """Return 1, -1 or 0 where the sign of a real ball is certain."""
    if x > 0:
        return 1
    if x < 0:
        return -1
    return 0 if x.is_zero() else None


def side_of(x: arb) -> Branch:
    """Return 1 where a real ball is nowhere negative, -1 where it is nowhere positive."""
    if x >= 0:
        return 1
    return -1 if x <= 0 else None


def _integer(x: arb) -> Branch:
    """Return the integer that a ball holds, if it holds one alone."""
    found = x.unique_fmpz() if x.is_finite() else None
    return None if found is None else int(found)


def _floor(x: arb) -> Branch:
    return _integer(x.floor()) if x.is_finite() else None


def _ceil(x: arb) -> Branch:
    return _integer(x.ceil()) if x.is_finite() else None


def _round(x: arb) -> Branch:
    """Round halves to the even number: only a ball that excludes the tie, or is it, decides."""
    shifted = x + arb(0.5)
    nearest = _floor(shifted)
    if nearest is None or not shifted.contains(nearest):
        return nearest
    if shifted.is_exact():  # the tie itself, between nearest - 1 and nearest
        return nearest - nearest % 2
    return nearest if nearest % 2 == 0 else None


def quadrant_of(y: arb, x: arb) -> Branch:
    """Return the half plane of a point that fixes a formula for its angle."""
    if x > 0:
        return 0
    if x < 0 and y >= 0:
        return 3
    if x < 0 and y < 0:
        return 4
    if y > 0:
        return 1
    return 2 if y < 0 else None


def _size_hull(x: arb) -> arb:
    return from_zero(x.abs_upper()) if x.contains(0) else abs(x)


def _rounded_hull(x: arb) -> arb:
    return hull(x.floor(), x.ceil()) if x.is_finite() else NOT_FINITE


def _sign_hull(x: arb) -> arb:
    return arb(0, 1) if x.is_finite() else NOT_FINITE


# function: (branch of the argument, value on a branch, enclosure without a branch)
_OF_ONE: dict[
    str, tuple[Callable[[arb], Branch], Callable[[Ball, int], Ball], Callable[[arb], arb]]
] = {
    "abs": (side_of, lambda z, side: z if side > 0 else -z, _size_hull),
    "sign": (sign_of, lambda z, sign: arb(sign), _sign_hull),
    "floor": (_floor, lambda z, value: arb(value), lambda x: x.floor()),
    "ceil": (_ceil, lambda z, value: arb(value), lambda x: x.ceil()),
    "round": (_round, lambda z, value: arb(value), _rounded_hull),
    "cbrt": (sign_of, cube_root, real_cube_root),
}
BRANCHED = frozenset({*_OF_ONE, "min", "max", "atan2"})


def decide(function: str, arguments: list[arb]) -> Branch:
    """Return the branch of a function on real balls."""
    if function in _OF_ONE:
        return _OF_ONE[function][0](arguments[0])
    if function == "atan2":
        return quadrant_of(*arguments)
    return _chosen(arguments, -1 if function == "min" else 1)


def _chosen(arguments: list[arb], sign: int) -> Branch:
    """Return which argument is nowhere exceeded (sign 1) or undercut (-1) by another."""
    if not all(argument.is_finite() for argument in arguments):
        return None  # min and max carry NaN, whichever argument it is
    for index, candidate in enumerate(arguments):
        if all(sign * (candidate - other) >= 0 for other in arguments if other is not candidate):
            return index
    return None


def on_branch(function: str, arguments: list[Ball], branch: int) -> Ball:
    """Return the analytic continuation of the function that holds on a branch."""
    if function in _OF_ONE:
        return _OF_ONE[function][1](arguments[0], branch)
    if function != "atan2":
        return arguments[branch]
    y, x = arguments
    half_turns = {1: 0.5, 2: -0.5, 3: 1, 4: -1}.get(branch, 0)
    turned = -ANALYTIC["atan"](x / y) if branch in (1, 2) else ANALYTIC["atan"](y / x)
    return arb.pi() * half_turns + turned


def any_branch(function: str, arguments: list[arb]) -> arb:
    """Return an enclosure of the function on real balls that decide no branch."""
    if not all(argument.is_finite() for argument in arguments):
        return NOT_FINITE
    if function in _OF_ONE:
        return _OF_ONE[function][2](arguments[0])
    if function == "atan2":
        return arb(0, 1) * arb.pi()
    return reduce(arb.min if function == "min" else arb.max, arguments)
