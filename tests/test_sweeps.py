"""Sweeps: what is asked for, what runs, what is found; all in this process."""

import itertools
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from inline import Inline

import approximant as ap
from approximant.errors import SettingError
from approximant.experiment import read_experiment, run_experiment
from approximant.progress import Progress, SweepProgress
from approximant.store import RunStore
from approximant.sweeps import Row, Sweep, read_sweep_settings
from approximant.sweeps._combinations import combinations
from approximant.sweeps._rows import front, rank_correlation
from approximant.sweeps._search import rungs_of
from approximant.sweeps._variables import Range

BASE: dict[str, Any] = {
    "target": {"formula": "sin(x)", "domain": {"x": [0, 6]}},
    "sampling": {"rows": 50},
    "network": {"shape": "1-4-1 tanh"},
    "training": {"optimizer": {"name": "adam", "rate": 0.01}, "epochs": 4},
}
RATE = "training.optimizer.rate"


def _sweep(section: dict[str, Any], **asked: Any) -> Sweep:
    asked.setdefault("executor", Inline())
    return ap.sweep(BASE | {"sweep": section}, **asked)


def test_a_grid_has_every_combination_in_order() -> None:
    found = _sweep({"settings": {RATE: [0.01, 0.1], "training.epochs": [1, 2, 3]}})
    expected = list(itertools.product([0.01, 0.1], [1, 2, 3]))
    assert [(r.values[RATE], r.values["training.epochs"]) for r in found.rows] == expected
    assert found.ran == 6 and found.kept == 0 and found.holds


def test_nested_tables_and_dotted_names_say_the_same() -> None:
    nested = read_sweep_settings({"settings": {"training": {"optimizer": {"rate": [0.1, 0.2]}}}})
    assert nested.variables == read_sweep_settings({"settings": {RATE: [0.1, 0.2]}}).variables
    nested = read_sweep_settings({"settings": {"training": {"l2": {"low": 0.1, "high": 1}}},
                                  "method": "random", "draws": 2})  # fmt: skip
    assert nested.variables == {"training.l2": Range(0.1, 1.0)}


def test_every_combination_sees_the_same_seeds() -> None:
    found = _sweep({"settings": {RATE: [0.01, 0.1]}, "seeds": 3})
    for row in found.rows:
        assert [run.seed for run in row.runs] == [0, 1, 2]
        assert [run.settings["training.seed"] for run in row.runs] == [0, 1, 2]
        alone = read_experiment(BASE, [f"{RATE}={row.values[RATE]}"])
        expected = [run_experiment(alone, seed).measure("rmse") for seed in range(3)]
        assert row.errors.tolist() == expected
        assert row.median == np.median(expected)
        assert (row.low, row.high) == (min(expected), max(expected))


def test_a_row_may_change_a_whole_table() -> None:
    rows = [{"training": {"optimizer": {"name": "sgd", "rate": 0.1}}}, {"network.shape": "1-8-1"}]
    found = _sweep({"rows": rows})
    first, second = (row.runs[0].settings for row in found.rows)
    assert first["training.optimizer.name"] == "sgd" and first["network.shape"] == "1-4-1 tanh"
    assert second["training.optimizer.name"] == "adam" and second["network.shape"] == "1-8-1"


@given(st.integers(0, 99), st.booleans(), st.sampled_from(["random", "sobol"]))
@settings(max_examples=20, deadline=None)
def test_draws_lie_in_their_ranges(seed: int, log: bool, method: str) -> None:
    section = {"method": method, "draws": 40, "seed": seed, "settings": {
        "a": {"low": 0.001, "high": 1000.0, "log": log}, "b": {"low": 2, "high": 5, "log": log},
        "c": ["x", "y"]}}  # fmt: skip
    drawn = combinations(read_sweep_settings(section))
    assert drawn == combinations(read_sweep_settings(section))
    a = [row["a"] for row in drawn]
    assert all(0.001 <= value <= 1000.0 for value in a)
    assert {row["b"] for row in drawn} <= {2, 3, 4, 5} and all(type(r["b"]) is int for r in drawn)
    assert {row["c"] for row in drawn} == {"x", "y"}
    if method == "sobol":  # as many below the middle of the scale as above
        middle = 1.0 if log else 500.0
        assert abs(sum(value < middle for value in a) - 20) <= 2


