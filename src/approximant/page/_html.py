"""The pieces of HTML that the page is made of; every text is escaped here and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterable
from html import escape

import numpy as np

from approximant.arrays import Array, PerOutput
from approximant.report import Report

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


def table_of(head: list[str], rows: Iterable[list[str]], numbers: int) -> str:
    """Return a table whose first `numbers` columns after the first hold numbers."""
    top = "".join(f"<th>{text_of(name)}</th>" for name in head)
    lines = []
    for first, *rest in rows:
        cells = "".join(
            f'<td class="number">{text_of(cell)}</td>'
            if k < numbers
            else f"<td>{text_of(cell)}</td>"
            for k, cell in enumerate(rest)
        )
        lines.append(f"<tr><th>{text_of(first)}</th>{cells}</tr>")
    body = "\n".join(lines)
    return (
        f'<div class="wide"><table>\n<thead><tr>{top}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table></div>"
    )


def text_of(text: str) -> str:
    """Return a text as HTML shows it: nothing in it is markup, nothing in it is invisible."""
    return escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))


def number_of(value: float) -> str:
    """Return a number with the digits that matter."""
    return f"{value:.3g}" if math.isfinite(value) else "not finite"


def percent_of(share: float) -> str:
    """Return a share as per cent."""
    return f"{100 * share:.3g} %" if math.isfinite(share) else "not finite"


def numbers_of(values: PerOutput) -> list[str]:
    """Return a number for every output."""
    return [number_of(value) for value in np.atleast_1d(values).tolist()]


def points_of(report: Report, points: Array) -> list[str]:
    """Return a point for every output, a line per input."""
    return [
        ",\n".join(f"{n} = {v:.6g}" for n, v in zip(report.inputs, point, strict=True))
        for point in np.atleast_2d(points)
    ]
