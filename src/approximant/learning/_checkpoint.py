"""Stopping a training and going on: the state, the history and what they belong to."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from typing import Any

import numpy as np

from approximant.descent import State
from approximant.errors import ApproximantError, ModelFileError, SettingError
from approximant.history import History
from approximant.layout import UNREADABLE
from approximant.learning._course import Course
from approximant.learning._rows import Lesson
from approximant.learning._settings import TrainingSettings
from approximant.store import load_checkpoint, save_checkpoint

FREE = ("epochs", "seconds")  # what may change when a training goes on
_HISTORY = "history."


def save_course(path: str | os.PathLike[str], course: Course) -> None:
    """Write the state of a course that has done an epoch.

    Raises:
        ModelFileError: the file cannot be written.
    """
    assert course.last is not None
    history = course.history
    arrays = course.last.state.arrays()
    arrays |= {f"{_HISTORY}{name}": history[name] for name in history}
    card = {
        "settings": _plain(course.settings),
        "rows": _fingerprint(course.lesson),
        "columns": list(history),  # a file has an order of its own
    }
    save_checkpoint(path, arrays, card)


def resumed(
    path: str | os.PathLike[str], lesson: Lesson, settings: TrainingSettings
) -> tuple[State, History]:
    """Return state and history of a checkpoint that belongs to a lesson and its settings.

    Raises:
        ModelFileError: the checkpoint cannot be read.
        SettingError: it was written with other settings, or learned from other rows.
    """
    arrays, card = load_checkpoint(path)
    try:
        before, rows = dict(card["settings"].items()), card["rows"]
        columns = {name: arrays.pop(f"{_HISTORY}{name}") for name in card["columns"]}
        state = State.from_arrays(arrays)
        done = columns["epoch"] <= state.epoch  # the one in which a training diverged is not
        history = History({name: column[done] for name, column in columns.items()})
    except (*UNREADABLE, ApproximantError) as error:
        raise ModelFileError(
            f"{path} is a checkpoint of something else ({error}); start the training anew."
        ) from error
    now = _plain(settings)
    for name in now:
        if name not in FREE and before.get(name) != now[name]:
            raise SettingError(
                f"The checkpoint {path} was written with {name} = {before.get(name)!r}, not "
                f"{now[name]!r}; go on with the same settings, or start anew without it."
            )
    if rows != _fingerprint(lesson):
        raise SettingError(
            f"The checkpoint {path} learned from other rows; go on with the same target, or start "
            "anew without it."
        )
    if state.epoch > settings.descent.epochs:
        raise SettingError(
            f"The checkpoint {path} has {state.epoch:,} epochs done, more than "
            f"epochs={settings.descent.epochs}; ask for more, or start anew without it."
        )
    return state, history


def _plain(settings: TrainingSettings) -> dict[str, Any]:
    """Return the settings as one flat mapping of names to plain values, for comparing."""
    flat: dict[str, Any] = {}
    for group in (settings, settings.descent):
        for field in dataclasses.fields(group):
            value = getattr(group, field.name)
            plain = isinstance(value, (str, int, float, type(None)))
            flat[field.name] = value if plain else repr(value)
    del flat["descent"]
    return flat


def _fingerprint(lesson: Lesson) -> str:
    digest = hashlib.sha256()
    for samples in (lesson.rows, lesson.held_out):
        for array in () if samples is None else (samples.points, samples.values):
            digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
