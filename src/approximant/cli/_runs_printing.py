"""What `approximant runs` prints: tables of runs, one run, what several differ in."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Iterator, Sequence
from typing import Any

import click

from approximant.cli._columns import columns, heading, number
from approximant.cli._printing import WIDEST, field, printable
from approximant.store import FAILED, FINISHED, UNFINISHED, StoredRun, differing_settings

RESERVED = ("id", "name", "seed", "status", "loss")  # what means something else on its own
METRICS = ("rmse", "loss", "max_error")  # shown of those that were measured
DIFFERING = 4  # settings that a list of runs has room for
LONGEST = 24  # characters of a cell
COLOURS = {FAILED: "yellow", UNFINISHED: "bright_black"}


def list_lines(runs: Sequence[StoredRun], asked: Sequence[str], only: bool) -> Iterator[str]:
    """Yield a table of runs, with the settings in which they differ.

    Args:
        runs: a line each.
        asked: columns by which they were chosen or sorted, or which were asked for.
        only: whether no other columns are wanted.
    """
    names = ["id", *asked] if only else _list_columns(runs, asked)
    names = list(dict.fromkeys(names))
    cells = [[_cell(run, name) for name in names] for run in runs]
    room = max(80, min(WIDEST + 20, shutil.get_terminal_size().columns))
    while not only and len(names) > 4 and _width(names, cells) > room:
        narrow = _least(names, asked)
        names.pop(narrow)
        for row in cells:
            row.pop(narrow)
    head, *lines = columns([short_names(names)[name] for name in names], cells)
    yield head
    for run, line in zip(runs, lines, strict=True):
        colour = COLOURS.get(run.status)
        yield click.style(line, fg=colour) if colour else line
    failed = [run for run in runs if run.status == FAILED]
    if failed and not only:
        yield ""
    for run in failed if not only else ():
        yield field("failed", f"{run.id}: {run.reason or 'no reason is known'}")


def show_lines(run: StoredRun) -> Iterator[str]:
    """Yield all there is to say about a run."""
    yield click.style(f"{printable(run.name) or 'a run'}, run {run.id}", bold=True)
    yield ""
    yield field("status", _status(run))
    where = f" on {run.host}" if run.host else ""
    yield field("ran", f"{when(run.created)}, for {run.seconds:.3g} s{where}")
    if run.sweep:
        yield field("sweep", run.sweep)
    if run.seed is not None:
        yield field("seed", str(run.seed))
    if run.tags:
        yield field("tags", ", ".join(run.tags))
    if run.metrics:
        yield heading("Measured")
        yield from columns(["", ""], [[name, number(v)] for name, v in run.metrics.items()])[1:]
    shown = {n: v for n, v in run.settings.items() if "." in n and not n.startswith("checks.")}
    if shown:
        yield heading("Settings", "those that decide; the rest is in settings.toml")
        rows = [[name, _text(value, 60)] for name, value in shown.items()]
        yield from columns(["", ""], rows)[1:]
    yield ""
    files = sorted(path.name for path in run.folder.iterdir())
    yield field("files", f"{run.folder}: {', '.join(files)}")
    if run.versions:
        yield field("versions", ", ".join(f"{name} {text}" for name, text in run.versions.items()))
    if "settings.toml" in files:
        yield field("next", f"approximant train {run.folder / 'settings.toml'}")


def comparison_lines(runs: Sequence[StoredRun]) -> Iterator[str]:
    """Yield what runs differ in, and what came out, a column per run."""
    head = ["", *(run.id for run in runs)]
    names = differing_settings(runs)
    yield heading("Settings that differ")
    if names:
        rows = [[name, *(_cell(run, name) for run in runs)] for name in names]
        yield from columns(head, rows)
    else:
        yield "  none: these runs did the same"
    yield heading("Results")
    metrics = dict.fromkeys(name for run in runs for name in run.metrics)
    status = ["status"] if any(run.status != FINISHED for run in runs) else []
    rows = [[name, *(_cell(run, name) for run in runs)] for name in (*metrics, "seconds", *status)]
    yield from columns(head, rows)


def curve_names(runs: Sequence[StoredRun]) -> list[str]:
    """Return what the curve of each run is called in a picture: its id, and what is special."""
    names: list[str] = []
    told = [""] * len(runs)
    for name in _telling(runs):
        longer = [f"{text}\n{_cell(run, name)}" for text, run in zip(told, runs, strict=True)]
        if len(set(longer)) > len(set(told)):
            names, told = [*names, name], longer
    short = short_names(names)
    return ["\n".join([run.id, *(f"{short[n]} {_cell(run, n)}" for n in names)]) for run in runs]


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Return for every column the shortest end of its name that could be no other."""
    short = {}
    for name in names:
        ends = [name.split(".", k)[-1] for k in range(name.count("."), -1, -1)]
        short[name] = next(
            (end for end in ends if end not in RESERVED and _ending(end, names) == 1), name
        )
    return short


