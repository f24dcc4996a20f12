"""A certificate against the network it speaks of: the same, whole, and true cell by cell."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from approximant.arrays import Frozen, PerOutput, Vector, per_output
from approximant.certificate import Certificate, Piece
from approximant.checker._cell import CellChecker, Refuted, too_large
from approximant.checker._cover import Box, hole
from approximant.checker._stated import check_jumps, check_totals, check_witnesses, check_words
from approximant.claims import DECIMALS, assumed
from approximant.errors import CertificateError
from approximant.formula import Formula
from approximant.model import Model
from approximant.precision import precision
from approximant.progress import Progress, Watch

BITS = (128, 256, 1024)  # of the ball arithmetic: cells that need it are tried with more
UNCHECKED = (
    "Taken from the certificate, not checked: how long the proof took, and that no larger error "
    "was seen than the one stated."
)


@dataclass(frozen=True, eq=False)
class Verdict(Frozen):
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
        CertificateError: a value in it is of the wrong type; it speaks of another network, leaves a
            part of the domain out, or says anything that does not follow from its cells; or what it
            says of a cell could not be proved (in the time given).
    """
    watch = Watch(seconds, progress)
    checked = 0

    def tick() -> None:
        if watch.seconds > seconds:
            raise CertificateError(
                f"Not checked: only {checked} of {len(certificate.pieces)} cells could be in "
                f"{seconds:g} s; give more with --seconds."
            )

    certificate = _readable(certificate)
    _check_subject(certificate, model, formulas)
    _check_cover(certificate, model, tick)
    check_totals(certificate)
    check_jumps(certificate, tick)
    check_words(certificate, model)
    found = np.zeros(len(model.outputs))
    prover = _Prover(certificate, model, tick)
    for piece in certificate.pieces:
        watch.tell("checking", checked / len(certificate.pieces))
        tick()
        found = np.maximum(found, prover.piece(piece))
        checked += 1
    prover.check_witnesses()
    return Verdict(
        certificate.bound,
        certificate.bound_real,
        per_output(found),
        checked,
        watch.seconds,
        _claim(certificate, model),
    )


def _readable(certificate: Certificate) -> Certificate:
    """Return the certificate with every value of the type it should have."""
    try:
        return Certificate.from_dict(certificate.as_dict())
    except (RecursionError, ValueError) as reason:
        raise CertificateError(f"The certificate is damaged: {reason}.") from None


class _Prover:
    """Proves cells again, at the lowest precision that is enough for each."""

    def __init__(self, certificate: Certificate, model: Model, tick: Callable[[], object]) -> None:
        self._certificate, self._model, self._tick = certificate, model, tick
        names = model.domain.names
        self._formulas = [Formula(text, names) for text in certificate.formulas]
        self._checkers: dict[int, CellChecker] = {}

    def piece(self, piece: Piece) -> Vector:
        """Return the bound on the error as executed that was needed for a cell, (m,)."""
        for bits in BITS:
            try:
                with precision(bits):
                    return self._at(bits).piece(piece)[1]
            except Refuted as reason:
                refusal = reason
                if reason.final:
                    break
        raise CertificateError(
            f"The certificate does not hold on the cell {_box_text(_box(piece))}: {refusal}."
        )

    def check_witnesses(self) -> None:
        """Check the cell and the points that are named as the worst."""
        with precision(BITS[-1]):
            check_witnesses(self._certificate, self._model.domain, self._at(BITS[-1]).at)

    def _at(self, bits: int) -> CellChecker:
        if bits not in self._checkers:
            self._checkers[bits] = CellChecker(self._model, self._formulas, self._tick)
        return self._checkers[bits]


def _check_subject(certificate: Certificate, model: Model, formulas: Sequence[str] | None) -> None:
    """Check that the certificate is one, and about this network and these formulas."""
    if not certificate.proved:
        raise CertificateError("There is nothing to check: the certificate claims no proof.")
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
    domain = [*model.domain.intervals().values()]
    for piece in certificate.pieces:
        if not _makes_sense(piece, domain, len(model.outputs)):
            place = ", ".join(map(repr, (piece.low, piece.high)))
            raise CertificateError(
                f"The certificate is damaged: the numbers of its {piece.kind} cell with the ends "
                f"{place} make no sense."
            )
    missing = hole([_box(piece) for piece in certificate.pieces], domain, tick=tick)
    if missing is None and len(domain) == 1:
        solid = [_box(piece) for piece in certificate.pieces if piece.kind != "gap"]
        missing = hole(solid, domain, floats=True)
    if missing is not None:
        raise CertificateError(
            f"The certificate is not whole: no cell of it covers {_box_text(missing)}."
        )


def _makes_sense(piece: Piece, domain: Box, m: int) -> bool:
    """Tell whether a piece is a cell of the domain, with the numbers that its kind has."""
    d = len(domain)
    if not len(piece.low) == len(piece.high) == d:
        return False
    analytic = piece.kind == "analytic"
    of_lemma = (piece.magnitude, piece.grid, piece.delta, piece.tail)
    sizes = (piece.bound_real, piece.rounding, *(of_lemma if analytic else ()))
    inside = zip(domain, _box(piece), strict=True)
    sound = all(a <= low <= high <= b for (a, b), (low, high) in inside)
    sound = sound and all(len(size) == m and all(x >= 0.0 for x in size) for size in sizes)
    if analytic:
        sound = sound and len(piece.ellipse) == len(piece.degree) == d
        sound = sound and all(1.0 < rho < np.inf for rho in piece.ellipse)
        sound = sound and 2 <= piece.multiple and not too_large(piece.degree, piece.multiple)
        return sound and not piece.partial and not piece.crude
    if piece.kind == "gap" and not (
        d == 1 and math.nextafter(piece.low[0], np.inf) == piece.high[0]
    ):
        return False
    return sound and not any((piece.ellipse, piece.degree, piece.multiple, *of_lemma))


def _claim(certificate: Certificate, model: Model) -> str:
    domain = _box_text([*model.domain.intervals().values()], model.domain.names)
    bounds = [f"{bound!r}" for bound in np.atleast_1d(certificate.bound).tolist()]
    real = [f"{bound!r}" for bound in np.atleast_1d(certificate.bound_real).tolist()]
    partial = any(piece.partial for piece in certificate.pieces)
    edges = " Where a root begins, both hold for the points at which it has a value."
    return (
        f"|target - network| <= {', '.join(bounds)} for the network as executed in float64 at "
        f"every float64 point of {domain}; <= {', '.join(real)} for the stored weights in real "
        f"arithmetic. {DECIMALS}{edges if partial else ''} {assumed(model.network)} {UNCHECKED}"
    )


def _box(piece: Piece) -> Box:
    return [*zip(piece.low, piece.high, strict=True)]


def _box_text(box: Box, names: Sequence[str] = ()) -> str:
    ends = [f"{low:.17g} to {high:.17g}" for low, high in box]
    if names:
        ends = [f"{name} = {text}" for name, text in zip(names, ends, strict=True)]
    return ", ".join(ends)
