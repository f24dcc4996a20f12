"""Runs of experiments: the same settings give the same bytes, claims are judged, files written."""

import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import approximant as ap
from approximant.experiment import (
    Experiment,
    Run,
    epochs_kept,
    read_experiment,
    run_experiment,
    run_series,
)
from approximant.progress import Progress

WAVE: dict[str, Any] = {
    "title": "A wave",
    "target": {"formula": "sin(x)", "domain": {"x": [0, 6]}},
    "sampling": {"rows": 64, "noise": 0.01},
    "network": {"shape": "1-8-1 tanh"},
    "training": {"optimizer": {"name": "adam", "rate": 0.01}, "epochs": 20, "seed": 3},
    "checks": {
        "predict": [{"at": [1.0], "reported": 0.8}, {"at": [7.0]}],
        "bands": [
            {"what": "loss", "high": 1e9},
            {"what": "rmse", "high": 1e-9},
            {"what": "outside_error", "low": 0.0},
            {"what": "approximate_noise", "low": 0.0},
            {"what": "rmse", "low": 1.0, "over": "spread"},
        ],
    },
}


def wave(**sections: dict[str, Any]) -> Experiment:
    """Return the experiment with settings of some sections changed."""
    changed = {name: {**WAVE[name], **values} for name, values in sections.items()}
    return read_experiment({**WAVE, **changed})


@pytest.fixture(scope="module")
def run() -> Run:
    return run_experiment(WAVE)


def test_a_run_holds_what_the_training_gave(run: Run) -> None:
    assert run.approximant is run.training.approximant
    assert len(run.history) == 20
    assert run.report.parameters == 25
    assert run.approximant(1.0) == pytest.approx(run.predictions[0].value[0], abs=1e-12)


def test_the_settings_written_give_the_same_bytes(run: Run, tmp_path: Path) -> None:
    run.write(tmp_path, pictures=False)
    again = run_experiment(tmp_path / "settings.toml")
    for one, other in zip(
        run.approximant.network.layers, again.approximant.network.layers, strict=True
    ):
        assert one.weights.tobytes() == other.weights.tobytes()
    assert run.history["loss"].tobytes() == again.history["loss"].tobytes()
    assert again.experiment.name == run.experiment.name
    again.write(tmp_path / "again", pictures=False)
    settings = (tmp_path / "settings.toml").read_bytes()
    assert (tmp_path / "again" / "settings.toml").read_bytes() == settings


