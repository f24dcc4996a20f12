"""Folders of runs: made beside and renamed into place, so that a crash leaves a whole one or none.

The name of a folder follows from the key of the run. Of two processes that add the same run at the
same moment, one finds the name taken: the file system decides, and nothing is there twice.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from approximant.atomic import reason
from approximant.layout import UNREADABLE
from approximant.store._owner import is_gone, owner
from approximant.store._run_place import blamed
from approximant.store._run_record import (
    FACTS,
    FINISHED,
    RUN,
    SETTINGS,
    UNFINISHED,
    RunRecord,
    StoredRun,
    flat_settings,
)

HIDDEN = ".at-work-"  # begins the name of a folder that is on its way into or out of the store
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # of ids: none that looks like another
LENGTH = 6
KINDS = {
    (str,): ("key", "status", "name", "sweep", "created", "reason", "host"),
    (int, float): ("seconds",),
    (int, type(None)): ("seed",),
    (dict,): ("metrics", "versions"),
}


def folder_names(key: str) -> Iterator[str]:
    """Yield the names that a run may have, in the order in which they are tried."""
    attempt = 0
    while True:
        number = int.from_bytes(hashlib.sha256(f"{key} {attempt}".encode()).digest()[:8], "big")
        letters = []
        for _ in range(LENGTH):
            number, place = divmod(number, len(LETTERS))
            letters.append(LETTERS[place])
        yield "".join(letters)
        attempt += 1


def place_run(
    store: Path, record: RunRecord, once: bool, forget: Callable[[str], object]
) -> StoredRun:
    """Return the run that a record has become, its folder made in one step.

    Args:
        store: the folder of the store.
        record: what to write.
        once: whether a finished run of the same key stays the only one and is returned instead; one
            that is not finished is replaced.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    hidden = hidden_folder(store)
    try:
        hidden.mkdir()
        for name, data in _contents(record).items():
            hidden.joinpath(name).write_bytes(data)
        for name in folder_names(record.key):
            place = store / name
            while not _renamed(hidden, place):
                found = read_run(place) if once else None
                if found is None or found.key != record.key:
                    break  # another run has this name: the next one is tried
                if found.status == FINISHED:
                    return found
                forget(name)
                remove_folder(place)
            else:
                return stored(place, record)
        raise AssertionError("names never end")
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def read_run(folder: Path) -> StoredRun | None:
    """Return the run in a folder, whatever its state; None if the folder holds none.

    A run whose files are shorter than they were written, as after a power cut, is unfinished.
    """
    try:
        text = folder.joinpath(RUN).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        return _unreadable(folder, f"{RUN} cannot be read: {reason(error)}")
    try:
        content = json.loads(text)
        known = {name: content[name] for name in FACTS if name in content}
        run = StoredRun(id=folder.name, folder=folder, **known)
        _check_types(run)
    except UNREADABLE:
        return _unreadable(folder, f"{RUN} is damaged")
    short = _cut_short(folder, content.get("files"))
    if short:
        run = replace(run, status=UNFINISHED, reason=f"{short} was cut short")
    try:
        settings = flat_settings(folder.joinpath(SETTINGS).read_text(encoding="utf-8"))
    except (OSError, RecursionError, ValueError):  # a failure may have come before there were any
        settings = {}
    return replace(run, settings=settings)


def _check_types(run: StoredRun) -> None:
    """Raise TypeError where a fact is of another kind than a store writes."""
    facts = [(getattr(run, name), kinds) for kinds, names in KINDS.items() for name in names]
    facts += [(value, (int, float, type(None))) for value in run.metrics.values()]
    if not all(isinstance(value, kinds) for value, kinds in facts):
        raise TypeError("a fact is of another kind")


def listed(store: Path) -> set[str]:
    """Return the names of what may be runs: folders that are not hidden.

    Raises:
        StoreError: the folder cannot be read.
    """
    with blamed(store, "read"), os.scandir(store) as entries:
        return {e.name for e in entries if not e.name.startswith(".") and e.is_dir()}


def read_runs(
    store: Path, names: Collection[str], told: Callable[[int, int], object] | None = None
) -> Iterator[StoredRun]:
    """Yield the runs in folders of these names; what is no run is passed over.

    Args:
        store: the folder of the store.
        names: of the folders in it.
        told: hears after each the number of folders read, and of all.
    """
    for number, name in enumerate(names, 1):
        run = read_run(store / name)
        if run is not None:
            yield run
        if told is not None:
            told(number, len(names))


def stored(folder: Path, record: RunRecord) -> StoredRun:
    """Return what `read_run` finds where a record was written."""
    facts = {name: getattr(record, name) for name in FACTS}
    try:
        settings = flat_settings(record.settings)
    except ValueError:
        settings = {}
    return StoredRun(id=folder.name, folder=folder, settings=settings, **facts)


def run_json(facts: Mapping[str, Any], files: Mapping[str, bytes]) -> bytes:
    """Return the content of `run.json`: the facts, and how long every other file is."""
    sizes = {name: len(data) for name, data in files.items()}
    return (json.dumps({**facts, "files": sizes}, indent=1, allow_nan=False) + "\n").encode()


def run_files(record: RunRecord) -> dict[str, bytes]:
    """Return the files of a record but for `run.json`."""
    return {SETTINGS: record.settings.encode(), **record.files}


def hidden_folder(store: Path) -> Path:
    """Return a new name for a folder that this process works on."""
    return store / f"{HIDDEN}{owner()}-{os.urandom(6).hex()}"


def remove_folder(folder: Path) -> None:
    """Remove a run in one step, as others see it; one that is gone already is no matter.

    Raises:
        OSError: it cannot be removed.
    """
    hidden = hidden_folder(folder.parent)
    with contextlib.suppress(FileNotFoundError):
        folder.rename(hidden)
        shutil.rmtree(hidden, ignore_errors=True)


def clean_up(store: Path) -> None:
    """Remove what processes that have ended left half done."""
    for hidden in store.glob(f"{HIDDEN}*"):
        with contextlib.suppress(OSError):
            if is_gone(hidden.name.removeprefix(HIDDEN), hidden.stat().st_mtime):
                shutil.rmtree(hidden, ignore_errors=True)


def _contents(record: RunRecord) -> dict[str, bytes]:
    files = run_files(record)
    return {**files, RUN: run_json(record.facts(), files)}


def _renamed(hidden: Path, place: Path) -> bool:
    """Tell whether a folder could take its place; it cannot where one is already."""
    try:
        hidden.rename(place)
    except OSError:
        if place.exists():
            return False
        raise
    return True


def _cut_short(folder: Path, sizes: Any) -> str:
    """Return the name of the first file that is shorter than it was written; empty if none is.

    A file that is gone was removed on purpose: a crash does not take names out of a folder.
    """
    for name, size in sizes.items() if isinstance(sizes, dict) else ():
        with contextlib.suppress(OSError):
            if folder.joinpath(name).stat().st_size < size:
                return str(name)
    return ""


def _unreadable(folder: Path, why: str) -> StoredRun:
    return StoredRun(id=folder.name, folder=folder, key="", status=UNFINISHED, reason=why,
                     created="", versions={}, host="")  # fmt: skip
