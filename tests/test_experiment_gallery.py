"""The gallery: what its authors described, and the claims of the experiments that are fast.

All of them, the slow ones too, are judged by `benchmarks/gallery.py`.
"""

import numpy as np
import pytest

from approximant.experiment import gallery_experiment, run_experiment, run_series


@pytest.mark.parametrize("name", ["surface", "surface-deeper", "activation-sigmoid", "wiggle"])
def test_the_fast_experiments_of_the_gallery_keep_their_claims(name: str) -> None:
    series = run_series(gallery_experiment(name))
    assert {check.what: check.value for check in series.checks if not check.holds} == {}
    assert series.checks


def test_a_wiggle_is_what_its_author_described() -> None:
    # The rows and the first weights are drawn with NumPy's legacy generator, in this order.
    run = run_experiment(gallery_experiment("wiggle", ["training.epochs=1"]), 2)
    x = np.random.RandomState(1002).random_sample((1000, 2))[:, 0]
    assert np.array_equal(run.training.rows.points[:, 0], x)
    draw, end = np.random.RandomState(2), np.sqrt(6 / 129)
    w1, w2 = draw.uniform(-end, end, (128, 1)), draw.uniform(-end, end, (1, 128))
    b1, b2 = np.zeros((128, 1)), np.zeros((1, 1))
    for row, target in zip(x, run.training.rows.values[:, 0], strict=True):
        a1 = 1 / (1 + np.exp(-(w1 * row + b1)))
        d2 = w2 @ a1 + b2 - target
        d1 = w2.T @ d2 * a1 * (1 - a1)
        w2, b2 = w2 - 0.1 * d2 @ a1.T, b2 - 0.1 * d2
        w1, b1 = w1 - 0.1 * d1 * row, b1 - 0.1 * d1
    hidden, output = run.approximant.network.layers
    assert np.allclose(hidden.weights, w1, atol=1e-10)
    assert np.allclose(output.weights, w2, atol=1e-10)


def test_the_rows_of_the_activations_are_those_of_the_author() -> None:
    run = run_experiment(gallery_experiment("activation-linear", ["training.epochs=1"]))
    rows = run.training.rows
    assert np.array_equal(rows.points[:, 0], 2 * np.random.RandomState(1).randn(1000))
    assert np.array_equal(rows.points[:, 1], np.random.RandomState(10).randn(1000))
    assert np.sum((rows.values - rows.values.mean()) ** 2) == pytest.approx(40649.98, abs=0.01)
    design = np.column_stack([rows.points, np.ones(1000)])
    _, (least,), *_ = np.linalg.lstsq(design, rows.values[:, 0], rcond=None)
    assert least == pytest.approx(40627.73, abs=0.01)
