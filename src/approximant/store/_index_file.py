"""A SQLite file that is a cache: never repaired, but made anew when it is damaged.

Where nothing may be written, it lives in memory.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from approximant.atomic import reason
from approximant.errors import StoreError
from approximant.store._network_drive import is_network_drive

Result = TypeVar("Result")
# What a database raises that is damaged, or is asked what makes no sense.
FAILURES = (sqlite3.Error, ValueError, OverflowError)
PATIENCE = 30.0  # seconds to wait for other processes that write
BUSY = "another process keeps it busy; try again"
RIGHTS = "it may not be written; check the rights of the folder"
# What is no damage of the file, and so no reason to make it anew.
NO_DAMAGE = {
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
    sqlite3.SQLITE_FULL: "no space left on the disk; free some",
    sqlite3.SQLITE_READONLY: RIGHTS,
    sqlite3.SQLITE_PERM: RIGHTS,
    sqlite3.SQLITE_CANTOPEN: RIGHTS,
}


class IndexFile:
    """A database that can be lost at any time.

    Args:
        path: of the file.
        tables: statements that make its tables, each ended by a semicolon.
        version: of the tables; a file of any other is emptied.
        refill: called whenever the database is empty, to fill it.
        check: reads all that the tables hold; raises sqlite3.Error or ValueError where it cannot.

    Threads may share it, and take turns.
    """

    def __init__(
        self,
        path: Path,
        tables: str,
        version: int,
        refill: Callable[[], object],
        check: Callable[[sqlite3.Connection], object],
    ) -> None:
        self.path = path
        self._check = check
        self._turn = threading.RLock()
        self.writable = os.access(path.parent, os.W_OK | os.X_OK)
        self._tables, self._version, self._refill = tables, version, refill
        self._connection: sqlite3.Connection | None = None
        self._identity = 0

    def close(self) -> None:
        """Let go of the file."""
        with self._turn:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def healed(self, act: Callable[[sqlite3.Connection], Result]) -> Result:
        """Return what an action on the database gives; if that is damaged, it is made anew.

        Args:
            act: may raise whatever a question that makes no sense raises.

        Raises:
            StoreError: something other than damage is in the way.
        """
        with self._turn:
            try:
                return act(self._database())
            except FAILURES as error:
                if not self._damaged(error):
                    raise self._blamed(error) from error
            try:
                self._throw_away()
                return act(self._database())
            except FAILURES as error:
                raise self._blamed(error) from error

    def _database(self) -> sqlite3.Connection:
        if self._connection is not None and self._identity != self._file_identity():
            self.close()  # somebody removed the file, or made it anew
        if self._connection is None:
            self._connection = self._opened() if self.writable else self._copied()
            self._identity = self._file_identity()
            if _version_of(self._connection) != self._version:
                self._empty(self._connection)
                self._refill()
        return self._connection

    def _opened(self) -> sqlite3.Connection:
        connection = _connected(str(self.path))
        # A log beside the file lets others read meanwhile, but needs memory that all of them share.
        mode = "DELETE" if is_network_drive(self.path.parent) else "WAL"
        _journal(connection, mode)
        connection.execute("PRAGMA synchronous = NORMAL")
        return connection

    def _copied(self) -> sqlite3.Connection:
        """Return a copy in memory, empty if there is nothing to copy."""
        memory = _connected(":memory:")
        place = f"{self.path.absolute().as_uri()}?immutable=1"
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(place, uri=True)) as file,
        ):
            file.backup(memory)
        return memory

    def _empty(self, connection: sqlite3.Connection) -> None:
        """Make the tables, unless another process was quicker; any others are dropped."""
        with transaction(connection):
            if _version_of(connection) == self._version:
                return
            old = "SELECT name FROM sqlite_master WHERE type = 'table'"
            for (name,) in connection.execute(old).fetchall():
                connection.execute(f'DROP TABLE "{name}"')
            for statement in filter(str.strip, self._tables.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {self._version}")

    def _throw_away(self) -> None:
        self.close()
        if not self.writable:
            self._connection = _connected(":memory:")
            self._empty(self._connection)
            self._refill()
            return
        try:
            for ending in ("-wal", "-shm", ""):
                self.path.with_name(self.path.name + ending).unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"Cannot replace {self.path}: {reason(error)}.") from error

    def _file_identity(self) -> int:
        """Return what tells the file from another of the same name; 0 for one in memory."""
        try:
            return self.path.stat().st_ino if self.writable else 0
        except OSError:
            return -1

    def _damaged(self, error: Exception) -> bool:
        """Tell whether the file is damaged, rather than the question wrong or the system busy."""
        if _reason(error) is not None:
            return False
        try:
            connection = self._database()
            if connection.execute("PRAGMA quick_check").fetchall() != [("ok",)]:
                return True
            self._check(connection)
        except (sqlite3.Error, ValueError) as found:
            return _reason(found) is None
        return False

    def _blamed(self, error: Exception) -> StoreError:
        return StoreError(f"Cannot use {self.path}: {_reason(error) or error}.")


def _reason(error: Exception) -> str | None:
    """Say what is in the way where that is no damage of the file."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else NO_DAMAGE.get(code & 0xFF)  # the rest is detail


@contextlib.contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Make all changes within the block together or not at all, while nobody else writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            connection.execute("ROLLBACK")
        raise


def _connected(place: str) -> sqlite3.Connection:
    return sqlite3.connect(place, PATIENCE, isolation_level=None, check_same_thread=False)


def _journal(connection: sqlite3.Connection, mode: str) -> None:
    """Choose the kind of journal; SQLite itself does not wait for others who do the same."""
    start = time.monotonic()
    while True:
        try:
            connection.execute(f"PRAGMA journal_mode = {mode}")
            return
        except sqlite3.OperationalError as error:
            busy = error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
            if not busy or time.monotonic() - start > PATIENCE:
                raise
        time.sleep(0.01)


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])
