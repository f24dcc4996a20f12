"""approximant train: what it prints and writes, its exit status, and how it is stopped."""

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import approximant as ap
from approximant.cli import _train, main
from approximant.cli._progress import _facts
from approximant.experiment import settings_tables
from approximant.progress import Progress, TrainingProgress

WAVE = """
title = "A wave \\u001b[2J"
about = "one period"

[target]
formula = "sin(x)"
domain = { x = [0, 6] }

[sampling]
rows = 50

[network]
shape = "1-8-1 tanh"

[training]
optimizer = { name = "adam", rate = 0.01 }
epochs = 5

[checks]
predict = [{ at = [1] }, { at = [7] }]
bands = [{ what = "rmse", high = 5 }]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wave.toml").write_text(WAVE)
    return tmp_path


def test_a_training_prints_how_it_went_and_writes_its_folder(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "wave.toml", "--out", "a/run"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for words in ("A wave", "one period", "sin(x)", "1-8-1 tanh", "adam with rate 0.01", "batch 32",
                  "in epoch 1", "in epoch 5", "error", "status", "Predictions", "inside", "OUTSIDE",
                  "1 of 2 points lies outside", "rmse", "at most 5", "yes", "wrote", "report.html",
                  "predict a/run/model.safetensors --at x=3"):  # fmt: skip
        assert words in out
    assert "\x1b[2J" not in out  # a title cannot clear the screen
    names = {path.name for path in (here / "a/run").iterdir()}
    assert names >= {"settings.toml", "run.json", "history.csv", "model.safetensors",
                     "report.html", "losses.png"}  # fmt: skip
    assert ap.load("a/run/model.safetensors").report.parameters == 25


def test_without_out_nothing_is_written(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "wave.toml"]) == 0
    expected = "nothing was written; approximant train wave.toml --out FOLDER"
    assert expected in " ".join(capsys.readouterr().out.split())
    assert [path.name for path in here.iterdir()] == ["wave.toml"]


def test_json_is_all_that_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "wave.toml", "--json", "--out", "run"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["name"] == "wave"
    assert told["bands"] == [
        {
            "what": "rmse",
            "value": told["bands"][0]["value"],
            "low": None,
            "high": 5.0,
            "holds": True,
        }
    ]
    assert [row["inside"] for row in told["predictions"]] == [True, False]
    assert told["report"]["network"] == "1-8-1 tanh"
    assert "run/model.safetensors" in told["files"]


def test_predictions_of_several_outputs_have_a_line_each(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pair = ["--set", "target.formula={s='sin(x)', c='cos(x)'}", "--set", "network.shape=1-8-2"]
    assert main(["train", "wave.toml", *pair]) == 0
    table = capsys.readouterr().out.split("Predictions")[1].splitlines()
    assert table[1].split() == ["x", "output", "exact", "ours", "off", "by", "domain"]
    assert [line.split()[:3] for line in table[2:4]] == [
        ["1", "s", "0.84147"],
        ["1", "c", "0.5403"],
    ]


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "wave.toml", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_set_changes_settings_and_the_file_written_says_so(here: Path) -> None:
    changes = ["--set", "training.epochs=3", "--set", "training.optimizer=sgd"]
    assert main(["train", "wave.toml", *changes, "--out", "run", "--quiet"]) == 0
    text = (here / "run" / "settings.toml").read_text()
    assert "epochs = 3\n" in text
    assert 'optimizer = { name = "sgd", rate = 0.01' in text
    assert len((here / "run" / "history.csv").read_text().splitlines()) == 4


def test_full_batch_methods_are_said_to_take_all_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "wave.toml", "--set", "training.optimizer=lbfgs"]) == 0
    assert "rows, all at once" in " ".join(capsys.readouterr().out.split())


def test_a_claim_that_does_not_hold_is_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "wave.toml", "--set", "checks.bands=[{what='rmse', high=1e-9}]"]) == 1
    assert " NO" in capsys.readouterr().out


def test_a_training_that_diverges_is_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    wild = ["--set", "training.optimizer={name='sgd', rate=1e30}", "--set", "checks.bands=[]"]
    assert main(["train", "wave.toml", *wild]) == 1
    assert "diverged" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([], "Missing argument 'FILE.toml'"),
        (["nothere.toml"], "Cannot read the settings file nothere.toml: No such file"),
        (["wave.toml", "--set", "training.epoch=3"], "did you mean 'training.epochs'"),
        (["wave.toml", "--set", "training.epochs"], "write it as training.epochs=50"),
        (["wave.toml", "--resume"], "--animate and --resume need a folder"),
        (["wave.toml", "--animate", "gif"], "--animate and --resume need a folder"),
        (["wave.toml", "--animate", "mp4", "--out", "run"], "'mp4' is not one of"),
        (["wave.toml", "--resume", "--out", "run"], "There is no checkpoint run/checkpoint"),
        (["wave.toml", "--out", "wave.toml"], "a file is in the way"),
        (["broken.toml"], "broken.toml, line 2: "),
    ],
)
def test_bad_input_is_one_clear_error(
    here: Path, args: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "broken.toml").write_text("[target]\nformula =\n")
    assert main(["train", *args]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("Error: ")
    assert expected in err


def test_a_run_can_be_resumed_with_more_epochs(here: Path) -> None:
    whole = ["--set", "training.epochs=8", "--quiet", "--out"]
    assert main(["train", "wave.toml", *whole, "whole"]) == 0
    assert main(["train", "wave.toml", "--quiet", "--out", "part"]) == 0
    assert main(["train", "wave.toml", *whole, "part", "--resume"]) == 0
    one, other = (ap.load(here / name / "model.safetensors") for name in ("whole", "part"))
    for first, second in zip(one.network.layers, other.network.layers, strict=True):
        assert first.weights.tobytes() == second.weights.tobytes()


def test_an_animation_is_written_on_request(here: Path) -> None:
    assert main(["train", "wave.toml", "--out", "run", "--quiet", "--animate", "html"]) == 0
    assert (here / "run" / "learning.html").read_text().lstrip().startswith("<!DOCTYPE html>")


def test_an_animation_of_many_inputs_is_refused_before_the_training(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    domain = "target.domain={x=[0,1],y=[0,1],z=[0,1]}"
    changes = ["target.formula=x*y*z", domain, "network.shape=3-4-1", "checks.predict=[]"]
    sets = [word for change in changes for word in ("--set", change)]
    assert main(["train", "wave.toml", *sets, "--out", "run", "--animate", "gif"]) == 2
    assert "--animate shows one or two inputs; the network has 3" in capsys.readouterr().err
    assert not (here / "run").exists()


def test_ctrl_c_keeps_the_best_and_exits_130(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @contextlib.contextmanager
    def impatient(wanted: bool = True) -> Iterator[Callable[[Progress], None]]:
        def stop(event: Progress) -> None:
            if isinstance(event, TrainingProgress):
                raise KeyboardInterrupt

        yield stop

    monkeypatch.setattr(_train, "shown_progress", impatient)
    assert main(["train", "wave.toml", "--set", "training.epochs=1000000", "--out", "run"]) == 130
    assert "You ended the training" in " ".join(capsys.readouterr().out.split())
    assert ap.load(here / "run" / "model.safetensors").report.interrupted


def test_all_settings_can_be_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "--settings"]) == 0
    out = capsys.readouterr().out
    for table in settings_tables():
        assert table.name in out
        for name, *_ in table.rows:
            assert f"  {name} " in out


def test_progress_says_epoch_loss_and_time_left() -> None:
    event = TrainingProgress(
        "training", 3.2, 0.5, 3.2, epoch=1500, epochs=3000, loss=0.0123, metrics={},
        held_out={"loss": 0.02}, rate=0.1, take=lambda: None,
    )  # fmt: skip
    expected = "epoch 1,500 of 3,000, loss 0.0123, held out 0.02, about 3 s left"
    assert _facts(event) == expected
