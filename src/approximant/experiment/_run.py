"""Run: one experiment carried out once, with what was measured."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from approximant.approximant import Approximant
from approximant.arrays import Points, Values
from approximant.experiment._checks import Check, Compared, checks_of, finite
from approximant.experiment._experiment import Experiment, read_experiment
from approximant.experiment._measures import MEASURES
from approximant.experiment._pictures import STAGES, epochs_kept, run_animation
from approximant.history import History
from approximant.laboratory import Training, train
from approximant.progress import Progress
from approximant.report import Report
from approximant.settings import option


@dataclass(frozen=True, eq=False)
class Run:
    """What came out of one experiment.

    Args:
        experiment: the settings as they were used, the seed among them.
        training: approximant, history, report and rows.
    """

    experiment: Experiment
    training: Training

    @property
    def approximant(self) -> Approximant:
        """The trained network."""
        return self.training.approximant

    @property
    def history(self) -> History:
        """Loss and metrics, epoch by epoch."""
        return self.training.history

    @property
    def report(self) -> Report:
        """What was measured on the trained network."""
        return self.training.report

    @property
    def diverged(self) -> bool:
        """Whether the loss stopped being finite; the network is then the last good one."""
        return not math.isfinite(self.history["loss"][-1])

    @cached_property
    def truth(self) -> Callable[[Points], Values] | None:
        """The target without noise, anywhere; None where only rows are known."""
        return self.experiment.truth(self.approximant.domain)

    @cached_property
    def predictions(self) -> tuple[Compared, ...]:
        """Target and network at the points that the file asks for."""
        checks = self.experiment.checks
        if not checks.predict:
            return ()
        points = np.array([row.at for row in checks.predict], dtype=float)
        model = self.approximant.model
        values = model.evaluate(points)
        exact = None if self.truth is None else self.truth(points)
        inside = model.inside(points)
        return tuple(
            Compared(
                tuple(points[k].tolist()),
                None if exact is None else tuple(exact[k].tolist()),
                row.reported,
                tuple(values[k].tolist()),
                bool(inside[k]),
            )
            for k, row in enumerate(checks.predict)
        )

    @cached_property
    def checks(self) -> tuple[Check, ...]:
        """The claims of the file that are about the training, on this run alone."""
        return tuple(checks_of([self], None))

    def measure(self, what: str) -> float:
        """Return a value of MEASURES for this run; NaN if it is one of `approximate`."""
        of_run = MEASURES[what].of_run
        return float("nan") if of_run is None else of_run(self)

    def measured(self) -> dict[str, float]:
        """Return the last loss and metrics, and the values that the file's claims are about."""
        last = [name for name in ("loss", "mae", "mse") if name in self.history]
        claims = [band.what for band in self.experiment.checks.bands]
        names = dict.fromkeys([*last, *(name for name in claims if MEASURES[name].of_run)])
        return {name: self.measure(name) for name in names}

    def as_dict(self) -> dict[str, Any]:
        """Return what was measured and compared, and the report, for JSON."""
        return {
            "name": self.experiment.name,
            "measured": {name: finite(value) for name, value in self.measured().items()},
            "bands": [check.as_dict() for check in self.checks],
            "predictions": [row.as_dict() for row in self.predictions],
            "report": self.report.as_dict(),
        }

    def write(self, folder: str | os.PathLike[str], pictures: bool = True) -> None:
        """Write the run into a folder.

        `settings.toml` is complete: running it gives the same network, bit for bit. Beside it are
        `run.json` (what was measured, versions), `history.csv`, `model.safetensors`, and with
        pictures `report.json`, `report.html` and the pictures themselves.

        Args:
            folder: made where missing.
            pictures: whether to write the pictures and the page with them.

        Raises:
            ModelFileError: the folder or a file cannot be written.
        """
        from approximant.store import make_folder, versions, write_atomically

        place = make_folder(option(folder, Path, "folder"))
        pictures = option(pictures, bool, "pictures")
        write_atomically(place / "settings.toml", self.experiment.toml(place).encode())
        write_atomically(place / "run.json", json_bytes(self.as_dict() | {"versions": versions()}))
        # Drawing takes long enough to be interrupted; what cannot be made again comes first.
        self.approximant.save(place / "model.safetensors")
        write_atomically(place / "history.csv", self.history.csv().encode())
        if pictures:
            self._pictured().write(place)

    def _pictured(self) -> Training:
        """Return the training with no more snapshots than a picture can show."""
        stages = epochs_kept(self.experiment.training.descent.epochs, STAGES)
        kept = {e: model for e, model in self.training.snapshots.items() if e in stages}
        return dataclasses.replace(self.training, snapshots=kept)

    def write_animation(self, folder: str | os.PathLike[str], format: str = "gif") -> None:
        """Write the fit as it learned into a folder, as `learning.gif` or `learning.html`.

        Raises:
            SettingError: another format, or no networks were kept on the way.
            DomainError: there are more than two inputs.
            ModelFileError: the file cannot be written.
        """
        from approximant.store import make_folder, write_atomically

        film = run_animation(self, format)
        write_atomically(make_folder(folder) / f"learning.{format}", film)


def run_experiment(
    source: str | os.PathLike[str] | Mapping[str, Any] | Experiment,
    seed: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    overrides: Sequence[str] = (),
    **settings: Any,
) -> Run:
    """Return the run of an experiment. Ctrl-C ends the training and keeps the best network.

    Args:
        source: an experiment, the path of its settings file, or the content of such a file.
        seed: the number of a repetition, added to the seed that the file varies (checks.vary).
        progress: called with a Progress at most ten times a second.
        overrides: texts such as "training.epochs=50".
        settings: `keep`, `checkpoint` and `resume` of `approximant.train`; a few epochs are kept
            in any case.

    Raises:
        ApproximantError: as `approximant.train` does, with the name of the file.
    """
    seed = option(seed, int | None, "seed", least=0, most=2**63)
    progress = option(progress, Callable | None, "progress")
    experiment = read_experiment(source, overrides)
    with experiment.blamed():
        experiment = experiment.repetition(seed or 0)
        target, arguments = experiment.arguments()
        stages = epochs_kept(experiment.training.descent.epochs, STAGES)
        settings["keep"] = {*option(settings.get("keep", ()), list[int], "keep"), *stages}
        training = train(target, **arguments, **settings, progress=progress)
    return Run(experiment, training)


def json_bytes(value: Any) -> bytes:
    """Return plain values as a JSON file."""
    return (json.dumps(value, indent=1, allow_nan=False) + "\n").encode()
