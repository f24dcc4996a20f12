"""Certificates for two and three inputs, and the statistical statement beyond."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from proofs import certified, fitted, random_model

import approximant as ap
from approximant.certificate import rounded_up
from approximant.certify import prove, statistical
from approximant.certify._statistical import unseen
from approximant.errors import CertificateError
from approximant.targets import read_target

SQUARE = (("x", -1.0, 1.0), ("y", -1.0, 1.0))


@pytest.mark.parametrize(
    ("text", "tol"),
    [
        ("-y - 1.5*x^2 - 0.5*x^3 - 0.1", 1e-8), ("exp(x*y)*cos(2*y)", 1e-8),
        ("sin(3*x)*sin(4*y)", 1e-7),
    ],
)  # fmt: skip
def test_two_inputs_are_proved_below_the_tolerance(text: str, tol: float) -> None:
    f = fitted(text, SQUARE, tol)
    certificate = certified(f.model, text)
    assert certificate.proved and certificate.bound <= float(f.report.tolerance)
    assert certificate.sampled_max <= certificate.bound <= 4.0 * certificate.sampled_max


def test_three_inputs_are_proved() -> None:
    text = "sin(x + 2*y)*cos(z)"
    f = fitted(text, (*SQUARE, ("z", -1.0, 1.0)), 1e-5)
    certificate = certified(f.model, text)
    assert certificate.proved and certificate.bound <= float(f.report.tolerance)


@pytest.mark.parametrize(
    "names", [("tanh",), ("sigmoid",), ("gaussian",), ("relu",), ("tanh",) * 2]
)
def test_networks_of_any_kind_have_true_bounds(names: tuple[str, ...]) -> None:
    for d in (2, 3):
        model = random_model([5] * len(names), names, d=d, seed=d)
        certificate = certified(model, "sin(x*y)", seconds=3.0)
        assert certificate.proved or "Time ended" in certificate.claim


def test_cells_fill_the_box() -> None:
    certificate = certified(random_model([8], ["tanh"], d=2), "1/(1.05 + x)+abs(y)", seconds=3.0)
    sizes = [np.prod(np.subtract(piece.high, piece.low)) for piece in certificate.pieces]
    assert np.isclose(sum(sizes), 9.0) and len(sizes) > 3


def test_a_pole_on_a_curve_is_refused() -> None:
    certificate = certified(random_model([5], ["tanh"], d=2), "1/(x - y)", seconds=3.0)
    assert not certificate.proved and np.isinf(certificate.bound)


def test_too_little_time_says_what_was_proved() -> None:
    model = random_model([5], ["tanh"], d=3)
    certificate = certified(model, "exp(1/(1.1 + x*y/4*z))", seconds=1e-3)
    assert certificate.cut_by_time and certificate.covered < 1.0
    assert "Time ended" in certificate.claim and "Allow more seconds" in certificate.claim


def test_four_inputs_get_the_statistical_statement() -> None:
    domain = {name: (0.0, 1.0) for name in "abcd"}
    f = ap.approximate("a*b + c*d", domain, tol=1e-3, seconds=5)
    certificate = prove(f.model, [ap.Formula("a*b + c*d", f.domain.names)], seconds=5)
    assert not certificate.proved and np.isinf(certificate.bound)
    assert "more" in certificate.claim and "less than 0.002996 %" in certificate.claim
    assert "95 % confidence" in certificate.claim and "not a bound" in certificate.claim
    assert 0.0 < certificate.sampled_max <= 2.0 * float(f.report.tolerance)


def test_callables_and_tables_get_a_statistical_statement() -> None:
    f = ap.approximate(np.exp, {"x": (0, 1)}, tol=1e-6)
    target = read_target(np.exp, {"x": (0, 1)}, max_evaluations=500)
    certificate = statistical(f.model, target, seed=3)
    assert not certificate.proved and "callable" in certificate.claim
    assert target.evaluations <= 500
    rng = np.random.default_rng(0)
    x = rng.random((2000, 1))
    certificate = statistical(f.model, read_target((x, np.exp(x[:, 0])), None))
    assert not certificate.proved and "between its rows nothing is known" in certificate.claim


def test_too_few_evaluations_are_refused() -> None:
    f = ap.approximate(np.exp, {"x": (0, 1)}, tol=1e-6)
    with pytest.raises(CertificateError, match="too few for a statement"):
        statistical(f.model, read_target(np.exp, {"x": (0, 1)}, max_evaluations=8))


@pytest.mark.parametrize("n", [30, 999, 100_000])
@pytest.mark.parametrize("m", [1, 2, 7])
def test_all_outputs_together_keep_to_95_per_cent(n: int, m: int) -> None:
    """A share of this size in every output is missed by n points at 5 % in all, or less."""
    with mpmath.workdps(40):
        share = mpmath.mpf(unseen(n, m))
        assert m * (1 - share) ** n <= mpmath.mpf("0.05")
        assert share <= 1.000001 * mpmath.log(20 * m) / n
    assert float(rounded_up(np.array([100.0 * unseen(n, m)]))) >= 100.0 * unseen(n, m)


def test_a_statement_for_two_outputs_is_about_both_together() -> None:
    def both(x: np.ndarray) -> np.ndarray:
        return np.concatenate([np.exp(x), np.sin(x)], axis=1)

    f = ap.approximate(both, {"x": (0, 1)}, tol=1e-3)
    target = read_target(both, {"x": (0, 1)}, max_evaluations=1000)
    claim = statistical(f.model, target, points=400).claim
    assert "for all outputs together less than 0.9223 %" in claim  # log(40)/400, rounded up
