"""What the project file, the pinned requirements and the changelog say about each other."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
LEVELS = {
    "core": [*PROJECT["dependencies"], "hatchling"],
    "dev": [
        *PROJECT["dependencies"],
        "hatchling",
        *EXTRAS["onnx"],
        *EXTRAS["tables"],
        *EXTRAS["dev"],
    ],
}


def _pins(level: str) -> dict[str, str]:
    """Read one file of pinned requirements: package to version."""
    text = (ROOT / "requirements" / f"{level}.txt").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("level", LEVELS)
def test_every_dependency_is_pinned(level: str) -> None:
    names = {re.match(r"[\w-]+", requirement)[0] for requirement in LEVELS[level]}
    assert names - {"approximant"} <= _pins(level).keys()


def test_both_levels_pin_the_same_versions() -> None:
    core, dev = _pins("core"), _pins("dev")
    assert core.items() <= dev.items()


@pytest.mark.parametrize("level", LEVELS)
def test_pins_hold_names_versions_and_hashes_alone(level: str) -> None:
    # An address, a path or a file name of this machine would match neither form of line.
    lines = (ROOT / "requirements" / f"{level}.txt").read_text(encoding="utf-8").splitlines()
    form = re.compile(r"[\w.-]+==[\w.]+( ; [\w.<>='! ]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not form.fullmatch(line)] == []


def test_changelog_begins_with_the_version_of_the_package() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[^\]]*)\]", text, flags=re.MULTILINE)
    assert released[0] == PROJECT["version"]
