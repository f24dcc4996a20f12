"""Training from the outside: `train`, `training`, their history, report, checkpoints, refusals."""

import itertools
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import approximant as ap
from approximant.learning import Course
from approximant.progress import Progress, TrainingProgress

SINE: dict[str, Any] = dict(
    target="sin(x)", domain={"x": (0, 6)}, network="1-12-1 tanh", epochs=12, sampling=300
)


def _weights(training: ap.Training) -> bytes:
    layers = training.approximant.network.layers
    return b"".join(
        array.tobytes()
        for layer in layers
        for array in (layer.weights, layer.biases)
        if array is not None
    )


def _measured(training: ap.Training) -> str:
    """Return the history without its times, which no two trainings share."""
    columns = training.history.columns.items()
    return ap.History({name: column for name, column in columns if name != "seconds"}).csv()


def test_train_gives_approximant_history_and_report() -> None:
    training = ap.train(**SINE, optimizer=ap.Adam(0.01))
    assert len(training.history) == 12
    assert training.history["epoch"].tolist() == list(range(1, 13))
    assert training.history["loss"][-1] < training.history["loss"][0]
    assert training.report.met is None and training.report.tolerance is None
    x = np.linspace(0, 6, 2001)
    seen = np.abs(training.approximant(x) - np.sin(x)).max()
    assert seen <= 1.001 * training.report.max_error
    assert len(training.rows) == 300


def test_errors_are_those_of_fresh_points_without_noise() -> None:
    noisy = {"rows": 400, "noise": 0.2}
    training = ap.train(**{**SINE, "sampling": noisy, "epochs": 60}, optimizer=ap.Adam(0.03))
    x = np.linspace(0, 6, 4001)
    rms = np.sqrt(np.mean((training.approximant(x) - np.sin(x)) ** 2))
    assert training.report.rmse == pytest.approx(rms, rel=0.1)
    assert "fresh points" in training.report.status


def test_training_yields_one_event_an_epoch_and_leaving_the_loop_ends_it() -> None:
    seen: list[TrainingProgress] = []
    for now in ap.training(**SINE, held_out=0.2):
        assert isinstance(now, ap.Progress)
        seen.append(now)
        if now.epoch == 5:
            break
    assert [now.epoch for now in seen] == [1, 2, 3, 4, 5]
    assert seen[-1].epochs == 12 and seen[-1].remaining is not None
    assert {"mae", "mse"} <= seen[-1].metrics.keys()
    assert seen[-1].held_out.keys() == {"loss", "mae", "mse"}
    training = seen[-1].training()
    assert len(training.history) == 5
    assert training.held_out is not None and len(training.held_out) == 60
    assert seen[-1].approximant()(1.0) == training.approximant(1.0)


def test_the_same_call_gives_the_same_bytes() -> None:
    assert _weights(ap.train(**SINE)) == _weights(ap.train(**SINE))
    assert _weights(ap.train(**SINE)) != _weights(ap.train(**SINE, seed=1))


@pytest.mark.parametrize(
    ("optimizer", "dtype"),
    [
        *itertools.product(("sgd", "rmsprop", "adam", "nadam"), ("float64", "float32")),
        ("levenberg_marquardt", "float64"),
    ],
)
def test_stopping_and_resuming_gives_the_bytes_of_an_uninterrupted_run(
    tmp_path: Path, optimizer: str, dtype: str
) -> None:
    settings = {**SINE, "optimizer": optimizer, "dtype": dtype, "held_out": 0.1}
    whole = ap.train(**settings)
    file = tmp_path / "state.safetensors"
    for now in ap.training(**settings, checkpoint=file):
        if now.epoch == 5:
            break
    rest = ap.train(**settings, resume=file)
    assert _weights(rest) == _weights(whole)
    assert _measured(rest) == _measured(whole)


