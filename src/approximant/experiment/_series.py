"""Series: one experiment repeated with several seeds, and beside it what `approximate` finds."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from approximant.approximant import Approximant, approximate
from approximant.experiment._checks import Check, Compared, checks_of
from approximant.experiment._experiment import Experiment
from approximant.experiment._pictures import series_pictures
from approximant.experiment._run import Run, json_bytes, run_experiment
from approximant.progress import Progress
from approximant.settings import as_mapping


@dataclass(frozen=True, eq=False)
class Series:
    """Runs that differ in their seed alone.

    Args:
        experiment: what was repeated.
        runs: one per seed, 0, 1, ...
        approximant: what `approximate` found for the same target; None if it was not asked.
        interrupted: whether the person ended it; the last run may be cut short then.
    """

    experiment: Experiment
    runs: tuple[Run, ...]
    approximant: Approximant | None = None
    interrupted: bool = False

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The claims of the file, over all runs."""
        return tuple(checks_of(self.runs, self.approximant))

    @cached_property
    def middle(self) -> int:
        """The seed whose run is the middle one, by the first claim of the file or by the loss.

        Pictures and predictions are about this one: a network that exists, neither lucky nor not.
        """
        measured = [run.measured() for run in self.runs]
        claims = [check.what for check in self.checks if check.what in measured[0]]
        order = np.argsort([row[(claims or ["loss"])[0]] for row in measured], kind="stable")
        return int(order[(len(order) - 1) // 2])

    @property
    def predictions(self) -> tuple[Compared, ...]:
        """The points that the file asks for, with what the middle run says there."""
        return self.runs[self.middle].predictions

    def as_dict(self) -> dict[str, Any]:
        """Return name, seeds, bands, predictions, and what `approximate` reached, for JSON."""
        found = self.approximant
        return {
            "name": self.experiment.name,
            "seeds": len(self.runs),
            "bands": [check.as_dict() for check in self.checks],
            "predictions": [row.as_dict() for row in self.predictions],
            "approximate": None
            if found is None
            else {
                "max_error": float(np.max(found.report.max_error)),
                "seconds": found.report.seconds,
                "neurons": found.report.neurons,
            },
        }

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write the comparison with its pictures, and every run, into a folder.

        A single run is written as `Run.write` does. Of several, each has a folder `seed-0`,
        `seed-1`, ... of its own, the middle one with all its pictures; beside them are
        `series.json`, `seeds.csv` and the pictures of them all. What `approximate` found is in
        `approximate`.

        Raises:
            ModelFileError: the folder or a file cannot be written.
        """
        from approximant.draw import png
        from approximant.store import make_folder, write_atomically

        place = make_folder(folder)
        if len(self.runs) == 1:
            self.runs[0].write(place)
        for seed, run in enumerate(self.runs if len(self.runs) > 1 else ()):
            run.write(place / f"seed-{seed}", pictures=seed == self.middle)
        write_atomically(place / "series.json", json_bytes(self.as_dict()))
        write_atomically(place / "seeds.csv", self.table().encode())
        if self.approximant is not None:
            self.approximant.write(place / "approximate")
        for name, figure in series_pictures(self).items():
            write_atomically(place / f"{name}.png", png(figure))

    def table(self) -> str:
        """Return what was measured as CSV, a row per seed."""
        rows = [run.measured() for run in self.runs]
        lines = [",".join(["seed", *rows[0]])]
        for seed, row in enumerate(rows):
            lines.append(",".join([str(seed), *(f"{value:.10g}" for value in row.values())]))
        return "\n".join(lines) + "\n"


def run_series(
    experiment: Experiment,
    seeds: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    **settings: Any,
) -> Series:
    """Return the runs of an experiment with several seeds, and what `approximate` reaches.

    Args:
        experiment: what to repeat.
        seeds: how often; as the file says if not given. Ctrl-C ends the run at hand and the series.
        progress: called with a Progress at most ten times a second.
        settings: as for `run_experiment`.

    Raises:
        ApproximantError: as `run_experiment` does.
    """
    count = experiment.checks.seeds if seeds is None else seeds
    runs: list[Run] = []
    try:
        for seed in range(count):
            told = _numbered(progress, seed, count)
            runs.append(run_experiment(experiment, seed, told, **settings))
            if runs[-1].report.interrupted:
                raise KeyboardInterrupt
        middle = runs[Series(experiment, tuple(runs)).middle]
        found = approximated(middle, progress)
    except KeyboardInterrupt:
        if not runs:
            raise
        return Series(experiment, tuple(runs), interrupted=True)
    cut = found is not None and found.report.interrupted
    return Series(experiment, tuple(runs), found, interrupted=cut)


def _numbered(
    progress: Callable[[Progress], object] | None, seed: int, count: int
) -> Callable[[Progress], object] | None:
    """Return a callback whose events say which of several runs they are about."""
    if progress is None or count == 1:
        return progress
    return lambda event: progress(
        dataclasses.replace(event, stage=f"run {seed + 1} of {count}: {event.stage}")
    )


def approximated(
    run: Run, progress: Callable[[Progress], object] | None = None
) -> Approximant | None:
    """Return what `approximate` finds as the file asks for it; None if it does not."""
    asked = run.experiment.checks.approximate
    if asked is None:
        return None
    settings: dict[str, Any] = as_mapping(asked) | {"progress": progress}
    del settings["on"]
    domain = run.approximant.domain
    if asked.on == "rows":
        rows = run.training.rows
        return approximate((rows.points, rows.values), domain, **settings)
    target, _ = run.experiment.arguments()
    return approximate(target, domain, **settings)
