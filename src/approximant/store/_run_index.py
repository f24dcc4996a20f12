"""The index of a run store: what all runs say, where it can be asked for quickly.

Everything in it comes from the folders of the runs, so it may be lost at any time.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from approximant.store._index_file import IndexFile, transaction
from approximant.store._owner import boot
from approximant.store._run_folder import listed, read_runs
from approximant.store._run_query import Columns
from approximant.store._run_record import FINISHED, UNFINISHED, StoredRun

Told: TypeAlias = Callable[[int, int], object]  # hears the number of runs read, and of all
INDEX = "index.sqlite"
STATUS, CREATED = (f"json_extract(facts, '$.{name}')" for name in ("status", "created"))
VERSION = 1  # of the tables below
TABLES = f"""
CREATE TABLE runs (id TEXT PRIMARY KEY, key TEXT, facts TEXT, settings TEXT);
CREATE INDEX by_key ON runs (key);
CREATE INDEX by_status ON runs ({STATUS}, key);
CREATE INDEX by_time ON runs ({CREATED});
CREATE TABLE names (kind TEXT, name TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID;
CREATE TABLE machine (boot TEXT);
"""
WRITTEN_BACK = 60  # seconds after which a file is surely on the disk, not only in memory


class RunIndex:
    """The rows of all runs of a store; every method raises StoreError if it cannot be used.

    Args:
        folder: of the store.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = IndexFile(folder / INDEX, TABLES, VERSION, self.read_again, self._check)
        self.close = self._file.close

    def put(self, runs: Iterable[StoredRun], gone: Iterable[str] = ()) -> None:
        """Write rows for runs, and remove those of the ids that are gone."""
        new, old = list(runs), [(name,) for name in gone]

        def write(database: sqlite3.Connection) -> None:
            with transaction(database):
                database.executemany("DELETE FROM runs WHERE id = ?", old)
                _write(database, new)

        self._file.healed(write)

    def read_again(self, told: Told | None = None) -> None:
        """Write all rows anew, from the folders; what other processes add meanwhile is kept.

        Args:
            told: hears how far it has come.
        """
        found = {run.id: run for run in read_runs(self._folder, listed(self._folder), told)}

        def write(database: sqlite3.Connection) -> None:
            with transaction(database):
                there = listed(self._folder)  # now, while nobody else writes
                known = _texts(database.execute("SELECT id FROM runs"))
                gone = [(name,) for name in known if name in found or name not in there]
                database.executemany("DELETE FROM runs WHERE id = ?", gone)
                database.execute("DELETE FROM names")
                _write(database, [run for name, run in found.items() if name in there])

        self._file.healed(write)

    def catch_up(self) -> None:
        """Take in the folders that appeared, and leave out those that vanished, without it."""
        there, known = listed(self._folder), set(self.ids())
        doubtful = f"{STATUS} = '{UNFINISHED}'"
        if self._was_restarted():  # a power cut can take what was written just before it
            newest = f"(SELECT max({CREATED}) FROM runs)"
            recent = f"datetime({newest}, '-{WRITTEN_BACK} seconds')"
            doubtful += f" OR datetime({CREATED}) >= {recent}"
        again = _texts(self.rows(f"SELECT id FROM runs WHERE {doubtful}")) & there
        found = list(read_runs(self._folder, (there - known) | again))
        if found or known - there:
            self.put(found, known - there)

    def ids(self) -> list[str]:
        """Return all ids, sorted."""
        return sorted(_texts(self.rows("SELECT id FROM runs")))

    def finished_keys(self) -> set[str]:
        """Return the keys of all finished runs."""
        return _texts(self.rows(f"SELECT key FROM runs WHERE {STATUS} = '{FINISHED}'"))

    def columns(self) -> Columns:
        """Return the metrics and settings by which runs can be asked for."""
        rows = self.rows("SELECT kind, name FROM names")
        of = {kind: frozenset(n for k, n in rows if k == kind) for kind in ("metrics", "settings")}
        return Columns(**of)

    def runs(self, choice: str, values: Sequence[Any]) -> list[StoredRun]:
        """Return the runs of a choice: what follows `FROM runs` in a query."""
        text = f"SELECT id, facts, settings FROM runs {choice}"
        return self._file.healed(lambda database: self._read(database.execute(text, values)))

    def _read(self, rows: Iterable[tuple[str, str, str]]) -> list[StoredRun]:
        return [
            StoredRun(
                id=name,
                folder=self._folder / name,
                settings=json.loads(settings),
                **json.loads(facts),
            )
            for name, facts, settings in rows
        ]

    def _check(self, database: sqlite3.Connection) -> None:
        """Read everything, which fails where the index is damaged."""
        self._read(database.execute("SELECT id, facts, settings FROM runs WHERE key IS NOT 0"))
        database.execute("SELECT kind, name FROM names").fetchall()
        database.execute("SELECT boot FROM machine").fetchall()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return what a query finds."""
        return self._file.healed(lambda database: database.execute(query, values).fetchall())

    def _was_restarted(self) -> bool:
        """Tell whether the machine was restarted since this was asked last, and remember."""
        rows = self.rows("SELECT boot FROM machine")
        if not self._file.writable or rows == [(boot(),)]:
            return False

        def write(database: sqlite3.Connection) -> None:
            with transaction(database):
                database.execute("DELETE FROM machine")
                database.execute("INSERT INTO machine VALUES (?)", [boot()])

        self._file.healed(write)
        return bool(rows)


def _write(database: sqlite3.Connection, runs: Sequence[StoredRun]) -> None:
    database.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?)", _rows(runs))
    names = {("settings", name) for run in runs for name in run.settings}
    names |= {("metrics", name) for run in runs for name in run.metrics}
    plain = [pair for pair in names if '"' not in pair[1]]  # which no JSON path could name
    database.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", plain)


def _rows(runs: Iterable[StoredRun]) -> Iterator[tuple[str, str, str, str]]:
    for run in runs:
        settings = json.dumps(run.settings, default=str)
        yield run.id, run.key, json.dumps(run.facts()), settings


def _texts(rows: Iterable[tuple[Any, ...]]) -> set[str]:
    return {text for (text,) in rows}
