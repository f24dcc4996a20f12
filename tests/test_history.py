"""Histories: the table that is written is the history that is read."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import approximant as ap
from approximant.errors import StoreError
from approximant.history import History
from approximant.store import RunRecord, RunStore

ANY = st.floats(width=64) | st.sampled_from([-0.0, 0.1, 1 / 3, 5e-324, 1e16, 123456789.123456789])


@given(st.lists(st.tuples(ANY, ANY), max_size=20))
def test_every_number_comes_back_to_the_last_bit(rows: list[tuple[float, float]]) -> None:
    history = History.from_rows(
        [{"epoch": k, "loss": a, "mae": b} for k, (a, b) in enumerate(rows, 1)]
    )
    found = History.from_csv(history.csv())
    assert list(found) == list(history)
    for name in history:
        np.testing.assert_array_equal(found[name], history[name])
        finite = ~np.isnan(history[name])
        assert np.array_equal(np.signbit(found[name][finite]), np.signbit(history[name][finite]))


def test_numbers_of_float32_and_what_is_not_finite_come_back() -> None:
    loss = np.array([0.1, np.inf, -np.inf, np.nan, -0.0], dtype=np.float32)
    history = History({"epoch": np.arange(1.0, 6.0), "loss": loss})
    found = History.from_csv(history.csv())
    np.testing.assert_array_equal(found["loss"], loss.astype(np.float64))
    assert np.signbit(found["loss"][-1])
    assert history.csv().splitlines()[1] == "1,0.10000000149011612"


def test_a_training_without_epochs_and_one_without_metrics() -> None:
    empty = History({"epoch": np.empty(0), "loss": np.empty(0)})
    assert (len(History.from_csv(empty.csv())), list(empty)) == (0, ["epoch", "loss"])
    assert History.from_csv("epoch\n1\n2\n")["epoch"].tolist() == [1.0, 2.0]


def test_a_training_writes_what_it_measured(tmp_path: Path) -> None:
    for dtype in ("float64", "float32"):
        training = ap.train(
            "sin(x)", {"x": (0, 6)}, network="1-4-1 tanh", epochs=5, sampling=50, dtype=dtype
        )
        training.write(tmp_path)
        found = History.from_csv((tmp_path / "history.csv").read_text())
        for name in training.history:
            np.testing.assert_array_equal(found[name], training.history[name])


@pytest.mark.parametrize(
    "text",
    ["", "\n", "loss\n1\n", "epoch,loss\n1\n", "epoch,loss\n1,2,3,4\n", "epoch,epoch\n1,2\n",
     "epoch\nx\n", "epoch\n1\n\n2\n", "epoch,loss\n1,2\n3"],
)  # fmt: skip
def test_what_is_no_history_is_an_error_of_the_store(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"header|cells|could not convert"):
        History.from_csv(text)
    record = RunRecord(key="k", settings="", files={"history.csv": text.encode()})
    with RunStore.open(tmp_path / "runs", create=True) as runs:
        run = runs.add(record)
        with pytest.raises(StoreError, match="no table of numbers"):
            _ = run.history
