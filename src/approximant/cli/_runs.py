"""approximant runs: what is in a run store, side by side."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from approximant.cli._printing import field, json_text
from approximant.cli._progress import shown_progress
from approximant.errors import StoreError

if TYPE_CHECKING:
    from approximant.store import RunStore, StoredRun

Command = TypeVar("Command", bound=Callable[..., Any])
DONE, NOTHING_FOUND = 0, 1
BEST_BY = ("rmse", "loss")  # the first that was measured


def _shared(command: Command) -> Command:
    """Give a command the options that all of this file have."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else."),
        click.option("--store", default="runs", metavar="FOLDER", show_default=True,
                     help="Folder of the run store."),
    ):  # fmt: skip
        command = option(command)
    return command


_where = click.option(
    "--where", multiple=True, metavar="CONDITION",
    help="Only runs that meet it, such as rmse<0.1, name~wiggle (contains) or tags=good; repeat for "
    "more.",
)  # fmt: skip


@click.group(short_help="Runs in a store: list, compare, find the best, tag, remove.")
def runs() -> None:
    """Look at the runs in a store, side by side.

    A store is a folder with a folder per run, readable without this program. A run is named by its
    id, or the beginning of it. Conditions and orders take any setting, metric or fact: status, name,
    sweep, seed, seconds, created, tags. Of a setting's name the last part will do.

    \b
    approximant train mine.toml --store runs
    approximant runs list --where "training.optimizer.rate<0.1" --sort rmse
    approximant runs compare k3f 9qa
    """


@runs.command("list", short_help="A table of runs.")
@_where
@click.option("--sort", default="", metavar="COLUMN", help="Smallest first; -COLUMN has the largest "
              "first. The newest come first if left out.")  # fmt: skip
@click.option("--limit", type=click.IntRange(0), help="How many at most; 0 for all. [default: 20, "
              "all with --json]")  # fmt: skip
@click.option("--columns", "chosen", default="", metavar="A,B", help="Show these columns only.")
@_shared
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
            click.echo(_nothing(opened))
            return NOTHING_FOUND
        asked = [*map(column_of, where), sort.removeprefix("-"), *map(str.strip, chosen.split(","))]
        known = opened.columns()
        names = [known.resolve(name) for name in asked if name]
        total = len(found) if most is None or len(found) < most else opened.count(where)
    from approximant.cli._runs_printing import list_lines

    shown = [known.resolve(n.strip()) for n in chosen.split(",")] if chosen else names
    click.echo("\n".join(list_lines(found, shown, bool(chosen))))
    hint = f"--limit {total} shows all; " if len(found) < total else ""
    click.echo(f"\n{field('shown', f'{len(found):,} of {total:,} runs')}")
    click.echo(field("next", f"{hint}approximant runs show {found[0].id}"))
    return DONE


@runs.command(short_help="All about one run.")
@click.argument("id")
@_shared
def show(id: str, store: str, as_json: bool) -> int:
    """Print what one run did, what was measured, and where its files are.

    \b
    approximant runs show k3f
    """
    from approximant.store import RunStore

    with RunStore.open(store) as opened:
        _print_run(opened.get(id), as_json)
    return DONE


@runs.command(short_help="The run with the smallest value of a metric.")
@click.option("--by", metavar="METRIC", help="What is to be small. [default: rmse, or else loss]")
@_where
@_shared
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
            click.echo("null" if as_json else _nothing(opened))
            return NOTHING_FOUND
        if not as_json:
            extreme = "smallest" if column == sort else "largest"
            count = opened.count(every)
            click.echo(f"The {extreme} {column} of {count:,} run{'s' * (count != 1)}:\n")
        _print_run(found[0], as_json)
    return DONE


@runs.command(short_help="What runs differ in, and their loss curves in one picture.")
@click.argument("ids", nargs=-1, required=True, metavar="ID ID...")
@click.option("--curve", default="loss", show_default=True, help="Column of the history to draw.")
@click.option("--out", metavar="FILE.png", help="Where the picture goes. [default: compare-ID-ID.png]")
@_shared
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


