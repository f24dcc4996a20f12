"""approximant sweep: many experiments that differ in named settings, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from approximant.cli._columns import settings_lines
from approximant.cli._printing import json_text
from approximant.cli._progress import shown_progress

if TYPE_CHECKING:
    from approximant.sweeps import Sweep

DONE, NOT_AS_CLAIMED, INTERRUPTED = 0, 1, 130
PLACE = "sweeps"  # in the store: where pictures and tables go unless told otherwise


def _print_settings(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from approximant.sweeps import sweep_tables

        click.echo("\n".join(settings_lines(sweep_tables())))
        context.exit(0)


@click.command(short_help="Run many experiments that differ in named settings.")
@click.argument("file", metavar="FILE.toml|NAME")
@click.option(
    "--store", default="runs", metavar="FOLDER", show_default=True,
    help="Run store; the same sweep goes on there where it stopped.",
)  # fmt: skip
@click.option(
    "--executor", metavar="ADDRESS",
    help="dask://HOST:PORT for a Dask cluster; the cores of this machine if left out.",
)  # fmt: skip
@click.option(
    "--workers", type=click.IntRange(1, 10_000),
    help="Experiments at a time; one per core if left out.",
)  # fmt: skip
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE",
    help="Change a setting, such as sweep.seeds=5; repeat for more.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Run even more than 10,000 combinations.")
@click.option(
    "--out", metavar="FOLDER",
    help="Folder for the table and the pictures; one in the store if left out.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON; no pictures "
              "unless --out says where.")  # fmt: skip
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option(
    "--settings", is_flag=True, is_eager=True, expose_value=False, callback=_print_settings,
    help="Print all settings of a [sweep] section with defaults and limits, and exit.",
)  # fmt: skip
def sweep(
    file: str,
    store: str,
    executor: str | None,
    workers: int | None,
    overrides: tuple[str, ...],
    yes: bool,
    out: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the experiments that the [sweep] section of FILE.toml asks for, or one of the gallery.

    Every run is kept as soon as it has ended: Ctrl-C, and even a crash, loses nothing that had
    finished, and the same command goes on from there. Exit status 1 if a run failed or a claim of
    the file does not hold.

    \b
    approximant sweep wiggle-table
    approximant sweep mine.toml --set sweep.seeds=5 --out mine
    approximant runs list --where sweep=mine --sort rmse
    """
    from approximant.store import check_folder
    from approximant.sweeps import sweep as run_sweep

    if out is not None:
        check_folder(out)
    with shown_progress(not quiet) as progress:
        found = run_sweep(
            _source(file), store, executor=executor, workers=workers, progress=progress,
            overrides=overrides, **({"most": None} if yes else {}),
        )  # fmt: skip
    if as_json:
        click.echo(json_text(found.as_dict()))
    elif not quiet:
        from approximant.cli._sweep_printing import sweep_lines

        click.echo("\n".join(sweep_lines(found, store)))
    folder = _write(found, store, out, as_json)
    if folder is not None and not (as_json or quiet):
        from approximant.cli._sweep_printing import next_lines

        click.echo("\n".join(next_lines(found, store, folder)))
    if found.interrupted:
        return INTERRUPTED
    return DONE if found.holds else NOT_AS_CLAIMED


def _source(file: str) -> Path:
    """Return the path of a file, or of a sweep of the gallery."""
    from approximant.experiment import gallery_file

    path = Path(file)
    return path if path.suffix or path.exists() or len(path.parts) > 1 else gallery_file(file)


def _write(found: Sweep, store: str, out: str | None, as_json: bool) -> Path | None:
    """Write table and pictures, and return where; None where nobody asked for them."""
    if not any(row.runs for row in found.rows) or (as_json and out is None):
        return None
    folder = Path(store) / PLACE / found.name if out is None else Path(out)
    found.write(folder)
    return folder
