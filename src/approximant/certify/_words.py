"""Certificates in words: the sentence proved, what the proof rests on, or why there is none."""

from __future__ import annotations

import decimal
from collections.abc import Sequence

import numpy as np

from approximant.arrays import Points, Vector
from approximant.certificate import Jump, Piece
from approximant.certify._activations import NDTR_ULPS, ULPS
from approximant.certify._found import Found
from approximant.domain import Box
from approximant.model import Model

DECIMALS = "Decimals in the formula are read exactly: 0.1 is one tenth."


def rigour(model: Model) -> str:
    """Return what a proof about a model rests on."""
    names = {name for layer in model.network.layers for name, _ in layer.groups}
    special = f", the normal distribution within {NDTR_ULPS}" if "gelu" in names else ""
    floats = (
        "IEEE 754 float64 as NumPy executes it, in any order of summation, its elementary "
        f"functions within {ULPS} units in the last place{special}"
    )
    if model.domain.dimension == 1:
        return f"bound_real: ball arithmetic; bound: {floats}."
    return f"formula and ellipses: ball arithmetic; network at the nodes: {floats}."


def proved(
    box: Box,
    bound: Vector,
    real: Vector,
    away: Vector | None,
    beside: Vector | None,
    found: Found,
    jumps: Sequence[Jump],
) -> str:
    """Return the sentences of a proof.

    Args:
        box: the domain.
        bound, real: proved on all of it, as executed and in real arithmetic, (m,).
        away: bound off the jumps on what was not bounded crudely, if there is such a place.
        beside: bound off the jumps, crude cells included.
        found: the cells.
        jumps: where the difference jumps.
    """
    where = ", ".join(f"{n} in [{a!r}, {b!r}]" for n, (a, b) in box.intervals().items())
    sentences = [
        f"At every float64 point with {where}, the network as executed differs from the target by "
        f"at most {numbers(bound)}; its stored weights in real arithmetic by at most "
        f"{numbers(real)} at every real point. {DECIMALS}"
    ]
    edges = [cell.piece for cell in found.cells if cell.edge]
    if edges:
        sentences.append(_of_edges(box, edges))
    if jumps:
        sentences.append(_of_jumps(jumps, beside))
    if found.rough > 0.0:
        sentences.append(
            f"Time ended: {_percent(found.rough)} of the domain was bounded crudely, and the "
            f"bounds above are those.{_on_the_rest(1.0 - found.rough, away, jumps)} "
            "Allow more seconds."
        )
    return " ".join(sentences)


def unfinished(found: Found, away: Vector | None, jumps: Sequence[Jump]) -> str:
    """Return what could be proved in the time given."""
    known = _on_the_rest(1.0 - found.open - found.rough, away, jumps)
    return (
        f"Time ended before the whole domain was bounded: of {_percent(found.open)} nothing is "
        f"known, {_percent(found.rough)} were bounded crudely.{known} Allow more seconds."
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


def _on_the_rest(share: float, away: Vector | None, jumps: Sequence[Jump]) -> str:
    """Return the bound on the share of the domain that was bounded well."""
    if share < 1e-9 or away is None:
        return ""
    rest = _percent(share, decimal.ROUND_FLOOR) + (", the jumps apart," if jumps else "")
    return f" On the other {rest} the bound is {numbers(away)}."


def _percent(share: float, rounding: str = decimal.ROUND_CEILING) -> str:
    """Return a share with three digits: what is known badly never less than it is."""
    number = decimal.Context(prec=3, rounding=rounding).multiply(decimal.Decimal(share), 100)
    return f"{float(number):.3g} %"


def _of_edges(box: Box, edges: Sequence[Piece]) -> str:
    """Return what the bounds mean where a root or an inverse function begins."""
    first = edges[0]
    ends = zip(box.names, first.low, first.high, strict=True)
    place = ", ".join(f"{name} in [{low!r}, {high!r}]" for name, low, high in ends)
    more = f" and in {len(edges) - 1} more cells" if len(edges) > 1 else ""
    kept = "at every float and at every real number" if box.dimension == 1 else "at every point"
    return f"Where a root begins ({place}{more}) they hold {kept} at which it has a value."


def _of_jumps(jumps: Sequence[Jump], beside: Vector | None) -> str:
    places = "; ".join(
        f"between {jump.left!r} and {jump.right!r} ({_width(jump)}) it is up to "
        f"{numbers(np.array(jump.bound_real))}"
        for jump in jumps[:5]
    )
    more = f"; and {len(jumps) - 5} more" if len(jumps) > 5 else ""
    rest = "" if beside is None else f" Left and right of that the bound is {numbers(beside)}."
    return f"The difference jumps: in real arithmetic, {places}{more}.{rest}"


def _width(jump: Jump) -> str:
    inside = "no float64 lies inside" if not jump.floats else f"{jump.floats} float64 inside"
    return f"{jump.width:.2g} wide, {inside}"


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


def numbers(values: Vector) -> str:
    """Return one number per output, rounded up to four digits."""
    return ", ".join(_rounded_up(float(value)) for value in values)


def _rounded_up(value: float) -> str:
    text = f"{value:.3e}"
    if float(text) < value:
        digits, _, exponent = text.partition("e")
        text = f"{float(digits) + 0.001:.3f}e{exponent}"
    return text if float(text) >= value else f"{value!r}"
