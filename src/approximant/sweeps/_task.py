"""What a worker does: one experiment, from plain settings to the record of its run."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from approximant.errors import ApproximantError, SettingError
from approximant.experiment import (
    MEASURES,
    Experiment,
    Run,
    experiment_key,
    failed_record,
    finished_record,
    is_tellable,
    read_experiment,
)
from approximant.laboratory import Training, train
from approximant.store import FAILED, RunRecord

CHANGED = "the table or the code of the function changed while the sweep ran; run it again"
STATE = "checkpoint.safetensors"  # among the files of a run that may go on


@dataclass(frozen=True)
class Task:
    """An experiment as plain data, which travels to any worker.

    Args:
        settings: complete, as a settings file has them.
        name: of the experiment.
        folder: from which its paths start.
        store: the folder of the run store; nothing is written there by a worker.
        sweep: to which it belongs.
        seed: which repetition it is.
        key: of the experiment.
        state: checkpoint of the same experiment with fewer epochs, to go on from; or None.
        keeps_state: whether the record shall hold such a checkpoint.
    """

    settings: Mapping[str, Any]
    name: str
    folder: str
    store: str
    sweep: str
    seed: int
    key: str
    state: bytes | None = None
    keeps_state: bool = False


def carry_out(task: Task) -> RunRecord:
    """Return the record of an experiment; one that fails says why in a line."""
    experiment = read_experiment(task.settings, name=task.name, folder=task.folder)
    try:
        record = _record(experiment, task)
        if is_tellable(experiment) and experiment_key(experiment) != task.key:
            record = failed_record(experiment, task.store, CHANGED)
    except ApproximantError as error:
        record = failed_record(experiment, task.store, str(error))
    except Exception as error:  # of a function or a module of the user, say
        record = failed_record(experiment, task.store, f"{type(error).__name__}: {error}")
    return replace(record, sweep=task.sweep, seed=task.seed, key=task.key)


def failure(task: Task, reason: str) -> RunRecord:
    """Return the record of a task that no worker could finish."""
    experiment = read_experiment(task.settings, name=task.name, folder=task.folder)
    record = failed_record(experiment, task.store, reason)
    return replace(record, sweep=task.sweep, seed=task.seed, key=task.key)


def _record(experiment: Experiment, task: Task) -> RunRecord:
    if task.state is None and not task.keeps_state:
        state: dict[str, bytes] = {}
        training = _trained(experiment)
    else:
        with tempfile.TemporaryDirectory() as folder:
            before, after = Path(folder) / "before", Path(folder) / "after"
            if task.state is not None:
                before.write_bytes(task.state)
            training = _trained(
                experiment,
                resume=before if task.state is not None else None,
                checkpoint=after if task.keeps_state else None,
            )
            state = {STATE: after.read_bytes()} if after.exists() else {}
    run = Run(experiment, training)
    record = finished_record(run, task.store)
    record = replace(record, metrics={**_measured(run), **record.metrics},
                     files={**record.files, **state})  # fmt: skip
    if run.diverged:
        return replace(record, status=FAILED, reason=run.report.status)
    return record


def _trained(experiment: Experiment, **states: Any) -> Training:
    target, arguments = experiment.arguments()
    return train(target, **arguments, **states)


def _measured(run: Run) -> dict[str, float]:
    """Return all that can be measured on a run, so that any of it may be compared later."""
    found = {}
    for name, measure in MEASURES.items():
        if measure.of_run is not None:
            try:
                found[name] = measure.of_run(run)
            except SettingError:  # this experiment has no such value
                continue
    return found
