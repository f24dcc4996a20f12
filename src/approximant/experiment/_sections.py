"""The sections of a settings file: read into groups of settings, and written out complete."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from approximant.descent import (
    OPTIMIZERS,
    SCHEDULES,
    DescentSettings,
    Initialisation,
    initial_network,
)
from approximant.designs import Design, Sampling
from approximant.errors import SettingError, short
from approximant.experiment._settings import CheckSettings, NetworkSettings, TargetSettings
from approximant.experiment._source import target_of
from approximant.learning import TrainingSettings, read_training_settings
from approximant.settings import as_mapping, read_settings, rows, unknown

WORDS = {
    "name": "a short name; that of the file where not given",
    "title": "what the experiment is called",
    "about": "what it shows, in one line",
    "lesson": "what there is to learn from it, in a few sentences",
}
SWEEP = "sweep"  # a section about many experiments, which those who run them read
SCALING = {"inputs": "scaling", "outputs": "output_scaling"}  # key in [scaling] -> of `train`


def names(kind: type[Any]) -> list[str]:
    """Return the names of the settings of a group."""
    return [name for name, *_ in rows(kind)]


TRAINING = (
    *names(DescentSettings),
    *(name for name in names(TrainingSettings) if name not in SCALING.values()),
)
SECTIONS: dict[str, tuple[str, ...]] = {
    "target": tuple(names(TargetSettings)),
    "sampling": tuple(names(Sampling)),
    "scaling": tuple(SCALING),
    "network": tuple(names(NetworkSettings)),
    "training": TRAINING,
    "checks": tuple(names(CheckSettings)),
}

INNER: dict[str, set[str]] = {  # tables within sections
    "network.init": set(names(Initialisation)),
    "training.optimizer": {name for kind in OPTIMIZERS.values() for name in names(kind)},
    "training.schedule": {name for kind in SCHEDULES.values() for name in names(kind)},
    "sampling.inputs.NAME": set(names(Design)),
}


@dataclass(frozen=True, eq=False)
class Sections:
    """One experiment as groups of settings."""

    target: TargetSettings
    network: NetworkSettings
    training: TrainingSettings
    checks: CheckSettings

    def complete(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return all settings in the form of the file, those that were not given filled in."""
        training = self.training
        options = as_mapping(training.descent) | as_mapping(training)
        drawn = {} if training.sampling is None else {"sampling": as_mapping(training.sampling)}
        settings: dict[str, Any] = {
            **{word: given[word] for word in WORDS if word in given},
            "target": as_mapping(self.target),
            **drawn,
            "scaling": {key: options[name] for key, name in SCALING.items()},
            "network": as_mapping(self.network) | {"init": as_mapping(training.init)},
            "training": {name: options[name] for name in TRAINING if name in options},
            "checks": as_mapping(self.checks),
        }
        return {name: _plain(values) for name, values in settings.items()}

    def arguments(self, folder: Path) -> tuple[Any, dict[str, Any]]:
        """Return target and further arguments for `approximant.train`.

        Args:
            folder: where the settings file is.
        """
        target, columns = target_of(self.target, folder)
        training = self.training
        init: Any = training.init
        if self.network.seed is not None:
            layers = initial_network(training.network, init, self.network.seed).layers
            init = {"name": "arrays", "weights": [layer.weights for layer in layers]}
            if training.network.biases:
                init["biases"] = [layer.biases for layer in layers]
        return target, {
            **columns,
            "network": training.network,
            "init": init,
            "sampling": training.sampling,
            **{name: getattr(training.descent, name) for name in names(DescentSettings)},
            **{name: getattr(training, name) for name in names(TrainingSettings)},
        }


def read_sections(settings: Mapping[str, Any]) -> Sections:
    """Return the groups of settings that the content of a file describes.

    Raises:
        SettingError: an unknown section or setting, one that is missing, or a value that does not
            fit.
    """
    _check_names(settings)
    part = {name: dict(settings.get(name, {})) for name in SECTIONS}
    network = read_settings(NetworkSettings, part["network"], "network.")
    options = part["training"] | {SCALING[key]: value for key, value in part["scaling"].items()}
    target = read_settings(TargetSettings, part["target"], "target.")
    # A table brings its rows: there a sampling is a mistake, which the training tells.
    sampling = part["sampling"] if "sampling" in settings or target.table is None else None
    training = read_training_settings(network.shape, network.init, sampling, options)
    checks = read_settings(CheckSettings, part["checks"], "checks.")
    _check_points(checks, training.network.widths[0])
    _check_bands(checks, target, training)
    return Sections(target, network, training, checks)


def _check_names(settings: Mapping[str, Any]) -> None:
    for section, values in settings.items():
        if section in WORDS:
            if not isinstance(values, str):
                raise SettingError(f"{section} must be a text; got {short(values)}.")
            continue
        if section == SWEEP:
            continue
        if section not in SECTIONS:
            home = [f"{name}.{section}" for name, keys in SECTIONS.items() if section in keys]
            raise unknown("setting", section, home[:1] or [*WORDS, *SECTIONS])
        if not isinstance(values, Mapping):
            raise SettingError(f"{section} must be a section, [{section}]; got {short(values)}.")
        for key in values:
            if key not in SECTIONS[section]:
                raise _misplaced(section, key)


def _misplaced(section: str, key: str) -> SettingError:
    """Return the error for an unknown setting; one of another section is named with it."""
    own = [f"{section}.{name}" for name in SECTIONS[section]]
    homes = [f"{name}.{key}" for name, keys in (*SECTIONS.items(), *INNER.items()) if key in keys]
    homes += [f"scaling.{side}" for side, name in SCALING.items() if name == key]  # as of `train`
    if homes:
        return SettingError(f"Unknown setting '{section}.{key}'; did you mean {homes[0]!r}?")
    return unknown("setting", f"{section}.{key}", own)


def _check_points(checks: CheckSettings, inputs: int) -> None:
    for number, row in enumerate(checks.predict, 1):
        if len(row.at) != inputs:
            raise SettingError(
                f"Point {number} of checks.predict, {list(row.at)}, has length {len(row.at)}; the "
                f"network takes {inputs} input{'s' * (inputs > 1)}, so {inputs} "
                f"number{'s' * (inputs > 1)} must be given."
            )


def _check_bands(checks: CheckSettings, target: TargetSettings, training: TrainingSettings) -> None:
    """Refuse claims about what no run of these settings measures, before one is begun."""
    for what in (band.what for band in checks.bands):
        missing = ""
        if what.startswith("held_out_") and not training.held_out:
            missing = "rows held out: set training.held_out, such as 0.2"
        elif what.endswith("rmse") and target.table is not None and checks.noise_free is None:
            missing = "the target, of which a table holds rows only: set checks.noise_free"
        if missing:
            raise SettingError(f"checks.bands: {what!r} needs {missing}.")


def _plain(value: Any) -> Any:
    """Return groups within lists as mappings, tuples as lists."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    return as_mapping(value) if hasattr(value, "__dataclass_fields__") else value
