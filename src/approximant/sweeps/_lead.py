"""From a file with a [sweep] section to what came of it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import warnings
import weakref
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from approximant.experiment import MEASURES, Experiment, is_tellable, read_experiment
from approximant.progress import Progress
from approximant.settings import unknown
from approximant.store import RunStore
from approximant.sweeps._combinations import check_count
from approximant.sweeps._conduct import Conduct
from approximant.sweeps._executors import Opened
from approximant.sweeps._settings import SweepSettings, read_sweep_settings
from approximant.sweeps._sweep import Sweep
from approximant.sweeps._told import Told
from approximant.sweeps._trials import check_names


def lead(
    source: str | os.PathLike[str] | Mapping[str, Any] | Experiment,
    store: Path | None,
    opened: Opened,
    progress: Callable[[Progress], object] | None,
    overrides: Sequence[str],
    most: int | None,
    start: float,
) -> Sweep:
    """Return what comes of a sweep; see `sweep`, which calls it.

    Args:
        opened: gives the workplace when there is work.
        start: when the sweep began, on the clock of `time.perf_counter`.
    """
    experiment = read_experiment(source, overrides)
    with experiment.blamed():
        settings = read_sweep_settings(experiment.sweep)
        check_count(settings, most)
        check_names(settings)
        by = compared(experiment, settings)
    if not is_tellable(experiment):
        warnings.warn(
            f"The code of {experiment.target.function} cannot be read, so runs in the store may be "
            "of another version of it; all of them run again.",
            stacklevel=3,
        )
    keeper = _PassingFolder() if store is None else None
    folder = keeper.path if keeper is not None else store
    assert folder is not None
    interrupted = False
    with RunStore.open(folder, create=True) as runs:
        conduct = Conduct(experiment, settings, by, runs, Told(progress, start))
        try:
            conduct.follow(opened)
        except KeyboardInterrupt:
            interrupted = True
    return Sweep(
        experiment, settings, conduct.rows(), time.perf_counter() - start,
        conduct.kept, conduct.ran, interrupted, keeper,
    )  # fmt: skip


def compared(experiment: Experiment, sweep: SweepSettings) -> str:
    """Return the name of the measured value by which combinations are compared.

    Raises:
        SettingError: `sweep.by` is none.
    """
    if sweep.by is not None:
        known = [name for name, measure in MEASURES.items() if measure.of_run] + ["max_error"]
        if sweep.by not in known:
            raise unknown("value in sweep.by", sweep.by, known)
        return sweep.by
    if experiment.target.table is None or experiment.checks.noise_free is not None:
        return "rmse"
    return "held_out_loss" if experiment.training.held_out else "loss"


class _PassingFolder:
    """A folder that is removed when nobody holds this any more."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="approximant-"))
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)
