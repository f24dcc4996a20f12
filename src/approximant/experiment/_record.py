"""What a run store keeps of an experiment: before its run, after it, and if it failed."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from approximant.errors import ApproximantError, SettingError
from approximant.experiment._experiment import Experiment
from approximant.experiment._sections import WORDS
from approximant.progress import Progress
from approximant.store import (
    FAILED,
    FINISHED,
    UNFINISHED,
    RunRecord,
    RunStore,
    StoredRun,
    run_key,
    versions,
)
from approximant.targets import file_digest, source_fingerprint

if TYPE_CHECKING:
    from approximant.experiment._run import Run

UNREAD = "unread"  # in the place of the source of a function that cannot be read


def experiment_key(experiment: Experiment) -> str:
    """Return the key of an experiment: equal for those that do the same with the same code or rows.

    It changes with the version of this package, the content of the table, and the source of the
    function with all that lies beside it and is imported there. Texts for people change nothing,
    and neither does the place of the settings file. Where the source of a function cannot be read
    every call gives another key.

    Raises:
        SettingError: a setting is no plain value.
    """
    settings = {name: value for name, value in experiment.settings.items() if name not in WORDS}
    settings["target"] = {**settings["target"], **_content(experiment)}
    try:
        return run_key({**settings, "version": versions()["approximant"]})
    except TypeError as error:
        raise SettingError(
            f"A setting is no plain value ({error}), so its run cannot be told from others; name a "
            'function as target.function = "module:name".'
        ) from None


def is_tellable(experiment: Experiment) -> bool:
    """Tell whether the code of the function of an experiment can be told from its other versions.

    Where it cannot, no two keys of the experiment are equal.
    """
    return UNREAD not in _content(experiment)


def _content(experiment: Experiment) -> dict[str, str]:
    """Return what takes the place of paths in the key of an experiment."""
    target, place = experiment.target, experiment.folder / experiment.target.folder
    if target.table is not None:
        return {"folder": "", "table": file_digest(place / target.table)}
    if target.function is None:
        return {}
    source = source_fingerprint(target.function, place)
    return {"folder": "", "source": source} if source is not None else {UNREAD: uuid.uuid4().hex}


def unfinished_record(experiment: Experiment, store: str | os.PathLike[str]) -> RunRecord:
    """Return the record of a run that begins now.

    Args:
        experiment: with the settings as they are used.
        store: the folder of the run store, from which paths in the settings are told.
    """
    return RunRecord(
        key=experiment_key(experiment),
        status=UNFINISHED,
        name=experiment.name,
        seed=experiment.training.seed,
        settings=experiment.toml(Path(store) / "run"),
    )


def finished_record(run: Run, store: str | os.PathLike[str]) -> RunRecord:
    """Return the record of a run that ended: metrics, history, network and report.

    One that a person ended early did not do what its settings say, and stays unfinished.

    Args:
        run: what came out.
        store: as for `unfinished_record`.
    """
    early = run.report.interrupted
    return replace(
        unfinished_record(run.experiment, store),
        status=UNFINISHED if early else FINISHED,
        reason=f"interrupted after epoch {len(run.history):,}" if early else "",
        seconds=run.report.seconds,
        metrics=run_metrics(run),
        files={
            "history.csv": run.history.csv().encode(),
            "model.safetensors": run.approximant.as_bytes(),
            "report.json": json.dumps(run.report.as_dict(), indent=1).encode(),
        },
    )


def failed_record(experiment: Experiment, store: str | os.PathLike[str], reason: str) -> RunRecord:
    """Return the record of a run that failed.

    Args:
        experiment, store: as for `unfinished_record`.
        reason: why, in one line.
    """
    return replace(unfinished_record(experiment, store), status=FAILED, reason=reason)


def run_into(
    store: RunStore,
    experiment: Experiment,
    progress: Callable[[Progress], object] | None = None,
    **settings: Any,
) -> tuple[Run, StoredRun]:
    """Run an experiment, and return the run and what the store keeps of it.

    The store has it from the beginning, unfinished at first, so that nothing is lost in a crash.

    Args:
        store: gets a new run, even if it has one with the same settings.
        experiment, progress, settings: as for `run_experiment`.

    Raises:
        ApproximantError: as `run_experiment` does; the store then has a failed run.
    """
    from approximant.experiment._run import run_experiment

    begun = store.add(unfinished_record(experiment, store.folder), once=False)
    try:
        run = run_experiment(experiment, progress=progress, **settings)
        record = finished_record(run, store.folder)
    except ApproximantError as error:
        failed = failed_record(experiment, store.folder, str(error))
        store.finish(begun.id, replace(failed, created=begun.created))
        raise
    return run, store.finish(begun.id, replace(record, created=begun.created))


def run_metrics(run: Run) -> dict[str, float]:
    """Return the values by which runs are compared.

    The last loss and metrics, the values that the file makes claims about, `rmse` against the
    target wherever that is known, the largest error, and the size of the network.
    """
    metrics = run.measured()
    if run.truth is not None and "rmse" not in metrics:
        metrics["rmse"] = run.measure("rmse")
    return metrics | {
        "max_error": float(np.max(run.report.max_error)),
        "neurons": run.report.neurons,
        "parameters": run.report.parameters,
    }
