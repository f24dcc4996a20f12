"""approximant predict: the values of a network at points."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from typing import Any

import click
import numpy as np

from approximant.cli._points import points_of_csv, points_of_texts
from approximant.cli._printing import json_text


@click.command(short_help="Evaluate a network at points.")
@click.argument("model", metavar="MODEL")
@click.argument("points", metavar="[CSV|-]", required=False)
@click.option("--at", multiple=True, metavar="X=0.5,Y=2", help="A point; repeat for more points.")
@click.option("--out", metavar="FILE", help="File for the table; it is printed otherwise.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object per point.")
def predict(
    model: str, points: str | None, at: tuple[str, ...], out: str | None, as_json: bool
) -> int:
    """Evaluate the network in the file MODEL at points.

    Points come from --at, from a CSV file with a column per input, or from standard input (-). The
    answer is a CSV table of inputs, outputs and a column that tells whether the point lies inside
    the domain; outside it the network does what was chosen when it was fitted.

    \b
    approximant predict wave/model.safetensors --at x=2.5 --at x=pi
    approximant predict wave/model.safetensors points.csv --out values.csv
    """
    from approximant.approximant import load
    from approximant.store import write_atomically

    if bool(at) == (points is not None):
        raise click.UsageError("Give either --at or a CSV file (- for standard input).")
    loaded = load(model)
    names = loaded.domain.names
    x = points_of_texts(at, names) if points is None else points_of_csv(points, names)
    y = np.reshape(loaded(x), (len(x), len(loaded.outputs)))
    inside = loaded.inside(x)
    rows = [[*a, *b, c] for a, b, c in zip(x.tolist(), y.tolist(), inside.tolist(), strict=True)]
    head = [*names, *loaded.outputs, _free_name("inside", names, loaded.outputs)]
    text = _json(head, rows) if as_json else _csv(head, rows)
    if out is None:
        click.echo(text, nl=False)
    else:
        write_atomically(out, text.encode())
    return 0


def _csv(head: list[str], rows: list[list[Any]]) -> str:
    """Return a table in which every number reads back as the same float."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([*numbers, "true" if inside else "false"] for *numbers, inside in rows)
    return table.getvalue()


def _json(head: list[str], rows: list[list[Any]]) -> str:
    return json_text([dict(zip(head, map(_plain, row), strict=True)) for row in rows]) + "\n"


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: NaN, from the policy "nan", is null."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _free_name(name: str, *taken: Sequence[str]) -> str:
    while any(name in names for names in taken):
        name += "_"
    return name
