"""The run store when things go wrong: crashes, damage, full disks, others at work."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from approximant.errors import SettingError, StoreError
from approximant.store import FAILED, RunRecord, RunStore, StoredRun, _owner, _run_index
from approximant.store._network_drive import is_network_drive
from approximant.store._run_folder import HIDDEN

FILES = {"history.csv": b"epoch,loss\n1,0.5\n", "model.safetensors": bytes(5000)}


def record(number: int, **facts: Any) -> RunRecord:
    """Return the record of a run that can be told by its number."""
    whole = {"settings": f"number = {number}\n", "metrics": {"rmse": number / 7}, "files": FILES}
    return RunRecord(key=f"key {number}", **whole | facts)


def filled(folder: Path, count: int) -> list[StoredRun]:
    """Put runs into a new store and return them, in their order."""
    with RunStore.open(folder, create=True) as store:
        return [store.add(record(number)) for number in range(count)]


def python(script: str, *args: object) -> list[str]:
    """Return the command that runs a script in a process of its own."""
    head = "import os, signal, sys\nfrom approximant.store import *\nplace = sys.argv[1]\n"
    return [sys.executable, "-c", head + textwrap.dedent(script), *map(str, args)]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.is_dir()}


# Crashes


def test_a_kill_at_any_step_leaves_whole_runs_or_none(tmp_path: Path) -> None:
    """Let a process work, killed at its first step on the disk, at its third, at its fifth"""
    script = """
        os.fsync = lambda file: None  # slow, and of no use against a kill
        STEPS = {"open", "os.rename", "os.mkdir", "os.rmdir", "os.remove", "shutil.rmtree",
                 "os.listdir", "os.scandir", "sqlite3.connect"}
        FILES = {"history.csv": b"epoch,loss\\n1,0.5\\n", "model.safetensors": bytes(5000)}

        def record(key, **facts):
            return RunRecord(key=key, settings=f"key = '{key}'", files=FILES, **facts)

        def work(step):
            left = step
            def hook(event, args):
                nonlocal left
                if event in STEPS:
                    left -= 1
                    if left == 0:
                        os.kill(os.getpid(), signal.SIGKILL)
            sys.addaudithook(hook)
            with RunStore.open(place, create=True) as store:
                first = store.add(record(f"first {step}"))
                store.add(record("same", status="failed"))
                store.add(record("same"))
                begun = store.add(record(f"begun {step}", status="unfinished"))
                store.finish(begun.id, record(f"begun {step}"))
                store.tag(first.id, ["seen"])
                store.remove(begun.id)
            os._exit(0)

        def check():
            with RunStore.open(place, create=True) as store:
                runs = store.find()
                check_files(runs)
                assert store.reindex() == len(runs)
                assert store.find() == runs
                store.remove(run.id for run in runs if run.key != "same")
            return runs

        def check_files(runs):
            assert not [n for n in os.listdir(place) if n.startswith(".at-work")]
            assert len({run.key for run in runs}) == len(runs)
            for run in runs:
                assert not run.reason, run
                if run.status == "finished":
                    assert {n: run.read(n) for n in FILES} == FILES
                    assert run.settings == {"key": run.key}

        for step in range(1, 500, 2):
            child = os.fork()
            if not child:
                work(step)
            status = os.waitpid(child, 0)[1]
            runs = check()
            if status == 0:
                break
            assert os.WTERMSIG(status) == signal.SIGKILL, status
        print(step, "same" in {run.key for run in runs})
    """
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(python(script, tmp_path / "runs"), capture_output=True, text=True,
                          check=False, timeout=120, env=environment)  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps, same = done.stdout.split()
    assert int(steps) > 100  # it was killed half as often
    assert same == "True"


def test_a_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    script = """
        with RunStore.open(place, create=True) as store:
            for number in range(200):
                store.add(RunRecord(key=f"key {number}", settings="", files={"a": bytes(100_000)}))
                print(number, flush=True)
    """
    told = 0
    for moment in range(8):
        with subprocess.Popen(python(script, tmp_path / "runs"), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            for _ in range(told + 3 + 2 * moment):
                process.stdout.readline()
            time.sleep(0.0007 * moment)
            process.kill()
        told += 3 + 2 * moment
        with RunStore.open(tmp_path / "runs") as store:
            keys = [run.key for run in store.find()]
            assert len(keys) == len(set(keys))
            assert {f"key {number}" for number in range(told)} <= store.finished_keys()
            assert names(store.folder) == {run.id for run in store.find()}


def test_what_a_dead_process_left_is_removed_and_nobody_elses(tmp_path: Path) -> None:
    (run,) = filled(tmp_path, 1)
    mine = _owner.owner()
    machine, start, _ = mine.split("-")
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        dead = process.pid
    left = {
        "mine": mine,
        "dead": f"{machine}-{start}-{dead}",
        "before the restart": f"{machine}-00000000-{os.getpid()}",
        "elsewhere": f"00000000-{start}-{dead}",
        "elsewhere, long ago": f"00000000-{start}-{os.getpid()}",
    }
    for name, owner in left.items():
        folder = tmp_path / f"{HIDDEN}{owner}-{name}"
        folder.mkdir()
        (folder / "settings.toml").write_text("half")
        if "long ago" in name:
            os.utime(folder, (0, 0))
    with RunStore.open(tmp_path) as store:
        assert store.find() == [run]
    kept = {path.name.rpartition("-")[2] for path in tmp_path.glob(".*")}
    assert kept == {"mine", "elsewhere"}


def test_files_cut_short_by_a_power_cut_make_a_run_unfinished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunStore.open(tmp_path, create=True) as store:
        long_ago = store.add(record(0, created="2020-01-01T00:00:00.000Z"))
        runs = [store.add(record(number)) for number in (1, 2, 3)]
    for run in (long_ago, runs[0]):
        (run.folder / "model.safetensors").write_bytes(b"")
    (runs[1].folder / "run.json").write_bytes(b"")
    (runs[2].folder / "model.safetensors").unlink()  # that was no crash
    with RunStore.open(tmp_path) as store:
        assert len(store.finished_keys()) == 4  # nobody looked
    monkeypatch.setattr(_run_index, "boot", lambda: "another")
    with RunStore.open(tmp_path) as store:
        assert store.finished_keys() == {"key 0", "key 3"}
        reasons = {run.reason for run in store.find("status=unfinished")}
        assert reasons == {"model.safetensors was cut short", "run.json is damaged"}
        store.reindex()
        assert store.finished_keys() == {"key 3"}
        again = store.add(record(1))
        assert again.read("model.safetensors") == FILES["model.safetensors"]


# Others at work


def test_two_processes_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    script = """
        start = int(sys.argv[2])
        sys.stdin.readline()
        with RunStore.open(place, create=True) as store:
            for number in range(start, start + 60):
                store.add(RunRecord(key=f"key {number}", settings="", metrics={"rmse": number}))
                if number % 10 == 0:
                    store.tag(store.find(f"key=key {number}")[0].id, ["round"])
    """
    folder = tmp_path / "runs"
    processes = [
        subprocess.Popen(python(script, folder, start), stdin=subprocess.PIPE) for start in (0, 30)
    ]
    time.sleep(0.4)  # so that both begin together
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.close()
    assert [process.wait(60) for process in processes] == [0, 0]
    with RunStore.open(folder) as store:
        runs = store.find(sort="rmse")
        assert [run.metrics["rmse"] for run in runs] == list(range(90))
        assert store.count(["tags=round"]) == 9
        store.reindex()
        assert store.find(sort="rmse") == runs


def test_a_store_sees_what_another_process_adds(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, create=True) as one, RunStore.open(tmp_path) as other:
        run = other.add(record(1))
        assert one.find() == [run]
        assert one.add(record(1)) == run
        one.remove(run.id)
        assert other.find() == []


def test_folders_copied_in_and_deleted_by_hand_are_noticed(tmp_path: Path) -> None:
    first, second = filled(tmp_path / "runs", 2)
    (other,) = filled(tmp_path / "other", 1)
    shutil.copytree(second.folder, tmp_path / "runs" / "copied")
    shutil.rmtree(first.folder)
    (tmp_path / "runs" / "pictures").mkdir()  # no run
    (tmp_path / "runs" / "notes.txt").write_text("no run either")
    with RunStore.open(tmp_path / "runs") as store:
        assert {run.id for run in store.find()} == {second.id, "copied"}
        assert store.get("cop").settings == second.settings
        assert store.reindex() == 2


def test_what_was_changed_by_hand_is_found_by_reindex(tmp_path: Path) -> None:
    (run,) = filled(tmp_path, 1)
    text = (run.folder / "run.json").read_text().replace('"rmse": 0.0', '"mine": 5.0')
    (run.folder / "run.json").write_text(text)
    with RunStore.open(tmp_path) as store:
        told: list[tuple[int, int]] = []
        assert store.reindex(lambda *numbers: told.append(numbers)) == 1
        assert told == [(1, 1)]
        assert store.find("mine=5")[0].id == run.id
        assert "rmse" not in store.columns().metrics


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "nothing", '{"key": 3, "status": "well"}', "1" * 9]
)
def test_a_folder_that_makes_no_sense_is_shown_as_unfinished(tmp_path: Path, text: str) -> None:
    (run,) = filled(tmp_path, 1)
    (run.folder / "run.json").write_text(text)
    (run.folder / "settings.toml").write_bytes(b"\xff[")
    with RunStore.open(tmp_path) as store:
        store.reindex()
        (found,) = store.find()
        assert (found.status, found.reason) == ("unfinished", "run.json is damaged")
        assert store.add(record(0)).id != run.id  # what cannot be read is not overwritten
        assert store.finished_keys() == {"key 0"}


# The index


def _shortened(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _overwritten(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xa5" * (len(data) - 4096)
    path.write_bytes(data)


def _executed(statement: str) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        connection = sqlite3.connect(path)
        connection.executescript(statement)
        connection.close()

    return damage


DAMAGES: dict[str, Callable[[Path], object]] = {
    "removed": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "no database": lambda path: path.write_text("something else entirely " * 400),
    "shortened": _shortened,
    "overwritten": _overwritten,
    "a table is gone": _executed("DROP TABLE names"),
    "rows are gone": _executed("DELETE FROM runs"),
    "rows are nonsense": _executed("PRAGMA writable_schema = 1; UPDATE runs SET settings = '{' "),
    "another version": _executed("PRAGMA user_version = 99; DROP TABLE machine"),
    "somebody's own": _executed("DROP TABLE runs; CREATE TABLE runs (a)"),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_index_is_made_anew_by_itself(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    runs = filled(tmp_path, 20)
    damage(tmp_path / "index.sqlite")
    with RunStore.open(tmp_path) as store:
        assert store.find("rmse<100", sort="number") == runs
        assert store.add(record(21)).settings == {"number": 21}
        assert store.finished_keys() == {f"key {number}" for number in (*range(20), 21)}


@pytest.mark.parametrize("damage", ["removed", "no database"])
def test_an_index_damaged_under_our_feet_is_made_anew(tmp_path: Path, damage: str) -> None:
    runs = filled(tmp_path, 5)
    with RunStore.open(tmp_path) as store:
        store.find()
        replacement = tmp_path / "index.new"
        replacement.write_bytes(b"x" * 9000)
        replacement.replace(tmp_path / "index.sqlite")
        if damage == "removed":
            (tmp_path / "index.sqlite").unlink()
        new = store.add(record(9))
        assert store.find(sort="number") == [*runs, new]
    with RunStore.open(tmp_path) as store:
        assert store.count() == 6


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        (["rmse<\ud800"], None),
        (["name=\ud800"], None),
        (["rmse<1"] * 2000, None),
        ([], "many"),
        ([], -1),
        ([], 2**70),
        ([], 1.5),
    ],
)
def test_a_question_that_makes_no_sense_leaves_the_index_alone(
    tmp_path: Path, where: list[str], limit: Any
) -> None:
    runs = filled(tmp_path, 3)
    with RunStore.open(tmp_path) as store:
        store.find()
        inode = (tmp_path / "index.sqlite").stat().st_ino
        with pytest.raises((StoreError, SettingError)):
            store.find(where, limit=limit)
        assert store.find(sort="number") == runs
        assert (tmp_path / "index.sqlite").stat().st_ino == inode


def test_threads_share_a_store(tmp_path: Path) -> None:
    with RunStore.open(tmp_path, create=True) as store, ThreadPoolExecutor(16) as pool:

        def act(number: int) -> None:
            run = store.add(record(number))
            store.tag(run.id, ["seen"])
            assert run.id in {found.id for found in store.find("rmse>=0", sort="number")}
            assert store.count(["tags=seen"]) >= 1
            if number % 3 == 0:
                store.remove(run.id)

        list(pool.map(act, range(60)))
        assert store.count() == 40
        runs = store.find(sort="number")
        store.reindex()
        assert store.find(sort="number") == runs


def test_ten_thousand_runs_are_found(tmp_path: Path) -> None:
    (run,) = filled(tmp_path, 1)
    facts = json.loads((run.folder / "run.json").read_text()) | {"files": {}}
    for number in range(1, 10_000):
        folder = tmp_path / f"run-{number}"
        folder.mkdir()
        more = {"key": f"key {number}", "metrics": {"rmse": number / 7}}
        (folder / "run.json").write_text(json.dumps(facts | more))
    with RunStore.open(tmp_path) as store:
        assert store.count() == len(store.finished_keys()) == 10_000
        assert store.count(["rmse<100"]) == 700
        assert [r.key for r in store.find("rmse<100", sort="-rmse", limit=2)] == [
            "key 699",
            "key 698",
        ]
        assert store.reindex() == 10_000


# What the system has against it


def fail(code: int, after: int = 0) -> Callable[..., None]:
    """Return a function that fails as the system does, once it was called `after` times."""
    calls = 0
    write = Path.write_bytes

    def act(*args: Any) -> None:
        nonlocal calls
        calls += 1
        if calls > after:
            raise OSError(code, os.strerror(code))
        write(*args)

    return act


@pytest.mark.parametrize("after", range(4))
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    (run,) = filled(tmp_path, 1)
    before = sorted(tmp_path.rglob("*"))
    with RunStore.open(tmp_path) as store:
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", fail(errno.ENOSPC, after))
            with pytest.raises(StoreError, match="no space left on device; free some space. The"):
                store.add(record(1))
        assert store.find() == [run]
        assert store.add(record(1)).key == "key 1"
        store.remove(store.add(record(1)).id)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_full_disk_keeps_the_failed_run_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunStore.open(tmp_path, create=True) as store:
        failed = store.add(record(1, status=FAILED))
        with monkeypatch.context() as patch:
            patch.setattr(Path, "write_bytes", fail(errno.ENOSPC, 2))
            with pytest.raises(StoreError, match="no space left"):
                store.add(record(1))
        assert store.find() == [failed]


def test_an_index_for_which_there_is_no_space_catches_up_later(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    with RunStore.open(tmp_path) as store:
        file = store._index._file
        (pages,) = file.healed(lambda database: database.execute("PRAGMA page_count").fetchone())
        file.healed(lambda database: database.execute(f"PRAGMA max_page_count = {pages}"))
        with pytest.raises(StoreError, match="index.sqlite: no space left on the disk"):
            for number in range(1, 400):
                store.add(record(number))
    with RunStore.open(tmp_path) as store:
        assert store.finished_keys() == {f"key {k}" for k in range(number + 1)}


def test_a_read_only_store_can_be_read_and_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = filled(tmp_path / "runs", 3)
    shutil.rmtree(runs[0].folder)
    shutil.copytree(runs[1].folder, tmp_path / "runs" / "copied")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    monkeypatch.setattr(os, "access", lambda path, mode: not mode & os.W_OK)
    monkeypatch.setattr(Path, "mkdir", fail(errno.EROFS))
    monkeypatch.setattr(os, "open", fail(errno.EROFS))
    for damage in ("none", "removed", "no database"):
        if damage != "none":
            DAMAGES[damage](tmp_path / "runs" / "index.sqlite")
        with RunStore.open(tmp_path / "runs") as store:
            assert {run.id for run in store.find("rmse>0")} == {runs[1].id, runs[2].id, "copied"}
            assert store.reindex() == 3
            with pytest.raises(
                StoreError, match="Cannot write to the run store .*: read-only file"
            ):
                store.add(record(7))
            with pytest.raises(StoreError, match="read-only file system"):
                store.tag("copied", ["good"])
            assert store.count() == 3
        if damage == "none":
            after = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
            assert after == before


# What is no store


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ('{"schema": 2}', "newer approximant .store schema 2; this one reads up to 1.; upgrade"),
        ("", "store.json is damaged; if the folder holds your runs, write {.schema.: 1}"),
        ("[1]", "store.json is damaged"),
        ('{"schema": "new"}', "store.json is damaged"),
        ("\x00\xff", "store.json is damaged"),
    ],
)
def test_a_store_of_another_kind_is_refused(tmp_path: Path, mark: str, expected: str) -> None:
    (tmp_path / "store.json").write_text(mark)
    for create in (False, True):
        with pytest.raises(StoreError, match=expected):
            RunStore.open(tmp_path, create)
    assert [path.name for path in tmp_path.iterdir()] == ["store.json"]


def test_a_folder_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    with pytest.raises(StoreError, match="There is no run store .*mine. `approximant train"):
        RunStore.open(folder)
    assert not folder.exists()
    folder.mkdir()
    with pytest.raises(StoreError, match="There is no run store"):
        RunStore.open(folder)
    (folder / "letter.txt").write_text("dear")
    for create, hint in ((False, "Give the folder of a store."), (True, "or a new one.")):
        with pytest.raises(StoreError, match=f"mine is no run store: .*{hint}"):
            RunStore.open(folder, create)
    with pytest.raises(StoreError, match="letter.txt is a file; a run store is a folder"):
        RunStore.open(folder / "letter.txt", create=True)
    with pytest.raises(StoreError, match="Cannot use the run store .*: (n|N)ot a directory"):
        RunStore.open(folder / "letter.txt" / "runs", create=True)
    with pytest.raises(StoreError, match="file name too long|File name too long"):
        RunStore.open(folder / ("x" * 300), create=True)
    assert [path.name for path in folder.iterdir()] == ["letter.txt"]


def test_drives_of_other_machines_are_told_from_disks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "21 1 8:1 / / rw - ext4 /dev/sda rw\n"
        f"22 21 0:5 / {tmp_path}/far rw shared:3 - nfs4 host:/far rw\n"
        f"23 22 0:6 / {tmp_path}/far/near\\040by rw - tmpfs none rw\n"
    )
    monkeypatch.setattr("approximant.store._network_drive.MOUNTS", mounts)
    assert not is_network_drive(tmp_path / "here")
    assert is_network_drive(tmp_path / "far" / "runs")
    assert not is_network_drive(tmp_path / "far" / "near by" / "runs")
    filled(tmp_path / "far" / "runs", 2)
    connection = sqlite3.connect(tmp_path / "far" / "runs" / "index.sqlite")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
    mounts.unlink()
    assert is_network_drive(tmp_path / "here")  # where nothing is known, the safe way is taken
