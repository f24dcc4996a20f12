"""The report as one HTML page: no script, no address, every picture inside."""

from __future__ import annotations

import base64
import keyword
import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

import numpy as np

from approximant.arrays import Array
from approximant.model import Model
from approximant.report import FRESH, PerOutput, Report

CAPTIONS = {
    "fit": "The network beside the target.",
    "error": "The error, with the tolerance that was asked for.",
    "slices": "One input at a time, the others at the centre of their intervals.",
    "losses": "The loss while the network learned.",
    "learning": "What the network had learned after some of the epochs.",
    "surfaces": "The surfaces of target and network, and the error.",
    "rows": "Target and network over the number of the row.",
    "beyond": "Target and network inside the domain, and beyond it where no claim is made.",
}
BADGES = {True: ("met", "Met"), False: ("unmet", "Not met"), None: ("plain", "Trained")}

# Colours pass for the common kinds of colour blindness; the verdict is also a word.
STYLE = """
:root { color-scheme: light; --ink: #1d2733; --soft: #5b6875; --line: #dde3e9; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 4rem; color: var(--ink);
  font: 16px/1.55 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: .9rem 0 .4rem; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .6rem; }
p { margin: .5rem 0; max-width: 48rem; }
code, pre, .number { font: .9em ui-monospace, "DejaVu Sans Mono", Consolas, monospace; }
code { overflow-wrap: anywhere; }
pre { background: #f5f7f9; border: 1px solid var(--line); border-radius: 6px;
  padding: .8rem 1rem; overflow-x: auto; }
.badge { border-radius: 4px; padding: .25rem .8rem; font-weight: 700; color: #fff; }
.met { background: #00705a; } .plain { background: #3b5b8c; }
.unmet { background: #a33f00; }
.status { border-left: 4px solid var(--line); margin: 1rem 0; padding: .1rem 0 .1rem 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem 1.4rem .45rem 0;
  border-bottom: 1px solid var(--line); }
thead th, figcaption { color: var(--soft); font-weight: 600; }
tbody th, .number { white-space: pre; }
figure { margin: 1.4rem 0; }
figure img { display: block; max-width: 100%; box-sizing: border-box; padding: .6rem;
  border: 1px solid var(--line); border-radius: 6px; }
figcaption { font-size: .92rem; font-weight: 400; margin-top: .4rem; }
@media print { body { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } }
"""


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
        *(_figure(name, data) for name, data in pictures.items()),
        "<h2>How to read the numbers</h2>",
        _numbers(report),
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
            f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>",
            *body,
            "</body>\n</html>\n",
        ]
    )


def verdict(report: Report) -> str:
    """Return in one sentence whether the tolerance was met, and on what that rests."""
    points = f"{report.checked_points:,} {report.checked_on}"
    if report.met is None:
        return f"The largest error on {points} is {' and '.join(_all(report.max_error))}."
    if report.met:
        return f"The tolerance is met on all {points}."
    return f"The tolerance is not met; this is the best network found ({report.network})."


def _head(model: Model, report: Report, title: str) -> str:
    kind, word = BADGES[report.met]
    ends = model.domain.intervals().items()
    intervals = ", ".join(f"{name} = {low:.6g} to {high:.6g}" for name, (low, high) in ends)
    ended = "<p><strong>The search was interrupted.</strong></p>\n" if report.interrupted else ""
    return (
        f'<span class="badge {kind}">{word}</span>\n<h1>{_text(title)}</h1>\n'
        f"<p><code>{_text(report.target)}</code> on <code>{_text(intervals)}</code></p>\n{ended}"
        f'<p class="status">{_text(report.status)}</p>'
    )


def _findings(report: Report) -> str:
    """Return what was found wrong with a training, each with what to do about it."""
    if not report.findings:
        return ""
    items = (
        f"<li>{_text(found.sentence)} <strong>{_text(found.action)}</strong></li>"
        for found in report.findings
    )
    return "<h2>What stands out</h2>\n<ul>\n" + "\n".join(items) + "\n</ul>"


