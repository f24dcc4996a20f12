"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from approximant.errors import ModelFileError


def write_atomically(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to the file `path` so that a crash leaves the old file or the new one, whole.

    The bytes go to a new file in the same folder, reach the disk, and take the name in one step.

    Raises:
        ModelFileError: the file cannot be written; what was there before is untouched.
    """
    target = checked_target(path)
    # A short name: one as long as the target's could exceed what the folder allows.
    beside = target.with_name(f".approximant-{os.urandom(8).hex()}.tmp")
    try:
        try:
            _write_synced(beside, data)
            os.replace(beside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise ModelFileError(
            f"Cannot write {target}: {reason(error)}. Nothing was written there; "
            "free some space or choose another folder."
        ) from error


def checked_target(path: str | os.PathLike[str]) -> Path:
    """Return the file that writing to `path` would replace; nothing is written.

    Raises:
        ModelFileError: it is a folder or a device, or its folder does not exist.
    """
    try:
        # The file behind a symbolic link is replaced, not the link.
        target = Path(os.path.realpath(path))
        if target.is_dir():
            problem = "it is a folder; give the name of a file"
        elif target.exists() and not target.is_file():
            problem = "it is a device, not a file; give the name of a file"
        elif not target.parent.is_dir():
            problem = f"{target.parent} is no folder; make it first"
        else:
            return target
    except (OSError, ValueError) as error:  # a name too long, a zero byte in it
        problem = reason(error)
    raise ModelFileError(f"Cannot write {path}: {problem}.")


def make_folder(path: str | os.PathLike[str]) -> Path:
    """Return the folder `path`, made with its parents where missing.

    Raises:
        ModelFileError: a file is in the way, or the folder cannot be made.
    """
    folder = Path(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise ModelFileError(_folder_problem(folder, error)) from error
    return folder


def check_folder(path: str | os.PathLike[str]) -> None:
    """Check, without making anything, that files could be written to the folder `path`.

    It spares a person a long search whose result has nowhere to go.

    Raises:
        ModelFileError: it has no name, a file is in the way, or it may not be written to.
    """
    if not os.fspath(path):
        raise ModelFileError("A folder needs a name; got an empty text.")
    folder = Path(os.path.abspath(path))
    try:
        existing = next(p for p in (folder, *folder.parents) if p.exists() or p.is_symlink())
    except (OSError, ValueError) as error:
        raise ModelFileError(_folder_problem(folder, error)) from error
    if not existing.is_dir():
        raise ModelFileError(_folder_problem(folder, FileExistsError(existing)))
    if not os.access(existing, os.W_OK | os.X_OK):
        raise ModelFileError(_folder_problem(folder, PermissionError(13, "Permission denied")))


def _folder_problem(folder: Path, error: OSError | ValueError) -> str:
    if isinstance(error, (FileExistsError, NotADirectoryError)):
        return f"Cannot make the folder {folder}: a file is in the way; choose another name."
    return f"Cannot write to the folder {folder}: {reason(error)}; choose another folder."


def _write_synced(path: Path, data: bytes) -> None:
    # Opened by hand: files of `tempfile` would be closed to everyone but their owner.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with open(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(descriptor)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut, where the system can do so."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def reason(error: OSError | ValueError) -> str:
    """Return what the system says, without its numbers and the path."""
    text = getattr(error, "strerror", None) or str(error)
    return text[:1].lower() + text[1:]
