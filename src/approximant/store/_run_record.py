"""What a run is: RunRecord to put into a store, StoredRun to read out of one.

A run is a folder. `run.json` holds the facts, `settings.toml` what was asked for; the other files
are those of the record, such as `history.csv` and `model.safetensors`.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import platform
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from approximant.atomic import reason
from approximant.errors import SettingError, StoreError
from approximant.history import History
from approximant.layout import versions
from approximant.model import Model

FINISHED, FAILED, UNFINISHED = STATUSES = ("finished", "failed", "unfinished")
RUN, SETTINGS, HISTORY, MODEL = "run.json", "settings.toml", "history.csv", "model.safetensors"
WORDS = ("title", "about", "lesson")  # settings that are texts for people
LONGEST = 200  # characters of a setting that an index holds; texts and tables may be longer


def run_key(settings: Mapping[str, Any]) -> str:
    """Return the key of effective settings: equal settings have equal keys, on every machine.

    Args:
        settings: whatever decides what comes out, as plain values; the order does not matter.
    """
    text = json.dumps(settings, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def now() -> str:
    """Return the time as texts that sort by it hold it, in UTC."""
    time = datetime.datetime.now(datetime.UTC)
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What `run.json` says.

    Args:
        key: equal for runs with equal effective settings; see `run_key`.
        status: finished, failed or unfinished.
        name: of the experiment.
        sweep: the sweep that it belongs to; empty for a run on its own.
        seed: which repetition it is, or the seed of the training; None if that means nothing.
        created: when it began, in UTC, such as 2026-11-20T21:07:23.123Z.
        seconds: what it took.
        metrics: what was measured, by name; None where that is not a finite number.
        reason: why it failed, in one line; empty unless it did.
        tags: words of the person who owns it.
        versions: of what its numbers may depend on.
        host: the machine.
    """

    key: str
    status: str = FINISHED
    name: str = ""
    sweep: str = ""
    seed: int | None = None
    created: str = field(default_factory=now)
    seconds: float = 0.0
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    reason: str = ""
    tags: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=versions)
    host: str = field(default_factory=platform.node)

    def __post_init__(self) -> None:
        if self.status not in STATUSES:
            raise SettingError(f"status must be one of {', '.join(STATUSES)}; got {self.status!r}.")
        metrics = {name: finite(value) for name, value in self.metrics.items()}
        object.__setattr__(self, "metrics", metrics)
        object.__setattr__(self, "reason", " ".join(self.reason.split()))
        object.__setattr__(self, "tags", tuple(dict.fromkeys(map(str, self.tags))))

    def facts(self) -> dict[str, Any]:
        """Return them for JSON."""
        found = {name: getattr(self, name) for name in FACTS}
        return found | {"tags": list(self.tags)}


FACTS = tuple(RunFacts.__dataclass_fields__)


@dataclass(frozen=True, kw_only=True)
class RunRecord(RunFacts):
    """A run to be put into a store; plain data, so that it travels between processes.

    Args:
        settings: the effective settings, as TOML.
        files: what else is kept, by file name, such as `history.csv` and `model.safetensors`.
    """

    settings: str
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, kw_only=True)
class StoredRun(RunFacts):
    """A run of a store.

    Args:
        id: short, unique in its store, and the name of its folder.
        folder: where its files are.
        settings: the effective settings by dotted name, but for very long ones.
    """

    id: str
    folder: Path
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def as_dict(self) -> dict[str, Any]:
        """Return all of it for JSON."""
        place = {"id": self.id, "folder": str(self.folder)}
        return place | self.facts() | {"settings": dict(self.settings)}

    @cached_property
    def history(self) -> History | None:
        """Loss and metrics, epoch by epoch; None if the run left none.

        Raises:
            StoreError: the file cannot be read.
        """
        if not self.folder.joinpath(HISTORY).exists():
            return None
        try:
            return History.from_csv(self.read(HISTORY).decode())
        except ValueError as error:
            raise StoreError(f"{self.folder / HISTORY} is no table of numbers: {error}.") from error

    @cached_property
    def model(self) -> Model:
        """The trained network.

        Raises:
            ModelFileError: the run left none, or the file is damaged.
        """
        from approximant.store._model_file import load_model

        return load_model(self.folder / MODEL)[0]

    @property
    def settings_text(self) -> str:
        """The effective settings, as TOML.

        Raises:
            StoreError: the file cannot be read.
        """
        return self.read(SETTINGS).decode(errors="replace")

    def read(self, name: str) -> bytes:
        """Return the content of one of its files.

        Raises:
            StoreError: it cannot be read.
        """
        try:
            return self.folder.joinpath(name).read_bytes()
        except OSError as error:
            raise StoreError(f"Cannot read {self.folder / name}: {reason(error)}.") from error


def differing_settings(runs: Sequence[StoredRun]) -> list[str]:
    """Return the names of the settings in which runs differ, in the order of their files.

    Texts for people are left out.
    """
    names = dict.fromkeys(name for run in runs for name in run.settings)
    return [
        name
        for name in names
        if name not in WORDS
        and any(run.settings.get(name) != runs[0].settings.get(name) for run in runs)
    ]


def finite(value: Any) -> float | None:
    """Return a number as JSON can hold it: None for what is not finite."""
    return None if value is None or abs(float(value)) == float("inf") or value != value else value


def flat_settings(text: str) -> dict[str, Any]:
    """Return the settings of a TOML text by dotted name; very long ones are left out.

    Raises:
        ValueError: it is no TOML.
    """
    return {
        name: value
        for name, value in _flat("", tomllib.loads(text))
        if len(value if isinstance(value, str) else json.dumps(value, default=str)) <= LONGEST
    }


def _flat(prefix: str, settings: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        else:
            yield prefix + name, value