def test_more_sobol_draws_keep_those_before() -> None:
    section = {"method": "sobol", "settings": {"a": {"low": 0.0, "high": 1.0}}}
    few, many = (combinations(read_sweep_settings({**section, "draws": n})) for n in (5, 12))
    assert many[:5] == few


def test_what_is_in_the_store_is_not_run_again(tmp_path: Path) -> None:
    section = {"settings": {RATE: [0.01, 0.1]}, "seeds": 2}
    first = _sweep(section, store=tmp_path / "runs")
    inline = Inline()
    wider = {"settings": {RATE: [0.01, 0.1, 0.2]}, "seeds": 2}
    second = _sweep(wider, store=tmp_path / "runs", executor=inline)
    assert (second.kept, second.ran, inline.calls) == (4, 2, 2)
    assert [row.errors.tolist() for row in second.rows[:2]] == [
        row.errors.tolist() for row in first.rows
    ]
    with RunStore.open(tmp_path / "runs") as store:
        assert store.count() == 6


def test_equal_experiments_run_once() -> None:
    found = _sweep({"rows": [{RATE: 0.01}, {"training.epochs": 4}]})
    assert found.ran == 1 and found.rows[0].median == found.rows[1].median


def test_a_failure_is_told_in_a_line_and_stops_nothing() -> None:
    rows = [{RATE: 0.01}, {"sampling.inputs": {"x": {"kind": "uniform", "low": -9.0}}}]
    found = _sweep({"rows": rows, "seeds": 2})
    good, bad = found.rows
    assert len(good.errors) == 2 and not bad.finished
    assert all("outside the domain" in reason and "\n" not in reason for reason in bad.failures)
    assert math.isnan(bad.median) and found.ranked[-1] is bad and not found.holds
    assert bad.as_dict()["rmse"] is None and len(bad.as_dict()["failed"]) == 2


def test_a_training_beyond_all_numbers_has_failed() -> None:
    # With seed 0 all relu units die: the loss overflows only after the epoch, at 1e305.
    rows = [{"training.optimizer": {"name": "sgd", "rate": 1e6}}]
    section = {"rows": [{"network.shape": "1-4-1 relu", **rows[0], "training.epochs": 60}]}
    found = _sweep(section)
    assert len(found.failed) == 1 and found.failed[0].reason


def test_failures_are_tried_again(tmp_path: Path) -> None:
    section = {"rows": [{"sampling.inputs": {"x": {"kind": "uniform", "low": -9.0}}}]}
    for _ in range(2):
        found = _sweep(section, store=tmp_path / "runs")
        assert (found.kept, found.ran, len(found.failed)) == (0, 1, 1)
    with RunStore.open(tmp_path / "runs") as store:
        assert store.count() == 1


def test_equal_time_in_place_of_equal_epochs() -> None:
    found = _sweep({"settings": {"network.shape": ["1-2-1 tanh", "1-9-1 tanh"]}, "seconds": 0.1})
    for row in found.rows:
        (run,) = row.runs
        assert run.settings["training.seconds"] == 0.1
        assert len(run.history["epoch"]) > 4 and run.history["seconds"][-2] < 0.1 <= row.seconds
        assert "time ran out" in json.loads(run.read("report.json"))["status"]


def test_a_schedule_that_needs_the_last_epoch_cannot_have_a_time_limit() -> None:
    changed = BASE | {"training": {"schedule": "cosine", "epochs": 5}}
    with pytest.raises(SettingError, match="'cosine' is planned up to the last epoch"):
        ap.sweep(changed | {"sweep": {"settings": {RATE: [0.1]}, "seconds": 0.1}})


def test_halving_gives_more_epochs_to_fewer() -> None:
    section = {"method": "halving", "draws": 9, "settings": {RATE: {"low": 1e-5, "high": 0.1}}}
    found = ap.sweep(BASE | {"training": {"epochs": 18}, "sweep": section}, executor=Inline())
    assert sorted(row.epochs or 0 for row in found.rows) == [2] * 6 + [6] * 2 + [18]
    assert found.ran == 9 + 3 + 1
    best = found.ranked[0]
    assert best.epochs == 18
    # Going on from a checkpoint gives the very network of a training in one go.
    optimizer = {"name": "adam", "rate": best.values[RATE]}
    whole = read_experiment(BASE | {"training": {"epochs": 18, "optimizer": optimizer}})
    assert run_experiment(whole, 0).measure("rmse") == best.median


