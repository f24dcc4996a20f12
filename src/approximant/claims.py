"""The sentences of a proof, written from the numbers of its certificate alone.

Who proves a certificate and who checks it take them from here: a claim that says anything else than
the numbers was altered.
"""

from __future__ import annotations

import decimal
from collections.abc import Sequence

import numpy as np

from approximant.arrays import Vector
from approximant.certificate import Certificate, Jump, Piece, rounded_up
from approximant.domain import Box
from approximant.networks import Network

LIBRARY_ULPS = 4  # assumed of the library's tanh, sin, exp, expm1 and log1p
NORMAL_ULPS = 32  # assumed of SciPy's normal distribution function
DECIMALS = "Decimals in the formula are read exactly: 0.1 is one tenth."
FULL = 1e-9  # share of a domain of which nothing is said
MOST_JUMPS = 5  # that are listed


def rests_on(network: Network) -> str:
    """Return what the proof about a network takes for granted, bound by bound."""
    floats = _float64(network)
    if network.widths[0] == 1:
        return f"bound_real: ball arithmetic; bound: {floats}."
    return f"formula and ellipses: ball arithmetic; network at the nodes: {floats}."


def assumed(network: Network) -> str:
    """Return what checking a proof takes for granted: balls at the nodes, and float64."""
    return f"Assumed for the network as executed: {_float64(network)}."


def _float64(network: Network) -> str:
    names = {name for layer in network.layers for name, _ in layer.groups}
    special = f", the normal distribution within {NORMAL_ULPS}" if "gelu" in names else ""
    return (
        "IEEE 754 float64 as NumPy executes it, in any order of summation, its elementary "
        f"functions within {LIBRARY_ULPS} units in the last place{special}"
    )


def claim_of(certificate: Certificate, domain: Box) -> str:
    """Return what a certificate proves about a network on a domain, if its numbers are right."""
    where = ", ".join(f"{n} in [{a!r}, {b!r}]" for n, (a, b) in domain.intervals().items())
    sentences = [
        f"At every float64 point with {where}, the network as executed differs from the target by "
        f"at most {rounded_up(certificate.bound)}; its stored weights in real arithmetic by at "
        f"most {rounded_up(certificate.bound_real)} at every real point. {DECIMALS}"
    ]
    partial = [piece for piece in certificate.pieces if piece.partial]
    if partial:
        sentences.append(_of_partial(domain, partial))
    if certificate.jumps:
        sentences.append(_of_jumps(certificate))
    if certificate.cut_by_time:
        covered, away = certificate.covered, np.atleast_1d(certificate.bound_elsewhere)
        sentences.append(
            f"Time ended: {percent(1.0 - covered)} of the domain was bounded crudely, and the "
            f"bounds above are those.{on_the_rest(covered, away, certificate.jumps)} "
            "Allow more seconds."
        )
    return " ".join(sentences)


def on_the_rest(share: float, away: Vector | None, jumps: Sequence[Jump]) -> str:
    """Return the bound on the share of the domain that was bounded well; none for next to none."""
    if share < FULL or away is None:
        return ""
    rest = percent(share, decimal.ROUND_FLOOR) + (", the jumps apart," if jumps else "")
    return f" On the other {rest} the bound is {rounded_up(away)}."


def percent(share: float, rounding: str = decimal.ROUND_CEILING) -> str:
    """Return a share with three digits: what is known badly never less than it is."""
    number = decimal.Context(prec=3, rounding=rounding).multiply(decimal.Decimal(share), 100)
    return f"{float(number):.3g} %"


def _of_partial(domain: Box, pieces: Sequence[Piece]) -> str:
    """Return what the bounds mean where a root or an inverse function begins."""
    first = pieces[0]
    ends = zip(domain.names, first.low, first.high, strict=True)
    place = ", ".join(f"{name} in [{low!r}, {high!r}]" for name, low, high in ends)
    more = f" and in {len(pieces) - 1} more cells" if len(pieces) > 1 else ""
    kept = "at every float and at every real number" if domain.dimension == 1 else "at every point"
    return f"Where a root begins ({place}{more}) they hold {kept} at which it has a value."


def _of_jumps(certificate: Certificate) -> str:
    """Return where the difference jumps and by how much, and the bound left and right of that."""
    jumps = certificate.jumps
    places = "; ".join(
        f"between {jump.left!r} and {jump.right!r} ({_width(jump)}) it is up to "
        f"{rounded_up(np.array(jump.bound_real))}"
        for jump in jumps[:MOST_JUMPS]
    )
    more = f"; and {len(jumps) - MOST_JUMPS} more" if len(jumps) > MOST_JUMPS else ""
    beside = [p.bound for p in certificate.pieces if p.kind != "gap" and not p.is_in(jumps)]
    bound = rounded_up(np.max(beside, axis=0)) if beside else ""
    rest = f" Left and right of that the bound is {bound}." if beside else ""
    return f"The difference jumps: in real arithmetic, {places}{more}.{rest}"


def _width(jump: Jump) -> str:
    inside = "no float64 lies inside" if not jump.floats else f"{jump.floats} float64 inside"
    return f"{jump.width:.2g} wide, {inside}"
