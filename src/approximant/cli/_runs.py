"""approximant runs: what is in a run store, side by side."""

from __future__ import annotations

import click

from approximant.cli._runs_changing import reindex, remove, tag
from approximant.cli._runs_looking import best, compare, list_runs, show


@click.group(short_help="Runs in a store: list, compare, find the best, tag, remove.")
def runs() -> None:
    """Look at the runs in a store, side by side.

    A store is a folder with a folder per run, readable without this program. A run is named by its
    id, or the beginning of it. Conditions and orders take any setting, any metric, and status,
    name, sweep, seed, seconds, created, tags; the last part of the name of a setting will do.

    \b
    approximant train mine.toml --store runs
    approximant runs list --where "training.optimizer.rate<0.1" --sort rmse
    approximant runs compare k3f 9qa
    """


for command in (list_runs, show, best, compare, tag, remove, reindex):
    runs.add_command(command)
