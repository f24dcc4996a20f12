"""Certificates in words: why there is no proof."""

from __future__ import annotations

from collections.abc import Sequence

from approximant.arrays import Points, Vector
from approximant.certificate import Jump
from approximant.certify._found import Found
from approximant.claims import on_the_rest, percent
from approximant.domain import Box


def unfinished(found: Found, away: Vector | None, jumps: Sequence[Jump]) -> str:
    """Return what could be proved in the time given."""
    known = on_the_rest(1.0 - found.open - found.rough, away, jumps)
    return (
        f"Time ended before the whole domain was bounded: of {percent(found.open)} nothing is "
        f"known, {percent(found.rough)} were bounded crudely.{known} Allow more seconds."
    )


def overflowing() -> str:
    """Return why cells that have bounds may still prove nothing."""
    return (
        "Nothing is proved: rounding may make the network overflow. Its weights or the values of "
        "the formula are too large for float64; use smaller units."
    )


def contradicted(box: Box, point: Vector, error: float, bound: float) -> str:
    """Return why a proof is withdrawn: a point where the error is larger, and whom to tell."""
    place = ", ".join(f"{name} = {float(x)!r}" for name, x in zip(box.names, point, strict=True))
    return (
        f"Nothing is proved, for the proof was contradicted: at {place} the error is {error!r}, "
        f"above the bound of {bound!r} that was found. One of the two is wrong, and neither should "
        "be: please report this point with the model and the formula."
    )


def refused(box: Box, failed: Points) -> str:
    """Return why nothing was proved."""
    ends = zip(box.names, failed[0], failed[1], strict=True)
    where = ", ".join(f"{name} in [{float(a)!r}, {float(b)!r}]" for name, a, b in ends)
    return (
        f"Nothing is proved: no finite bound was found for {where}. The formula has a pole there, "
        "a logarithm or root without a value, or a part such as sin(x)/x that is 0/0; or the "
        "network is not finite. Leave such a place out of the domain, or give the target a value "
        "there."
    )