@pytest.mark.parametrize(
    "settings",
    [
        dict(optimizer="adam"),
        dict(optimizer=ap.Adam(0.3), patience=2, epochs=400),
        dict(optimizer="lbfgs", epochs=20),
        dict(optimizer="lbfgs", network="1-1-1 linear", epochs=400),  # no step helps any more
        dict(optimizer="levenberg_marquardt"),
        dict(optimizer=ap.SGD(1e3), network="1-12-1 linear"),  # diverges
        dict(optimizer="levenberg_marquardt", target="exp(100*x)"),  # diverges at once
    ],
)
def test_resuming_where_nothing_is_left_to_do_gives_the_same_training(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    settings = {**SINE, "measure_every": 2, **settings}
    file = tmp_path / "state.safetensors"
    whole = ap.train(**settings, checkpoint=file)
    again = ap.train(**settings, resume=file, checkpoint=file)
    assert _weights(again) == _weights(whole)
    assert _measured(again) == _measured(whole)
    assert again.report.status == whole.report.status
    events = list(ap.training(**settings, resume=file))
    assert [now.epoch for now in events] == whole.history["epoch"][-1:].tolist()


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "levenberg_marquardt"])
def test_ctrl_c_in_the_middle_of_an_epoch_leaves_a_whole_one(
    tmp_path: Path, optimizer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {**SINE, "optimizer": optimizer}
    whole = ap.train(**settings)
    file = tmp_path / "state.safetensors"
    row, calls = Course._row, itertools.count(1)

    def interrupted(course: Course, epoch: Any) -> dict[str, float]:
        if next(calls) == 4:  # the weights have moved, the history has not
            signal.raise_signal(signal.SIGINT)
        return row(course, epoch)

    monkeypatch.setattr(Course, "_row", interrupted)
    part = ap.train(**settings, checkpoint=file)
    assert part.report.interrupted and len(part.history) == 4
    assert part.history["loss"].tolist() == whole.history["loss"][:4].tolist()
    rest = ap.train(**settings, resume=file)
    assert _weights(rest) == _weights(whole) and _measured(rest) == _measured(whole)


def test_a_checkpoint_of_other_settings_or_rows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "state.safetensors"
    ap.train(**SINE, checkpoint=file)
    with pytest.raises(ap.SettingError, match=r"written with loss = 'mse', not 'mae'"):
        ap.train(**SINE, loss="mae", resume=file)
    with pytest.raises(ap.SettingError, match="learned from other rows"):
        ap.train(**{**SINE, "target": "cos(x)"}, resume=file)
    with pytest.raises(ap.ModelFileError, match="There is no checkpoint"):
        ap.train(**SINE, resume=tmp_path / "none")
    with pytest.raises(ap.ModelFileError, match="cannot be read as a checkpoint"):
        ap.train(**SINE, resume="x" * 300)
    (tmp_path / "text").write_text("no checkpoint")
    with pytest.raises(ap.ModelFileError, match="cannot be read as a checkpoint"):
        ap.train(**SINE, resume=tmp_path / "text")
    ap.train(**SINE).approximant.save(tmp_path / "model.safetensors")
    with pytest.raises(ap.ModelFileError, match="no checkpoint that this version reads"):
        ap.train(**SINE, resume=tmp_path / "model.safetensors")
    with pytest.raises(ap.SettingError, match=r"has 12 epochs done, more than epochs=5"):
        ap.train(**{**SINE, "epochs": 5}, resume=file)


def test_settings_of_the_one_door_are_unknown_to_the_other() -> None:
    with pytest.raises(ap.SettingError, match="Unknown setting 'tell'"):
        ap.train(**SINE, tell=print)
    with pytest.raises(ap.SettingError, match="Unknown setting 'progress'"):
        ap.training(**SINE, progress=print)


@pytest.mark.parametrize(
    ("settings", "cause"),
    [
        (dict(target="x^2", domain={"x": (0, 100)}, optimizer=ap.SGD(0.1)), "unscaled inputs"),
        (dict(target="x^2", domain={"x": (0, 1)}, optimizer=ap.SGD(50.0)), "rate too large"),
        (
            dict(target="x^2", domain={"x": (0, 1)}, optimizer=ap.SGD(1.0), loss="sse",
                 batch_size="all"),
            "adds up 1,000 rows",
        ),
        (dict(target="exp(x)", domain={"x": (0, 690)}, optimizer="lbfgs"), "unscaled outputs"),
        (
            dict(target="exp(x)", domain={"x": (0, 690)}, optimizer="levenberg_marquardt"),
            "unscaled outputs",
        ),
    ],
)  # fmt: skip
def test_a_diverging_run_stops_and_names_the_likely_cause(
    settings: dict[str, Any], cause: str
) -> None:
    training = ap.train(**settings, network="1-8-1 linear", epochs=300)
    assert len(training.history) < 300
    assert "diverged" in training.report.status and cause in training.report.status
    good = int(training.history["epoch"][-1]) - 1
    assert (f"epoch {good}" if good else "no epoch was good") in training.report.status
    assert np.isfinite(training.approximant(0.5))


def test_a_start_that_nothing_can_better_is_an_epoch_that_settles() -> None:
    init = {"weights": [np.zeros((4, 1)), np.zeros((1, 4))]}
    training = ap.train(
        "0*x", {"x": (0, 1)}, network="1-4-1 tanh", init=init, optimizer="lbfgs", epochs=50
    )
    assert training.history["loss"].tolist() == [0.0]
    assert "no further step lowers the loss" in training.report.status


def test_a_callback_hears_and_ctrl_c_keeps_the_best() -> None:
    heard: list[Progress] = []

    def stop(now: Progress) -> None:
        heard.append(now)
        if isinstance(now, TrainingProgress):
            raise KeyboardInterrupt

    training = ap.train(**SINE, progress=stop)
    assert training.report.interrupted and "You ended the training" in training.report.status
    assert len(heard) >= 1


def test_early_stopping_keeps_the_best_weights() -> None:
    rng = np.random.default_rng(0)
    x = np.sort(rng.random(40))
    rows = (x, rng.standard_normal(40))  # nothing but noise: the held-out loss soon rises
    training = ap.train(
        rows, network="1-64-1 tanh", epochs=3000, patience=20, held_out=0.3,
        optimizer=ap.Adam(0.02), batch_size=8,
    )  # fmt: skip
    assert len(training.history) < 3000
    held = training.held_out
    assert held is not None
    loss = np.mean((training.approximant(held.points)[:, None] - held.values) ** 2)
    assert loss == pytest.approx(np.nanmin(training.history["held_out_loss"]), rel=1e-9)
    assert "20 epochs brought nothing better" in training.report.status


def test_a_table_is_trained_in_its_own_order_and_judged_on_rows_held_out() -> None:
    x = np.random.default_rng(1).random(200)
    y = np.cos(3 * x)
    training = ap.train((x, y), network="1-8-1 tanh", epochs=2, shuffle=False)
    assert training.rows.points[:, 0].tolist() == x.tolist()
    assert "trained with" in training.report.status
    apart = ap.train((x, y), network="1-8-1 tanh", epochs=2, held_out=0.25)
    assert apart.held_out is not None and len(apart.held_out) == 50
    assert apart.report.checked_on == "rows not used in the fit"
    both = np.concatenate([apart.rows.points, apart.held_out.points])[:, 0]
    assert sorted(both) == sorted(x)


def test_the_domain_may_be_left_out_where_the_sampling_says_where_to_draw() -> None:
    designs = {
        "a": {"kind": "normal", "scale": 2.0},
        "b": {"kind": "uniform", "low": -1, "high": 3},
    }
    sampling = {"rows": 500, "inputs": designs}
    training = ap.train("a^2 + b", network="2-8-1 tanh", epochs=2, sampling=sampling)
    box = training.approximant.domain
    assert box.names == ("a", "b")
    assert box.lows == (training.rows.points[:, 0].min(), -1.0)
    assert np.allclose(
        training.rows.values[:, 0], training.rows.points[:, 0] ** 2 + training.rows.points[:, 1]
    )


@pytest.mark.parametrize("scaling", ["none", "standard", "standard_joint", "box"])
def test_a_scaled_training_speaks_the_users_units(scaling: str) -> None:
    training = ap.train(
        "1000 + 300*x", {"x": (20, 30)}, network="1-4-1 linear", optimizer="levenberg_marquardt",
        epochs=5, scaling=scaling, output_scaling=scaling, sampling=50,
    )  # fmt: skip
    assert training.approximant(25.0) == pytest.approx(8500, rel=1e-5)


def test_seconds_end_a_training() -> None:
    training = ap.train(**{**SINE, "epochs": 10**7}, seconds=0.2)
    assert "time ran out after 0.2 s" in training.report.status


def test_what_is_written_can_be_read(tmp_path: Path) -> None:
    training = ap.train(**SINE, keep=[1, 12])
    assert sorted(training.snapshots) == [1, 12]
    training.write(tmp_path / "out")
    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"model.safetensors", "report.json", "report.html", "history.csv", "losses.png"} <= names
    again = ap.load(tmp_path / "out" / "model.safetensors")
    assert again(0.7) == training.approximant(0.7)
    assert again.report.met is None
    header, *lines = (tmp_path / "out" / "history.csv").read_text().splitlines()
    assert header.startswith("epoch,loss") and len(lines) == 12


