"""approximant runs list, show, best, compare: looking at runs without changing any."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from approximant.cli._printing import field, json_text
from approximant.cli._runs_options import (
    DONE,
    NOTHING_FOUND,
    nothing_found,
    runs_text,
    shared_options,
    show_command,
    where_option,
)

if TYPE_CHECKING:
    from approximant.store import StoredRun

BEST_BY = ("rmse", "loss")  # the first that was measured


@click.command("list", short_help="A table of runs.")
@where_option
@click.option(
    "--sort", default="", metavar="COLUMN",
    help="Smallest first; -COLUMN has the largest first. The newest come first if left out.",
)  # fmt: skip
@click.option(
    "--limit", type=click.IntRange(0),
    help="How many at most; 0 for all. [default: 20, all with --json]",
)  # fmt: skip
@click.option("--columns", "chosen", default="", metavar="A,B", help="Show these columns only.")
@shared_options
def list_runs(
    where: Sequence[str], sort: str, limit: int | None, chosen: str, store: str, as_json: bool
) -> int:
    """Print a table of runs with what was measured and the settings in which they differ.

    \b
    approximant runs list --where status=finished --sort rmse
    approximant runs list --where "rate<0.1" --sort -seconds --limit 5
    approximant runs list --columns rate,epochs,rmse
    """
    from approximant.store import RunStore, column_of

    most = (None if as_json else 20) if limit is None else limit or None
    with RunStore.open(store) as opened:
        found = opened.find(where, sort, most)
        if as_json:
            click.echo(json_text([run.as_dict() for run in found]))
            return DONE
        if not found:
            click.echo(nothing_found(opened))
            return NOTHING_FOUND
        asked = [*map(column_of, where), sort.removeprefix("-"), *map(str.strip, chosen.split(","))]
        known = opened.columns()
        names = [known.resolve(name) for name in asked if name]
        total = len(found) if most is None or len(found) < most else opened.count(where)
    from approximant.cli._runs_printing import list_lines

    shown = [known.resolve(n.strip()) for n in chosen.split(",")] if chosen else names
    click.echo("\n".join(list_lines(found, shown, bool(chosen))))
    of = {run.name for run in found}
    alike = f", all of {of.pop()}" if len(of) == 1 and found[0].name else ""
    hint = "; --limit 0 shows all" if len(found) < total else ""
    click.echo(f"\n{field('shown', f'{len(found):,} of {total:,} runs{alike}{hint}')}")
    click.echo(field("next", show_command(found[0])))
    return DONE


@click.command(short_help="All about one run.")
@click.argument("id")
@shared_options
def show(id: str, store: str, as_json: bool) -> int:
    """Print what one run did, what was measured, and where its files are.

    \b
    approximant runs show k3f
    """
    from approximant.store import RunStore

    with RunStore.open(store) as opened:
        _print_run(opened.get(id), as_json)
    return DONE


@click.command(short_help="The run with the smallest value of a metric.")
@click.option("--by", metavar="METRIC", help="What is to be small. [default: rmse, or else loss]")
@where_option
@shared_options
def best(by: str | None, where: Sequence[str], store: str, as_json: bool) -> int:
    """Print the finished run whose METRIC is smallest; -METRIC takes the largest.

    \b
    approximant runs best
    approximant runs best --by max_error --where "parameters<100"
    """
    from approximant.store import FINISHED, RunStore

    with RunStore.open(store) as opened:
        known = opened.columns()
        sort = by or next((name for name in BEST_BY if name in known.metrics), BEST_BY[-1])
        column = sort.removeprefix("-")
        every = [*where, f"status={FINISHED}", f"{column}!=none"]
        found = opened.find(every, sort, 1)
        if not found:
            click.echo("null" if as_json else nothing_found(opened))
            return NOTHING_FOUND
        if not as_json:
            extreme = "smallest" if column == sort else "largest"
            count = opened.count(every)
            click.echo(f"The {extreme} {column} of {runs_text(count)}:\n")
        _print_run(found[0], as_json)
    return DONE


@click.command(short_help="What runs differ in, and their loss curves in one picture.")
@click.argument("ids", nargs=-1, required=True, metavar="ID ID...")
@click.option("--curve", default="loss", show_default=True, help="Column of the history to draw.")
@click.option(
    "--out", metavar="FILE.png", help="Where the picture goes. [default: compare-ID-ID.png]"
)
@shared_options
def compare(ids: tuple[str, ...], curve: str, out: str | None, store: str, as_json: bool) -> int:
    """Print the settings and results in which runs differ, and draw their losses over one another.

    \b
    approximant runs compare k3f 9qa
    approximant runs compare k3f 9qa --curve held_out_loss --out held-out.png
    """
    from approximant.store import RunStore

    with RunStore.open(store) as opened:
        chosen = list({run.id: run for run in map(opened.get, ids)}.values())
    if len(chosen) < 2:
        raise click.UsageError("Give at least two different runs to compare.")
    path = out or f"compare-{'-'.join(run.id for run in chosen[:4])}.png"
    drawn = _draw(chosen, curve, path)
    if as_json:
        picture = path if drawn else None
        click.echo(json_text({"runs": [run.as_dict() for run in chosen], "picture": picture}))
        return DONE
    from approximant.cli._runs_printing import comparison_lines

    click.echo("\n".join(comparison_lines(chosen)).lstrip("\n"))
    missing = ", ".join(run.id for run in chosen if run.id not in drawn)
    click.echo("")
    if drawn:
        click.echo(field("wrote", path))
    if missing:
        click.echo(field("not drawn", f"{missing}: no {curve} in the history"))
    return DONE


def _print_run(run: StoredRun, as_json: bool) -> None:
    if as_json:
        click.echo(json_text(run.as_dict()))
        return
    from approximant.cli._runs_printing import show_lines

    click.echo("\n".join(show_lines(run)))


def _draw(chosen: Sequence[StoredRun], curve: str, path: str) -> list[str]:
    """Draw a column of the histories of runs, and return the ids of those that have it."""
    from approximant.cli._runs_printing import curve_names
    from approximant.draw import compared_runs_figure, png
    from approximant.store import write_atomically

    curves, drawn = {}, []
    for run, name in zip(chosen, curve_names(chosen), strict=True):
        history = run.history
        if history is not None and curve in history and len(history):
            curves[name] = history["epoch"], history[curve]
            drawn.append(run.id)
    if curves:
        title = ", ".join(dict.fromkeys(run.name for run in chosen if run.name))
        write_atomically(path, png(compared_runs_figure(curves, name=curve, title=title)))
    return drawn
