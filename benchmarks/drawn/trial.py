"""One case: the prover's certificate against the truth, the checker against it and against lies."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import approximant as ap
import numpy as np
from approximant.certificate import Certificate, Piece
from approximant.certify import prove
from approximant.checker import check
from drawn.expressions import BITS, NoValue, Undecided, ball, fraction, value
from drawn.formulas import draw_formula
from drawn.networks import Case, draw_network
from drawn.points import Exacts, looks_at
from flint import arb, ctx

DRAWS = {"networks": draw_network, "formulas": draw_formula}
SECONDS = 0.25  # for a proof; what is left then is bounded crudely, which has to be true as well
CHECK_SECONDS = 2.0
LIE = 1.0 - 2.0**-20  # of the truth: what a forged certificate promises


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
    return DRAWS[kind](rng), rng


def run(kind: str, index: int, seed: int = 0, seconds: float = SECONDS) -> Outcome:
    """Draw a case and try prover and checker on it."""
    outcome = Outcome(kind, index)
    start = time.perf_counter()
    try:
        with np.errstate(all="ignore"):
            case, rng = drawn(kind, index, seed)
        outcome.label = case.label
        _try(outcome, case, rng, seconds)
    except Exception as reason:  # whatever it is, it is no error of the package's own
        outcome.wrong.append(f"crash: {type(reason).__name__}: {reason}")
    proving, checking, _ = outcome.seconds
    outcome.seconds = proving, checking, time.perf_counter() - start
    return outcome


def _try(outcome: Outcome, case: Case, rng: np.random.Generator, seconds: float) -> None:
    start = time.perf_counter()
    formulas = [ap.Formula(text, case.model.domain.names) for text in case.texts]
    certificate = prove(case.model, formulas, seconds=seconds)
    proving = time.perf_counter() - start
    outcome.seconds = proving, 0.0, 0.0
    outcome.prover = "proved" if certificate.proved else _reason(certificate.claim)
    if not certificate.proved:
        if "above the bound" in certificate.claim:  # the prover met a counterexample itself
            outcome.wrong.append(f"prover contradicted: {certificate.claim}")
        return
    findings = list(_findings(outcome, case, certificate, rng))
    false = [words for finding in findings for words in broken(certificate, finding)]
    outcome.wrong = outcome.wrong[:1] + [f"prover: {words}" for words in false[:3]]
    start = time.perf_counter()
    verdict = _checked(certificate, case)
    if verdict is None:
        outcome.checker = "accepted"
        outcome.wrong += [f"checker accepts: {words}" for words in false[:1]]
    else:
        outcome.checker = "rightly refused" if false else verdict
    for lie in forgeries(certificate, findings):
        outcome.lies += 1
        if _checked(lie[0], case) is None:
            outcome.wrong.append(f"checker believes: {lie[1]}")
    outcome.seconds = proving, time.perf_counter() - start, 0.0


def _checked(certificate: Certificate, case: Case) -> str | None:
    """Return why the checker refuses a certificate, None if it accepts."""
    try:
        check(certificate, case.model, case.texts, seconds=CHECK_SECONDS)
    except ap.CertificateError as reason:
        return _reason(str(reason))
    return None


def _reason(sentence: str) -> str:
    """Return a sentence without its numbers, to count how often it comes."""
    return re.sub(r"\S*\d\S*", "#", sentence)[:200]


def _findings(
    outcome: Outcome, case: Case, certificate: Certificate, rng: np.random.Generator
) -> Iterator[Finding]:
    looks = looks_at(case, certificate.pieces, rng)
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
                outcome.wrong += _without_value(certificate, point)
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


def _without_value(certificate: Certificate, point: Exacts) -> list[str]:
    """Return what is false about a proof for a point at which the formula has no value."""
    cells = _around(certificate, point)
    if "has a value" in certificate.claim and all(p.kind != "analytic" for p in cells):
        return []
    return [f"prover: a bound at {_shown(point)}, where the formula has no value"]


def broken(certificate: Certificate, finding: Finding) -> Iterator[str]:
    """Yield what a certificate says that is false if this was found."""
    k, error = finding.output, finding.error
    name = "bound" if finding.executed else "bound_real"
    what = f"{error:.6g} at {_shown(finding.point)}, output {k},"
    promised = float(np.atleast_1d(getattr(certificate, name))[k])
    if error > promised:
        yield f"{name} {promised:.6g}, but {what}"
        return
    for piece in _around(certificate, finding.point):
        counts = not finding.executed or piece.kind != "gap"
        if counts and error > getattr(piece, name)[k]:
            yield f"{name} {getattr(piece, name)[k]:.6g} of a cell, but {what}"
    if not finding.executed or certificate.cut_by_time:
        return
    x = finding.point[0]
    jumps = [(fraction(jump.left), fraction(jump.right)) for jump in certificate.jumps]
    apart = float(np.atleast_1d(certificate.bound_elsewhere)[k])
    if not any(left <= x <= right for left, right in jumps) and error > apart:
        yield f"bound_elsewhere {apart:.6g}, but {what}"


def _around(certificate: Certificate, point: Exacts) -> list[Piece]:
    return [piece for piece in certificate.pieces if _holds(piece, point)]


def _holds(piece: Piece, point: Exacts) -> bool:
    ends = zip(piece.low, point, piece.high, strict=True)
    return all(fraction(low) <= x <= fraction(high) for low, x, high in ends)


def forgeries(
    certificate: Certificate, findings: Sequence[Finding]
) -> Iterator[tuple[Certificate, str]]:
    """Yield certificates that promise slightly less than is true, and what they promise."""
    for executed in (True, False):
        known = [f for f in findings if f.executed == executed and 0.0 < f.error < np.inf]
        if known:
            worst = max(known, key=lambda finding: finding.error)
            words = "executed" if executed else "real"
            lie = f"{words} less than {worst.error:.6g} at {_shown(worst.point)}"
            yield _forged(certificate, worst), lie


def _forged(certificate: Certificate, finding: Finding) -> Certificate:
    pieces = [
        _forged_piece(piece, finding) if _holds(piece, finding.point) else piece
        for piece in certificate.pieces
    ]
    return replace(certificate, pieces=tuple(pieces))


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
        nearest = int(x.p) / int(x.q)
        same = fraction(nearest) == x
        places.append(repr(nearest) if same else f"{nearest!r} {float(x - fraction(nearest)):+.3g}")
    return "(" + ", ".join(places) + ")"