@runs.command(
    short_help="Put words on runs, or take them off.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, required=True, metavar="ID... +TAG -TAG")
@_shared
def tag(words: tuple[str, ...], store: str, as_json: bool) -> int:
    """Put the words after a plus on runs, and take those after a minus off.

    \b
    approximant runs tag k3f +good
    approximant runs tag k3f 9qa +checked -good
    approximant runs list --where tags=good
    """
    from approximant.store import RunStore

    put, off = ([w[1:] for w in words if w[0] == sign and w[1:]] for sign in "+-")
    ids = [word for word in words if word[0] not in "+-"]
    if not ids or not (put or off):
        raise click.UsageError("Give the id of a run, and +word to put on or -word to take off.")
    with RunStore.open(store) as opened:
        found = [opened.get(id).id for id in ids]  # all, before any is changed
        tagged = [opened.tag(id, put, off) for id in found]
    if as_json:
        click.echo(json_text({run.id: list(run.tags) for run in tagged}))
        return DONE
    for run in tagged:
        click.echo(f"  {run.id}  {', '.join(run.tags) or 'no tags'}")
    return DONE


@runs.command("rm", short_help="Remove runs with all their files.")
@click.argument("ids", nargs=-1, metavar="ID...")
@_where
@click.option("--yes", is_flag=True, help="Do not ask.")
@_shared
def remove(
    ids: tuple[str, ...], where: Sequence[str], yes: bool, store: str, as_json: bool
) -> int:
    """Remove runs with all their files; asks first.

    \b
    approximant runs rm k3f 9qa
    approximant runs rm --where status=failed --yes
    """
    from approximant.store import RunStore

    if bool(ids) == bool(where):
        raise click.UsageError("Give the ids of runs, or --where.")
    with RunStore.open(store) as opened:
        found = [run.id for run in (map(opened.get, ids) if ids else opened.find(where))]
        names = list(dict.fromkeys(found))
        if names and not yes and not _confirmed(names):
            return NOTHING_FOUND
        opened.remove(names)
    if as_json:
        click.echo(json_text(names))
    else:
        click.echo(f"Removed {len(names):,} run{'s' * (len(names) != 1)}.")
    return DONE if names else NOTHING_FOUND


@runs.command(short_help="Read all folders again.")
@_shared
def reindex(store: str, as_json: bool) -> int:
    """Make the index anew from the folders, for those whose content was changed by hand.

    Folders that were copied in or deleted are noticed without it.
    """
    from approximant.progress import Progress
    from approximant.store import RunStore

    start = time.perf_counter()
    with RunStore.open(store) as opened, shown_progress(not as_json) as progress:

        def told(done: int, every: int) -> None:
            if progress is not None and done % 50 == 0:
                progress(Progress("reading runs", time.perf_counter() - start, done / every))

        count = opened.reindex(told)
    seconds = time.perf_counter() - start
    if as_json:
        click.echo(json_text({"runs": count, "seconds": seconds}))
    else:
        click.echo(f"Read {count:,} run{'s' * (count != 1)} in {seconds:.2g} s.")
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


def _nothing(store: RunStore) -> str:
    count = store.count()
    if count:
        return f"None of the {count:,} runs in {store.folder} meets these conditions."
    return f"The run store {store.folder} is empty; approximant train FILE.toml --store {store.folder} adds a run."


def _confirmed(names: Sequence[str]) -> bool:
    """Ask whether runs shall be removed; where nobody can answer, say how it goes."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise StoreError(f"Nothing was removed: {len(names)} runs are meant; add --yes to remove them.")
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    text = f"Remove {len(names):,} run{'s' * (len(names) != 1)} with all files ({shown})?"
    return click.confirm(text, err=True)
