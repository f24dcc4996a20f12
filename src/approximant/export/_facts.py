"""What the header of a file tells: stated error, certificate, guard, provenance, verification."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Vector
from approximant.claims import LIBRARY_ULPS, NORMAL_ULPS
from approximant.export._subject import Subject
from approximant.layout import digest, tensors_of, versions
from approximant.networks import Network
from approximant.report import FRESH

MEASURED = "measured, no bound between them"
WIDTH = 92  # columns of a line, before the comment signs

GUARDS = {
    "nan": "outside it the values are NaN",
    "clip": "a point outside is moved to the nearest point inside",
    "none": "no guard: nothing is checked, and nothing is known about the error outside",
}


def header(subject: Subject) -> list[str]:
    """Return the lines of the header of a file, without comment signs."""
    return [line for label, text in facts(subject) for line in _filled(label, text)]


def facts(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield label and text of everything that a file says about itself."""
    model, card = subject.source, subject.card
    yield "", f"{subject.name}: a neural network that approximates {_target(subject)}"
    yield "network", f"{model.network}, {model.network.parameters:,} parameters, {subject.dtype}"
    for name, (low, high) in model.domain.intervals().items():
        yield "domain", f"{name} from {low!r} to {high!r}"
    yield "outputs", ", ".join(model.outputs)
    yield "outside", _guard(subject)
    yield from _errors(subject)
    certificate = card.get("certificate") or subject.report.get("certificate")
    if isinstance(certificate, Mapping):
        yield "proof", _proof(certificate)
    yield "verified", _verified(subject)
    yield "made by", _provenance(subject)


def number(value: float) -> str:
    """Return an error as people read it, rounded up so that it stays true."""
    if not math.isfinite(value) or value == 0.0:
        return f"{value:g}"
    exponent = math.floor(math.log10(abs(value))) - 2
    return f"{math.ceil(value / 10.0**exponent * (1 - 1e-12)) * 10.0**exponent:.3g}"


def numbers(values: Vector) -> str:
    """Return several errors, an output each."""
    return ", ".join(number(float(value)) for value in np.atleast_1d(values))


def _target(subject: Subject) -> str:
    return str(subject.report.get("target", "a function that its file does not name"))


def _guard(subject: Subject) -> str:
    text = GUARDS.get(subject.policy, subject.refusal)
    if subject.source.region is None:
        return text
    if not subject.has_region:
        return (
            f"{text}; only the box of the table's rows is meant, and where rows are missing in it "
            "nothing is known about the error"
        )
    rows = len(subject.source.region.anchors)
    return (
        f"{text}; outside is also what lies further than {subject.source.region.radius:.3g} (the "
        f"domain mapped to the unit cube) from all of {rows} stored rows of the table"
    )


def _errors(subject: Subject) -> Iterator[tuple[str, str]]:
    report, error = subject.report, subject.reported("max_error")
    if error is None:
        yield "error", "not known: the model has no report"
    else:
        seen = f"{report.get('checked_points', 0):,} {report.get('checked_on', FRESH)}"
        words = [f"at most {numbers(error)} on {seen}", *_tolerance(subject, report.get("met"))]
        yield "error", "; ".join(words + ["this is the float64 model"] * _single(subject))
    found = subject.verification
    if found is not None and _single(subject):
        words = [f"error at most {numbers(found.error)}, {found.basis}"]
        yield "this file", "; ".join([*words, *_tolerance(subject, subject.met(found))])


def _tolerance(subject: Subject, met: bool | None) -> list[str]:
    tolerance = subject.reported("tolerance")
    if tolerance is None:
        return []
    return [f"tolerance {numbers(tolerance)}: {'met' if met else 'NOT met'}"]


def _single(subject: Subject) -> bool:
    return subject.dtype != "float64"


def _proof(certificate: Mapping[str, Any]) -> str:
    text = str(certificate.get("claim") or "none")
    if not certificate.get("proved"):
        return text
    return f"{text} It is about the float64 model, from which this file differs as said below."


def _verified(subject: Subject) -> str:
    found = subject.verification
    if found is None:
        return "not yet"
    seen, points = numbers(found.difference), f"{found.points:,} points of the domain, corners and "
    points += "edges among them,"
    if found.bound is not None:
        return (
            f"the file differs from the float64 model by at most {numbers(found.bound)} anywhere "
            f"in the domain, {derivation(subject.source.network, found.coarse)}; at {points} by at "
            f"most {seen}; {found.how}"
        )
    text = f"at {points} the file differs from the float64 model by at most {seen}: {MEASURED}"
    if subject.dtype == "float64":
        text += f" (more than {numbers(subject.limit())} there, and it would not have been written)"
    return f"{text}; {found.how}"


def derivation(network: Network, coarse: float) -> str:
    """Return what a bound on the difference between file and model rests on, in words."""
    names = {name for layer in network.layers for name, _ in layer.groups}
    runtime = f", those of the runtime within 2^{_exponent(2 * LIBRARY_ULPS + coarse)}"
    normal = f", the normal distribution within 2^{_exponent(2 * NORMAL_ULPS)}"
    return (
        "the sum of the bounds on the rounding of both, with elementary functions taken to have a "
        f"relative error within 2^{_exponent(2 * LIBRARY_ULPS)}{runtime * bool(coarse)}"
        f"{normal * ('gelu' in names)}"
    )


def _exponent(units: float) -> int:
    """Return the exponent of the power of two that is at least so many u."""
    return math.ceil(math.log2(units * UNIT_ROUNDOFF))


def _provenance(subject: Subject) -> str:
    card = subject.card
    own = card.get("versions") or versions()
    words = [f"approximant {own.get('approximant', 'unknown')}"]
    if "seed" in card:
        words.append(f"seed {card['seed']}")
    for formula in card.get("formulas", ()):
        words.append(f"formula {formula}")
    if "fingerprint" in card:
        words.append(f"rows with fingerprint {card['fingerprint']}")
    words.append(f"weights with SHA-256 {digest('', tensors_of(subject.source))[:16]}...")
    return ", ".join(words)


def _filled(label: str, text: str) -> list[str]:
    """Return one fact in lines; whatever the text holds, no line of it breaks a comment."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    if not label:
        return [*textwrap.wrap(clean, WIDTH), ""]
    return textwrap.wrap(
        clean, WIDTH, initial_indent=f"{label:<10}", subsequent_indent=" " * 10,
        break_on_hyphens=False,
    )  # fmt: skip