@pytest.mark.parametrize(
    ("candidates", "epochs", "rungs"),
    [(27, 27, [1, 3, 9, 27]), (9, 100, [12, 34, 100]), (2, 50, [50]), (100, 5, [2, 5])],
)
def test_rungs_of_halving(candidates: int, epochs: int, rungs: list[int]) -> None:
    assert rungs_of(candidates, epochs, 3) == rungs


def test_halving_goes_on_after_an_interruption(tmp_path: Path) -> None:
    section = {"method": "halving", "draws": 9, "settings": {RATE: {"low": 1e-5, "high": 0.1}}}
    asked = BASE | {"training": {"epochs": 18}, "sweep": section}
    whole = ap.sweep(asked, executor=Inline())

    class Tired(Inline):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            if self.calls == 10:
                raise KeyboardInterrupt
            return super().submit(fn, *args, **kwargs)

    cut = ap.sweep(asked, tmp_path / "runs", executor=Tired())
    assert cut.interrupted and cut.ran < 13
    rest = ap.sweep(asked, tmp_path / "runs", executor=Inline())
    assert cut.ran + rest.ran == 13 and not rest.interrupted
    assert [r.median for r in rest.rows] == [r.median for r in whole.rows]


def test_optuna_proposes_the_same_after_an_interruption(tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    varied = {RATE: {"low": 1e-5, "high": 1.0, "log": True}, "network.shape": ["1-2-1", "1-4-1"]}
    section = {"method": "optuna", "draws": 24, "batch": 6, "settings": varied}
    whole = _sweep(section)
    assert len(whole.rows) == 24 and len({row.values[RATE] for row in whole.rows}) == 24
    first = _sweep({**section, "draws": 12}, store=tmp_path / "runs")
    rest = _sweep(section, store=tmp_path / "runs")
    assert (first.ran, rest.kept, rest.ran) == (12, 12, 12)
    assert [row.values for row in rest.rows] == [row.values for row in whole.rows]
    assert [row.median for row in rest.rows] == [row.median for row in whole.rows]


def test_the_pareto_front_against_its_definition() -> None:
    rng = np.random.default_rng(5)
    rows = [_row(k, *rng.integers(1, 6, 3).tolist()) for k in range(40)]
    points = [((r.parameters or 0), r.median, r.seconds) for r in rows]

    def beaten(a: tuple[float, ...]) -> bool:
        return any(all(x <= y for x, y in zip(b, a, strict=True)) and b != a for b in points)

    assert front(rows) == {k for k, point in enumerate(points) if not beaten(point)}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=12))
