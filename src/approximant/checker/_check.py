"""A certificate against the network it speaks of: the same, whole, and true cell by cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, ctx

from approximant.arrays import PerOutput, Vector, per_output
from approximant.certificate import Certificate, Piece
from approximant.checker._cell import CellChecker, Refuted
from approximant.checker._cover import Box, hole
from approximant.checker._rounding import LIBRARY_ULP
from approximant.checker._target import enclose, read_formulas
from approximant.errors import CertificateError
from approximant.formula import Formula
from approximant.model import Model
from approximant.progress import Progress, Watch

BITS = 128  # of the ball arithmetic
NARROW = 64  # floats: wider cells are no part of a jump
SHARE_ROOM = 1e-9  # shares are sums of floats
SEEN_ROOM = 1e-6  # of an error seen, besides what rounding may change on another machine
EDGES = " Where a root begins, both hold for the points at which it has a value."


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a checked certificate proves, in the checker's own words.

    Args:
        bound: of the certificate, on the error as executed, now proved again; per output.
        bound_real: of the certificate, in real arithmetic.
        found: the largest error bound that the checker needed itself; per output.
        cells: number of cells checked.
        seconds: time it took.
        claim: the sentence that is proved.
    """

    bound: PerOutput
    bound_real: PerOutput
    found: PerOutput
    cells: int
    seconds: float
    claim: str

    def as_dict(self) -> dict[str, Any]:
        """Return the verdict as plain numbers and texts for JSON."""
        plain = {
            name: np.asarray(getattr(self, name)).tolist()
            for name in ("bound", "bound_real", "found")
        }
        return {"checked": True, **plain, "cells": self.cells, "seconds": self.seconds,
                "claim": self.claim}  # fmt: skip


def check(
    certificate: Certificate,
    model: Model,
    formulas: Sequence[str] | None,
    *,
    seconds: float = 600.0,
    progress: Callable[[Progress], object] | None = None,
) -> Verdict:
    """Prove a certificate again, trusting nothing in it.

    Args:
        certificate: what is claimed; its cells, ellipses and degrees serve as a plan of the proof.
        model: the network.
        formulas: the texts that the network approximates.
        seconds: how long it may take.
        progress: called with a Progress at most ten times a second.

    Raises:
        CertificateError: it speaks of another network, leaves a part of the domain out, promises
            less than its cells, or one of its bounds could not be proved (in the time given).
    """
    watch = Watch(seconds, progress)
    found, done = np.zeros(len(model.outputs)), 0

    def tick() -> None:
        if watch.seconds > seconds:
            raise CertificateError(
                f"Not checked: only {done} of {len(certificate.pieces)} cells could be in "
                f"{seconds:g} s; give more with --seconds."
            )

    _check_subject(certificate, model, formulas)
    _check_cover(certificate, model, tick)
    _check_totals(certificate, model)
    with ctx.workprec(BITS):
        read = [Formula(text, model.domain.names) for text in certificate.formulas]
        cells = CellChecker(model, read, tick)
        for done, piece in enumerate(certificate.pieces):
            watch.tell("checking", done / len(certificate.pieces))
            tick()
            found = np.maximum(found, _checked(cells, piece))
        _check_seen(certificate, model, read)
    return Verdict(
        certificate.bound,
        certificate.bound_real,
        per_output(found),
        len(certificate.pieces),
        watch.seconds,
        _claim(certificate, model) + (EDGES if cells.edges else ""),
    )


def _checked(cells: CellChecker, piece: Piece) -> Vector:
    try:
        return cells.piece(piece)[1]
    except Refuted as reason:
        raise CertificateError(
            f"The certificate does not hold on the cell {_box_text(_box(piece))}: {reason}."
        ) from None


def _check_subject(certificate: Certificate, model: Model, formulas: Sequence[str] | None) -> None:
    """Check that the certificate is one, and about this network and these formulas."""
    if not certificate.proved:
        raise CertificateError(
            f"There is nothing to check: the certificate claims no proof. {certificate.claim}"
        )
    if formulas is None:
        raise CertificateError("The network was not made from a formula; nothing can be proved.")
    if (
        certificate.fingerprint != model.fingerprint(formulas)
        or certificate.formulas != tuple(formulas)
        or certificate.inputs != model.domain.names
        or certificate.outputs != model.outputs
    ):
        raise CertificateError(
            "This certificate is about another network, or the network was changed after it was "
            "made (their fingerprints differ); certify this one."
        )


def _check_cover(certificate: Certificate, model: Model, tick: Callable[[], object]) -> None:
    """Check that the cells leave nothing out, neither of the reals nor of the floats."""
    d, m = model.domain.dimension, len(model.outputs)
    for piece in certificate.pieces:
        _check_shape(piece, d, m)
    domain = [*model.domain.intervals().values()]
    missing = hole([_box(piece) for piece in certificate.pieces], domain, tick=tick)
    if missing is None and d == 1:
        solid = [_box(piece) for piece in certificate.pieces if piece.kind != "gap"]
        missing = hole(solid, domain, floats=True)
    if missing is not None:
        raise CertificateError(
            f"The certificate is not whole: no cell of it covers {_box_text(missing)}."
        )


