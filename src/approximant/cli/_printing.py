"""What commands print: reports, errors, JSON."""

from __future__ import annotations

import json
import math
import shutil
import textwrap
from collections.abc import Iterator
from typing import Any

import click
import numpy as np

from approximant.arrays import Array, PerOutput
from approximant.certificate import Certificate, rounded_up
from approximant.report import Report

WIDEST = 100  # columns; longer lines are hard to read


def print_error(message: str) -> None:
    """Print an error on stderr; a formula with a caret under it keeps its lines."""
    click.echo(f"Error: {printable(message)}", err=True)


def print_warning(message: str) -> None:
    """Print a warning on stderr, in one line."""
    click.echo(f"Warning: {printable(message)}", err=True)


def json_text(value: Any) -> str:
    """Return plain values as JSON; what is not finite must be None by now."""
    return json.dumps(value, indent=2, allow_nan=False)


def print_report(report: Report) -> None:
    """Print a report for people on stdout."""
    click.echo("\n".join(_lines(report)))


def field(name: str, text: str) -> str:
    """Return a line of a report, wrapped and indented under its name."""
    return _wrapped(text, f"  {name:<10}")


def item(text: str) -> str:
    """Return an item of a list, wrapped and indented under its dash."""
    return _wrapped(text, "  - ")


def _wrapped(text: str, head: str) -> str:
    width = min(WIDEST, shutil.get_terminal_size().columns)
    filled = textwrap.fill(
        printable(text).replace(" %", "\N{NO-BREAK SPACE}%"),
        width=max(40, width),
        initial_indent=head,
        subsequent_indent=" " * len(head),
        break_on_hyphens=False,
    )
    return filled.replace("\N{NO-BREAK SPACE}", " ")


def _lines(report: Report) -> Iterator[str]:
    yield printable(report.target)
    yield ""
    yield from _errors(report)
    sums = ", ".join(f"{value:.3g}" for value in _each(report.outer_weight_sum))
    yield field("network", f"{report.network}: {report.neurons:,} neurons, {report.parameters:,} "
                f"parameters, sum of output weights {sums}")  # fmt: skip
    yield field("checked", _checked(report))
    if report.certificate is not None:
        yield field("proof", proof(report.certificate))
    if report.outside:
        yield field("outside", _outside(report))
    yield field("took", f"{report.seconds:.3g} s, {report.evaluations:,} evaluations of the "
                f"target, seed {report.seed}")  # fmt: skip
    for finding in report.findings:
        yield field("found", f"{finding.sentence} {finding.action}")
    for note in _notes(report):
        yield field("note", note)
    yield field("status", report.status)


def _errors(report: Report) -> Iterator[str]:
    """Yield verdict, error, place and tolerance; a line per output where there are several."""
    errors = _each(report.max_error)
    if report.tolerance is None:
        yield from _plain_errors(report, errors)
        return
    tolerances = _each(report.tolerance)
    kept = [error <= tolerance for error, tolerance in zip(errors, tolerances, strict=True)]
    if not report.met and all(kept):
        kept = [False] * len(kept)  # something else speaks against it, and the status says what
    names = [f"{name}: " for name in report.outputs] if len(report.outputs) > 1 else [""]
    points = np.atleast_2d(report.worst_point)
    rows = zip(names, errors, tolerances, points, kept, strict=True)
    for name, error, tolerance, point, met in rows:
        word, colour = ("MET", "green") if met else ("NOT MET", "yellow")
        text = f"{name}largest error {error:.3g} at {_point(report, point)}; "
        line = field("", f"{text}tolerance {tolerance:.3g}")
        yield f"  {click.style(f'{word:<10}', fg=colour, bold=True)}{line[12:]}"


def _plain_errors(report: Report, errors: list[float]) -> Iterator[str]:
    """Yield error and place per output where no tolerance was asked for."""
    names = [f"{name}: " for name in report.outputs] if len(report.outputs) > 1 else [""]
    points = np.atleast_2d(report.worst_point)
    for name, error, point in zip(names, errors, points, strict=True):
        yield field("error", f"{name}largest {error:.3g} at {_point(report, point)}")


def proof(certificate: Certificate) -> str:
    """Return in a line what was proved."""
    if not certificate.proved:
        return f"none: {certificate.claim}"
    bounds, seen = rounded_up(certificate.bound), numbers(certificate.sampled_max)
    found = f"the error is at most {bounds} on the whole domain (largest seen {seen})"
    return f"{found}; {effort(certificate)}"


def effort(certificate: Certificate) -> str:
    """Return what a proof took."""
    cells = "1 cell" if certificate.cells == 1 else f"{certificate.cells:,} cells"
    return f"{cells}, {certificate.seconds:.2g} s"


def numbers(values: PerOutput) -> str:
    """Return a number for every output."""
    return ", ".join(f"{value:.4g}" for value in _each(values))


def _checked(report: Report) -> str:
    rmse = ", ".join(f"{value:.3g}" for value in _each(report.rmse))
    shares = ", ".join(f"{100 * share:.2g} %" for share in _each(report.range_error))
    points = f"{report.checked_points:,} {report.checked_on}"
    return f"on {points}; rmse {rmse}; largest error / range {shares}"


def _outside(report: Report) -> str:
    """Return the largest error at each distance beyond the domain."""
    worst: dict[float, float] = {}
    wild: dict[str, None] = {}  # ends beyond which some error is not finite, in order
    for row in report.outside:
        errors = _each(row.max_error)
        if not all(map(math.isfinite, errors)):
            wild[f"{row.side} {row.input}"] = None
        finite = [error for error in errors if math.isfinite(error)]
        worst[row.beyond] = max([worst.get(row.beyond, 0.0), *finite])
    ends = ", ".join(f"{error:.2g}" for error in worst.values())
    shares = ", ".join(f"{100 * share:g} %" for share in worst)
    unbounded = f"; not finite {', '.join(wild)}" if wild else ""
    return f"error up to {ends} at {shares} beyond the domain{unbounded}"


def _notes(report: Report) -> Iterator[str]:
    if report.rows is not None:
        yield "{:,} rows to fit, {:,} to choose the network, {:,} to verify it".format(*report.rows)
    if report.noise is not None:
        noise = ", ".join(f"{value:.3g}" for value in _each(report.noise))
        yield f"noise of the rows about {noise} (standard deviation)"
    if report.empty_share is not None:
        yield f"the rows leave {100 * report.empty_share:.3g} % of their bounding box empty"
    if report.unused_inputs:
        yield f"no dependence on {', '.join(report.unused_inputs)} was seen"
    yield from report.notes


def _point(report: Report, point: Array) -> str:
    return ", ".join(f"{n} = {v:.6g}" for n, v in zip(report.inputs, point, strict=True))


def _each(values: object) -> list[float]:
    return [float(value) for value in np.atleast_1d(np.asarray(values, dtype=float))]


def printable(text: str) -> str:
    """Return the text without characters that would move a terminal's cursor."""
    return "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
