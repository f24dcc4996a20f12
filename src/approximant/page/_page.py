"""The report as one HTML page: no script, no address, every picture inside."""

from __future__ import annotations

import base64
import keyword
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from approximant.certificate import Certificate, rounded_up
from approximant.model import Model
from approximant.page._html import (
    STYLE,
    number_of,
    numbers_of,
    percent_of,
    points_of,
    table_of,
    text_of,
)
from approximant.report import FRESH, Report

CAPTIONS = {
    "fit": "The network beside the target.",
    "error": "The error.",
    "slices": "One input at a time, the others at the centre of their intervals.",
    "losses": "The loss while the network learned.",
    "learning": "What the network had learned after some of the epochs.",
    "surfaces": "The surfaces of target and network, and the error.",
    "rows": "Target and network over the number of the row.",
    "beyond": "Target and network inside the domain, and beyond it where no claim is made.",
}
BADGES = {True: ("met", "Met"), False: ("unmet", "Not met"), None: ("plain", "Trained")}


class Fact(NamedTuple):
    """A number of the report with the words that explain it.

    Args:
        name: what it is called.
        values: as text, one per output.
        meaning: how to read it.
    """

    name: str
    values: list[str]
    meaning: str


def report_page(model: Model, report: Report, pictures: Mapping[str, bytes]) -> str:
    """Return the page as the text of an HTML file that needs nothing beside itself.

    Args:
        model: the model that the report is about.
        report: what was measured.
        pictures: PNG files by name, shown in this order.
    """
    title = verdict(report)
    body = [
        _head(model, report, title),
        _findings(report),
        *(_figure(_caption(name, report), data) for name, data in pictures.items()),
        "<h2>How to read the numbers</h2>",
        _numbers(report),
        *([] if report.certificate is None else [_proof(report.certificate)]),
        _outside(report),
        _network(model, report),
        _use(model),
        _making(report),
    ]
    return "\n".join(
        [
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            # Even if a text slipped through unescaped, a browser would neither run nor fetch it.
            '<meta http-equiv="Content-Security-Policy" '
            "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">",
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{text_of(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>\n",
        ]
    )


def verdict(report: Report) -> str:
    """Return in one sentence whether the tolerance was met, and on what that rests."""
    points = f"{report.checked_points:,} {report.checked_on}"
    if report.met is None:
        return f"The largest error on {points} is {' and '.join(numbers_of(report.max_error))}."
    proof = report.certificate
    if report.met and proof is not None and report.tolerance is not None:
        if proof.keeps(report.tolerance):
            return "The tolerance is met on the whole domain: the error is proved."
    if report.met:
        return f"The tolerance is met on all {points}."
    return f"The tolerance is not met; this is the best network found ({report.network})."


def _head(model: Model, report: Report, title: str) -> str:
    kind, word = BADGES[report.met]
    ends = model.domain.intervals().items()
    intervals = ", ".join(f"{name} = {low:.6g} to {high:.6g}" for name, (low, high) in ends)
    work = "search" if report.met is not None else "training"
    stop = f"<p><strong>The {work} was interrupted.</strong></p>\n"
    ended = stop if report.interrupted else ""
    return (
        f'<span class="badge {kind}">{word}</span>\n<h1>{text_of(title)}</h1>\n'
        f"<p><code>{text_of(report.target)}</code> on <code>{text_of(intervals)}</code></p>\n"
        f'{ended}<p class="status">{text_of(report.status)}</p>'
    )


def _findings(report: Report) -> str:
    """Return what was found wrong with a training, each with what to do about it."""
    if not report.findings:
        return ""
    items = (
        f"<li>{text_of(found.sentence)} <strong>{text_of(found.action)}</strong></li>"
        for found in report.findings
    )
    return "<h2>What stands out</h2>\n<ul>\n" + "\n".join(items) + "\n</ul>"


def _caption(name: str, report: Report) -> str:
    if name == "error" and report.tolerance is not None:
        return "The error, with the tolerance that was asked for."
    return CAPTIONS.get(name, name)


def _figure(caption: str, data: bytes) -> str:
    caption = text_of(caption)
    code = base64.b64encode(data).decode()
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{code}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _numbers(report: Report) -> str:
    several = len(report.outputs) > 1
    columns = list(report.outputs) if several else ["value"]
    rows = ([fact.name, *fact.values, fact.meaning] for fact in facts(report))
    return table_of(["", *columns, "what it means"], rows, len(columns))


def facts(report: Report) -> list[Fact]:
    """Return the numbers of the report that the page explains."""
    checked = f"{report.checked_points:,} {report.checked_on}"
    climbed = " From the worst of them the error was followed up to its peaks, unless the target "
    climbed += "could be evaluated at a few points only."
    refers = ", to which a relative tolerance refers" * (report.tolerance is not None)
    found = [
        Fact("largest error", numbers_of(report.max_error),
             f"Largest |target − network| on {checked}, in the unit of the output."
             f"{climbed * (report.checked_on == FRESH)}"),
        Fact("seen at", points_of(report, report.worst_point),
             "Where the largest error was found."),
        Fact("rmse", numbers_of(report.rmse),
             "Root of the mean squared error: what to expect at a typical point."),
        Fact("mae", numbers_of(report.mae), "Mean of |target − network|."),
        Fact("largest |target|", numbers_of(report.scale), f"The scale of the output{refers}."),
        Fact("error / range", [percent_of(share) for share in np.atleast_1d(report.range_error)],
             "Largest error as a share of largest minus smallest target value: the honest measure "
             "for an output that varies little around a large value."),
        Fact("rounding", numbers_of(report.rounding),
             "Bound on the rounding error of one evaluation in float64."),
    ]  # fmt: skip
    if report.tolerance is not None:
        meaning = "Largest error allowed: atol + tol × largest |target|. Met means that no checked "
        meaning += "point lies above it."
        found.insert(2, Fact("tolerance", numbers_of(report.tolerance), meaning))
    if report.noise is not None:
        meaning = "Standard deviation of the noise in the rows, estimated. No network comes closer "
        meaning += "to single rows than that, but it can to the curve behind them."
        found.append(Fact("noise", numbers_of(report.noise), meaning))
    return found


def _proof(certificate: Certificate) -> str:
    """Return the section on what was proved."""
    claim = f'<p class="status">{text_of(certificate.claim)}</p>'
    if not certificate.proved:
        return f"<h2>The proof</h2>\n<p>There is no proof of the error.</p>\n{claim}"
    rows = (
        ["bound", *rounded_up(certificate.bound).split(", "),
         "No float64 point of the domain has a larger error, rounding included."],
        ["bound, real arithmetic", *rounded_up(certificate.bound_real).split(", "),
         "The same at every real point, for the stored weights without rounding."],
        ["largest error seen", *numbers_of(certificate.sampled_max),
         "What sampling finds: the bound cannot be smaller."],
    )  # fmt: skip
    several = len(certificate.outputs) > 1
    columns = list(certificate.outputs) if several else ["value"]
    return (
        f"<h2>The proof</h2>\n{claim}\n"
        f"{table_of(['', *columns, 'what it means'], rows, len(columns))}\n"
        f"<p>What it rests on: {text_of(certificate.rigour)} It took {certificate.seconds:.3g} "
        "seconds and is about exactly these weights: fingerprint "
        f"<code>{text_of(certificate.fingerprint)}</code>.</p>"
    )


def _outside(report: Report) -> str:
    title = "<h2>Outside the domain</h2>"
    if not report.outside:
        return (
            f"{title}\n<p>Outside its domain the network makes no claim, and the target was not "
            "evaluated there. Expect the error to grow fast.</p>"
        )
    shares = sorted({row.beyond for row in report.outside})
    ends = list(dict.fromkeys((row.input, row.side) for row in report.outside))
    cells = {
        (r.input, r.side, r.beyond): ",\n".join(numbers_of(r.max_error)) for r in report.outside
    }
    rows = ([f"{i} {side}", *(cells.get((i, side, s), "") for s in shares)] for i, side in ends)
    table = table_of(["", *(f"{percent_of(s)} beyond" for s in shares)], rows, len(shares))
    several = f" ({', '.join(report.outputs)})" if len(report.outputs) > 1 else ""
    return (
        f"{title}\n<p>Inside, the largest error is {', '.join(numbers_of(report.max_error))}"
        f"{text_of(several)}. This is how it grows beyond the ends of each input, at a distance "
        f"given as a share of the interval, the other inputs inside:</p>\n{table}"
    )


def _network(model: Model, report: Report) -> str:
    guard = ""
    if model.region is not None:
        guard = " Where no row of the table is near counts as outside, too."
    return (
        "<h2>The network</h2>\n"
        f"<p><code>{text_of(report.network)}</code>: {report.neurons:,} hidden neurons, "
        f"{report.parameters:,} weights and biases. The absolute output weights add up to S = "
        f"{', '.join(numbers_of(report.outer_weight_sum))}; a large sum loses digits to rounding."
        f"</p>\n<p>Points outside the domain are met with the policy <code>{text_of(model.outside)}"
        f"</code>.{guard}</p>"
    )


def _use(model: Model) -> str:
    names, centre = model.domain.names, [f"{value:.6g}" for value in model.domain.centre]
    named = all(name.isidentifier() and not keyword.iskeyword(name) for name in names)
    point = (
        ", ".join(f"{n}={v}" for n, v in zip(names, centre, strict=True))
        if named
        else f"[[{', '.join(centre)}]]"
    )
    code = (
        "import approximant\n"
        'f = approximant.load("model.safetensors")\n'
        f"print(f({point}))   # many points at once: an array with a row for each"
    )
    return f"<h2>Use it in Python</h2>\n<pre>{text_of(code)}</pre>"


def _making(report: Report) -> str:
    lines = [
        f"{report.seconds:.3g} seconds, {report.evaluations:,} evaluations of the target, seed "
        f"{report.seed}."
    ]
    if report.cut_by_time:
        work = "search" if report.met is not None else "training"
        lines.append(f"Time was up before the {work} ended by its own rules.")
    if report.rows is not None:
        fit, choose, verify = report.rows
        lines.append(
            f"Rows: {fit:,} to fit, {choose:,} to choose the network, {verify:,} to verify it."
        )
    if report.empty_share is not None:
        lines.append(
            f"The rows leave {percent_of(report.empty_share)} of their bounding box empty."
        )
    if report.unused_inputs:
        lines.append(f"No dependence on {', '.join(report.unused_inputs)} was seen.")
    body = "\n".join(f"<li>{text_of(line)}</li>" for line in (*lines, *report.notes))
    tried = table_of(
        ["neurons", "error / tolerance"],
        ([f"{neurons:,}", number_of(ratio)] for neurons, ratio in report.history),
        2,
    )
    summary = "<summary>Networks tried on the way</summary>"
    history = f"<details>{summary}\n{tried}</details>" if report.history else ""
    return f"<h2>How it was made</h2>\n<ul>\n{body}\n</ul>\n{history}"