def test_the_folder_holds_everything(run: Run, tmp_path: Path) -> None:
    run.write(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {
        "settings.toml", "run.json", "history.csv", "model.safetensors", "report.json",
        "report.html", "losses.png", "fit.png", "learning.png",
    }  # fmt: skip
    told = json.loads((tmp_path / "run.json").read_text())
    assert told["measured"]["loss"] == run.history["loss"][-1]
    assert told["versions"]["numpy"] == np.__version__
    history = np.genfromtxt(tmp_path / "history.csv", delimiter=",", names=True)
    assert np.allclose(history["loss"], run.history["loss"], rtol=1e-9)
    loaded = ap.load(tmp_path / "model.safetensors")
    assert loaded(2.0) == run.approximant(2.0)


def test_the_network_is_kept_before_anything_is_drawn(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ap.Training, "pictures", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.write(tmp_path)
    assert ap.load(tmp_path / "model.safetensors")(2.0) == run.approximant(2.0)
    assert (tmp_path / "history.csv").exists()


def test_a_repetition_changes_the_seed_alone(run: Run) -> None:
    other = run_experiment(WAVE, 1)
    assert other.experiment.training.seed == 4
    assert not np.array_equal(other.history["loss"], run.history["loss"])
    same = run_experiment(wave(training={"seed": 4}))
    assert np.array_equal(other.history["loss"], same.history["loss"])


def test_predictions_compare_target_and_network_inside_and_outside(run: Run) -> None:
    inside, outside = run.predictions
    assert (inside.inside, outside.inside) == (True, False)
    assert inside.exact == (np.sin(1.0),)
    assert outside.exact == (np.sin(7.0),)
    assert inside.as_dict()["reported"] == 0.8


def test_a_function_is_not_asked_outside_unless_allowed(tmp_path: Path) -> None:
    (tmp_path / "bounded_of_the_test.py").write_text(
        "import numpy as np\n\n\ndef root(x):\n    return np.sqrt(6 - x)\n"
    )
    target = {
        "function": "bounded_of_the_test:root",
        "folder": str(tmp_path),
        "domain": {"x": [0, 6]},
    }
    settings = {**WAVE, "target": target, "checks": {"predict": [{"at": [1]}, {"at": [5.5]}]}}
    settings["checks"]["predict"].append({"at": [-1.0]})
    found = run_experiment(settings).predictions
    assert [row.exact is not None and bool(np.isfinite(row.exact[0])) for row in found] == [
        True,
        True,
        False,
    ]
    assert found[2].as_dict()["exact"] is None


def test_claims_are_judged_one_by_one(run: Run) -> None:
    held = {(check.what, check.over): check.holds for check in run.checks}
    # What only several seeds or `approximate` can tell is not claimed by one run.
    assert held == {
        ("loss", "median"): True,
        ("rmse", "median"): False,
        ("outside_error", "median"): True,
    }


def test_rmse_is_measured_against_the_target_without_noise(run: Run) -> None:
    x = np.linspace(0, 6, 1000)
    expected = np.sqrt(np.mean((run.approximant(x) - np.sin(x)) ** 2))
    assert run.measure("rmse") == pytest.approx(expected, rel=1e-9)


def test_sum_of_squares_is_measured_on_the_rows(run: Run) -> None:
    rows = run.training.rows
    expected = np.sum((run.approximant(rows.points[:, 0]) - rows.values[:, 0]) ** 2)
    assert run.measure("sum_of_squares") == pytest.approx(expected, rel=1e-9)


def test_a_value_that_was_not_measured_is_an_error(run: Run) -> None:
    with pytest.raises(ap.SettingError, match="did not measure 'held_out_mae'"):
        run.measure("held_out_mae")


def test_an_error_against_a_table_needs_its_formula(tmp_path: Path) -> None:
    rows = "".join(f"{k / 10},{np.sin(k / 10)}\n" for k in range(60))
    (tmp_path / "rows.csv").write_text("x,y\n" + rows)
    settings = {key: value for key, value in WAVE.items() if key not in ("sampling", "checks")}
    settings["target"] = {"table": "rows.csv", "folder": str(tmp_path)}
    alone = run_experiment(settings)
    assert alone.truth is None
    with pytest.raises(ap.SettingError, match="give its formula as checks.noise_free"):
        alone.measure("rmse")
    band = {"what": "rmse", "high": 1.0}
    with pytest.raises(ap.SettingError, match="'rmse' needs the target.*set checks.noise_free"):
        read_experiment({**settings, "checks": {"bands": [band]}})  # before the training, not after
    known = run_experiment({**settings, "checks": {"noise_free": "sin(x)"}})
    assert 0 < known.measure("rmse") < 2


def test_a_diverged_run_holds_no_claim() -> None:
    run = run_experiment(wave(training={"optimizer": {"name": "sgd", "rate": 1e30}}))
    assert run.diverged
    assert np.isnan(run.measure("loss"))
    assert not run.checks[0].holds


def test_errors_of_the_training_name_the_file(tmp_path: Path) -> None:
    (tmp_path / "wave.toml").write_text(
        wave(network={"shape": "2-8-1"}, checks={"predict": []}).toml()
    )
    with pytest.raises(ap.SettingError, match=r"wave.toml: .*2 inputs"):
        run_experiment(tmp_path / "wave.toml")


def test_an_interruption_keeps_the_best() -> None:
    def stop(event: Progress) -> None:
        raise KeyboardInterrupt

    run = run_experiment(wave(training={"epochs": 10**6}), progress=stop)
    assert run.report.interrupted
    assert len(run.history) < 10**6


def test_an_interrupted_series_keeps_the_runs_that_were_done() -> None:
    def stop(event: Progress) -> None:
        if event.stage.startswith("run 2 of 3"):
            raise KeyboardInterrupt

    series = run_series(wave(), 3, stop)
    assert series.interrupted
    assert len(series.runs) in (1, 2)  # two, if the second had done an epoch
    assert len(series.runs[0].history) == 20
    assert series.approximant is None


def test_a_resumed_run_ends_like_one_in_a_piece(tmp_path: Path, run: Run) -> None:
    path = tmp_path / "checkpoint.safetensors"
    run_experiment(WAVE, overrides=["training.epochs=8"], checkpoint=path)
    resumed = run_experiment(WAVE, resume=path)
    assert np.array_equal(resumed.history["loss"], run.history["loss"])


def test_epochs_kept_are_few_and_end_with_the_last() -> None:
    assert epochs_kept(1000, 4) == [1, 10, 100, 1000]
    assert epochs_kept(3, 60) == [1, 2, 3]
    assert epochs_kept(1) == [1]


def test_an_animation_shows_the_epochs_that_were_kept(tmp_path: Path) -> None:
    run = run_experiment(WAVE, keep=[1, 5, 20])
    run.write_animation(tmp_path, "gif")
    assert (tmp_path / "learning.gif").read_bytes().startswith(b"GIF8")


def test_a_series_judges_all_runs_together(tmp_path: Path) -> None:
    checks = {**WAVE["checks"], "seeds": 3, "approximate": {"on": "rows", "tol": 1e-3}}
    series = run_series(wave(checks=checks))
    losses = [run.measure("rmse") for run in series.runs]
    found = {(check.what, check.over): check for check in series.checks}
    assert found["rmse", "median"].value == np.median(losses)
    assert found["rmse", "spread"].value == max(losses) / min(losses)
    assert found["approximate_noise", "median"].value == series.approximant.report.noise
    middle = sorted(range(3), key=[run.measure("loss") for run in series.runs].__getitem__)[1]
    assert series.middle == middle
    assert series.predictions == series.runs[middle].predictions
    assert series.as_dict().keys() == {"name", "seeds", "bands", "predictions", "approximate"}
    assert series.as_dict()["bands"][0].keys() == {"what", "value", "low", "high", "holds"}
    assert series.as_dict()["approximate"].keys() == {"max_error", "seconds", "neurons"}
    series.write(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names >= {"series.json", "seeds.csv", "seed-0", "seed-1", "seed-2", "approximate",
                     "losses.png", "runs.png", "zoom.png", "comparison.png"}  # fmt: skip
    table = np.genfromtxt(tmp_path / "seeds.csv", delimiter=",", names=True)
    assert np.allclose(table["rmse"], losses, rtol=1e-9)
    assert (
        tomllib.loads((tmp_path / "seed-2" / "settings.toml").read_text())["training"]["seed"] == 5
    )