def when(created: str) -> str:
    """Return a time of a store as people here write it."""
    try:
        time = datetime.datetime.fromisoformat(created).astimezone()
    except ValueError:
        return "-"
    return time.strftime("%Y-%m-%d %H:%M")


def _list_columns(runs: Sequence[StoredRun], asked: Sequence[str]) -> list[str]:
    """Return the columns of a list of runs: those asked for, and those that tell runs apart."""
    measured = {name for run in runs for name in run.metrics}
    facts = [name for name in ("name", "sweep") if len({getattr(run, name) for run in runs}) > 1]
    several = _telling(runs)
    settings = [name for name in asked if name not in measured]
    settings += [name for name in several if name not in asked][: max(0, DIFFERING - len(settings))]
    metrics = [name for name in asked if name in measured]
    metrics += [name for name in METRICS if name in measured]
    tags = ["tags"] if any(run.tags for run in runs) else []
    return ["id", "status", "created", "seconds", *facts, *settings, *metrics, *tags]


def _telling(runs: Sequence[StoredRun]) -> list[str]:
    """Return the settings that tell runs apart: those that all of them have, if there are such."""
    several = differing_settings(runs)
    return [name for name in several if all(name in run.settings for run in runs)] or several


def _least(names: Sequence[str], asked: Sequence[str]) -> int:
    """Return the place of the column that is missed least."""
    expendable = ["created", "sweep", "seconds", "max_error", "loss", "name"]
    for name in expendable:
        if name in names and name not in asked:
            return names.index(name)
    others = [k for k, name in enumerate(names) if k > 1 and name not in asked]
    return others[-1] if others else len(names) - 1


def _ending(end: str, names: Sequence[str]) -> int:
    return sum(name == end or name.endswith(f".{end}") for name in names)


def _width(names: Sequence[str], cells: Sequence[Sequence[str]]) -> int:
    short = short_names(names)
    widest = [
        max(len(short[name]), *(len(row[k]) for row in cells)) for k, name in enumerate(names)
    ]
    return 2 * (len(names)) + sum(widest)


def _cell(run: StoredRun, name: str) -> str:
    if name == "created":
        return when(run.created)
    if name in run.metrics:
        return number(run.metrics[name])
    if name in run.settings:
        return _text(run.settings[name])
    if name == "seconds":
        return f"{run.seconds:,.3g}"
    if name == "tags":
        return _text(", ".join(run.tags))
    value = getattr(run, name, None) if "." not in name else None
    return "-" if value is None or callable(value) else _text(value)


def _text(value: Any, longest: int = LONGEST) -> str:
    """Return a value as a cell: numbers short, texts cut."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, bool):
        return str(value).lower()
    text = printable(value if isinstance(value, str) else str(value)).replace("\n", " ")
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _status(run: StoredRun) -> str:
    if run.status == UNFINISHED:
        why = run.reason or "it is still at work, or was ended from outside"
        return f"{run.status}: {why}"
    return f"{run.status}: {run.reason}" if run.reason else run.status
