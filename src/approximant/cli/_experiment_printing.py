"""What commands print about experiments: what was done, what the author found, what we found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import numpy as np

from approximant.cli._columns import columns, heading, number
from approximant.cli._printing import WIDEST, field, item, printable
from approximant.experiment import Check, Experiment, Run, Series

SHOWN_EPOCHS = 15  # lines of the table of losses; longer trainings show some epochs only


def title_lines(experiment: Experiment) -> Iterator[str]:
    """Yield what an experiment is called and shows."""
    yield click.style(printable(experiment.title), bold=True)
    if experiment.about:
        yield printable(experiment.about)
    yield ""


def target_line(experiment: Experiment) -> str:
    """Return what is approximated, with the noise on it."""
    target = experiment.target
    sampling = experiment.training.sampling
    noise = f", with noise {sampling.noise:g}" if sampling is not None and sampling.noise else ""
    return field("target", f"{target.formula or target.table or target.function}{noise}")


def training_line(run: Run) -> str:
    """Return how the network was trained."""
    descent, count = run.experiment.training.descent, len(run.training.rows)
    rate, size = getattr(descent.optimizer, "rate", None), descent.batch(count)
    words = [
        f"{descent.optimizer.name}{'' if rate is None else f' with rate {rate:g}'}",
        *([f"schedule {descent.schedule.name}"] if descent.schedule.name != "constant" else []),
        f"loss {descent.loss}",
        f"{count:,} rows",
        "all at once" if size == count else f"batch {size:,}",
        f"{descent.epochs:,} epochs",
        *([descent.dtype] if descent.dtype != "float64" else []),
    ]
    return field("training", ", ".join(words))


def lesson_lines(experiment: Experiment) -> Iterator[str]:
    """Yield the lesson of an experiment: paragraphs wrapped, indented lines as they are."""
    paragraph: list[str] = []
    for line in [*printable(experiment.lesson).splitlines(), ""]:
        if line.strip() and not line.startswith(" "):
            paragraph.append(line)
            continue
        if paragraph:
            text = " ".join(paragraph)
            yield textwrap.fill(text, WIDEST - 4, initial_indent="  ", subsequent_indent="  ")
            paragraph.clear()
        if line.strip():
            yield f"  {line}"


def loss_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a table of the loss by epoch: the author's beside ours."""
    reported = runs[0].experiment.checks.reported_loss
    length = min(len(run.history) for run in runs)
    losses = np.array([run.history["loss"][:length] for run in runs])
    several = len(runs) > 1
    names = ["epoch", *(["author"] if reported else []), "ours"]
    names += ["lowest", "highest"] if several else []
    rows = []
    for k in _some(length):
        ours = losses[:, k]
        row = [f"{k + 1:,}"]
        if reported:
            row.append(number(reported[k]) if k < len(reported) else "")
        row.append(number(float(np.median(ours))))
        rows.append(row + ([number(ours.min()), number(ours.max())] if several else []))
    yield heading("Loss by epoch", f"median of {len(runs)} runs" if several else "")
    yield from columns(names, rows)


def _some(length: int) -> list[int]:
    """Return the epochs that a table shows: all, or some that grow apart evenly on a log scale."""
    if length <= SHOWN_EPOCHS:
        return list(range(length))
    steps = np.geomspace(1, length, SHOWN_EPOCHS).round().astype(int)
    return sorted({int(step) - 1 for step in steps})


def prediction_lines(run: Run, which: str = "") -> Iterator[str]:
    """Yield the table of predictions of one run, each marked as inside or outside."""
    found = run.approximant
    several = len(found.outputs) > 1
    author = any(row.reported is not None for row in run.predictions)
    head = [*found.domain.names, *(["output"] if several else []), "exact"]
    head += [*(["author"] if author else []), "ours", "off by", "domain"]
    rows = []
    for row in run.predictions:
        for k, name in enumerate(found.outputs):
            cells = [*(f"{value:g}" for value in row.point), *([name] if several else [])]
            exact = row.exact[k] if row.exact is not None and np.isfinite(row.exact[k]) else None
            reported = [number(row.reported)] if author else []
            off = f"{100 * abs(row.value[k] / exact - 1):.1f} %" if exact else "-"
            mark = "inside" if row.inside else click.style("OUTSIDE", fg="yellow")
            rows.append([*cells, number(exact), *reported, number(row.value[k]), off, mark])
    yield heading("Predictions", which)
    yield from columns(head, rows)
    outside = sum(not row.inside for row in run.predictions)
    if outside:
        text = f"{outside} of {len(run.predictions)} points {'lies' if outside == 1 else 'lie'} "
        text += "outside the domain of the training"
        yield click.style(f"  {text}: nothing is known about the error there.", fg="yellow")


