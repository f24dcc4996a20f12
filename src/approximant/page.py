"""The report as one HTML page: no script, no address, every picture inside."""

from __future__ import annotations

import base64
import keyword
import math
from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

import numpy as np

from approximant.measure import OutsideError, Report
from approximant.model import Model

CAPTIONS = {
    "fit": "What the network does beside what it should do.",
    "error": "The error, with the tolerance that was asked for.",
    "slices": "One input at a time, the others at the centre of their intervals.",
}

# Colours pass for the common kinds of colour blindness; the verdict is also a word.
STYLE = """
:root { color-scheme: light; --ink: #1d2733; --soft: #5b6875; --line: #dde3e9; --tint: #f5f7f9; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 4rem; color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.65rem; line-height: 1.25; margin: .9rem 0 .4rem; }
h2 { font-size: 1.15rem; margin: 2.6rem 0 .6rem; }
p { margin: .5rem 0; max-width: 48rem; }
code, pre, .number { font-family: ui-monospace, "DejaVu Sans Mono", Consolas, monospace; font-size: .9em; }
code { overflow-wrap: anywhere; }
pre { background: var(--tint); border: 1px solid var(--line); border-radius: 6px; padding: .8rem 1rem;
  overflow-x: auto; }
.badge { display: inline-block; border-radius: 4px; padding: .2rem .8rem; font-weight: 700; color: #fff; }
.met { background: #00705a; } .unmet { background: #a33f00; }
.lead { font-size: 1.05rem; }
.soft { color: var(--soft); }
.status { border-left: 4px solid var(--line); padding: .1rem 0 .1rem 1rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; vertical-align: top; padding: .45rem .9rem .45rem 0;
  border-bottom: 1px solid var(--line); }
thead th { color: var(--soft); font-weight: 600; }
tbody th { font-weight: 600; }
.number { white-space: nowrap; }
figure { margin: 1.4rem 0; }
figure img { display: block; max-width: 100%; height: auto; border: 1px solid var(--line);
  border-radius: 6px; padding: .6rem; background: #fff; }
figcaption { color: var(--soft); font-size: .92rem; margin-top: .4rem; }
@media print { body { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } }
"""


