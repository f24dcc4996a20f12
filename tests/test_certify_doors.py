"""Certificates where people meet them: the method, the contract, reports, pages and files."""

from __future__ import annotations

import dataclasses
import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from handmade import make_model, make_report, reweighted
from planned import planned, totalled

import approximant as ap
from approximant.checker import check
from approximant.contract import Request, _proof
from approximant.page import report_page
from approximant.report import Report
from approximant.store import load_certificate, save_certificate

WIGGLE = "0.4*x^2 + 0.3*x*sin(15*x) + 0.01*cos(50*x) - 0.3"


@pytest.fixture(scope="module")
def wiggle() -> ap.Approximant:
    return ap.approximate(WIGGLE, {"x": (0, 1)}, tol=1e-10, certify=True)


TOL = 1e-8  # asked for where the proof is only planned


def proof_of(f: ap.Approximant) -> ap.Certificate:
    assert f.report.certificate is not None
    return f.report.certificate


def test_with_certify_the_proof_is_part_of_the_contract(wiggle: ap.Approximant) -> None:
    certificate = proof_of(wiggle)
    assert wiggle.report.met and certificate.proved
    assert certificate.sampled_max <= certificate.bound <= 1.1 * certificate.sampled_max
    assert certificate.bound <= wiggle.report.tolerance
    assert "0.1 is one tenth" in certificate.claim
    assert wiggle.report.status.startswith("Met: none of")  # says nothing that could go stale


def test_certify_proves_afterwards_and_keeps_the_certificate() -> None:
    f = ap.approximate("sin(x)", {"x": (0, 3)}, tol=1e-8)
    assert f.report.certificate is None
    certificate = f.certify()
    assert certificate.proved and f.report.certificate is certificate
    points = np.linspace(0, 3, 10_001)
    assert np.abs(f(points) - np.sin(points)).max() <= certificate.bound


@pytest.mark.parametrize(
    ("text", "domain", "tol"),
    [
        ("abs(x - 0.3)", (-1, 1), 1e-10),
        ("abs(sin(3*x))", (0, 3), 1e-9),
        ("where(x < 0.5, x, 2*x)", (0, 1), 1e-9),
        ("floor(3*x) + x^2", (0.1, 1.2), 1e-6),
        ("sqrt(x)", (0, 1), 1e-5),
        ("log(x)", (0.01, 1), 1e-8),
        ("cbrt(x)", (-1, 1), 1e-3),
        ("max(x, x^3)", (-1, 2), 1e-8),
        (["sin(x)", "exp(-x)"], (0, 2), 1e-9),
    ],
)
def test_prover_and_checker_agree(text: Any, domain: tuple[float, float], tol: float) -> None:
    f = ap.approximate(text, {"x": domain}, tol=tol)
    certificate = f.certify(seconds=20.0)
    assert certificate.proved
    verdict = check(certificate, f.model, f.formulas)
    assert np.all(verdict.found <= certificate.bound)
    assert np.all(np.asarray(certificate.sampled_max) <= certificate.bound)


def test_a_loaded_model_is_certified_by_the_formula_it_carries(
    tmp_path: Path, wiggle: ap.Approximant
) -> None:
    wiggle.save(tmp_path / "f.safetensors")
    loaded = ap.load(tmp_path / "f.safetensors")
    assert loaded.formulas == (WIGGLE,)
    assert loaded.certify().bound == proof_of(wiggle).bound


def test_the_model_file_carries_the_certificate(tmp_path: Path, wiggle: ap.Approximant) -> None:
    wiggle.save(tmp_path / "f.safetensors")
    loaded = proof_of(ap.load(tmp_path / "f.safetensors"))
    assert loaded.as_dict() == proof_of(wiggle).as_dict()
    assert check(loaded, wiggle.model, (WIGGLE,)).bound == loaded.bound


@pytest.mark.parametrize("change", ["weight", "domain", "formula"])
def test_a_certificate_that_no_longer_fits_is_dropped(
    tmp_path: Path, wiggle: ap.Approximant, change: str
) -> None:
    card: dict[str, Any] = {"formulas": [WIGGLE]}
    model = wiggle.model
    if change == "weight":
        hidden, output = model.network.layers
        weights = output.weights.copy()
        weights[0, 0] = np.nextafter(weights[0, 0], 9.0)
        layers = (hidden, dataclasses.replace(output, weights=weights))
        model = dataclasses.replace(model, network=ap.Network(layers))
    elif change == "domain":
        model = dataclasses.replace(model, domain=ap.Box(("x",), (0.0,), (1.5,)))
    else:
        card["formulas"] = [WIGGLE + " + 0.1"]
    with pytest.warns(ap.CertificateWarning, match="was dropped: .* changed after the proof"):
        f = ap.Approximant(model, wiggle.report, None, card)
    assert f.report.certificate is None
    f.save(tmp_path / "f.safetensors")
    assert ap.load(tmp_path / "f.safetensors").report.certificate is None