def _check_shape(piece: Piece, d: int, m: int) -> None:
    """Check that a piece is a cell of d inputs and m outputs with numbers that make sense."""
    sizes = [piece.bound_real, piece.rounding]
    sound = len(piece.low) == len(piece.high) == d
    sound = sound and all(low <= high for low, high in zip(piece.low, piece.high, strict=True))
    sound = sound and (piece.kind != "gap" or d == 1)
    if piece.kind == "analytic":
        sizes.append(piece.magnitude)
        sound = sound and len(piece.ellipse) == len(piece.degree) == d
        sound = sound and all(1.0 < rho < np.inf for rho in piece.ellipse)
        sound = sound and all(0 <= n <= 2000 for n in piece.degree) and 2 <= piece.multiple <= 100
    sound = sound and all(len(size) == m and min(size) >= 0.0 for size in sizes)
    if not sound or piece.kind not in ("analytic", "direct", "gap"):
        raise CertificateError(f"The certificate is damaged: {piece} makes no sense.")


def _check_totals(certificate: Certificate, model: Model) -> None:
    """Check that the bounds promised are no smaller than those of the cells."""
    solid = [piece for piece in certificate.pieces if piece.kind != "gap"]
    totals = {
        "bound": [piece.bound for piece in solid],
        "bound_real": [piece.bound_real for piece in certificate.pieces],
    }
    apart = [piece for piece in solid if not _jumps(certificate, piece)]
    if certificate.cut_by_time:
        _check_share(certificate, model)
    else:
        totals["bound_elsewhere"] = [piece.bound for piece in apart]
    for name, sizes in totals.items():
        promised = np.atleast_1d(getattr(certificate, name))
        largest = np.max(sizes, axis=0, initial=0.0)
        if promised.shape != (len(certificate.outputs),) or not np.all(promised >= largest):
            raise CertificateError(
                f"The certificate contradicts itself: its {name} {promised.tolist()} is below that "
                "of one of its cells; it was altered."
            )
    if not np.all(np.isfinite(np.atleast_1d(certificate.bound))):
        raise CertificateError("The certificate bounds nothing: its bound is not finite.")


def _check_share(certificate: Certificate, model: Model) -> None:
    """Check that the bound elsewhere holds on as much of the domain as is said, crude cells aside.

    Which cells were bounded crudely is not marked: those are whose bounds are larger.
    """
    kept = [
        piece
        for piece in certificate.pieces
        if piece.kind == "gap"
        or _jumps(certificate, piece)
        or np.all(np.array(piece.bound) <= certificate.bound_elsewhere)
    ]
    sides = np.array([np.subtract(piece.high, piece.low) for piece in kept]).reshape(len(kept), -1)
    share = float(np.prod(sides / model.domain.width, axis=1).sum())
    if not certificate.covered <= share + SHARE_ROOM:
        raise CertificateError(
            f"The certificate contradicts itself: its cells keep bound_elsewhere on {share:.9g} of "
            f"the domain, not on {certificate.covered:.9g}; it was altered."
        )


def _check_seen(certificate: Certificate, model: Model, read: Sequence[Formula]) -> None:
    """Check that the largest errors seen are those at the points named, and within the bounds."""
    names, m = model.domain.names, len(model.outputs)
    seen = np.atleast_1d(certificate.sampled_max)
    places = np.asarray(certificate.worst_point, dtype=float)
    if seen.shape != (m,) or places.size != m * len(names):
        raise CertificateError("The certificate is damaged: it needs one worst point per output.")
    readings = read_formulas(read)
    for k, point in enumerate(places.reshape(m, len(names))):
        exact = enclose(readings, names, [arb(float(x)) for x in point])[k]
        there = abs(exact - arb(float(model.evaluate(point[None])[0, k])))
        room = 2.0 * max((piece.rounding[k] for piece in certificate.pieces), default=0.0)
        if not abs(there - float(seen[k])) <= SEEN_ROOM * seen[k] + room:
            raise CertificateError(
                f"The certificate contradicts itself: at its worst point the error is not the "
                f"{seen[k]:.6g} that it states; it was altered."
            )


def _claim(certificate: Certificate, model: Model) -> str:
    domain = _box_text([*model.domain.intervals().values()], model.domain.names)
    bounds = [f"{bound!r}" for bound in np.atleast_1d(certificate.bound).tolist()]
    real = [f"{bound!r}" for bound in np.atleast_1d(certificate.bound_real).tolist()]
    return (
        f"|target - network| <= {', '.join(bounds)} for the network as executed in float64 at "
        f"every float64 point of {domain}, if tanh, sin and exp of the library err by at most "
        f"{LIBRARY_ULP:g} units in the last place; <= {', '.join(real)} for the stored weights in "
        "real arithmetic. Decimals in the formula are read exactly."
    )


def _jumps(certificate: Certificate, piece: Piece) -> bool:
    """Tell whether a cell lies in a place that the certificate sets apart as a jump."""
    low, high = piece.low[0], piece.high[0]
    narrow = high - low <= NARROW * math.ulp(max(abs(low), abs(high)))
    return narrow and any(
        jump.left <= piece.low[0] and piece.high[0] <= jump.right for jump in certificate.jumps
    )


def _box(piece: Piece) -> Box:
    return [*zip(piece.low, piece.high, strict=True)]


def _box_text(box: Box, names: Sequence[str] = ()) -> str:
    ends = [f"{low:.17g} to {high:.17g}" for low, high in box]
    if names:
        ends = [f"{name} = {text}" for name, text in zip(names, ends, strict=True)]
    return ", ".join(ends)
