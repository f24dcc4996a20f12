"""approximant sweep: what is printed, written and returned."""

import json
import signal
from pathlib import Path

import matplotlib.image
import pytest

import approximant as ap
from approximant.cli import main
from approximant.store import RunStore
from approximant.sweeps import SweepSettings, sweep_tables

FILE = """
[target]
formula = "sin(x)"
domain = { x = [0, 6] }
[sampling]
rows = 40
[network]
shape = "1-4-1 tanh"
[training]
optimizer = { name = "adam", rate = 0.01 }
epochs = 3
[sweep]
seeds = 2
[sweep.settings]
training.optimizer.rate = [0.01, 0.1]
training.epochs = [1, 2, 4]
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tmp_path.joinpath("mine.toml").write_text(FILE)
    return tmp_path


def test_the_table_is_sorted_by_error_and_pictures_are_in_the_store(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", "mine.toml"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "6 combinations, each with 2 seeds: 12 runs" in " ".join(printed)
    head = next(
        k for k, line in enumerate(printed) if line.split()[:3] == ["row", "rate", "epochs"]
    )
    errors = [float(line.split()[3]) for line in printed[head + 1 : head + 7]]
    assert errors == sorted(errors)
    folder = here / "runs" / "sweeps" / "mine"
    names = {path.name for path in folder.iterdir()}
    assert names == {"fits.png", "settings.png", "sweep.csv", "sweep.json"}
    assert matplotlib.image.imread(folder / "settings.png").std() > 0.05
    with RunStore.open(here / "runs") as store:
        assert store.count() == 12 and {run.sweep for run in store.find()} == {"mine"}


def test_json_is_all_that_is_printed(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "mine.toml", "--json", "--store", "kept", "--set", "sweep.seeds=1"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said.keys() == {"rows", "spearman", "seconds"} and len(said["rows"]) == 6
    assert not (here / "kept" / "sweeps").exists()  # pictures take longer than small sweeps
    assert main(["sweep", "mine.toml", "--store", "kept", "--out", "seen", "--quiet"]) == 0
    assert capsys.readouterr().out == "" and (here / "seen" / "settings.png").exists()
    with RunStore.open(here / "kept") as store:
        assert store.count() == 12


def test_wiggle_table_prints_marks_beside_errors(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fewer = ["--set", "training.epochs=20", "--set", "sampling.rows=100", "--set", "sweep.seeds=1"]
    # Every row of the table but those that say otherwise is now quick, and nothing fits.
    text = (
        ap_gallery_file().read_text().replace("2000", "30").replace("epochs = 1500", "epochs = 9")
    )
    for number in ("1000 }", "500 }", "1500 }"):
        text = text.replace(number, "40 }")
    here.joinpath("table.toml").write_text(text)
    assert main(["sweep", "table.toml", "--workers", "1", *fewer]) == 1
    printed = capsys.readouterr().out
    assert "author" in printed and "expected" in printed and "Spearman" in printed
    assert " NO" in printed


def ap_gallery_file() -> Path:
    from approximant.experiment import gallery_file

    return gallery_file("wiggle-table")


def test_the_sweep_of_the_gallery_is_the_authors() -> None:
    from approximant.experiment import read_experiment
    from approximant.sweeps import read_sweep_settings

    experiment = read_experiment(ap_gallery_file())
    table = read_sweep_settings(experiment.sweep)
    assert table.seeds == 4 and experiment.repetition(3).settings["sampling"]["seed"] == 1003
    assert table.reported == (5, 3, 2.5, 0, 2, 5, 2.5, 5, 1, 2) and table.correlation == -0.85
    shown = []
    for row in table.rows:
        now = experiment.changed(row)
        rate = now.settings["training"]["optimizer"]["rate"]
        training = now.training
        assert training.sampling is not None
        hidden = training.network.widths[1]
        shown.append((hidden, training.sampling.rows, training.descent.epochs, rate))
    assert shown == [
        (128, 1000, 1000, 0.1), (64, 1000, 2000, 0.1), (96, 1000, 1000, 0.1),
        (256, 1000, 500, 0.1), (128, 500, 1000, 0.1), (128, 1500, 1000, 0.1),
        (128, 1000, 500, 0.1), (128, 1000, 1500, 0.1), (128, 1000, 1000, 0.5),
        (128, 1000, 1000, 0.05),
    ]  # fmt: skip


def test_failures_are_told_and_change_the_exit_status(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = FILE.replace("training.epochs = [1, 2, 4]", "sampling.inputs.x.low = [1.0, -9.0]")
    here.joinpath("bad.toml").write_text(text)
    assert main(["sweep", "bad.toml"]) == 1
    printed = capsys.readouterr().out
    assert "4 failed" in printed and "outside the domain" in printed


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["wiggle-tabel"], "did you mean 'wiggle-table'?"),
        (["missing.toml"], "Cannot read the settings file missing.toml"),
        (["surface"], "There is no [sweep] section"),
        (["mine.toml", "--set", "sweep.settings.training.epochs=[]"], "has no values"),
        (["mine.toml", "--set", "sweep.settings.training.epoch=[1]"], "did you mean"),
        (["mine.toml", "--store", "."], "is no run store"),
        (["mine.toml", "--executor", "ssh://x"], "Unknown executor 'ssh://x'"),
        (["mine.toml", "--set", f"sweep.settings.training.l2={[k / 1e4 for k in range(1700)]}"],
         "10,200 combinations (2 x 3 x 1700), more than 10,000"),
    ],
)  # fmt: skip
def test_errors_are_one_plain_line(
    args: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sweep", *args]) == 2
    error = capsys.readouterr().err
    assert message in error and error.startswith("Error: ") and error.count("\n") == 1


def test_ctrl_c_keeps_what_is_finished_and_exits_130(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add = RunStore.add

    def pressed(store: RunStore, *args: object) -> object:
        found = add(store, *args)  # type: ignore[arg-type]
        if store.count() == 3:
            signal.raise_signal(signal.SIGINT)
        return found

    monkeypatch.setattr(RunStore, "add", pressed)
    # A shell starts what runs in the background with this signal ignored.
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert main(["sweep", "mine.toml"]) == 130
    finally:
        signal.signal(signal.SIGINT, usual)
    assert "Interrupted: the same command goes on from here." in capsys.readouterr().out
    monkeypatch.undo()
    monkeypatch.chdir(here)
    assert main(["sweep", "mine.toml"]) == 0
    assert "9 runs" in capsys.readouterr().out


def test_settings_are_printed_from_the_tables(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sweep", "--settings"]) == 0
    printed = capsys.readouterr().out
    named = [row[0] for table in sweep_tables() for row in table.rows]
    assert set(SweepSettings.__dataclass_fields__) <= set(named)
    assert all(name in printed for name in named)


def test_the_gallery_lists_sweeps_and_points_to_the_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gallery"]) == 0
    assert "wiggle-table" in capsys.readouterr().out
    assert main(["gallery", "run", "wiggle-table"]) == 2
    assert "approximant sweep wiggle-table" in capsys.readouterr().err


def test_the_library_and_the_command_share_a_store(here: Path) -> None:
    assert main(["sweep", "mine.toml", "--quiet", "--json"]) == 0
    found = ap.sweep(here / "mine.toml", here / "runs")
    assert (found.kept, found.ran) == (12, 0)
