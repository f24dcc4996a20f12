"""From a file with a [sweep] section to what came of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from approximant.experiment import MEASURES, Experiment, read_experiment
from approximant.progress import Progress
from approximant.settings import unknown
from approximant.store import RunStore
from approximant.sweeps._combinations import MOST, check_count
from approximant.sweeps._conduct import Conduct
from approximant.sweeps._executors import Workplace, workplace
from approximant.sweeps._settings import SweepSettings, read_sweep_settings
from approximant.sweeps._sweep import Sweep
from approximant.sweeps._told import Told
from approximant.sweeps._trials import check_names


def sweep(
    source: str | os.PathLike[str] | Mapping[str, Any] | Experiment,
    store: str | os.PathLike[str] | None = None,
    *,
    executor: Executor | str | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], object] | None = None,
    overrides: Sequence[str] = (),
    most: int | None = MOST,
) -> Sweep:
    """Run many experiments that differ in named settings, and return what came of them.

    Every run is kept in the store as soon as it has ended. The same sweep on the same store, after
    whatever ended the first, goes on where that stopped; runs that failed are tried again. Results
    depend neither on the executor nor on the number of workers, but for those limited by time.
    Ctrl-C ends the sweep and keeps what has finished.

    Args:
        source: the path of an experiment file with a section [sweep], or its content.
        store: the folder of a run store, made where missing; a passing one if not given.
        executor: where to run: the address "dask://HOST:PORT" of a cluster, or an Executor of
            `concurrent.futures`; worker processes of this machine if not given.
        workers: how many experiments run at a time; one per core if not given.
        progress: called with a SweepProgress at most ten times a second.
        overrides: texts such as "sweep.seeds=5".
        most: more combinations than these are refused; None for no limit.

    Raises:
        SettingError: a setting is unknown or does not fit, or a cluster does not answer.
        StoreError: the store cannot be used.
    """
    start = time.perf_counter()
    experiment = read_experiment(source, overrides)
    with experiment.blamed():
        settings = read_sweep_settings(experiment.sweep)
        check_count(settings, most)
        check_names(settings)
        by = compared(experiment, settings)
    keeper = _PassingFolder() if store is None else None
    folder = keeper.path if keeper is not None else Path(str(store))
    with contextlib.ExitStack() as stack:
        runs = stack.enter_context(RunStore.open(folder, create=True))
        conduct = Conduct(experiment, settings, by, runs, Told(progress, start))
        interrupted = False
        try:
            with _Team(executor, workers) as team:
                conduct.follow(team.place)
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


class _Team:
    """A workplace that is opened when there is work."""

    def __init__(self, executor: Executor | str | None, workers: int | None) -> None:
        self._asked = executor, workers
        self._stack = contextlib.ExitStack()
        self._place: Workplace | None = None

    def __enter__(self) -> _Team:
        return self

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)

    def place(self) -> Workplace:
        """Return the workplace."""
        if self._place is None:
            self._place = self._stack.enter_context(workplace(*self._asked))
        return self._place
