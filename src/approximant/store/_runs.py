"""RunStore: a folder of runs, each readable without us, with an index that answers quickly."""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from approximant.atomic import write_atomically
from approximant.errors import StoreError, short
from approximant.settings import option
from approximant.store._run_folder import (
    clean_up,
    place_run,
    read_run,
    read_runs,
    remove_folder,
    run_files,
    run_json,
    stored,
)
from approximant.store._run_index import RunIndex, Told
from approximant.store._run_place import blamed, check_store
from approximant.store._run_query import Columns, choice, order, text_list
from approximant.store._run_record import FINISHED, RUN, RunRecord, StoredRun

CHUNK = 500  # keys of one query


@dataclass(frozen=True, eq=False)
class RunStore:
    """Runs in a folder.

    `store.json` marks the folder, `<id>/` is a run, `index.sqlite` a cache of what the runs say.
    Several processes may use a store at once. Made by `RunStore.open`; leaving a `with` block, or
    `close`, lets go of the index.

    >>> with RunStore.open("runs", create=True) as store:
    ...     run = store.add(RunRecord(key=run_key({"rate": 0.1}), settings="rate = 0.1",
    ...                               metrics={"rmse": 0.02}))
    ...     found = store.find(["rate<0.5", "status=finished"], sort="rmse")
    ...     found[0].id == run.id
    True

    Args:
        folder: where it is.
    """

    folder: Path
    _index: RunIndex

    @classmethod
    def open(cls, folder: str | os.PathLike[str], create: bool = False) -> RunStore:
        """Return the store in a folder, and clean up after processes that died in it.

        Args:
            folder: of the store.
            create: whether to make it where the folder is missing or empty.

        Raises:
            StoreError: the folder is missing, no store, one of a newer version, or cannot be used.
        """
        place: Path = option(folder, Path, "folder")
        check_store(place, option(create, bool, "create"))
        clean_up(place)
        store = cls(place, RunIndex(place))
        store._index.catch_up()
        return store

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the index; the store must not be used afterwards."""
        self._index.close()

    def add(self, record: RunRecord, once: bool = True) -> StoredRun:
        """Write a run, whole or not at all, and return it.

        Args:
            record: what to write.
            once: whether equal keys mean the same run: a finished one stays the only one of its key
                and is returned instead; one that failed or never finished is replaced.

        Raises:
            StoreError: it cannot be written; nothing is left behind.
        """
        same = self._index.runs("WHERE key = ?", [record.key]) if once else []
        for run in same:
            if run.status == FINISHED and run.folder.joinpath(RUN).exists():
                return run
        with blamed(self.folder):
            run = place_run(self.folder, record, once, self._forget)
            for old in same:
                if old.id != run.id:
                    remove_folder(old.folder)
        self._index.put([run], [old.id for old in same])
        return run

    def finish(self, run: str, record: RunRecord) -> StoredRun:
        """Write what became of a run that was added as unfinished, and return it.

        Its `run.json` is written last: until then the run counts as unfinished.

        Args:
            run: its id.
            record: the whole run, now finished or failed.

        Raises:
            StoreError: it cannot be written; the run stays unfinished.
        """
        place = self.folder / option(run, str, "run")
        if not place.is_dir():  # removed meanwhile
            return self.add(record, once=False)
        files = run_files(record)
        with blamed(self.folder):
            for name, data in files.items():
                write_atomically(place / name, data)
            write_atomically(place / RUN, run_json(record.facts(), files))
        found = stored(place, record)
        self._index.put([found])
        return found

    def find(
        self, where: str | Sequence[str] = (), sort: str = "", limit: int | None = None
    ) -> list[StoredRun]:
        """Return the runs that meet all conditions.

        Columns are the facts (id, status, created, seconds, name, sweep, seed, tags, ...), metrics,
        and settings by dotted name, of which the last part is enough where it is unambiguous.

        Args:
            where: conditions such as "training.optimizer.rate<0.1", "status=finished", "tags=good",
                "name~wiggle" (contains) or "rmse!=none" (was measured).
            sort: a column, smallest first; "-rmse" has the largest first. The newest come first if
                left out.
            limit: how many at most.

        Raises:
            SettingError: a condition cannot be read, or a column is unknown.
            StoreError: the index cannot be read.
        """
        limit = option(limit, int | None, "limit", least=0, most=2**62)
        texts, column = text_list(where, "where"), option(sort, str, "sort")
        if not self.count():
            return []  # without runs, no column is known
        columns = self.columns()
        chosen, values = choice(texts, columns)
        most = -1 if limit is None else limit
        return self._index.runs(f"{chosen} {order(column, columns)} LIMIT ?", [*values, most])

    def columns(self) -> Columns:
        """Return the metrics and settings by which runs can be asked for."""
        return self._index.columns()

    def count(self, where: str | Sequence[str] = ()) -> int:
        """Return the number of runs that meet all conditions, which are as for `find`."""
        texts = text_list(where, "where")
        chosen, values = choice(texts, self.columns()) if texts else ("", [])
        return int(self._index.rows(f"SELECT count(*) FROM runs {chosen}", values)[0][0])

    def finished_keys(self) -> set[str]:
        """Return the keys of all finished runs."""
        return self._index.finished_keys()

    def by_key(self, keys: Iterable[str]) -> dict[str, StoredRun]:
        """Return the finished runs that have one of these keys, by key."""
        wanted, found = list(keys), {}
        for first in range(0, len(wanted), CHUNK):
            some = wanted[first : first + CHUNK]
            choice = f"WHERE key IN ({', '.join('?' * len(some))})"
            for run in self._index.runs(choice, some):
                if run.status == FINISHED and run.folder.joinpath(RUN).exists():
                    found[run.key] = run
        return found

    def get(self, id: str) -> StoredRun:
        """Return the run of an id, or of the beginning of one if no other begins so.

        Raises:
            StoreError: there is none, or there are several.
        """
        begin = option(id, str, "id").strip().lower()
        ids = self._index.ids()
        names = [begin] if begin in ids else [n for n in ids if begin and n.startswith(begin)]
        if len(names) > 1:
            shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
            raise StoreError(
                f"{len(names)} runs begin with {short(id)}: {shown}; write more of the id."
            )
        run = read_run(self.folder / names[0]) if names else None
        if run is None:
            near = difflib.get_close_matches(begin, ids, 1)
            hint = f"did you mean {near[0]!r}?" if near else "`approximant runs list` shows them."
            raise StoreError(f"There is no run {short(id)} in {self.folder}; {hint}")
        return run

    def tag(
        self, id: str, add: str | Iterable[str] = (), remove: str | Iterable[str] = ()
    ) -> StoredRun:
        """Put words on a run, take others off, and return it.

        Raises:
            StoreError: there is no such run, or it cannot be written.
        """
        run = self.get(id)
        on, off = text_list(add, "add"), text_list(remove, "remove")
        tags = tuple(word for word in (*run.tags, *on) if word not in off)
        changed = replace(run, tags=tags)
        self._forget(run.id)
        try:
            with blamed(self.folder):
                path = run.folder / RUN
                content = json.loads(path.read_bytes()) | {"tags": list(changed.tags)}
                write_atomically(path, (json.dumps(content, indent=1) + "\n").encode())
        finally:
            self._index.put(read_runs(self.folder, [run.id]))
        return changed

    def remove(self, ids: str | Iterable[str]) -> list[str]:
        """Remove runs with all their files, and return their ids.

        Raises:
            StoreError: there is no such run, and then none is removed; or one cannot be removed.
        """
        names = [self.get(id).id for id in text_list(ids, "ids")]
        for name in names:
            with blamed(self.folder, "remove from"):
                remove_folder(self.folder / name)
        self._index.put([], names)
        return names

    def reindex(self, progress: Told | None = None) -> int:
        """Read all folders again, make the index say the same, and return the number of runs.

        Folders that appeared or vanished are noticed without it; it is for those whose content was
        changed by hand.

        Args:
            progress: called with the number of folders read, and of all.

        Raises:
            StoreError: the folder cannot be read, or the index not be written.
        """
        self._index.read_again(progress)
        return self.count()

    def _forget(self, id: str) -> None:
        """Take a run out of the index while its folder changes: after a crash it is read again."""
        self._index.put([], [id])
