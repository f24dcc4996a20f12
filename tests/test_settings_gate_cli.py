"""Every option and argument of every command takes a text or refuses it in a line that names it."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from inline import Inline

import approximant as ap
from approximant.cli._main import commands, main
from approximant.store import RunStore

TEXTS = ("", "abc", "nan", "inf", "-1", "0", "1.5", "1e999", "9" * 400, "9" * 5000, "None", "true",
         "[1, 2]", "a:b", "x=a:b", "x=", "=", "\0", "training.epochs=abc")  # fmt: skip
FILES = ("FOLDER", "FILE", "FILE.png")  # options that take nearly any name
EXPERIMENT = """
[target]
formula = "x"
domain = {x = [0, 1]}
[sampling]
rows = 20
[network]
shape = "1-2-1 tanh"
[training]
epochs = 1
[sweep.settings]
training.epochs = [1, 2]
"""
# Of each command the arguments and the options without which it does not begin.
WORDS: dict[str, tuple[list[str], list[str]]] = {
    "fit": (["x"], ["--on", "x=0:1", "--tol", "0.1", "--seconds", "2", "--quiet"]),
    "predict": (["m.safetensors"], ["--at", "x=0.5"]),
    "show": (["m.safetensors"], []),
    "certify": (["m.safetensors"], []),
    "export": (["m.safetensors", "m.py"], []),
    "train": (["e.toml"], ["--quiet"]),
    "gallery": ([], []),
    "gallery show": (["wiggle"], []),
    "gallery run": (["activation-linear"], ["--set", "training.epochs=1", "--quiet"]),
    "sweep": (["e.toml"], ["--quiet"]),
    "runs": ([], []),
    "runs list": ([], []),
    "runs show": (["RUN"], []),
    "runs best": ([], []),
    "runs compare": (["RUN", "OTHER"], ["--out", "c.png"]),
    "runs tag": (["RUN", "+good"], []),
    "runs rm": (["zz"], ["--yes"]),
    "runs reindex": ([], []),
}
# Words by which a message names an argument of a command.
TOLD_AS = {
    "targets": ("formula", "TARGET", "meaning", "variable", "module"),
    "model": ("file", "folder"),
    "file": ("settings file", "gallery", "experiment", "File name"),
    "out": ("name", "folder", "write"),
    "points": ("read", "--at", "table"),
    "at": ("--at", "formula"),
    "words": ("id of a run", "no run"),
    "id": ("run",),
    "ids": ("run",),
    "on": ("interval", "domain"),
    "name": ("gallery", "experiment", "identifier"),
    "overrides": ("Unknown setting", "Cannot read", "epochs must"),
    "executor": ("executor",),
    "where": ("condition", "column", "--where"),
    "by": ("column",),
    "sort": ("column",),
    "chosen": ("column",),
    "store": ("store", "folder"),
    "outside": ("policy",),
    "check": ("certificate", "Cannot read", "is no file", "folder"),
    "inputs": ("input", "column"),
    "outputs": ("output", "column", "name"),
}


def _commands(command: click.Command, name: str = "") -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        context = click.Context(command)
        for word in command.list_commands(context):
            inner = command.get_command(context, word)
            assert inner is not None
            yield from _commands(inner, f"{name} {word}".strip())
    if name:
        yield name, command


PARAMETERS = [
    (name, parameter)
    for name, command in _commands(commands)
    for parameter in command.params
    if not getattr(parameter, "is_flag", False)
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a model, an experiment, and a store of two runs."""
    folder = tmp_path_factory.mktemp("gate")
    ap.approximate("x", {"x": (0, 1)}, tol=0.1).save(folder / "m.safetensors")
    (folder / "e.toml").write_text(EXPERIMENT)
    ap.sweep(folder / "e.toml", folder / "runs", executor=Inline())
    return folder


def test_every_command_is_checked_here() -> None:
    assert {name for name, _ in _commands(commands)} == set(WORDS)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(
    ("name", "parameter"), PARAMETERS, ids=[f"{name} {p.name}" for name, p in PARAMETERS]
)
def test_any_text_works_or_is_refused_in_a_line(
    name: str,
    parameter: click.Parameter,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(place)
    # What comes after the checks takes long, and is another test's.
    monkeypatch.setattr("approximant.experiment.run_series", _stopped)
    for text in TEXTS[:1] + ("\0",) if parameter.metavar in FILES else TEXTS:
        status = main(_line(name, parameter, text, place))
        told = capsys.readouterr().err
        assert status in (0, 1, 2) and "should not happen" not in told, (text, told)
        if status != 2:
            continue
        lines = told.splitlines()
        shown = lines[1:] and lines[-1].strip() == "^"  # the place in a formula or a file
        assert told.startswith("Error: ") and (len(lines) == 1 or shown), told
        names = (*parameter.opts, str(parameter.name), *TOLD_AS.get(str(parameter.name), ()))
        assert "begun" in told or any(word in told for word in names), (text, told)


def _line(name: str, parameter: click.Parameter, text: str, place: Path) -> list[str]:
    """Return the words of a command of which one is the text."""
    with RunStore.open(place / "runs") as store:
        ids = dict(zip(("RUN", "OTHER"), (run.id for run in store.find()), strict=False))
    arguments, options = ([ids.get(word, word) for word in words] for words in WORDS[name])
    if parameter.name == "points":
        options = []  # which say the same
    if parameter.name == "where":
        arguments = []
    if isinstance(parameter, click.Option):
        options = [*options, f"{parameter.opts[-1]}={text}"]
    else:
        number = ["points", "out"].count(str(parameter.name))
        arguments = [*arguments[:number], text, *arguments[number + 1 :]]
    return [*name.split(), *options, "--", *arguments]


def _stopped(*_: object) -> None:
    raise ap.SettingError("It has begun.")
