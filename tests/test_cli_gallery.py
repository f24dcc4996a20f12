"""approximant gallery: its list, and an experiment beside what its author found."""

import json
from pathlib import Path

import pytest

from approximant.cli import main
from approximant.cli._columns import columns, number
from approximant.experiment import GALLERY, read_experiment

FEWER = (
    "--set",
    "sampling.rows=2000",
    "--set",
    "training.epochs=3",
)  # quick, and far from any band


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_list_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gallery"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[: len(GALLERY)]] == list(GALLERY)
    assert main(["gallery", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in listed] == list(GALLERY)
    assert all(row["about"] for row in listed)


def test_show_prints_a_file_to_start_from(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gallery", "show", "wiggle"]) == 0
    (here / "mine.toml").write_text(capsys.readouterr().out)
    assert read_experiment(here / "mine.toml").training.descent.batch_size == 1


def test_a_run_stands_beside_what_the_author_found(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gallery", "run", "surface", "--seeds", "2", *FEWER]) == 1
    out = capsys.readouterr().out
    for words in ("x^2 + 2*y", "2-24-12-1 relu", "rmsprop with rate 0.02", "Loss by epoch",
                  "author", "905,062", "median of 2 runs", "Run by run", "Predictions", "2,271.8",
                  "inside", "OUTSIDE", "2 of 7 points lie outside", "Claims", "221.7",
                  "150 to 280", "NO", "approximate, on the same target", "neurons",
                  "Compare surface-deeper", "nothing was written"):  # fmt: skip
        assert words in out


def test_json_holds_bands_predictions_and_the_comparison(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gallery", "run", "surface", "--seeds", "1", "--json", *FEWER]) == 1
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["name", "seeds", "bands", "predictions", "approximate"]
    assert (told["name"], told["seeds"]) == ("surface", 1)
    assert [band["what"] for band in told["bands"]] == ["mae", "outside_error, least"]
    assert [band["holds"] for band in told["bands"]] == [False, True]
    assert told["predictions"][0]["point"] == [45, 100]
    assert told["predictions"][0]["exact"] == 2225
    assert told["predictions"][0]["reported"] == 2271.8
    assert [row["inside"] for row in told["predictions"]] == [True] * 5 + [False] * 2
    assert told["approximate"]["max_error"] < 0.1


def test_a_noisy_experiment_ends_with_the_noise_that_was_found(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fewer = ["--set", "training.epochs=20", "--seeds", "1"]
    main(["gallery", "run", "noisy-sine-descent", *fewer, "--out", "sine"])
    out = capsys.readouterr().out
    assert "approximate, on the same rows" in out
    assert "noise     0.05" in out
    names = {path.name for path in (here / "sine").iterdir()}
    assert names >= {"settings.toml", "model.safetensors", "series.json", "losses.png", "zoom.png",
                     "comparison.png", "approximate"}  # fmt: skip


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["run"], "Missing argument 'NAME'"),
        (["run", "wigle"], "Unknown experiment 'wigle'; did you mean 'wiggle'"),
        (["show", "wigle"], "did you mean 'wiggle'"),
        (["run", "wiggle", "--seeds", "0"], "0 is not in the range"),
        (["run", "wiggle", "--set", "training.epoch=1"], "did you mean 'training.epochs'"),
        (["rum"], "No such command 'rum'"),
    ],
)
def test_bad_input_is_one_clear_error(
    args: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["gallery", *args]) == 2
    assert expected in capsys.readouterr().err


def test_columns_set_numbers_right_and_words_left() -> None:
    assert columns(["epoch", "word", "loss"], [["1", "a", "12.5"], ["10", "bcd", "-"]]) == [
        "  epoch  word  loss",
        "      1  a     12.5",
        "     10  bcd      -",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [(905062.0, "905,062"), (2271.8, "2,271.8"), (0.0, "0"), (1.25e-7, "1.25e-07"), (None, "-"),
     (float("nan"), "not finite"), (280.0, "280"), (-0.123456789, "-0.12346")],
)  # fmt: skip
def test_numbers_are_shown_with_five_digits(value: float | None, text: str) -> None:
    assert number(value) == text
