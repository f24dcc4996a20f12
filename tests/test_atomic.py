"""Writing files: whole or not at all, and the good file that was there survives."""

import errno
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from approximant import store
from approximant.errors import ModelFileError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "file"
    file.write_bytes(b"the good file")
    return file


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("", "it is a folder"),
        ("missing/file", "is no folder; make it first"),
        ("x" * 300, "file name too long"),
        (os.devnull, "it is a device"),
    ],
)
def test_what_is_no_file_cannot_be_written(tmp_path: Path, name: str, expected: str) -> None:
    with pytest.raises(ModelFileError, match=expected):
        store.write_atomically(tmp_path / name, b"data")


def test_a_name_as_long_as_the_folder_allows_can_be_written(tmp_path: Path) -> None:
    store.write_atomically(tmp_path / ("x" * 255), b"data")
    assert (tmp_path / ("x" * 255)).read_bytes() == b"data"


def test_a_link_is_followed_and_others_may_read_the_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "link").symlink_to("file")
    before = os.umask(0o022)
    try:
        store.write_atomically(tmp_path / "link", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "file").read_bytes() == b"new"
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("step", ["open", "fsync", "replace"])
@pytest.mark.parametrize(
    ("code", "expected"), [(errno.ENOSPC, "no space left"), (errno.EROFS, "read-only file system")]
)
def test_a_failed_write_leaves_the_good_file_alone(
    path: Path, monkeypatch: pytest.MonkeyPatch, step: str, code: int, expected: str
) -> None:
    before = path.read_bytes()

    def fail(*args: object, **options: object) -> None:
        raise OSError(code, os.strerror(code))

    with monkeypatch.context() as patch:
        patch.setattr(os, step, fail)
        with pytest.raises(ModelFileError, match=f"Cannot write .*: {expected}"):
            store.write_atomically(path, b"new data")
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_write_that_really_stops_half_way_leaves_no_file(path: Path) -> None:
    before = path.read_bytes()
    script = textwrap.dedent("""
        import resource, sys
        from approximant import errors, store
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # no file above 100 bytes
        try:
            store.write_atomically(sys.argv[1], bytes(100_000))
        except errors.ModelFileError as error:
            print(error)
    """)
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    assert "file too large" in done.stdout.lower()
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_an_interruption_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*args: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        store.write_atomically(tmp_path / "file", b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    store.check_folder(tmp_path / "a" / "b")
    assert not (tmp_path / "a").exists()
    assert store.make_folder(tmp_path / "a" / "b").is_dir()
    store.make_folder(tmp_path / "a" / "b")


@pytest.mark.parametrize("act", [store.check_folder, store.make_folder])
def test_a_file_in_the_way_of_a_folder_is_named(path: Path, act: Callable[[Path], object]) -> None:
    for folder in (path, path / "sub"):
        with pytest.raises(ModelFileError, match="a file is in the way"):
            act(folder)
    with pytest.raises(ModelFileError, match="ile name too long"):
        act(path.parent / ("x" * 300))


@pytest.mark.skipif(os.geteuid() == 0, reason="no folder is read-only to root")
def test_a_read_only_folder_is_noticed_beforehand(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ModelFileError, match="permission denied"):
        store.check_folder(tmp_path / "a")
    with pytest.raises(ModelFileError, match="permission denied"):
        store.write_atomically(tmp_path / "a", b"data")
