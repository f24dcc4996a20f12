"""approximant train: one experiment file, trained, watched and written down."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from approximant.cli._columns import settings_lines
from approximant.cli._printing import field, json_text, print_report
from approximant.cli._progress import Told, shown_progress, silent
from approximant.progress import Progress

if TYPE_CHECKING:
    from approximant.experiment import Experiment, Run
    from approximant.store import StoredRun

DONE, NOT_AS_CLAIMED, INTERRUPTED = 0, 1, 130
CHECKPOINT = "checkpoint.safetensors"


def _print_settings(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        from approximant.experiment import settings_tables

        click.echo("\n".join(settings_lines(settings_tables())))
        context.exit(0)


@click.command(short_help="Train a network step by step, as a settings file says.")
@click.argument("file", metavar="FILE.toml")
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE",
    help="Change a setting, such as training.epochs=50; repeat for more.",
)  # fmt: skip
@click.option("--out", metavar="FOLDER", help="Folder for the network, its settings, pictures.")
@click.option("--store", metavar="FOLDER", help="Run store that keeps the run as well, for "
              "`approximant runs`; made where missing.")  # fmt: skip
@click.option(
    "--animate", type=click.Choice(["gif", "html"]), help="Also write the fit as it learns."
)
@click.option("--resume", is_flag=True, help="Go on where an earlier run in FOLDER stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, nothing else.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.option(
    "--settings", is_flag=True, is_eager=True, expose_value=False, callback=_print_settings,
    help="Print all settings of such a file with defaults and limits, and exit.",
)  # fmt: skip
def train(
    file: str,
    overrides: tuple[str, ...],
    out: str | None,
    store: str | None,
    animate: str | None,
    resume: bool,
    as_json: bool,
    quiet: bool,
) -> int:
    """Train the network that the settings in FILE.toml describe.

    Ctrl-C ends the training and keeps the best network. Exit status 1 if a claim that the file
    makes (checks.bands) does not hold, or the training went beyond all numbers.

    \b
    approximant gallery show wiggle > mine.toml
    approximant train mine.toml --set training.epochs=200 --out mine
    approximant train mine.toml --set training.epochs=400 --out mine --resume
    approximant train mine.toml --store runs
    """
    from approximant.experiment import epochs_kept, read_experiment
    from approximant.store import check_folder

    if out is None and (animate or resume):
        raise click.UsageError("--animate and --resume need a folder: --out FOLDER.")
    if out is not None:
        check_folder(out)
    experiment = read_experiment(file, overrides)
    inputs = experiment.training.network.widths[0]
    if animate is not None and inputs > 2:
        raise click.UsageError(f"--animate shows one or two inputs; the network has {inputs}.")
    with shown_progress(not quiet) as progress:
        run, kept = _run(
            experiment,
            store,
            progress=silent if progress is None and (quiet or as_json) else progress,
            keep=epochs_kept(experiment.training.descent.epochs) if animate else [],
            **_checkpoint(out, resume),
        )
        if out is not None:
            _write(run, out, animate, progress)
    if as_json:
        place = None if kept is None else str(kept.folder)
        click.echo(json_text(run.as_dict() | {"files": _files(out), "stored": place}))
    elif not quiet:
        _print(run, out, kept)
    if run.report.interrupted:
        return INTERRUPTED
    claimed = all(check.holds for check in run.checks)
    return DONE if claimed and not run.diverged else NOT_AS_CLAIMED


def _run(
    experiment: Experiment, store: str | None, **settings: Any
) -> tuple[Run, StoredRun | None]:
    """Return the run of an experiment, and what a store keeps of it if one was named."""
    from approximant.experiment import run_experiment, run_into
    from approximant.store import RunStore

    if store is None:
        return run_experiment(experiment, **settings), None
    with RunStore.open(store, create=True) as opened:
        return run_into(opened, experiment, **settings)


def _checkpoint(out: str | None, resume: bool) -> dict[str, Any]:
    """Return where the state of the training is written, and where it is read from."""
    from approximant.store import make_folder

    if out is None:
        return {}
    path = make_folder(out) / CHECKPOINT
    return {"checkpoint": path, "resume": path if resume else None}


def _write(run: Run, out: str, animate: str | None, progress: Told) -> None:
    """Write the run into its folder, and say what it is that takes time after the training."""
    told = progress or silent
    told(Progress("drawing the pictures", run.report.seconds))
    run.write(out)
    if animate is not None:
        told(Progress("drawing the animation", run.report.seconds))
        run.write_animation(out, animate)


def _print(run: Run, out: str | None, kept: StoredRun | None) -> None:
    from approximant.cli import _experiment_printing as printing
    from approximant.cli._runs_options import show_command

    experiment = run.experiment
    click.echo("\n".join(printing.title_lines(experiment)))
    print_report(run.report)
    click.echo(printing.training_line(run))
    click.echo(printing.loss_line(run))
    lines: list[str] = []
    if run.predictions:
        lines += printing.prediction_lines(run)
    if run.checks:
        lines += printing.check_lines(run.checks)
    command = f"approximant train {experiment.file}"
    lines.append("")
    if kept is not None:
        lines.append(field("stored", f"{kept.folder}; {show_command(kept)}"))
    if kept is None or out is not None:
        lines += printing.next_lines(out, run, "", command)
    click.echo("\n".join(lines))


def _files(out: str | None) -> list[str]:
    return [] if out is None else sorted(str(path) for path in Path(out).iterdir())