def check_lines(checks: Sequence[Check]) -> Iterator[str]:
    """Yield the claims of the file with what was measured."""
    author = any(check.reported is not None for check in checks)
    rows = []
    for check in checks:
        word = click.style("yes", fg="green") if check.holds else click.style("NO", fg="yellow")
        rows.append(
            [
                check.what + (f", {check.over} of {check.seeds}" if check.seeds > 1 else ""),
                *([number(check.reported)] if author else []),
                number(check.value),
                _band(check),
                word,
            ]
        )
    yield heading("Claims")
    yield from columns(["", *(["author"] if author else []), "ours", "expected", "holds"], rows)


def _band(check: Check) -> str:
    if check.low is None:
        return f"at most {number(check.high)}"
    if check.high is None:
        return f"at least {number(check.low)}"
    return f"{number(check.low)} to {number(check.high)}"


def diverged_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Yield what happened to runs whose loss stopped being finite."""
    bad = [run for run in runs if run.diverged]
    if bad:
        count = f"{len(bad)} of {len(runs)} runs. " if len(runs) > 1 else ""
        yield field("diverged", f"{count}{bad[0].report.status}")


def seed_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Yield a table with a row per seed."""
    measured = [run.measured() for run in runs]
    rows = [[str(seed), *map(number, row.values())] for seed, row in enumerate(measured)]
    yield heading("Run by run")
    yield from columns(["seed", *measured[0]], rows)


def found_lines(runs: Sequence[Run]) -> Iterator[str]:
    """Yield what the diagnosis found, with the number of runs in which it did."""
    findings = [finding for run in runs for finding in run.report.findings]
    if not findings:
        return
    yield heading("What stood out")
    for name in dict.fromkeys(finding.name for finding in findings):
        same = [finding for finding in findings if finding.name == name]
        count = f" (in {len(same)} of {len(runs)} runs)" if len(runs) > 1 else ""
        yield item(f"{same[0].sentence} {same[0].action}{count}")


def comparison_lines(series: Series) -> Iterator[str]:
    """Yield what `approximate` reached on the same target."""
    found, asked = series.approximant, series.experiment.checks.approximate
    if found is None:
        return
    report = found.report
    what = "the same rows" if asked.on == "rows" else "the same target"
    yield heading(f"approximate, on {what}")
    worst = float(np.max(report.max_error))
    yield field("error", f"largest {worst:.3g} on {report.checked_points:,} {report.checked_on}")
    yield field("network", f"{report.network}: {report.neurons:,} neurons")
    if report.noise is not None:
        noise = float(np.max(report.noise))
        yield field("noise", f"{noise:.3g} (standard deviation), found in the rows; no network can "
                    "come closer to single rows, and this one does not chase them")  # fmt: skip
    yield field("took", f"{report.seconds:.3g} s; the training above took "
                f"{np.median([run.report.seconds for run in series.runs]):.3g} s")  # fmt: skip


def loss_line(run: Run) -> str:
    """Return how the loss went, in one line."""
    loss = run.history["loss"]
    text = f"{number(float(loss[0]))} in epoch 1"
    if len(loss) > 1:
        text += f", {number(float(loss[-1]))} in epoch {len(loss):,}"
    after = run.history["loss_after"] if "loss_after" in run.history else loss[:0]
    if len(after) and np.isfinite(after[-1]):
        text += f", {number(float(after[-1]))} after it"
    return field("loss", text)


def next_lines(out: str | None, run: Run, place: str, command: str) -> Iterator[str]:
    """Yield what was written, and what one could do next.

    Args:
        out: the folder, or None.
        run: whose network is used in the example.
        place: the folder of this run within `out`.
        command: what was run, for a way to keep the result.
    """
    if out is None:
        yield field("next", f"nothing was written; {command} --out FOLDER keeps everything")
        return
    names = ", ".join(sorted(path.name for path in Path(out).iterdir()))
    box = run.approximant.domain
    centre = zip(box.names, box.centre, strict=True)
    point = ",".join(f"{name}={value:.6g}" for name, value in centre)
    yield field("wrote", f"{out}: {names}")
    yield field("next", f"look at {Path(out, place, 'report.html')}")
    yield field("", f"approximant predict {Path(out, place, 'model.safetensors')} --at {point}")
