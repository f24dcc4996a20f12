"""One case: the prover's certificate against the truth, the checker against it and against lies."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any
from unittest import mock

import numpy as np
from flint import arb, ctx, fmpq

import approximant as ap
from approximant import progress
from approximant.certificate import Certificate, Piece
from approximant.certify import prove
from approximant.checker import check
from drawn.expressions import BITS, NoValue, Undecided, ball, fraction, value
from drawn.formulas import draw_formula
from drawn.networks import Case, draw_network
from drawn.places import beside
from drawn.points import Exacts, Looks, looks_at, nearest_float

DRAWS = {"networks": draw_network, "formulas": draw_formula}
# Time is counted in looks at the clock, so that a case ends in the same way on every machine. So
# often provers and checkers may look, by the number of inputs: a tenth of a second or two.
LOOKS = (300, 16, 8)  # what is left then is bounded crudely, which has to be true as well
CHECK_LOOKS = (1500, 200, 100)
LOOK = 1 / 1500  # seconds that a look counts; estimates of whole cells are in seconds
PROVED = ("proved", "proved, a part crudely for lack of time")
OUT_OF_TIME = ("Time ended", "Not checked: only")  # how refusals begin for which time was short
READABLE = 20_000  # characters that a formula may have; longer ones are drawn again
LIE = 1.0 - 2.0**-20  # of the truth: what a forged certificate promises
FORGED_NODES = 1e6  # largest grid on which the checker should search for the truth in vain,
FORGED_DEGREE = 20  # and largest degree: matrices that lead to such a grid take seconds
FORGED = 3  # of so many cases one has a cell forged,
DIRECT_FORGED = 9  # and of so many one that is direct: refusing it takes thousands of halvings


@dataclass
class Outcome:
    """What became of one case.

    Args:
        kind, index: which case it was, of the seed.
        label: what was drawn.
        wrong: what is false, in words; empty for a sound case.
        prover: "proved", or why it refused.
        checker: "accepted", or why it refused a certificate that holds; "" where there is none.
        looks: values compared; `undecided` those at which 220 bits told nothing.
        seconds: for proving, checking, and in all.
    """

    kind: str
    index: int
    label: str = ""
    wrong: list[str] = field(default_factory=list)
    prover: str = ""
    checker: str = ""
    looks: int = 0
    undecided: int = 0
    lies: int = 0
    seconds: tuple[float, float, float] = (0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Finding:
    """The error at one point.

    Args:
        point: the coordinates.
        output: which output.
        error: lower bound on the true error, proved; infinite where the network overflows.
        executed: whether of the network as executed, otherwise in real arithmetic.
    """

    point: Exacts
    output: int
    error: float
    executed: bool


def drawn(kind: str, index: int, seed: int) -> tuple[Case, np.random.Generator]:
    """Return a case by its number, and the generator for where to look."""
    rng = np.random.default_rng([seed, list(DRAWS).index(kind), index])
    while True:
        case = DRAWS[kind](rng)
        if max(map(len, case.texts)) <= READABLE:
            return case, rng


class Clock:
    """A clock that goes on by the same time whenever it is looked at."""

    def __init__(self) -> None:
        self._now = 0.0

    def perf_counter(self) -> float:
        self._now += LOOK
        return self._now


def counting() -> AbstractContextManager[object]:
    """Let provers and checkers count their looks at the clock, not the time."""
    return mock.patch.object(progress, "time", Clock())


def run(kind: str, index: int, seed: int = 0) -> Outcome:
    """Draw a case and try prover and checker on it."""
    outcome = Outcome(kind, index)
    start = time.perf_counter()
    try:
        with np.errstate(all="ignore"):
            case, rng = drawn(kind, index, seed)
        outcome.label = case.label
        _try(outcome, case, rng)
    except Exception as reason:  # whatever it is, it is no error of the package's own
        outcome.wrong.append(f"crash: {type(reason).__name__}: {reason}")
    proving, checking, _ = outcome.seconds
    outcome.seconds = proving, checking, time.perf_counter() - start
    return outcome


def _try(outcome: Outcome, case: Case, rng: np.random.Generator) -> None:
    start = time.perf_counter()
    formulas = [ap.Formula(text, case.model.domain.names) for text in case.texts]
    with counting():
        seconds = LOOK * LOOKS[case.model.domain.dimension - 1]
        certificate = prove(case.model, formulas, seconds=seconds)
    proving = time.perf_counter() - start
    outcome.seconds = proving, 0.0, 0.0
    outcome.prover = PROVED[certificate.cut_by_time]
    if not certificate.proved:
        outcome.prover = _reason(certificate.claim)
        if "above the bound" in certificate.claim:  # the prover met a counterexample itself
            outcome.wrong.append(f"prover contradicted: {certificate.claim}")
        return
    claims = Claims(certificate)
    findings = list(_findings(outcome, case, claims, looks_at(case, certificate.pieces, rng)))
    false = [words for finding in findings for words in claims.broken(finding)]
    outcome.wrong = outcome.wrong[:1] + [f"prover: {words}" for words in false[:3]]
    start = time.perf_counter()
    verdict = _checked(certificate, case)
    if verdict is None:
        outcome.checker = "accepted"
        outcome.wrong += [f"checker accepts: {words}" for words in false[:1]]
    else:
        outcome.checker = "rightly refused" if false else verdict
    if outcome.index % FORGED == 0:
        _forge(outcome, case, certificate, findings)
    outcome.seconds = proving, time.perf_counter() - start, 0.0


def _forge(
    outcome: Outcome, case: Case, certificate: Certificate, findings: Sequence[Finding]
) -> None:
    kinds = ("analytic", "gap", "direct")[: 3 if outcome.index % DIRECT_FORGED == 0 else 1]
    for lie, words in forgeries(certificate, findings, kinds):
        outcome.lies += 1
        if _checked(lie, case) is None:
            outcome.wrong.append(f"checker believes: {words}")


def _checked(certificate: Certificate, case: Case) -> str | None:
    """Return why the checker refuses a certificate, None if it accepts."""
    seconds = LOOK * CHECK_LOOKS[case.model.domain.dimension - 1]
    try:
        with counting():
            check(certificate, case.model, case.texts, seconds=seconds)
    except ap.CertificateError as reason:
        return _reason(str(reason))
    return None


def _reason(sentence: str) -> str:
    """Return a sentence without its numbers, to count how often it comes."""
    return re.sub(r"\S*\d\S*", "#", sentence)[:200]


def _findings(outcome: Outcome, case: Case, claims: Claims, looks: Looks) -> Iterator[Finding]:
    points = np.array(list(looks.floats))
    with np.errstate(all="ignore"):
        executed = case.model.evaluate(points)
    exact = [tuple(map(fraction, point)) for point in points.tolist()]
    for row, point in enumerate([*exact, *looks.between]):
        for k, (target, network) in enumerate(zip(case.targets, case.written, strict=True)):
            outcome.looks += 1
            try:
                wanted = ball(value(target, point))
            except Undecided:
                outcome.undecided += 1
                continue
            except NoValue:
                outcome.wrong += claims.without_value(point)
                continue
            if row < len(exact):
                yield Finding(point, k, distance(wanted, executed[row, k]), True)
            if network is not target:
                try:
                    yield Finding(point, k, distance(wanted, value(network, point)), False)
                except Undecided:
                    outcome.undecided += 1


def distance(wanted: Any, found: Any) -> float:
    """Return a lower bound on the distance of two values, infinite for what is no number."""
    if isinstance(found, float) and not np.isfinite(found):
        return np.inf
    with ctx.workprec(BITS):
        apart = ball(wanted) - (arb(float(found)) if isinstance(found, float) else ball(found))
        lower = apart.abs_lower() if apart.is_finite() else arb(0)
        return max(0.0, float(np.nextafter(float(lower), -np.inf)))


class Claims:
    """What a certificate says, of the whole and of each cell.

    Args:
        certificate: the certificate.
    """

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self._lows = np.array([piece.low for piece in certificate.pieces])
        self._highs = np.array([piece.high for piece in certificate.pieces])
        self._jumps = [(fraction(j.left), fraction(j.right)) for j in certificate.jumps]

    def around(self, point: Exacts) -> list[int]:
        """Return the cells that hold a point, by number."""
        ends = [floats_about(x) for x in point]
        low, high = np.array(ends).T
        holds = np.all((self._lows <= low) & (self._highs >= high), axis=1)
        return np.flatnonzero(holds).tolist()

    def broken(self, finding: Finding) -> Iterator[str]:
        """Yield what is false if this was found."""
        k, error = finding.output, finding.error
        name = "bound" if finding.executed else "bound_real"
        what = f"{error:.6g} at {_shown(finding.point)}, output {k},"
        promised = float(np.atleast_1d(getattr(self._certificate, name))[k])
        if error > promised:
            yield f"{name} {promised:.6g}, but {what}"
            return
        for row in self.around(finding.point):
            piece = self._certificate.pieces[row]
            counts = not finding.executed or piece.kind != "gap"
            if counts and error > getattr(piece, name)[k]:
                yield f"{name} {getattr(piece, name)[k]:.6g} of a cell, but {what}"
        apart = float(np.atleast_1d(self._certificate.bound_elsewhere)[k])
        if error > apart and self._is_elsewhere(finding):
            yield f"bound_elsewhere {apart:.6g}, but {what}"

    def _is_elsewhere(self, finding: Finding) -> bool:
        """Tell whether `bound_elsewhere` is about a point."""
        if not finding.executed or self._certificate.cut_by_time:
            return False
        return not any(left <= finding.point[0] <= right for left, right in self._jumps)

    def without_value(self, point: Exacts) -> list[str]:
        """Return what is false about a proof if the formula has no value at a point."""
        kinds = {self._certificate.pieces[row].kind for row in self.around(point)}
        if "has a value" in self._certificate.claim and "analytic" not in kinds:
            return []
        return [f"prover: a bound at {_shown(point)}, where the formula has no value"]


def floats_about(x: fmpq) -> tuple[float, float]:
    """Return the largest float up to a fraction and the smallest from it on."""
    nearest = nearest_float(x)
    exact = fraction(nearest)
    if exact == x:
        return nearest, nearest
    other = beside(nearest, 1 if exact < x else -1)
    return min(nearest, other), max(nearest, other)


def forgeries(
    certificate: Certificate, findings: Sequence[Finding], kinds: Sequence[str]
) -> Iterator[tuple[Certificate, str]]:
    """Yield certificates that promise slightly less than is true, and what they promise.

    Args:
        certificate: a true one.
        findings: what was found about it.
        kinds: of the cells that may be forged.
    """
    claims = Claims(certificate)
    for executed in (True, False):
        known = [f for f in findings if f.executed == executed and 0.0 < f.error < np.inf]
        for finding in sorted(known, key=lambda finding: -finding.error)[:20]:
            rows = claims.around(finding.point)
            pieces = [certificate.pieces[row] for row in rows]
            if all(piece.kind in kinds and _is_cheap(piece) for piece in pieces):
                forged = [_forged_piece(piece, finding) for piece in pieces]  # is checked first
                rest = [p for row, p in enumerate(certificate.pieces) if row not in rows]
                words = "executed" if executed else "real"
                lie = f"{words} less than {finding.error:.6g} at {_shown(finding.point)}"
                yield replace(certificate, pieces=(*forged, *rest)), lie
                break


def _is_cheap(piece: Piece) -> bool:
    """Tell whether it takes the checker little to search for the truth in vain."""
    nodes = math.prod(8.0 * piece.multiple * (n + 1) for n in piece.degree)
    return nodes < FORGED_NODES and max(piece.degree, default=0) <= FORGED_DEGREE


def _forged_piece(piece: Piece, finding: Finding) -> Piece:
    k, less = finding.output, LIE * finding.error
    real, rounding = list(piece.bound_real), list(piece.rounding)
    if finding.executed and piece.kind == "gap":
        return piece
    real[k] = min(real[k], less)
    if finding.executed:
        rounding[k] = min(rounding[k], less - real[k])
    return replace(piece, bound_real=tuple(real), rounding=tuple(rounding))


def _shown(point: Exacts) -> str:
    """Return a point with all its digits: as floats, or as fractions between floats."""
    places = []
    for x in point:
        nearest = nearest_float(x)
        same = fraction(nearest) == x
        places.append(repr(nearest) if same else f"{nearest!r} {float(x - fraction(nearest)):+.3g}")
    return "(" + ", ".join(places) + ")"
