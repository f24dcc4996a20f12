"""approximant gallery: the experiments that come with the package."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from approximant.cli._columns import heading
from approximant.cli._printing import field, json_text
from approximant.cli._progress import shown_progress, silent
from approximant.progress import Progress

if TYPE_CHECKING:
    from approximant.experiment import Series

HOLD, SOME_DO_NOT, INTERRUPTED = 0, 1, 130


@click.group(short_help="Classic experiments, ready to run.", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@click.pass_context
def gallery(context: click.Context, as_json: bool) -> int:
    """Experiments that show how and why a network learns a function, or does not.

    \b
    approximant gallery
    approximant gallery run wiggle --out wiggle
    approximant gallery show wiggle > mine.toml
    """
    if context.invoked_subcommand is not None:
        return 0
    from approximant.experiment import GALLERY, SWEEPS, gallery_experiment

    about = {name: gallery_experiment(name).about for name in GALLERY}
    if as_json:
        click.echo(json_text([{"name": name, "about": text} for name, text in about.items()]))
        return 0
    width = max(map(len, about))
    for name, text in about.items():
        click.echo(f"  {click.style(name.ljust(width), bold=True)}  {text}")
    for name in SWEEPS:
        text = f"{gallery_experiment(name).about} (a sweep)"
        click.echo(f"  {click.style(name.ljust(width), bold=True)}  {text}")
    click.echo(f"\n{field('next', 'approximant gallery run wiggle --out wiggle')}")
    click.echo(field("", f"approximant sweep {SWEEPS[0]}"))
    return 0


@gallery.command(short_help="Print the settings file of an experiment, to start one's own.")
@click.argument("name")
def show(name: str) -> int:
    """Print the settings file of the experiment NAME.

    \b
    approximant gallery show wiggle > mine.toml
    approximant train mine.toml --out mine
    """
    from approximant.experiment import gallery_file

    click.echo(gallery_file(name).read_text(encoding="utf-8"), nl=False)
    return 0


@gallery.command(short_help="Run an experiment and compare it with what its author found.")
@click.argument("name")
@click.option(
    "--seeds", type=click.IntRange(1, 1000), help="How many runs; as the file says if left out."
)
@click.option(
    "--set", "overrides", multiple=True, metavar="KEY=VALUE",
    help="Change a setting, such as training.epochs=50; repeat for more.",
)  # fmt: skip
@click.option("--out", metavar="FOLDER", help="Folder for networks, settings, tables, pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON, nothing else.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def run(
    name: str,
    seeds: int | None,
    overrides: tuple[str, ...],
    out: str | None,
    as_json: bool,
    quiet: bool,
) -> int:
    """Run the experiment NAME with several seeds, beside the figures that its author found.

    Ends with what `approximate` makes of the same target. Exit status 1 if a claim of the
    experiment does not hold.

    \b
    approximant gallery run surface --out surface
    approximant gallery run wiggle --set "network.shape=1-64-1 sigmoid"
    """
    from approximant.experiment import SWEEPS, gallery_experiment, run_series
    from approximant.store import check_folder

    if name in SWEEPS:
        raise click.UsageError(f"{name} is a sweep: approximant sweep {name}")
    if out is not None:
        check_folder(out)
    experiment = gallery_experiment(name, overrides)
    with shown_progress(not quiet) as progress:
        heard = silent if progress is None and (quiet or as_json) else progress
        series = run_series(experiment, seeds, heard)
        if out is not None:
            if progress is not None:
                progress(Progress("drawing the pictures", series.runs[-1].report.seconds))
            series.write(out)
    if as_json:
        click.echo(json_text(series.as_dict()))
    elif not quiet:
        click.echo("\n".join(_lines(series, out)))
    if series.interrupted:
        return INTERRUPTED
    return HOLD if all(check.holds for check in series.checks) else SOME_DO_NOT


def _lines(series: Series, out: str | None) -> Iterator[str]:
    from approximant.cli import _experiment_printing as printing

    runs = series.runs
    yield from printing.title_lines(series.experiment)
    yield printing.target_line(series.experiment)
    yield field("network", str(runs[0].approximant.network))
    yield printing.training_line(runs[0])
    if series.interrupted:
        yield field("ended", f"by you, in run {len(runs)}; this is what there is")
    yield from printing.diverged_lines(runs)
    yield from printing.loss_lines(runs)
    if len(runs) > 1:
        yield from printing.seed_lines(runs)
    if series.predictions:
        which = f"seed {series.middle}, the middle one" if len(runs) > 1 else ""
        yield from printing.prediction_lines(runs[series.middle], which)
    yield from printing.check_lines(series.checks)
    yield from printing.found_lines(runs)
    yield from printing.comparison_lines(series)
    yield heading("What there is to see")
    yield from printing.lesson_lines(series.experiment)
    yield ""
    command = f"approximant gallery run {series.experiment.name}"
    place = f"seed-{series.middle}" if len(runs) > 1 else ""
    yield from printing.next_lines(out, runs[series.middle], place, command)
