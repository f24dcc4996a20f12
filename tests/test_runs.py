"""The run store: what is put in comes out, can be asked for, and stays readable without it."""

import json
import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.errors import SettingError, StoreError
from approximant.history import History
from approximant.store import (
    FAILED,
    UNFINISHED,
    RunRecord,
    RunStore,
    StoredRun,
    differing_settings,
    run_key,
)

SETTINGS = """\
title = "A run"

[network]
shape = "1-{width}-1 tanh"
seed = 3

[training]
optimizer = {{ name = "adam", rate = {rate} }}
shuffle = false
seed = 4
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RunStore]:
    with RunStore.open(tmp_path / "runs", create=True) as opened:
        yield opened


def record(rate: float = 0.1, width: int = 8, **facts: Any) -> RunRecord:
    """Return the record of a run."""
    text = SETTINGS.format(rate=rate, width=width)
    return RunRecord(**{"key": run_key(tomllib.loads(text)), "settings": text} | facts)


def rates(runs: list[StoredRun]) -> list[Any]:
    """Return by which rates runs can be told apart here."""
    return [run.settings["training.optimizer.rate"] for run in runs]


def test_a_run_comes_back_as_it_was_put_in(store: RunStore) -> None:
    history = History({"epoch": np.array([1.0, 2.0]), "loss": np.array([0.5, np.nan])})
    files = {"history.csv": history.csv().encode(), "notes.txt": b"by hand"}
    put = record(name="wave", sweep="rates", seed=7, seconds=1.5, tags=("good",), files=files,
                 metrics={"rmse": 0.25, "loss": float("nan")})  # fmt: skip
    added = store.add(put)
    for run in (added, store.get(added.id), store.find()[0]):
        assert run.facts() == put.facts()
        assert run.metrics == {"rmse": 0.25, "loss": None}
        assert run.settings["training.optimizer.rate"] == 0.1
        assert run.settings_text == put.settings
        assert run.history is not None
        np.testing.assert_array_equal(run.history["loss"], history["loss"])
        assert run.read("notes.txt") == b"by hand"


def test_a_folder_can_be_read_without_us(store: RunStore) -> None:
    run = store.add(record(metrics={"rmse": 0.5}))
    assert run.folder == store.folder / run.id
    content = json.loads((run.folder / "run.json").read_text())
    assert content["status"] == "finished"
    assert content["metrics"] == {"rmse": 0.5}
    assert {"python", "approximant", "numpy"} <= content["versions"].keys()
    assert tomllib.loads((run.folder / "settings.toml").read_text())["network"]["seed"] == 3
    assert json.loads((store.folder / "store.json").read_text()) == {"schema": 1}


def test_a_finished_run_stays_the_only_one_of_its_key(store: RunStore) -> None:
    first = store.add(record(metrics={"rmse": 1.0}))
    assert store.add(record(metrics={"rmse": 2.0})) == first
    assert store.count() == 1
    again = store.add(record(metrics={"rmse": 3.0}), once=False)
    assert again.id != first.id
    assert store.finished_keys() == {first.key}
    assert store.count() == 2


@pytest.mark.parametrize("status", [FAILED, UNFINISHED])
def test_a_run_that_did_not_finish_is_replaced(store: RunStore, status: str) -> None:
    store.add(record(status=status, reason="the\nloss  was not finite"))
    assert store.find()[0].reason == "the loss was not finite"
    assert store.finished_keys() == set()
    done = store.add(record())
    assert store.find() == [done]
    assert store.finished_keys() == {done.key}
    assert [path.name for path in store.folder.iterdir() if path.is_dir()] == [done.id]


def test_a_failed_twin_in_another_place_is_replaced_too(store: RunStore) -> None:
    first, second = (store.add(record(status=FAILED), once=False) for _ in range(2))
    store.remove(first.id)
    assert store.add(record()).id == first.id
    assert not second.folder.exists()
    assert store.count() == 1


def test_a_begun_run_is_unfinished_until_all_is_written(store: RunStore) -> None:
    begun = store.add(record(status=UNFINISHED), once=False)
    assert store.finished_keys() == set()
    done = store.finish(
        begun.id, record(metrics={"rmse": 0.5}, files={"history.csv": b"epoch\n1\n"})
    )
    assert (done.id, done.status) == (begun.id, "finished")
    assert store.get(begun.id) == store.find()[0] == done
    store.remove(begun.id)
    assert store.finish(begun.id, record()).status == "finished"  # its folder was gone


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("training.optimizer.rate<0.1", [0.01, 0.05]),
        ("rate <= 0.1", [0.01, 0.05, 0.1]),
        ("rate=0.10", [0.1]),
        ("rate!=1e-1", [0.01, 0.05, 0.5]),
        ("rate>0.05", [0.1, 0.5]),
        ("settings.training.optimizer.rate>=0.5", [0.5]),
        ("rmse<2", [0.01, 0.05]),
        ("metrics.rmse>=2", [0.1]),
        ("rmse=none", [0.5]),
        ("rmse!=none", [0.01, 0.05, 0.1]),
        ("shape=1-8-1 tanh", [0.01, 0.05, 0.1, 0.5]),
        ("shape~TANH", [0.01, 0.05, 0.1, 0.5]),
        ("shape<0", []),
        ("shape>1", []),
        ("shape>1-", [0.01, 0.05, 0.1, 0.5]),
        ("shuffle=false", [0.01, 0.05, 0.1, 0.5]),
        ("shuffle=true", []),
        ("status=failed", [0.5]),
        ("status!=failed", [0.01, 0.05, 0.1]),
        ("name=2024", [0.05]),
        ("seed=2", [0.1]),
        ("seed=none", [0.5]),
        ("tags=good", [0.01, 0.1]),
        ("tags!=good", [0.05, 0.5]),
        ("tags=goo", []),
        ("created>2020-01-01", [0.01, 0.05, 0.1, 0.5]),
        ("created<2020-01-01", []),
        ("id~", [0.01, 0.05, 0.1, 0.5]),
        ('name=it\'s "so"', [0.01]),
    ],
)
def test_runs_can_be_asked_for(store: RunStore, where: str, expected: list[float]) -> None:
    store.add(record(0.5, status=FAILED))
    store.add(record(0.1, metrics={"rmse": 2.0}, seed=2, tags=("good", "known")))
    store.add(record(0.05, metrics={"rmse": 1.0}, seed=1, name="2024"))
    store.add(record(0.01, metrics={"rmse": 0.5}, seed=0, tags=("good",), name='it\'s "so"'))
    assert rates(store.find(where, sort="rate")) == expected
    assert store.count([where]) == len(expected)


def test_all_conditions_hold_together(store: RunStore) -> None:
    for rate in (0.1, 0.2, 0.3, 0.4):
        store.add(record(rate))
    assert rates(store.find(["rate>0.1", "rate<0.4"], sort="-rate")) == [0.3, 0.2]


def test_runs_without_the_value_come_last_in_either_order(store: RunStore) -> None:
    for rate, rmse in ((0.1, 3.0), (0.2, float("inf")), (0.3, 1.0), (0.4, 2.0)):
        store.add(record(rate, metrics={"rmse": rmse}))
    assert rates(store.find(sort="rmse")) == [0.3, 0.4, 0.1, 0.2]
    assert rates(store.find(sort="-rmse")) == [0.1, 0.4, 0.3, 0.2]
    assert rates(store.find(sort="rmse", limit=2)) == [0.3, 0.4]


def test_the_newest_run_comes_first(store: RunStore) -> None:
    for day, rate in ((2, 0.2), (3, 0.3), (1, 0.1)):
        store.add(record(rate, created=f"2026-01-0{day}T00:00:00.000Z"))
    assert rates(store.find()) == [0.3, 0.2, 0.1]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("rat<1", "Unknown column 'rat'; did you mean 'rate'"),
        ("rsme<1", "did you mean 'rmse'"),
        ("statsu=failed", "did you mean 'status'"),
        ("training.optimiser.rate<1", "did you mean 'training.optimizer.rate'"),
        ("training.seed.x<1", "Unknown column"),
        ("rate", "Cannot read the condition 'rate'; write a column, one of = !="),
        ("<3", "Cannot read the condition"),
        ("rate~\ud800", r"Cannot read the condition 'rate~\\ud800'"),
        ("\ud800<1", "Cannot read the condition"),
        ("rate'); DROP TABLE runs; --=1", "Unknown column"),
    ],
)
def test_a_condition_that_cannot_be_meant_is_explained(
    store: RunStore, where: str, expected: str
) -> None:
    store.add(record(metrics={"rmse": 1.0}))
    with pytest.raises(SettingError, match=expected):
        store.find([where])


@pytest.mark.parametrize("value", [5, None, [5], b"x"])
def test_what_is_no_text_is_refused_in_a_sentence(store: RunStore, value: Any) -> None:
    asked: list[tuple[str, Callable[[], Any]]] = [
        ("where", lambda: store.find(where=value)),
        ("where", lambda: store.count(value)),
        ("sort", lambda: store.find(sort=value)),
        ("id", lambda: store.get(value)),
        ("id", lambda: store.tag(value)),
        ("ids", lambda: store.remove(value)),
        ("add", lambda: store.tag(run.id, add=value)),
        ("remove", lambda: store.tag(run.id, remove=value)),
    ]
    for _ in range(2):  # in a store without runs first
        for name, call in asked[:4]:
            with pytest.raises(SettingError, match=f"^{name} must be a .*text"):
                call()
        run = store.add(record())
    for name, call in asked:
        with pytest.raises(SettingError, match=f"^{name} must be a .*text"):
            call()


def test_one_text_is_one_text(store: RunStore) -> None:
    run = store.add(record(rate=0.1))
    assert store.count("rate<0.5") == 1 and store.count("rate>0.5") == 0
    assert store.tag(run.id, add="good").tags == ("good",)
    assert store.tag(run.id, remove="good").tags == ()


def test_an_ambiguous_end_of_a_name_is_told(store: RunStore) -> None:
    text = "[a]\nrate = 1\n[b]\nrate = 2\n"
    store.add(RunRecord(key="k", settings=text))
    with pytest.raises(SettingError, match="'rate' could be a.rate or b.rate; write which"):
        store.find("rate=1")
    assert store.find("b.rate=2")


def test_nothing_is_found_in_an_empty_store(store: RunStore) -> None:
    assert store.find("rmse<1", sort="rmse") == []
    assert store.finished_keys() == set()


def test_the_beginning_of_an_id_is_enough(store: RunStore) -> None:
    runs = [store.add(record(rate=1 + k)) for k in range(40)]
    for run in runs:
        assert store.get(f" {run.id.upper()} ") == run
        length = next(n for n in range(1, 7) if sum(r.id[:n] == run.id[:n] for r in runs) == 1)
        assert store.get(run.id[:length]) == run
    first = next(run.id[0] for run in runs if sum(r.id[0] == run.id[0] for r in runs) > 1)
    with pytest.raises(StoreError, match=f"runs begin with '{first}': .*; write more of the id"):
        store.get(first)


def test_an_unknown_id_is_told_with_the_nearest(store: RunStore) -> None:
    run = store.add(record())
    wrong = f"{run.id[:4]}{run.id[5:]}i"
    with pytest.raises(
        StoreError, match=f"There is no run '{wrong}' in .*; did you mean '{run.id}'"
    ):
        store.get(wrong)
    for id in ("", "oooooo", "../runs", "*"):
        with pytest.raises(StoreError, match="`approximant runs list` shows them"):
            store.get(id)


def test_tags_are_put_on_and_taken_off(store: RunStore) -> None:
    run = store.add(record(tags=("first",)))
    assert store.tag(run.id, add=["good", "first"]).tags == ("first", "good")
    assert store.tag(run.id, add=["best"], remove=["first", "unknown"]).tags == ("good", "best")
    assert store.get(run.id).tags == store.find()[0].tags == ("good", "best")
    assert store.get(run.id).settings == run.settings


def test_removing_takes_all_or_none(store: RunStore) -> None:
    runs = [store.add(record(rate)) for rate in (0.1, 0.2, 0.3)]
    with pytest.raises(StoreError, match="There is no run"):
        store.remove([runs[0].id, "oooooo"])
    assert store.count() == 3
    assert store.remove([runs[0].id, runs[1].id]) == [runs[0].id, runs[1].id]
    assert store.find() == [runs[2]]
    assert not runs[0].folder.exists()


def test_only_settings_that_differ_are_named(store: RunStore) -> None:
    runs = [store.add(record(0.1)), store.add(record(0.2)), store.add(record(0.2, width=9))]
    assert differing_settings(runs) == ["network.shape", "training.optimizer.rate"]
    assert differing_settings(runs[:1]) == []


def test_very_long_settings_stay_in_the_folder(store: RunStore) -> None:
    text = f'lesson = "{"long " * 100}"\nshort = 1\n[net]\nweights = {list(range(500))}\n'
    run = store.add(RunRecord(key="k", settings=text))
    assert run.settings == {"short": 1}
    assert run.settings_text == text


def test_settings_of_any_name_are_kept(store: RunStore) -> None:
    text = '["a.b"]\n"it\'s" = 1\n"say \\"so\\"" = 2\n"$" = 3\n'
    run = store.add(RunRecord(key="k", settings=text))
    assert store.find("a.b.it's=1") == store.find("$=3") == [run]
    assert store.get(run.id).settings == run.settings


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
        st.one_of(st.floats(), st.integers(-(2**53), 2**53), st.none()),
        max_size=4,
    )
)
def test_metrics_of_any_name_and_value_come_back(metrics: dict[str, Any]) -> None:
    put = record(metrics=metrics)
    content = json.loads(json.dumps(put.facts(), allow_nan=False))
    assert RunRecord(settings="", **content).facts() == put.facts()


def test_keys_depend_on_values_alone() -> None:
    assert run_key({"a": 1.5, "b": [1, "x"]}) == run_key({"b": [1, "x"], "a": 1.5})
    keys = {run_key(s) for s in ({}, {"a": 1}, {"a": 2}, {"a": "1"}, {"b": 1}, {"a": {"b": 1}})}
    assert len(keys) == 6


def test_an_unknown_status_is_refused() -> None:
    with pytest.raises(SettingError, match="status must be one of finished, failed, unfinished"):
        record(status="done")


def test_a_history_that_is_none_is_told(store: RunStore) -> None:
    run = store.add(record(files={"history.csv": b"epoch,loss\n1,many\n"}))
    with pytest.raises(StoreError, match="history.csv is no table of numbers"):
        _ = run.history
    other = store.add(record(0.2))
    assert other.history is None
    with pytest.raises(StoreError, match="Cannot read .*report.json: no such file"):
        other.read("report.json")


def test_paths_may_be_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with RunStore.open("a b?#%/ü", create=True) as opened:
        run = opened.add(record())
    with RunStore.open(os.path.join("a b?#%", "ü")) as opened:
        assert opened.find() == [run]