def test_another_weight_in_an_approximant_takes_the_certificate_along(
    tmp_path: Path,
) -> None:
    f = ap.approximate("x^2", {"x": (0, 1)}, tol=1e-6, certify=True)
    f.model = reweighted(f.model, 0.5, layer=-1)
    with pytest.warns(ap.CertificateWarning, match="was dropped"):
        f.save(tmp_path / "f.safetensors")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ap.load(tmp_path / "f.safetensors").report.certificate is None


def test_reports_and_their_json_carry_the_certificate(wiggle: ap.Approximant) -> None:
    text = json.dumps(wiggle.report.as_dict(), allow_nan=False)
    again = Report.from_dict(json.loads(text)).certificate
    assert again is not None and again.as_dict() == proof_of(wiggle).as_dict()


def test_the_page_says_what_was_proved(wiggle: ap.Approximant) -> None:
    page = report_page(wiggle.model, wiggle.report, {})
    assert "The tolerance is met on the whole domain: the error is proved." in page
    assert proof_of(wiggle).fingerprint in page
    unproved = dataclasses.replace(proof_of(wiggle), proved=False, claim="Nothing <i>is</i> known.")
    report = dataclasses.replace(wiggle.report, certificate=unproved)
    page = report_page(wiggle.model, report, {})
    assert "There is no proof of the error." in page
    assert "Nothing &lt;i&gt;is&lt;/i&gt; known." in page
    assert "the error is proved" not in page


def test_a_table_or_callable_gets_the_statistical_statement() -> None:
    f = ap.approximate(lambda x: x**2, {"x": (0, 1)}, tol=1e-6)
    certificate = f.certify()
    assert not certificate.proved and certificate.bound == math.inf
    assert "95 % confidence" in certificate.claim and "callable" in certificate.claim
    generator = np.random.default_rng(0)
    x = generator.random((3000, 1))
    table = ap.approximate((x, np.sin(x)), tol=1e-3)
    assert "No proof exists for a table" in table.certify().claim


def test_four_inputs_get_the_statistical_statement() -> None:
    f = ap.approximate("a + b*c - d", dict.fromkeys("abcd", (0, 1)), tol=1e-2)
    certificate = f.certify(seconds=2.0)
    assert not certificate.proved and "three inputs" in certificate.claim


def test_what_cannot_be_proved_is_not_met_with_certify() -> None:
    f = ap.approximate(lambda x: x**2, {"x": (0, 1)}, tol=1e-6, certify=True)
    assert not f.report.met
    assert f.report.status.startswith("Not met: the error could not be proved. None of")


def test_a_loaded_callable_cannot_be_certified(tmp_path: Path) -> None:
    f = ap.approximate(lambda x: x**2, {"x": (0, 1)}, tol=1e-6)
    f.certify()
    f.save(tmp_path / "f.safetensors")
    loaded = ap.load(tmp_path / "f.safetensors")
    assert "95 % confidence" in proof_of(loaded).claim
    with pytest.raises(ap.CertificateError, match="does not hold its target .* certify=True"):
        loaded.certify()


def test_a_time_limit_too_short_never_proves_too_much() -> None:
    f = ap.approximate("sqrt(x)", {"x": (0, 1)}, tol=1e-8)
    certificate = f.certify(seconds=1e-9)
    assert certificate.cut_by_time or not certificate.proved
    assert np.all(np.asarray(certificate.bound) >= certificate.sampled_max)
    for seconds in (0.0, -1.0, math.nan):
        with pytest.raises(ap.SettingError, match="seconds must be (finite and )?above 0"):
            f.certify(seconds=seconds)


def test_a_pole_or_branch_cut_inside_the_domain_is_never_proved() -> None:
    model = make_model()  # on 0 to 2; fitted points may well miss the pole
    for text in ("1/(x - 0.7)", "log(abs(x - 0.7))", "1/(x - 0.7)^2", "sqrt(x - 0.7)", "tan(x)"):
        report = make_report(model)
        f = ap.Approximant(model, report, None, {"formulas": [text]})
        certificate = f.certify(seconds=5.0)
        assert not certificate.proved, text
        assert certificate.bound == math.inf
        assert "pole" in certificate.claim


def test_a_bound_above_the_tolerance_sends_the_fit_back_to_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bounds = iter([1.3, 1.1, 0.95])
    shares = []

    def proof(model: Any, target: Any, **options: Any) -> ap.Certificate:
        f = ap.Approximant(model, make_report(model), None, {"formulas": ["sin(x)"]})
        bound = float(next(bounds) * TOL * target.scale[0])
        return planned(f, 2, bound=bound, bound_elsewhere=bound)

    original = Request.stricter

    def stricter(request: Request, share: float) -> Request:
        shares.append(share)
        return original(request, share)

    monkeypatch.setattr(_proof, "certificate_of", proof)
    monkeypatch.setattr(Request, "stricter", stricter)
    f = ap.approximate("sin(x)", {"x": (0, 3)}, tol=1e-8, certify=True)
    assert f.report.met
    assert proof_of(f).bound == pytest.approx(0.95 * float(f.report.tolerance), rel=1e-12)
    assert shares == pytest.approx([1.0, 0.9 / 1.3, 0.9 / 1.3 * 0.9 / 1.1])