class Fact(NamedTuple):
    """A number of the report with the words that explain it.

    Args:
        name: what it is called.
        values: as text, one per output, or a single one for all.
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
        _head(report, title),
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
    points = "rows not used in the fit" if report.kind == "table" else "fresh points"
    if report.met:
        return f"The tolerance is met on all {report.checked_points:,} {points}."
    return f"The tolerance is not met; this is the best network found ({report.network})."


def _head(report: Report, title: str) -> str:
    kind, word = ("met", "Met") if report.met else ("unmet", "Not met")
    ended = "<p><strong>The search was interrupted.</strong></p>" if report.interrupted else ""
    return (
        f'<span class="badge {kind}">{word}</span>\n<h1>{_text(title)}</h1>\n'
        f'<p class="lead"><code>{_text(report.target)}</code></p>\n{ended}'
        f'<p class="status">{_text(report.status)}</p>'
    )


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
    return _table(
        ["", *columns, "what it means"],
        (
            [fact.name, *_spread(fact.values, len(columns)), fact.meaning]
            for fact in facts(report)
        ),
        len(columns),
    )  # fmt: skip


def facts(report: Report) -> list[Fact]:
    """Return the numbers of the report that the page explains."""
    checked = "rows not used in the fit" if report.kind == "table" else "fresh points"
    found = [
        Fact("largest error", _numbers_of(report.max_error),
             f"The largest |target − network| on {report.checked_points:,} {checked}, in the unit of "
             "the output. The search for it also climbed from the worst points to the peaks nearby."
             if report.kind != "table" else
             f"The largest |row − network| on {report.checked_points:,} {checked}."),
        Fact("seen at", _points(report, report.worst_point), "Where the largest error was found."),
        Fact("tolerance", _numbers_of(report.tolerance),
             "The largest error allowed: atol + tol × the largest |target|. Met means that no "
             "checked point lies above it."),
        Fact("rmse", _numbers_of(report.rmse),
             "Root of the mean squared error: what to expect at a typical point."),
        Fact("mae", _numbers_of(report.mae), "Mean error."),
        Fact("largest |target|", _numbers_of(report.scale),
             "The scale of the output; a relative tolerance refers to it."),
        Fact("error / range", [_percent(v) for v in np.atleast_1d(report.range_error)],
             "The largest error as a share of largest minus smallest target value; the honest "
             "measure for an output that varies little around a large value."),
        Fact("rounding", _numbers_of(report.rounding),
             "Bound on the rounding error of one evaluation in float64; no smaller error is real."),
    ]  # fmt: skip
    if report.noise is not None:
        found.append(Fact("noise", _numbers_of(report.noise),
                          "Standard deviation of the noise in the rows, estimated. No network can "
                          "be closer to single rows than this; it can be closer to the curve behind "
                          "them."))  # fmt: skip
    return found


def _outside(report: Report) -> str:
    title = "<h2>Outside the domain</h2>"
    if not report.outside:
        return (
            f"{title}\n<p>Outside its domain the network makes no claim, and the target was not "
            "evaluated there. Expect the error to grow fast.</p>"
        )
    shares = sorted({row.beyond for row in report.outside})
    sides = list(dict.fromkeys((row.input, row.side) for row in report.outside))
    cells = {(row.input, row.side, row.beyond): _worst(row) for row in report.outside}
    rows = ([f"{i} {side}", *(cells.get((i, side, s), "") for s in shares)] for i, side in sides)
    table = _table(["", *(f"{_percent(s)} beyond" for s in shares)], rows, len(shares))
    return (
        f"{title}\n<p>Inside, the largest error is "
        f"{_number(float(np.max(np.atleast_1d(report.max_error))))}. This is how it grows beyond the "
        "ends of each input (as a share of the interval’s length; the other inputs inside"
        f"{'; the worst output' if len(report.outputs) > 1 else ''}):</p>\n{table}"
    )


def _network(model: Model, report: Report) -> str:
    intervals = ", ".join(f"{n} = {a:.6g} to {b:.6g}" for n, (a, b) in _intervals(model))
    sums = ", ".join(_numbers_of(report.outer_weight_sum))
    guard = (
        " and near a row of the table (the rest of the box counts as outside)"
        if model.region is not None
        else ""
    )
    return (
        "<h2>The network</h2>\n"
        f"<p><code>{_text(report.network)}</code>: {report.neurons:,} hidden neurons, "
        f"{report.parameters:,} weights and biases; sum of absolute output weights S = "
        f'<span class="number">{_text(sums)}</span> (large sums lose digits to rounding).</p>\n'
        f"<p>It holds for <code>{_text(intervals)}</code>{guard}; points outside are met with the "
        f"policy <code>{_text(model.outside)}</code>.</p>"
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
    history = f"<p>Networks tried on the way:</p>\n{tried}" if report.history else ""
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
    return f"{100 * share:.3g} %" if math.isfinite(share) else "–"


def _numbers_of(values: object) -> list[str]:
    return [_number(float(value)) for value in np.atleast_1d(np.asarray(values, dtype=float))]


def _points(report: Report, points: object) -> list[str]:
    return [
        ", ".join(f"{n} = {v:.6g}" for n, v in zip(report.inputs, point, strict=True))
        for point in np.atleast_2d(np.asarray(points, dtype=float))
    ]


def _spread(values: list[str], columns: int) -> list[str]:
    return values if len(values) == columns else values * columns


def _worst(row: OutsideError) -> str:
    errors = np.atleast_1d(np.asarray(row.max_error, dtype=float))
    return _number(float(errors.max()))


def _intervals(model: Model) -> Iterable[tuple[str, tuple[float, float]]]:
    return model.domain.intervals().items()
