"""The door of the room: workers start first, and all else is imported while they do."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from approximant.progress import Progress
from approximant.settings import option
from approximant.sweeps._executors import workplace

if TYPE_CHECKING:
    from approximant.experiment import Experiment
    from approximant.sweeps._sweep import Sweep

MOST = 10_000  # combinations that nobody asks for by mistake
MOST_WORKERS = 1000  # nor so many processes


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
    workers = option(workers, int | None, "workers", least=1, most=MOST_WORKERS)
    most = option(most, int | None, "most", least=1)
    progress = option(progress, Callable | None, "progress")
    folder: Path | None = option(store, Path | None, "store")
    with workplace(executor, workers) as opened:
        from approximant.sweeps._lead import lead

        return lead(source, folder, opened, progress, overrides, most, start)
