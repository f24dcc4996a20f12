"""approximant certify: prove the error of a saved network, or check a proof made before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click

from approximant.certificate import Certificate, rounded_up
from approximant.cli._printing import effort, field, json_text, numbers
from approximant.cli._progress import shown_progress
from approximant.report import Report

PROVED, NOT_PROVED = 0, 1


@click.command(short_help="Prove the error of a network, or check a proof.")
@click.argument("model", metavar="MODEL")
@click.option("--seconds", default=120.0, show_default=True, help="Time after which to stop.")
@click.option("--out", metavar="FILE", help="File for the certificate.")
@click.option("--check", metavar="FILE", help="Check this certificate instead of making one.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def certify(model: str, seconds: float, out: str | None, check: str | None, as_json: bool) -> int:
    """Prove how far the network in the file MODEL is from its formula, everywhere on its domain.

    The file must hold the formula, of at most three inputs. With --check a certificate made before
    is proved again by other code. Exit status: 0 proved and below the tolerance, 1 not proved or
    above it, 2 an error or a certificate that does not hold.

    \b
    approximant certify wave/model.safetensors --out wave/certificate.json
    approximant certify wave/model.safetensors --check wave/certificate.json
    """
    if check is None:
        return _prove(model, seconds, out, as_json)
    if out is not None:
        raise click.UsageError("Give either --out, to make a certificate, or --check.")
    return _check(model, seconds, check, as_json)


def _prove(model: str, seconds: float, out: str | None, as_json: bool) -> int:
    from approximant.approximant import load
    from approximant.store import make_folder, save_certificate

    loaded = load(model)
    if out is not None:
        make_folder(Path(out).parent)  # before a long proof that would have nowhere to go
    with shown_progress() as progress:
        certificate = loaded.certify(seconds=seconds, progress=progress)
    if out is not None:
        save_certificate(out, certificate)
    report = loaded.report
    if as_json:
        tolerance = report.as_dict()["tolerance"]
        facts = {**certificate.as_dict(pieces=False), "tolerance": tolerance, "file": out}
        click.echo(json_text(facts))
    else:
        click.echo("\n".join(_lines(certificate, report)))
        if out is not None:
            click.echo(f"\n{field('wrote', out)}")
            click.echo(field("next", f"approximant certify {model} --check {out}"))
    return PROVED if certificate.keeps(report.tolerance) else NOT_PROVED


def _lines(certificate: Certificate, report: Report) -> Iterator[str]:
    yield report.target
    yield ""
    if not certificate.proved:
        yield _verdict("UNPROVED", "yellow", certificate.claim)
        return
    text, colour = f"error at most {rounded_up(certificate.bound)}", "green"
    if report.tolerance is not None:
        kept = certificate.keeps(report.tolerance)
        relation, colour = ("keeps", "green") if kept else ("exceeds", "yellow")
        text += f", which {relation} the tolerance {numbers(report.tolerance)}"
    if certificate.cut_by_time:
        text += f"; time ended, only {100.0 * certificate.covered:.3g} % was bounded well"
    yield _verdict("PROVED", colour, text)
    yield field(
        "real", f"{rounded_up(certificate.bound_real)} in real arithmetic, without rounding"
    )
    yield field("seen", f"{numbers(certificate.sampled_max)} at sampled points")
    yield field("claim", certificate.claim)
    yield field("rests on", certificate.rigour)
    yield field("took", effort(certificate))


def _verdict(word: str, colour: str, text: str) -> str:
    line = field("", text)
    return f"  {click.style(f'{word:<10}', fg=colour, bold=True)}{line[12:]}"


def _check(model: str, seconds: float, path: str, as_json: bool) -> int:
    from approximant.approximant import load
    from approximant.checker import check
    from approximant.store import load_certificate

    loaded, certificate = load(model), load_certificate(path)
    with shown_progress() as progress:
        verdict = check(
            certificate, loaded.model, loaded.formulas, seconds=seconds, progress=progress
        )
    if as_json:
        click.echo(json_text(verdict.as_dict()))
    else:
        click.echo(f"{loaded.report.target}\n")
        click.echo(_verdict("CHECKED", "green", verdict.claim))
        click.echo(field("took", f"{verdict.seconds:.2g} s"))
    return PROVED if certificate.keeps(loaded.report.tolerance) else NOT_PROVED
