"""approximant runs tag, rm, reindex: what changes a run store."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import click

from approximant.cli._printing import json_text
from approximant.cli._progress import shown_progress
from approximant.cli._runs_options import (
    DONE,
    NOTHING_FOUND,
    runs_text,
    shared_options,
    where_option,
)
from approximant.errors import StoreError


@click.command(
    short_help="Put words on runs, or take them off.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("words", nargs=-1, required=True, metavar="ID... +TAG -TAG")
@shared_options
def tag(words: tuple[str, ...], store: str, as_json: bool) -> int:
    """Put the words after a plus on runs, and take those after a minus off.

    \b
    approximant runs tag k3f +good
    approximant runs tag k3f 9qa +checked -good
    approximant runs list --where tags=good
    """
    from approximant.store import RunStore

    put, off = ([w[1:] for w in words if w[:1] == sign and w[1:]] for sign in "+-")
    ids = [word for word in words if word[:1] not in ("+", "-")]
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


@click.command("rm", short_help="Remove runs with all their files.")
@click.argument("ids", nargs=-1, metavar="ID...")
@where_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@shared_options
def remove(ids: tuple[str, ...], where: Sequence[str], yes: bool, store: str, as_json: bool) -> int:
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
        click.echo(f"Removed {runs_text(len(names))}.")
    return DONE if names else NOTHING_FOUND


@click.command(short_help="Read all folders again.")
@shared_options
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
        click.echo(f"Read {runs_text(count)} in {seconds:.2g} s.")
    return DONE


def _confirmed(names: Sequence[str]) -> bool:
    """Ask whether runs shall be removed; where nobody can answer, say how it goes."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise StoreError(f"Nothing was removed; add --yes to remove {runs_text(len(names))}.")
    shown = ", ".join(names[:8]) + (", ..." if len(names) > 8 else "")
    return click.confirm(f"Remove {runs_text(len(names))} with all files ({shown})?", err=True)