@settings(max_examples=50, deadline=None)
def test_rank_correlation_against_scipy(pairs: list[tuple[int, int]]) -> None:
    a, b = zip(*pairs, strict=True)
    found = rank_correlation(a, b)
    if len(set(a)) == 1 or len(set(b)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(scipy.stats.spearmanr(a, b).statistic, abs=1e-12)


def test_progress_counts_what_is_finished_running_and_failed() -> None:
    events: list[Progress] = []
    rows = [{RATE: 0.01}, {"sampling.inputs": {"x": {"kind": "uniform", "low": -9.0}}}]
    _sweep({"rows": rows, "seeds": 3}, progress=events.append)
    last = events[-1]
    assert isinstance(last, SweepProgress)
    assert (last.total, last.finished, last.failed) == (6, 3, 3) and last.done == 1.0


def test_tables_and_json_say_what_the_rows_say(tmp_path: Path) -> None:
    found = _sweep({"settings": {RATE: [0.01, 0.1]}, "label": "rate {training.optimizer.rate}, "
                    "{neurons} neurons, {parameters} weights"})  # fmt: skip
    assert [row.title for row in found.rows] == [
        "rate 0.01, 4 neurons, 13 weights", "rate 0.1, 4 neurons, 13 weights"]  # fmt: skip
    found.write(tmp_path)
    said = json.loads((tmp_path / "sweep.json").read_text())
    assert said.keys() == {"rows", "spearman", "seconds"} and said["spearman"] is None
    assert [row["rmse"] for row in said["rows"]] == [row.median for row in found.rows]
    lines = (tmp_path / "sweep.csv").read_text().splitlines()
    assert lines[0].startswith(f"row,{RATE},rmse,low,high,parameters,seconds,front,failed")
    assert float(lines[1].split(",")[2]) == pytest.approx(found.ranked[0].median)
    assert {path.name for path in tmp_path.glob("*.png")} == {"settings.png", "fits.png"}


BAD = [
    ({"settings": {"training.optimizer.rte": [1]}}, "did you mean 'optimizer.rate'"),
    ({"settings": {"training1.epochs": [1]}}, "'training1'; did you mean 'training'"),
    ({"settings": {"training.epoch": [1]}}, "did you mean 'training.epochs'"),
    ({"settings": {"checks.points": [1]}}, "cannot be swept: it changes nothing about a training"),
    ({"settings": {"title": ["a"]}}, "cannot be swept"),
    ({"settings": {"epochs": [1]}}, "Unknown setting 'epochs'; did you mean 'training.epochs'"),
    ({}, "The sweep varies nothing"),
    ({"settings": {}}, "The sweep varies nothing"),
    ({"settings": {RATE: []}}, f"{RATE} has no values"),
    ({"settings": {RATE: 0.1}}, "must be a list of values or a range"),
    ({"settings": {RATE: {"low": 1}}}, "high is missing"),
    ({"settings": {RATE: {"low": 2, "high": 1}}, "method": "random", "draws": 1}, "low must be"),
    ({"settings": {RATE: {"low": 0, "high": 1, "log": True}}, "method": "random", "draws": 1},
     "log needs ends above 0"),
    ({"settings": {RATE: {"low": 0, "high": 1}}}, "a grid needs a list of values"),
    ({"settings": {RATE: {"low": 0, "high": 1}}, "method": "sobol"}, "sweep.draws is missing"),
    ({"settings": {RATE: [1]}, "draws": 3}, "means nothing for a grid"),
    ({"settings": {RATE: [1]}, "method1": "grid"}, "did you mean 'sweep.method'"),
    ({"settings": {RATE: [1]}, "method": "gridd"}, "did you mean 'grid'"),
    ({"settings": {RATE: [1]}, "by": "rmsee"}, "did you mean 'rmse'"),
    ({"settings": {RATE: [1]}, "label": "{training.epoch}"}, "did you mean 'training.epochs'"),
    ({"settings": {RATE: [-1]}}, "rate must be above 0"),
    ({"method": "rows"}, "A sweep of rows needs them"),
    ({"rows": [{RATE: 1}], "reported": [1, 2]}, "a list with a number per row"),
    ({"rows": [{RATE: 1}], "expected": [1]}, "a pair .low, high. per row"),
    ({"settings": {"training.epochs": [1]}, "seconds": 1}, "leave one out"),
    ({"settings": {"training.epochs": [1, 2]}, "method": "halving"}, "leave training.epochs out"),
    ({"settings": {RATE: [1]}, "method": "halving", "seconds": 1}, "budget of epochs"),
    (None, "There is no .sweep. section"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "message"), BAD)
def test_bad_input_is_told_with_what_to_do(section: dict[str, Any] | None, message: str) -> None:
    given = BASE if section is None else BASE | {"sweep": section}
    with pytest.raises(SettingError, match=message):
        ap.sweep(given, executor=Inline())


def test_a_huge_grid_needs_to_be_meant() -> None:
    section = {"settings": {RATE: [k / 1000 for k in range(1, 102)], "training.epochs": [1] * 100}}
    with pytest.raises(SettingError, match=r"10,100 combinations \(101 x 100\), more than 10,000"):
        _sweep(section)


def test_missing_extras_are_met_by_the_command_that_installs_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("optuna", "distributed"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    section = {"method": "optuna", "draws": 2, "settings": {RATE: [0.1]}}
    with pytest.raises(SettingError, match=r'pip install "approximant\[optuna\]"'):
        _sweep(section)
    with pytest.raises(SettingError, match=r'pip install "approximant\[dask\]"'):
        _sweep({"settings": {RATE: [0.1]}}, executor="dask://127.0.0.1:1")


def _row(number: int, parameters: int, error: int, seconds: int) -> Row:
    from approximant.store import StoredRun

    run = StoredRun(id=str(number), folder=Path(), key=str(number), seconds=float(seconds),
                    metrics={"rmse": float(error), "parameters": float(parameters)})  # fmt: skip
    return Row(number, "", {}, "rmse", (run,), 1)
