"""Experiments: one settings file and its runs; the gallery that comes with the package.

_settings (groups) -> _sections (of a file) -> _experiment (Experiment) -> _run (Run: one seed)
-> _series (Series: several seeds, and `approximate` on the same target) -> _gallery
"""

from approximant.experiment._checks import Check, Compared
from approximant.experiment._experiment import Experiment, read_experiment
from approximant.experiment._gallery import GALLERY, SWEEPS, gallery_experiment, gallery_file
from approximant.experiment._measures import MEASURES
from approximant.experiment._pictures import epochs_kept
from approximant.experiment._record import (
    experiment_key,
    failed_record,
    finished_record,
    is_tellable,
    run_into,
    run_metrics,
    unfinished_record,
)
from approximant.experiment._run import Run, run_experiment
from approximant.experiment._series import Series, run_series
from approximant.experiment._tables import SettingsTable, settings_page, settings_tables

__all__ = [
    "GALLERY",
    "MEASURES",
    "SWEEPS",
    "Check",
    "Compared",
    "Experiment",
    "Run",
    "Series",
    "SettingsTable",
    "epochs_kept",
    "experiment_key",
    "failed_record",
    "finished_record",
    "gallery_experiment",
    "gallery_file",
    "is_tellable",
    "read_experiment",
    "run_experiment",
    "run_into",
    "run_metrics",
    "run_series",
    "settings_page",
    "settings_tables",
    "unfinished_record",
]