def _figure(name: str, data: bytes) -> str:
    caption = _text(CAPTIONS.get(name, name))
    code = base64.b64encode(data).decode()
    return (
        f'<figure><img alt="{caption}" src="data:image/png;base64,{code}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )


def _numbers(report: Report) -> str:
    several = len(report.outputs) > 1
    columns = list(report.outputs) if several else ["value"]
    rows = ([fact.name, *fact.values, fact.meaning] for fact in facts(report))
    return _table(["", *columns, "what it means"], rows, len(columns))


def facts(report: Report) -> list[Fact]:
    """Return the numbers of the report that the page explains."""
    checked = f"{report.checked_points:,} {report.checked_on}"
    climbed = " The search for it climbed from the worst of them to the peaks."
    found = [
        Fact("largest error", _all(report.max_error),
             f"Largest |target − network| on {checked}, in the unit of the output."
             f"{climbed * (report.checked_on == FRESH)}"),
        Fact("seen at", _points(report, report.worst_point), "Where the largest error was found."),
        Fact("rmse", _all(report.rmse),
             "Root of the mean squared error: what to expect at a typical point."),
        Fact("mae", _all(report.mae), "Mean error."),
        Fact("largest |target|", _all(report.scale),
             "The scale of the output, to which a relative tolerance refers."),
        Fact("error / range", [_percent(share) for share in np.atleast_1d(report.range_error)],
             "Largest error as a share of largest minus smallest target value: the honest measure "
             "for an output that varies little around a large value."),
        Fact("rounding", _all(report.rounding),
             "Bound on the rounding error of one evaluation in float64."),
    ]  # fmt: skip
    if report.tolerance is not None:
        meaning = "Largest error allowed: atol + tol × largest |target|. Met means that no checked "
        found.insert(2, Fact("tolerance", _all(report.tolerance), meaning + "point lies above it."))
    if report.noise is not None:
        meaning = "Standard deviation of the noise in the rows, estimated. No network comes closer "
        meaning += "to single rows than that, but it can to the curve behind them."
        found.append(Fact("noise", _all(report.noise), meaning))
    return found


def _outside(report: Report) -> str:
    title = "<h2>Outside the domain</h2>"
    if not report.outside:
        return (
            f"{title}\n<p>Outside its domain the network makes no claim, and the target was not "
            "evaluated there. Expect the error to grow fast.</p>"
        )
    shares = sorted({row.beyond for row in report.outside})
    ends = list(dict.fromkeys((row.input, row.side) for row in report.outside))
    cells = {(r.input, r.side, r.beyond): ",\n".join(_all(r.max_error)) for r in report.outside}
    rows = ([f"{i} {side}", *(cells.get((i, side, s), "") for s in shares)] for i, side in ends)
    table = _table(["", *(f"{_percent(s)} beyond" for s in shares)], rows, len(shares))
    several = f" ({', '.join(report.outputs)})" if len(report.outputs) > 1 else ""
    return (
        f"{title}\n<p>Inside, the largest error is {', '.join(_all(report.max_error))}"
        f"{_text(several)}. This is how it grows beyond the ends of each input, at a distance "
        f"given as a share of the interval, the other inputs inside:</p>\n{table}"
    )


def _network(model: Model, report: Report) -> str:
    guard = ""
    if model.region is not None:
        guard = " Where no row of the table is near counts as outside, too."
    return (
        "<h2>The network</h2>\n"
        f"<p><code>{_text(report.network)}</code>: {report.neurons:,} hidden neurons, "
        f"{report.parameters:,} weights and biases. The absolute output weights add up to S = "
        f"{', '.join(_all(report.outer_weight_sum))}; a large sum loses digits to rounding.</p>\n"
        f"<p>Points outside the domain are met with the policy <code>{_text(model.outside)}"
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
    return f"<h2>Use it in Python</h2>\n<pre>{_text(code)}</pre>"


def _making(report: Report) -> str:
    lines = [
        f"{report.seconds:.3g} seconds, {report.evaluations:,} evaluations of the target, seed "
        f"{report.seed}."
    ]
    if report.cut_by_time:
        lines.append("Time was up before the search ended by its own rules.")
    if report.rows is not None:
        fit, choose, verify = report.rows
        lines.append(
            f"Rows: {fit:,} to fit, {choose:,} to choose the network, {verify:,} to verify it."
        )
    if report.empty_share is not None:
        lines.append(f"The rows leave {_percent(report.empty_share)} of their bounding box empty.")
    if report.unused_inputs:
        lines.append(f"The target does not depend on {', '.join(report.unused_inputs)}.")
    body = "\n".join(f"<li>{_text(line)}</li>" for line in (*lines, *report.notes))
    tried = _table(
        ["neurons", "error / tolerance"],
        ([f"{neurons:,}", _number(ratio)] for neurons, ratio in report.history),
        2,
    )
    summary = "<summary>Networks tried on the way</summary>"
    history = f"<details>{summary}\n{tried}</details>" if report.history else ""
    return f"<h2>How it was made</h2>\n<ul>\n{body}\n</ul>\n{history}"


def _table(head: list[str], rows: Iterable[list[str]], numbers: int) -> str:
    """Return a table whose first `numbers` columns after the first hold numbers."""
    top = "".join(f"<th>{_text(name)}</th>" for name in head)
    lines = []
    for first, *rest in rows:
        cells = "".join(
            f'<td class="number">{_text(cell)}</td>' if k < numbers else f"<td>{_text(cell)}</td>"
            for k, cell in enumerate(rest)
        )
        lines.append(f"<tr><th>{_text(first)}</th>{cells}</tr>")
    body = "\n".join(lines)
    return (
        f'<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def _text(text: str) -> str:
    """Return a text as HTML shows it: nothing in it is markup, nothing in it is invisible."""
    return escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))


def _number(value: float) -> str:
    return f"{value:.3g}" if math.isfinite(value) else "not finite"


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %" if math.isfinite(share) else "not finite"


def _all(values: PerOutput) -> list[str]:
    return [_number(value) for value in np.atleast_1d(values).tolist()]


def _points(report: Report, points: Array) -> list[str]:
    return [
        ",\n".join(f"{n} = {v:.6g}" for n, v in zip(report.inputs, point, strict=True))
        for point in np.atleast_2d(points)
    ]
