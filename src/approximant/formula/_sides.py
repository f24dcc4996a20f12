"""Conditions that compare an input with a number: what of a ball lies on either side of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flint import arb

from approximant.formula._exact import rational
from approximant.formula._tree import Comparison, Condition, Variable

_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


@dataclass(frozen=True)
class Threshold:
    """Where a condition on one input begins or ceases to hold.

    Args:
        name: of the input.
        place: a ball around the number.
        above: whether the condition holds for what is larger.
    """

    name: str
    place: arb
    above: bool

    def side(self, columns: Mapping[str, arb], *, holding: bool) -> dict[str, arb]:
        """Return the part of a box where the condition holds, or does not, with the place itself.

        The ball begins exactly at an exact place: there a root may begin.
        """
        upwards = self.above == holding
        ball, place = columns[self.name], self.place
        width = (ball.upper() - place if upwards else place - ball.lower()).upper()
        # Arb rounds a radius up when it is given; the midpoint makes up for that. Multiplied by a
        # sign the radius would grow once more, so both directions are written out.
        around = arb(0, width / 2) if width > 0 else arb(0)
        middle = place + around.rad() if upwards else place - around.rad()
        return {**columns, self.name: middle + around}


def threshold(condition: Condition) -> Threshold | None:
    """Return where a condition begins or ceases to hold, None if it is not so simple."""
    match condition:
        case Comparison(operators=(sign,), operands=(Variable(name=name), number)):
            pass
        case Comparison(operators=(sign,), operands=(number, Variable(name=name))):
            sign = _TURNED.get(sign, sign)
        case _:
            return None
    exact = rational(number)
    if exact is None or sign not in _TURNED:
        return None
    return Threshold(name, arb(exact.numerator) / exact.denominator, sign in (">", ">="))
