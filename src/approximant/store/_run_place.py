"""The folder of a run store: the mark in it, and what the system has against it."""

from __future__ import annotations

import contextlib
import errno
import json
from collections.abc import Iterator
from pathlib import Path

from approximant.atomic import reason, write_atomically
from approximant.errors import ModelFileError, StoreError

MARK = "store.json"
SCHEMA = 1  # of the folder; one with a higher number is refused


def check_store(folder: Path, create: bool) -> None:
    """Check that a folder is a store that this version reads, or make it one.

    Raises:
        StoreError: it is none, or of a newer version, or cannot be made.
    """
    mark = folder / MARK
    with blamed(folder, "use"):
        if folder.exists() and not folder.is_dir():
            raise StoreError(f"{folder} is a file; a run store is a folder.")
        if not mark.exists():
            _make(folder, create)
        text = mark.read_bytes()
    try:
        schema = json.loads(text)["schema"]
        newer = schema > SCHEMA
    except (ValueError, TypeError, LookupError, RecursionError):
        raise StoreError(
            f'{mark} is damaged; if the folder holds your runs, write {{"schema": {SCHEMA}}} '
            "into that file."
        ) from None
    if newer:
        raise StoreError(
            f"{folder} was made by a newer approximant (store schema {schema}; this one reads up "
            f"to {SCHEMA}); upgrade approximant to use it."
        )


def _make(folder: Path, create: bool) -> None:
    """Make a folder a store if that was asked for and nothing of somebody else's is in it."""
    # Another process that makes the same store may be at it: its mark is hidden until it is whole.
    if folder.exists() and any(path.suffix != ".tmp" for path in folder.iterdir()):
        another = ", or a new one" if create else ""
        raise StoreError(
            f"{folder} is no run store: there is no {MARK} in it. Give the folder of a "
            f"store{another}."
        )
    if not create:
        raise StoreError(
            f"There is no run store {folder}. `approximant train FILE.toml --store {folder}` and "
            "`approximant sweep FILE.toml` make one; --store names one that is elsewhere."
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / MARK, (json.dumps({"schema": SCHEMA}) + "\n").encode())


@contextlib.contextmanager
def blamed(folder: Path, act: str = "write to") -> Iterator[None]:
    """Tell what the system has against an action on a store as an error of the store."""
    try:
        yield
    except ModelFileError as error:
        raise StoreError(str(error)) from error
    except (OSError, ValueError) as error:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
        advice = "free some space" if full else "check its rights, or choose another folder"
        raise StoreError(
            f"Cannot {act} the run store {folder}: {reason(error)}; {advice}. "
            "The runs that were in it are unharmed."
        ) from error
