"""What a certificate states as a whole follows from its cells, its words from its numbers."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import arb

from approximant.arrays import Vector
from approximant.certificate import Certificate, Jump, Piece
from approximant.checker._cover import hole
from approximant.claims import claim_of, rests_on
from approximant.domain import Box
from approximant.errors import CertificateError
from approximant.model import Model

NARROW = 64  # floats: wider cells are no part of a jump
SHARES = 1e-9  # by which shares of a domain that are summed in floats may differ
ROOM = 1e-12  # share of an error by which floats may differ from balls

_Tick = Callable[[], object]


def check_totals(certificate: Certificate) -> None:
    """Check the bounds and what else is said of all cells together.

    Raises:
        CertificateError: a bound promised is below that of a cell it is about, or the cells are not
            those that are spoken of.
    """
    pieces = certificate.pieces
    solid = [piece for piece in pieces if piece.kind != "gap"]
    apart = [piece for piece in solid if not _jumps(certificate.jumps, piece)]
    well = [piece for piece in apart if not piece.crude]
    _check_promise(certificate, "bound", [piece.bound for piece in solid])
    _check_promise(certificate, "bound_real", [piece.bound_real for piece in pieces])
    _check_promise(certificate, "bound_elsewhere", [p.bound for p in well or apart or solid])
    if not np.all(np.isfinite(np.atleast_1d(certificate.bound))):
        raise CertificateError("The certificate bounds nothing: its bound is not finite.")
    if certificate.cells != len(pieces):
        raise _contradicts(f"it has {len(pieces)} cells, not {certificate.cells}")
    if not 0.0 <= certificate.seconds < math.inf:
        raise _contradicts(f"it took {certificate.seconds} s")


def _check_promise(certificate: Certificate, name: str, sizes: Sequence[Any]) -> None:
    promised = np.atleast_1d(getattr(certificate, name))
    largest = np.max(sizes, axis=0, initial=0.0)
    if promised.shape != (len(certificate.outputs),) or not np.all(promised >= largest):
        raise _contradicts(f"its {name} {promised.tolist()} is below that of one of its cells")


def check_jumps(certificate: Certificate, tick: _Tick) -> None:
    """Check the places that are set apart: their cells, their bounds, and their floats.

    Raises:
        CertificateError: a jump is not made up of cells, or is larger than it says.
    """
    if not certificate.jumps:
        return
    if len(certificate.inputs) > 1:
        raise _contradicts("only functions of one input have jumps")
    pieces = sorted(certificate.pieces, key=lambda piece: piece.low)
    lows = [piece.low[0] for piece in pieces]
    ends = [end for jump in certificate.jumps for end in (jump.left, jump.right)]
    if not all(a < b for a, b in zip(ends, ends[1:], strict=False)):  # NaN is in no order
        raise _contradicts("its jumps are not in order")
    for jump in certificate.jumps:
        tick()
        inside = pieces[bisect_left(lows, jump.left) : bisect_right(lows, jump.right)]
        small = [
            [(p.low[0], p.high[0])]
            for p in inside
            if p.high[0] <= jump.right and _below(p.bound_real, jump.bound_real)
        ]
        if hole(small, [(jump.left, jump.right)]) is not None:
            raise _contradicts(f"the jump at {jump.left!r} is larger than it says")
        if jump.floats != max(0, _ordinal(jump.right) - _ordinal(jump.left) - 1):
            raise _contradicts(f"the jump at {jump.left!r} does not hold {jump.floats} floats")


def check_words(certificate: Certificate, model: Model) -> None:
    """Check the share that was bounded well, and that the sentences say what the numbers do.

    Raises:
        CertificateError: they do not.
    """
    widths = model.domain.width
    crude = [piece for piece in certificate.pieces if piece.crude]
    shares = [np.prod((np.array(p.high) - np.array(p.low)) / widths) for p in crude]
    if not abs(certificate.covered - (1.0 - math.fsum(shares))) <= SHARES:
        raise _contradicts(f"it says that {certificate.covered} of the domain was bounded well")
    if certificate.cut_by_time != bool(crude):
        raise _contradicts("cut_by_time is true exactly where cells were bounded crudely")
    if certificate.rigour != rests_on(model.network):
        raise _contradicts("what it says to rest on is not what a proof of this network rests on")
    if certificate.claim != claim_of(certificate, model.domain):
        raise _contradicts("its claim is not what its numbers prove")


def check_witnesses(
    certificate: Certificate,
    domain: Box,
    error_at: Callable[[Sequence[float]], tuple[list[arb], Vector]],
) -> None:
    """Check that the worst cell is the worst, and that the error seen is one at its point.

    Args:
        certificate: its worst_cell, sampled_max and worst_point.
        domain: where the point lies.
        error_at: the error in real arithmetic at a point, and what rounding may add.

    Raises:
        CertificateError: another cell is worse, or the error there is another one.
    """
    largest = max(max(piece.bound) for piece in certificate.pieces)
    worst = [[p.low, p.high] for p in certificate.pieces if max(p.bound) == largest]
    if [*map(tuple, np.atleast_2d(certificate.worst_cell).tolist())] not in worst:
        raise _contradicts("its worst_cell is not the cell with the largest bound")
    seen = np.atleast_1d(certificate.sampled_max)
    points = np.atleast_2d(certificate.worst_point)
    m, d = len(certificate.outputs), domain.dimension
    if seen.shape != (m,) or points.shape != (m, d) or not np.all(domain.contains(points)):
        raise _contradicts("its worst_point is no point of the domain for each output")
    if not np.all(seen <= np.atleast_1d(certificate.bound)):
        raise _contradicts("its sampled_max is above its bound")
    for k, point in enumerate(points.tolist()):
        errors, rounding = error_at(point)
        error, size = errors[k], arb(float(seen[k]))
        room = arb(float(rounding[k])) + ROOM * size + error.rad()
        # Where no value is known a prover has seen nothing.
        wrong = abs(error - size) > room if error.is_finite() else size != 0
        if wrong or not seen[k] >= 0.0:
            raise _contradicts(f"its sampled_max {seen.tolist()} is not the error at worst_point")


def _contradicts(reason: str) -> CertificateError:
    return CertificateError(f"The certificate contradicts itself: {reason}; it was altered.")


def _jumps(jumps: Sequence[Jump], piece: Piece) -> bool:
    """Tell whether a cell lies in a place that the certificate sets apart as a jump."""
    low, high = piece.low[0], piece.high[0]
    if not jumps or high - low > NARROW * math.ulp(max(abs(low), abs(high))):
        return False
    return piece.is_in(jumps)


def _below(sizes: Sequence[float], limits: Sequence[float]) -> bool:
    return len(sizes) == len(limits) and all(a <= b for a, b in zip(sizes, limits, strict=True))


def _ordinal(x: float) -> int:
    """Return the place of a float in the order of all floats."""
    bits = int(np.float64(x).view(np.int64))
    return bits if bits >= 0 else -(bits & (2**63 - 1))
