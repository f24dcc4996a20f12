"""Certificates for one input: tight, quick, and truthful about kinks, roots and jumps."""

from __future__ import annotations

import json

import numpy as np
import pytest
from proofs import certified, fitted, random_model

from approximant.certificate import Certificate
from approximant.networks import ACTIVATIONS

WIGGLE = "0.4*x^2 + 0.3*x*sin(15*x) + 0.01*cos(50*x) - 0.3"
UNIT = (("x", 0.0, 1.0),)
AROUND = (("x", -1.0, 1.0),)


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        (WIGGLE, UNIT), ("1/(1 + 25*x^2)", AROUND), ("exp(x)", AROUND), ("sqrt(x)", UNIT),
        ("abs(x - 0.25)", AROUND), ("max(sin(5*x), x/2)", AROUND), ("x^1.5*log(x + 1)", UNIT),
        ("erf(5*x)", AROUND), ("where(x < 0.5, x^2, x - 0.25)", AROUND),
    ],
)  # fmt: skip
def test_bound_is_tight_or_below_the_tolerance(text: str, domain: tuple) -> None:
    f = fitted(text, domain)
    certificate = certified(f.model, text)
    assert certificate.proved and not certificate.cut_by_time
    assert certificate.bound_real <= certificate.bound
    assert certificate.sampled_max <= certificate.bound
    assert certificate.bound <= max(1.2 * certificate.sampled_max, float(f.report.tolerance))


def test_the_cells_cover_the_domain_without_a_hole() -> None:
    for text, domain in ((WIGGLE, UNIT), ("sqrt(x)", UNIT), ("abs(x - 0.3)", AROUND)):
        certificate = certified(fitted(text, domain).model, text)
        pieces = sorted(certificate.pieces, key=lambda piece: piece.low)
        assert pieces[0].low[0] == domain[0][1] and pieces[-1].high[0] == domain[0][2]
        end = pieces[0].high[0]
        for piece in pieces[1:]:
            assert piece.low[0] <= end
            end = max(end, piece.high[0])
        floats = {end for p in pieces if p.kind != "gap" for end in (p.low[0], p.high[0])}
        gaps = {end for p in pieces if p.kind == "gap" for end in (p.low[0], p.high[0])}
        assert gaps <= floats


def test_bounds_are_the_largest_of_the_cells() -> None:
    certificate = certified(fitted("abs(x - 0.3)", AROUND).model, "abs(x - 0.3)")
    real = max(piece.bound_real[0] for piece in certificate.pieces)
    executed = max(piece.bound[0] for piece in certificate.pieces if piece.kind != "gap")
    assert (certificate.bound_real, certificate.bound) == (real, executed)


def test_a_jump_at_a_float_is_followed_on_every_float() -> None:
    text = "sign(x - 0.25) + x"
    certificate = certified(fitted(text, AROUND).model, text)
    assert certificate.proved and certificate.bound < 1e-12
    assert 1.9 < certificate.bound_real < 2.1  # between the floats the step is elsewhere
    (jump,) = certificate.jumps
    assert jump.left < 0.25 < jump.right and jump.width < 1e-15
    assert "The difference jumps" in certificate.claim


def test_a_jump_at_a_decimal_is_reported_with_what_holds_beside_it() -> None:
    """The float64 0.3 lies below three tenths, where the formula read exactly still is x."""
    text = "where(x < 0.3, x, exp(x))"
    certificate = certified(fitted(text, AROUND).model, text)
    assert 1.0 < certificate.bound < 1.1
    assert certificate.bound_elsewhere <= float(fitted(text, AROUND).report.tolerance)
    (jump,) = certificate.jumps
    assert jump.left <= 0.3 <= jump.right and jump.floats == 1


def test_several_outputs_have_a_bound_each() -> None:
    certificate = certified(random_model([8], ["tanh"], m=2), "sin(x)", "x^2")
    assert certificate.proved and certificate.bound.shape == (2,)
    assert certificate.worst_point.shape == (2, 1)
    assert np.all(certificate.sampled_max >= 0.9 * certificate.bound)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_is_bounded(name: str) -> None:
    certificate = certified(random_model([8], [name]), "sin(x)")
    assert certificate.proved and certificate.bound < 1.1 * certificate.sampled_max


@pytest.mark.parametrize(
    "names", [("tanh", "tanh"), ("relu", "relu"), ("relu", "tanh"), ("sin", "gelu", "sigmoid")]
)
def test_deep_networks_have_finite_bounds(names: tuple[str, ...]) -> None:
    certificate = certified(random_model([6] * len(names), names), "sin(x)")
    assert certificate.proved and certificate.bound < 1.1 * certificate.sampled_max


def test_cancellation_is_resolved_by_precision() -> None:
    text = "(1 - cos(x))/x^2"
    domain = (("x", 1e-7, 1.0),)  # where float64 has lost every digit of 1 - cos(x)
    certificate = certified(random_model([4], ["tanh"]), "1e8*((1 + 1e-8*x) - 1)")
    assert certificate.proved and certificate.bound < 1.1 * certificate.sampled_max
    model = fitted("0.5 - x^2/24 + x^4/720 - x^6/40320 + x^8/3628800", domain).model
    certificate = certified(model, text)
    assert certificate.proved and 2.0e-9 < certificate.bound < 2.2e-9  # x^10 times 2/12!


def test_certificates_survive_json() -> None:
    for model, texts in (
        (random_model([8], ["relu"]), ("sin(x)",)),
        (random_model([8], ["tanh"], m=2), ("sin(x)", "x^2")),
        (random_model([4], ["tanh"]), ("1/x",)),
    ):
        certificate = certified(model, *texts)
        text = json.dumps(certificate.as_dict())
        again = Certificate.from_dict(json.loads(text))
        assert json.dumps(again.as_dict()) == text
        assert again.pieces == certificate.pieces and again.jumps == certificate.jumps
        assert np.array_equal(again.bound, certificate.bound)
        assert "pieces" not in certificate.as_dict(pieces=False)
    with pytest.raises(ValueError, match="version 99"):
        Certificate.from_dict({**certificate.as_dict(), "version": 99})
