"""What the commands of `approximant runs` share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from approximant.store import RunStore, StoredRun

Command = TypeVar("Command", bound=Callable[..., Any])
STORE = "runs"  # the folder that is meant where none is named
DONE, NOTHING_FOUND = 0, 1

where_option = click.option(
    "--where", multiple=True, metavar="CONDITION",
    help="Only runs that meet it, such as rmse<0.1, name~wiggle (contains) or tags=good; repeat "
    "for more.",
)  # fmt: skip


def shared_options(command: Command) -> Command:
    """Give a command the options that all of them have."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else."),
        click.option("--store", default=STORE, metavar="FOLDER", show_default=True,
                     help="Folder of the run store."),
    ):  # fmt: skip
        command = option(command)
    return command


def store_option(store: Path) -> str:
    """Return what names a store in a command; empty for the one that is meant anyway."""
    return "" if store == Path(STORE) else f" --store {store}"


def show_command(run: StoredRun) -> str:
    """Return the command that shows a run."""
    return f"approximant runs show {run.id}{store_option(run.folder.parent)}"


def nothing_found(store: RunStore) -> str:
    """Return why a table of runs would be empty."""
    count = store.count()
    if count:
        return f"None of the {count:,} runs in {store.folder} meets these conditions."
    command = f"approximant train FILE.toml --store {store.folder}"
    return f"The run store {store.folder} is empty; {command} adds a run."


def runs_text(count: int) -> str:
    """Return a number of runs in words."""
    return f"{count:,} run{'' if count == 1 else 's'}"
