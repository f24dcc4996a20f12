"""What combinations are called: by a label of the file, or by all that varies."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from approximant.experiment import Experiment
from approximant.settings import unknown
from approximant.sweeps._combinations import Combination


def title_of(label: str | None, values: Combination, experiment: Experiment) -> str:
    """Return what a combination is called.

    Args:
        label: a text with names of settings in braces; None for all that varies.
        values: what varies.
        experiment: one with these settings; {neurons} and {parameters} are those of its network.

    Raises:
        SettingError: a name in braces is no setting.
    """
    if label is None:
        return "  ".join(f"{short(name)}:{plain(value)}" for name, value in values.items())
    spec = experiment.training.network
    weights = sum(a * b for a, b in itertools.pairwise(spec.widths))
    biases = sum(spec.widths[1:]) if spec.biases else 0
    sizes = {"neurons": sum(spec.hidden), "parameters": weights + biases}

    def filled(match: re.Match[str]) -> str:
        found = sizes.get(match[1], looked_up(experiment.settings, match[1]))
        if found is None:
            known = [*sizes, *_names(experiment.settings)]
            raise unknown("setting in sweep.label", match[1], known)
        return plain(found)

    return re.sub(r"\{([^{}]*)\}", filled, label)


def short(name: str) -> str:
    """Return the last part of a dotted name."""
    return name.rpartition(".")[2]


def plain(value: Any) -> str:
    """Return a value of a setting as people write it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping) and "name" in value:
        rest = [f"{name} {plain(inner)}" for name, inner in value.items() if name != "name"]
        return " ".join([value["name"], ", ".join(rest)]).strip()
    return str(value)


def looked_up(settings: Any, name: str) -> Any:
    """Return the setting of a dotted name; None where there is none."""
    for part in name.split("."):
        settings = settings.get(part) if isinstance(settings, Mapping) else None
    return settings


def _names(settings: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _names(value, f"{prefix}{name}.")
        else:
            yield prefix + name
