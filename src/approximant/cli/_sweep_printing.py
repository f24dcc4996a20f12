"""What is printed about a sweep: a table sorted by error, claims, failures."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import click

from approximant.cli._columns import columns, heading, number
from approximant.cli._experiment_printing import title_lines
from approximant.cli._printing import field, printable
from approximant.sweeps import Row, Sweep, plain

SHOWN = 40  # rows of the table; the rest is in the file
FAILURES = 10  # that are told one by one


def sweep_lines(sweep: Sweep, store: str) -> Iterator[str]:
    """Yield all about a sweep that has ended."""
    yield from title_lines(sweep.experiment)
    seeds = sweep.settings.seeds
    repeated = f", each with {seeds} seeds" if seeds > 1 else ""
    ran = f"{sweep.ran:,} runs in {sweep.seconds:.3g} s"
    kept = f"; {sweep.kept:,} were in the store {store}" if sweep.kept else ""
    yield field("sweep", f"{len(sweep.rows):,} combinations{repeated}: {ran}{kept}")
    if sweep.interrupted:
        yield field("", "Interrupted: the same command goes on from here.")
    if sweep.rows:
        yield from _table(sweep)
    yield from _claims(sweep)
    yield from _failures(sweep)


def next_lines(sweep: Sweep, store: str, folder: Path) -> Iterator[str]:
    """Yield what was written, and what one could do next."""
    yield ""
    names = sorted(path.name for path in folder.iterdir())
    yield field("wrote", f"{folder}: {', '.join(names)}")
    by = next((row.by for row in sweep.rows), "")
    where = f"--store {store} --where sweep={sweep.name} --sort {by}"
    yield field("next", f"approximant runs list {where}")


def _table(sweep: Sweep) -> Iterator[str]:
    """Yield the rows, the best first, with all that differs between them."""
    rows, by = sweep.ranked, sweep.rows[0].by
    several = sweep.settings.seeds > 1
    names = [name for name in sweep.settings.names if _differs(name, rows)]
    shorts = [name.rpartition(".")[2] for name in names]
    titles = [s if shorts.count(s) == 1 else n for s, n in zip(shorts, names, strict=True)]
    head = ["row", *titles, *(["epochs"] if rows[0].epochs else [])]
    head += ["author"] if sweep.settings.reported else []
    head += [by, *(["low", "high"] if several else [])]
    head += ["expected"] if sweep.settings.expected else []
    lines = [_cells(sweep, row, names, several) for row in rows[:SHOWN]]
    yield heading(f"By {by}", f"median of {sweep.settings.seeds} seeds" if several else "")
    yield from columns([*head, "parameters", "seconds", "front"], lines)
    if len(rows) > SHOWN:
        yield f"  ... and {len(rows) - SHOWN:,} more"
    yield field("front", f"* no other row is better in parameters, {by} and seconds at once")


def _cells(sweep: Sweep, row: Row, names: list[str], several: bool) -> list[str]:
    cells = [str(row.number), *(printable(plain(row.values[name])) for name in names)]
    cells += [f"{row.epochs:,}"] if row.epochs else []
    cells += [number(row.reported)] if sweep.settings.reported else []
    numbers = [row.median, *([row.low, row.high] if several else [])]
    cells += ["failed" if math.isnan(value) else f"{value:.3g}" for value in numbers]
    if row.expected is not None:
        word = "" if row.holds else click.style(" NO", fg="yellow")
        cells.append(f"{row.expected[0]:g}..{row.expected[1]:g}{word}")
    seconds = "-" if math.isnan(row.seconds) else f"{row.seconds:.3g}"
    size = "-" if row.parameters is None else f"{row.parameters:,}"
    return [*cells, size, seconds, "*" if row.number in sweep.front else ""]


def _differs(name: str, rows: list[Row]) -> bool:
    values = [plain(row.values[name]) for row in rows]
    return len(rows) == 1 or len(set(values)) > 1


def _claims(sweep: Sweep) -> Iterator[str]:
    found, asked = sweep.spearman, sweep.settings.correlation
    if found is None:
        return
    text = f"{found:.3f} between our errors and the author's marks (Spearman)"
    if asked is not None:
        word = "yes" if found <= asked else click.style("NO", fg="yellow")
        text += f"; expected at most {asked:g}: {word}"
    yield field("ranks", text)


def _failures(sweep: Sweep) -> Iterator[str]:
    if not sweep.failed:
        return
    yield heading(f"{len(sweep.failed):,} failed")
    told = [(row, run) for row in sweep.rows for run in row.runs if run not in row.finished]
    for row, run in told[:FAILURES]:
        yield field(f"row {row.number}", f"seed {run.seed}: {run.reason}")
    if len(told) > FAILURES:
        yield f"  ... and {len(told) - FAILURES:,} more"
