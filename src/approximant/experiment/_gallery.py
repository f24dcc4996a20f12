"""The gallery: experiments that come with the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from approximant.experiment._experiment import Experiment, read_experiment
from approximant.settings import unknown

FOLDER = Path(__file__).with_name("gallery")
GALLERY = (
    "surface",
    "surface-deeper",
    "activation-linear",
    "activation-sigmoid",
    "activation-one-relu",
    "wiggle",
    "noisy-sine-descent",
    "noisy-sine-deep",
    "noisy-sine-adam",
)
SWEEPS = ("wiggle-table",)  # many experiments in one file, for `approximant sweep`


def gallery_file(name: str) -> Path:
    """Return the settings file of an experiment or a sweep of the gallery.

    Raises:
        SettingError: there is none of this name.
    """
    if name not in (*GALLERY, *SWEEPS):
        raise unknown("experiment", name, [*GALLERY, *SWEEPS])
    return FOLDER / f"{name}.toml"


def gallery_experiment(name: str, overrides: Sequence[str] = ()) -> Experiment:
    """Return an experiment of the gallery.

    Raises:
        SettingError: there is none of this name, or an override does not fit.
    """
    return read_experiment(gallery_file(name), overrides)
