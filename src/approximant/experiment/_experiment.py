"""Experiment: one settings file, read, checked and complete."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from approximant.arrays import Points, Values
from approximant.domain import Box
from approximant.errors import ApproximantError, SettingError
from approximant.experiment._sections import SWEEP, Sections, read_sections
from approximant.experiment._settings import CheckSettings, TargetSettings
from approximant.experiment._toml import (
    copied,
    read_toml,
    with_overrides,
    with_values,
    write_toml,
)
from approximant.learning import TrainingSettings
from approximant.settings import option


@dataclass(frozen=True, eq=False)
class Experiment:
    """What one settings file asks for.

    Args:
        folder: where the file is; paths in it start here.
        settings: all settings in the form of the file, defaults filled in.
        sections: the same as groups of settings.
        file: the path for messages; empty if the settings came as a mapping.
        sweep: the section about many experiments that differ from this one, as it was given.
    """

    folder: Path
    settings: Mapping[str, Any]
    sections: Sections
    file: str = ""
    sweep: Any = None

    @property
    def name(self) -> str:
        """What the file calls it, or the name of the file without its suffix."""
        return str(self.settings["name"])

    @property
    def title(self) -> str:
        """What it is called."""
        return str(self.settings.get("title") or self.name)

    @property
    def about(self) -> str:
        """What it shows, in one line."""
        return str(self.settings.get("about") or "")

    @property
    def lesson(self) -> str:
        """What there is to learn from it, in a few sentences."""
        return str(self.settings.get("lesson") or "").strip()

    @property
    def target(self) -> TargetSettings:
        """What is approximated."""
        return self.sections.target

    @property
    def training(self) -> TrainingSettings:
        """How."""
        return self.sections.training

    @property
    def checks(self) -> CheckSettings:
        """What the result is compared with."""
        return self.sections.checks

    def changed(self, values: Mapping[str, Any]) -> Experiment:
        """Return the experiment with values by dotted name, such as {"training.epochs": 50}.

        Raises:
            SettingError: a setting is unknown, or a value does not fit.
        """
        with self.blamed():
            settings = with_values(self.settings, values)
        return _experiment(settings, self.name, self.folder, self.file)

    def repetition(self, seed: int) -> Experiment:
        """Return the experiment with a number added to the seed that the file varies.

        Raises:
            SettingError: `checks.vary` names no seed.
        """
        if seed == 0:
            return self
        key = self.checks.vary
        value: Any = self.settings
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if not isinstance(value, int):
            raise SettingError(
                f"checks.vary is {key!r}, which has no number to vary; name a seed that the file "
                "sets, such as training.seed."
            )
        changed = with_overrides(self.settings, [f"{key}={value + seed}"])
        return _experiment(changed, self.name, self.folder, self.file)

    def toml(self, place: str | os.PathLike[str] | None = None) -> str:
        """Return the complete settings as TOML.

        Args:
            place: the folder the text will be in, if it is not that of the file; paths follow.
        """
        settings = copied(self.settings)
        if place is not None and not self.target.formula:
            home, there = (self.folder / self.target.folder).resolve(), Path(place).resolve()
            settings["target"]["folder"] = Path(os.path.relpath(home, there)).as_posix()
        return write_toml(settings)

    def arguments(self) -> tuple[Any, dict[str, Any]]:
        """Return target and further arguments for `approximant.train`."""
        return self.sections.arguments(self.folder)

    def truth(self, box: Box) -> Callable[[Points], Values] | None:
        """Return the target without noise; None where only rows are known.

        What it returns is NaN outside the domain where the target may not be asked there: formulas
        may, functions only with `training.measure_outside`.

        Args:
            box: the domain of the run, which names the inputs.
        """
        from approximant.targets import FunctionTarget, read_target

        target, names = self.checks.noise_free, {}
        if target is None and self.target.table is None:
            target, arguments = self.arguments()
            names = {side: arguments[side] for side in ("inputs", "outputs")}
        if target is None:
            return None
        known = read_target(target, box, **names)
        assert isinstance(known, FunctionTarget)
        allowed = self.training.measure_outside
        anywhere = known.kind == "formula" if allowed is None else allowed

        def values(points: Points) -> Values:
            asked = box.contains(points) | anywhere
            found = np.full((len(points), len(known.outputs)), np.nan)
            found[asked] = known.measure_outside(points[asked])
            return found

        return values

    @contextlib.contextmanager
    def blamed(self) -> Iterator[None]:
        """Put the name of the file before the message of any error on purpose."""
        with blamed(self.file):
            yield


def read_experiment(
    source: str | os.PathLike[str] | Mapping[str, Any] | Experiment,
    overrides: Sequence[str] = (),
    name: str = "experiment",
    folder: str | os.PathLike[str] = ".",
) -> Experiment:
    """Return the experiment that a settings file, or the mapping such a file makes, describes.

    Args:
        source: the path of a TOML file, or its content.
        overrides: texts such as "training.epochs=50", applied in order.
        name: what it is called, if there is no file to call it after.
        folder: where paths in it start, if there is no file.

    Raises:
        SettingError: the file is missing or no TOML, a setting is unknown, or a value does not fit;
            the message names the file, and the line where it is no TOML.
    """
    overrides = option(overrides, list[str], "overrides")
    if isinstance(source, Experiment):
        return source if not overrides else _again(source, overrides)
    if isinstance(source, Mapping):
        return _experiment(with_overrides(source, overrides), name, Path(folder), "")
    path: Path = option(source, Path, "source")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise SettingError(f"{path} is no text in UTF-8; give a TOML file.") from None
    except OSError as error:
        raise SettingError(
            f"Cannot read the settings file {path}: {error.strerror or error}."
        ) from None
    settings = read_toml(text, str(path))
    with blamed(str(path)):
        settings = with_overrides(settings, overrides)
    return _experiment(settings, path.stem, path.parent, str(path))


def _again(experiment: Experiment, overrides: Sequence[str]) -> Experiment:
    with experiment.blamed():
        changed = with_overrides(experiment.settings, overrides)
    return _experiment(changed, experiment.name, experiment.folder, experiment.file)


def _experiment(settings: Mapping[str, Any], name: str, folder: Path, file: str) -> Experiment:
    with blamed(file):
        sections = read_sections(settings)
        sweep = settings.get(SWEEP)
        complete = sections.complete({"name": name, **settings})
        return Experiment(folder, complete, sections, file, sweep)


@contextlib.contextmanager
def blamed(file: str) -> Iterator[None]:
    """Put the name of a file before the message of any error on purpose; empty names none."""
    try:
        yield
    except ApproximantError as error:
        if not file or str(error).startswith(file):
            raise
        raise type(error)(f"{file}: {error}") from error