def test_after_three_rounds_the_best_is_returned_as_not_met(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ratios = [1.4, 1.2, 1.3, 1.25, 0.5]
    bounds = iter(ratios)

    def proof(model: Any, target: Any, **options: Any) -> ap.Certificate:
        f = ap.Approximant(model, make_report(model), None, {"formulas": ["sin(x)"]})
        bound = float(next(bounds) * TOL * target.scale[0])
        return planned(f, 2, bound=bound, bound_elsewhere=bound)

    monkeypatch.setattr(_proof, "certificate_of", proof)
    f = ap.approximate("sin(x)", {"x": (0, 3)}, tol=1e-8, certify=True)
    assert list(bounds) == [0.5]
    assert not f.report.met and proof_of(f).bound == 1.2 * f.report.tolerance
    assert f.report.status.startswith("Not met: only an error of at most 1.2e-08 could be proved")


def test_a_jump_or_lack_of_time_is_no_reason_for_another_round(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for changes in ({"bound_elsewhere": 0.0}, {"cut_by_time": True}, {"proved": False}):
        rounds = []

        def proof(
            model: Any,
            target: Any,
            rounds: list[int] = rounds,
            changes: dict[str, Any] = changes,
            **options: Any,
        ) -> ap.Certificate:
            rounds.append(1)
            f = ap.Approximant(model, make_report(model), None, {"formulas": ["x^2"]})
            bound = 2e-6 * float(target.scale[0])
            return planned(f, 2, **{"bound": bound, "bound_elsewhere": bound, **changes})

        monkeypatch.setattr(_proof, "certificate_of", proof)
        f = ap.approximate("x^2", {"x": (0, 1)}, tol=1e-6, certify=True)
        assert not f.report.met and len(rounds) == 1


def test_a_network_of_two_inputs_is_proved_and_checked() -> None:
    f = ap.approximate("sin(x*y)", {"x": (0, 1), "y": (0, 1)}, tol=1e-5, certify=True)
    assert f.report.met and proof_of(f).proved
    verdict = check(proof_of(f), f.model, f.formulas)
    assert verdict.found <= proof_of(f).bound
    x = np.random.default_rng(1).random((20_000, 2))
    assert np.abs(f(x) - np.sin(x[:, 0] * x[:, 1])).max() <= verdict.bound


def test_a_certificate_file_comes_back_bit_for_bit(tmp_path: Path, wiggle: ap.Approximant) -> None:
    path = tmp_path / "certificate.json"
    save_certificate(path, proof_of(wiggle))
    assert load_certificate(path).as_dict() == proof_of(wiggle).as_dict()
    text = path.read_text()
    assert proof_of(wiggle).bound.hex() in text  # type: ignore[union-attr]
    assert not any("e-1" in line for line in text.splitlines() if "claim" not in line)


def test_infinite_bounds_survive_the_file(tmp_path: Path, wiggle: ap.Approximant) -> None:
    path = tmp_path / "certificate.json"
    save_certificate(path, dataclasses.replace(proof_of(wiggle), bound=math.inf))
    assert load_certificate(path).bound == math.inf


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "Expecting value"),
        (b"{", "Expecting property name"),
        (b"[1, 2]", "another kind"),
        (b'{"format": "approximant certificate"}', "has no version"),
        (b'{"format": "something else"}', "another kind"),
        (b'{"format": "approximant certificate", "version": 99}', "version 99"),
        (
            b'{"format": "approximant certificate", "version": 1, "bound": "many"}',
            "lacks 'bound_real'",
        ),
        (b"\xff\xfe\x00", "decode"),
        (b"[" * 100_000, "no certificate that can be read"),
    ],
)
def test_a_damaged_certificate_file_is_refused(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "certificate.json"
    path.write_bytes(content)
    with pytest.raises(ap.CertificateError, match=problem):
        load_certificate(path)


def test_a_missing_certificate_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ap.CertificateError, match="Cannot read .*nothing.json: no such file"):
        load_certificate(tmp_path / "nothing.json")


def test_a_piece_lost_from_the_file_is_found(tmp_path: Path) -> None:
    f = ap.approximate("exp(x)", {"x": (0, 4)}, tol=1e-10)
    certificate = planned(f, 4)
    path = tmp_path / "certificate.json"
    save_certificate(path, certificate)
    data = json.loads(path.read_text())
    del data["pieces"][1]
    path.write_text(json.dumps(data))
    with pytest.raises(ap.CertificateError, match="not whole: no cell of it covers 1 to 2"):
        check(load_certificate(path), f.model, f.formulas)
    assert totalled(f, certificate.pieces).as_dict() == certificate.as_dict()
