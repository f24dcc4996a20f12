"""What is known of a condition on balls: it holds, it fails, it is open, or it has no value."""

from __future__ import annotations

from typing import Literal, TypeAlias

from flint import arb

Truth: TypeAlias = bool | None | Literal["no value"]  # None: not decided on the box


def compared(sign: str, left: arb, right: arb) -> Truth:
    """Return whether a comparison holds for all numbers of two balls, for none, or neither."""
    if not (left.is_finite() and right.is_finite()):
        return "no value"
    match sign:
        case "<":
            return True if left < right else (False if left >= right else None)
        case "<=":
            return True if left <= right else (False if left > right else None)
        case ">" | ">=":
            return compared({">": "<", ">=": "<="}[sign], right, left)
        case "==":
            if not left.overlaps(right):
                return False
            return True if (left - right).is_zero() else None
    return opposite(compared("==", left, right))


def opposite(truth: Truth) -> Truth:
    """Return whether the opposite of a condition holds."""
    return not truth if isinstance(truth, bool) else truth
