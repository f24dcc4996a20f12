"""approximant certify: what it prints and writes, its exit status, and what bad input gets."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

import approximant as ap
from approximant.certificate import rounded_up
from approximant.cli import main
from approximant.store import load_certificate, save_certificate

WAVE = "exp(x)*sin(5*x)"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def fitted() -> ap.Approximant:
    return ap.approximate(WAVE, {"x": (0, 2)}, tol=1e-8)


@pytest.fixture
def wave(here: Path, fitted: ap.Approximant) -> ap.Approximant:
    fitted.save("wave.safetensors")
    return fitted


def test_a_proof_is_printed_and_written(
    wave: ap.Approximant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", "wave.safetensors", "--out", "wave.json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in (WAVE, "PROVED", "keeps the tolerance", "at sampled points", "claim",
                  "one tenth", "rests on", "ball arithmetic", "took", "1 cell,",
                  "wrote", "approximant certify wave.safetensors --check wave.json"):  # fmt: skip
        assert words in out
    certificate = load_certificate("wave.json")
    assert certificate.proved and rounded_up(certificate.bound) in out


def test_a_certificate_is_checked(wave: ap.Approximant, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["certify", "wave.safetensors", "--out", "wave.json"]) == 0
    capsys.readouterr()
    assert main(["certify", "wave.safetensors", "--check", "wave.json"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert "CHECKED" in out and "|target - network| <=" in out
    assert main(["certify", "wave.safetensors", "--check", "wave.json", "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert verdict["checked"] is True
    assert verdict["found"] <= verdict["bound"] == load_certificate("wave.json").bound


def test_json_is_all_that_is_printed(
    wave: ap.Approximant, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", "wave.safetensors", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["proved"] is True and facts["bound"] <= facts["tolerance"]
    assert "pieces" not in facts and facts["file"] is None


def test_a_bound_above_the_tolerance_is_status_1(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    f = ap.approximate(WAVE, {"x": (0, 2)}, tol=1e-8, max_neurons=6)
    f.save("poor.safetensors")
    assert main(["certify", "poor.safetensors", "--out", "poor.json"]) == 1
    out = capsys.readouterr().out
    assert "PROVED" in out and "UNPROVED" not in out and "exceeds the tolerance" in out
    assert main(["certify", "poor.safetensors", "--check", "poor.json"]) == 1


def test_what_cannot_be_proved_is_status_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ap.approximate("a + b*c - d", dict.fromkeys("abcd", (0, 1)), tol=1e-2).save("many.safetensors")
    assert main(["certify", "many.safetensors", "--seconds", "1"]) == 1
    out = capsys.readouterr().out
    assert "UNPROVED" in out and "95 %" in " ".join(out.split())
    assert main(["certify", "many.safetensors", "--seconds", "1", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["bound"] == "inf"


def test_a_model_of_a_callable_is_an_error_in_one_line(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ap.approximate(lambda x: x**2, {"x": (0, 1)}, tol=1e-6).save("call.safetensors")
    assert main(["certify", "call.safetensors"]) == 2
    assert "Error: The file of this network does not hold its target" in capsys.readouterr().err


def test_a_certificate_for_another_model_is_an_error(
    wave: ap.Approximant, capsys: pytest.CaptureFixture[str]
) -> None:
    other = ap.approximate("sin(x)", {"x": (0, 2)}, tol=1e-8)
    save_certificate("other.json", other.certify())
    assert main(["certify", "wave.safetensors", "--check", "other.json"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("Error: This certificate is about another network")


def _lower_a_bound(certificate: ap.Certificate) -> ap.Certificate:
    """Return a certificate that promises half of what it proves, consistently."""
    halves = tuple(
        dataclasses.replace(
            piece,
            bound_real=tuple(0.5 * value for value in piece.bound_real),
            rounding=tuple(0.5 * value for value in piece.rounding),
        )
        for piece in certificate.pieces
    )
    return dataclasses.replace(certificate, pieces=halves, bound=0.51 * certificate.bound)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda c: dataclasses.replace(c, bound=0.5 * c.bound), "contradicts itself"),
        (_lower_a_bound, "contradicts itself"),
        (lambda c: dataclasses.replace(c, pieces=c.pieces[1:]), "not whole"),
        (lambda c: dataclasses.replace(c, proved=False), "claims no proof"),
    ],
)
def test_a_damaged_certificate_is_an_error(
    wave: ap.Approximant, damage: Any, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save_certificate("damaged.json", damage(wave.certify()))
    assert main(["certify", "wave.safetensors", "--check", "damaged.json"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and message in err and err.count("\n") == 1


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["--check", "a.json", "--out", "b.json"], "either --out"),
        (["--check", "missing.json"], "Cannot read missing.json: no such file"),
        (["--check", "wave.safetensors"], "holds no certificate that can be read"),
        (["--seconds", "0"], "seconds must be above 0"),
        (["--seconds", "soon"], "'soon' is not a valid float"),
        (["--out", "wave.safetensors/proof.json"], "a file is in the way"),
    ],
)
def test_bad_options_are_errors_in_one_line(
    wave: ap.Approximant, args: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", "wave.safetensors", *args]) == 2
    err = capsys.readouterr().err
    assert message in err and err.count("\n") == 1


def test_fit_proves_what_it_finds(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fit", WAVE, "--on", "x=0:2", "--certify", "--out", "wave"]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "proof the error is at most" in out and "on the whole domain" in out
    report = json.loads(Path("wave/report.json").read_text())
    assert report["certificate"]["proved"] is True
    page = Path("wave/report.html").read_text()
    assert "The tolerance is met on the whole domain: the error is proved." in page
    assert main(["show", "wave/model.safetensors"]) == 0
    assert "the error is at most" in " ".join(capsys.readouterr().out.split())


def test_fit_is_not_met_where_nothing_can_be_proved(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["fit", "a+b*c-d", *(f"--on={name}=0:1" for name in "abcd"), "--tol", "1e-2"]
    assert main(args) == 0
    assert main([*args, "--certify"]) == 1
    assert "proof none:" in " ".join(capsys.readouterr().out.split())