def _bad(**settings: Any) -> Callable[[], object]:
    return lambda: ap.train(**{**SINE, **settings})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (_bad(network="1-12"), r"has 1 inputs and 12"),
        (_bad(network="2-12-1 tanh"), r"has 2 inputs and 1\s*outputs; the target has 1 and 1"),
        (_bad(network="1-0-1 tanh"), "each must be 1 to"),
        (_bad(network="1-x-1"), "Cannot read the network"),
        (_bad(network="1-4-1 tahn"), "did you mean 'tanh'"),
        (_bad(network="1-4-1 step"), "constructed"),
        (_bad(batch_size=0), "batch_size must be at least 1"),
        (_bad(batch_size=-3), "batch_size must be at least 1"),
        (_bad(epochs=0), "epochs must be at least 1"),
        (_bad(optimizer={"name": "sgd", "rate": 0}), "rate must be above 0"),
        (_bad(optimizer={"name": "sgd", "rate": -1.0}), "rate must be above 0"),
        (_bad(optimizer="adamm"), "did you mean 'adam"),
        (_bad(loss="mes"), "did you mean 'mse'"),
        (_bad(scalings="box"), "Unknown setting 'scalings'; did you mean 'scaling'"),
        (_bad(chekpoint="a"), "Unknown setting 'chekpoint'; did you mean 'checkpoint'"),
        (_bad(init="glorot"), "did you mean 'glorot"),
        (_bad(schedule="cosin"), "did you mean 'cosine'"),
        (_bad(epoch=3), "did you mean 'epochs'"),
        (_bad(held_out=1.0), "held_out must be at least 0 and below 1"),
        (_bad(scaling="standrad"), "did you mean 'standard'"),
        (_bad(sampling={"rows": 0}), "rows"),
        (_bad(sampling={"rows": 5, "inputs": {"x": {"low": 0, "high": 9}}}), "outside the domain"),
    ],
)
def test_bad_settings_are_refused_with_advice(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ap.SettingError, match=message):
        call()


def test_a_batch_larger_than_the_rows_is_said_and_used_as_full_batch() -> None:
    training = ap.train(**SINE, batch_size=1000)
    full = ap.train(**SINE, batch_size="all")
    assert _weights(training) == _weights(full)
    assert any("batch size 1,000" in note and "300" in note for note in training.report.notes)
