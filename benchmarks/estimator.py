"""Compare ApproximantRegressor with the estimators that people would otherwise take.

    python benchmarks/estimator.py                # all data
    python benchmarks/estimator.py friedman1      # some of them

Each table of samples is fitted in turn by every estimator with its default settings, interleaved,
on one thread; times are processor seconds of `fit`. For data made by a formula the error is taken
against the formula without its noise, on 5,000 fresh points, as a share of their spread. The peers:
Ridge and gradient boosting as they come, and MLPRegressor with inputs and outputs scaled to mean 0
and deviation 1, its default solver and L-BFGS.
"""

from __future__ import annotations

import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_friedman1, make_friedman2, make_friedman3
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import KFold, cross_val_score
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from approximant.estimator import ApproximantRegressor

REPEATS = 5
FRESH = 5000


def mlp(**settings):
    pipeline = make_pipeline(StandardScaler(), MLPRegressor(random_state=0, **settings))
    return TransformedTargetRegressor(pipeline, transformer=StandardScaler())


PEERS: dict[str, Callable[[], object]] = {
    "approximant": lambda: ApproximantRegressor(random_state=0),
    "ridge": Ridge,
    "ridge, cross-validated": lambda: make_pipeline(StandardScaler(), RidgeCV()),
    "gradient boosting": lambda: GradientBoostingRegressor(random_state=0),
    "mlp, adam": mlp,
    "mlp, l-bfgs": lambda: mlp(solver="lbfgs"),
}


def formula(function, dimension, rows, noise):
    """Return what makes samples of a function on [-1, 1]^d, with and without noise."""

    def make(seed, count=rows, level=noise):
        generator = np.random.default_rng(seed)
        x = generator.uniform(-1, 1, (count, dimension))
        return x, function(x) + level * generator.standard_normal(count)

    return make


def friedman(maker, noise, rows=1000):
    def make(seed, count=rows, level=noise):
        return maker(count, noise=level, random_state=seed)

    return make


def waves(x):
    return np.sin(5 * x[:, 0]) * np.cos(4 * x[:, 1]) + x[:, 2]


def steep(x):
    return np.tanh(8 * (x[:, 0] + x[:, 1] - 0.3)) + 0.5 * np.abs(x[:, 2])


def linear(x):
    return x @ np.arange(x.shape[1])


DATA = {
    "friedman1, noise 0": friedman(make_friedman1, 0.0),
    "friedman1, noise 1": friedman(make_friedman1, 1.0),
    "friedman1, noise 1, 200 rows": friedman(make_friedman1, 1.0, 200),
    "friedman2, noise 125": friedman(make_friedman2, 125.0),
    "friedman3, noise 0.1": friedman(make_friedman3, 0.1),
    "waves, noise 0.2": formula(waves, 4, 1000, 0.2),
    "steep and kinked, noise 0.1": formula(steep, 5, 1000, 0.1),
    "linear, 20 inputs, 100 rows": formula(linear, 20, 100, 10.0),
}


def compared(make) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield for each estimator its errors and its times, repeat by repeat."""
    errors: dict[str, list[float]] = {name: [] for name in PEERS}
    seconds: dict[str, list[float]] = {name: [] for name in PEERS}
    for seed in range(REPEATS):
        x, y = make(seed)
        fresh, truth = make(1000 + seed, FRESH, 0.0)
        for name, peer in PEERS.items():
            estimator = peer()
            start = time.process_time()
            estimator.fit(x, y)
            seconds[name].append(time.process_time() - start)
            errors[name].append(float(np.sqrt(np.mean((estimator.predict(fresh) - truth) ** 2))))
        spread = truth.std()
    for name in PEERS:
        yield name, [error / spread for error in errors[name]], seconds[name]


def show_formulas(wanted: list[str]) -> None:
    for title, make in DATA.items():
        if wanted and not any(word in title for word in wanted):
            continue
        print(f"\n{title:<32} {'error':>8} {'worst':>8} {'seconds':>8}   {'ratios to ours':>20}")
        ours = None
        for name, errors, seconds in compared(make):
            error, taken = float(np.median(errors)), float(np.median(seconds))
            ours = ours or (error, taken)
            ratios = f"{error / ours[0]:9.2f} {taken / ours[1]:9.2f}"
            print(f"  {name:<30} {error:8.4f} {max(errors):8.4f} {taken:8.3f}   {ratios:>20}")


def show_diabetes() -> None:
    x, y = load_diabetes(return_X_y=True)
    folds = {"in order": 10} | {
        f"shuffled, seed {seed}": KFold(10, shuffle=True, random_state=seed) for seed in range(3)
    }
    print(f"\n{'diabetes: mean R2 of 10 folds':<32}", *(f"{name:>18}" for name in folds))
    for name, peer in PEERS.items():
        scores = [cross_val_score(peer(), x, y, cv=cv).mean() for cv in folds.values()]
        print(f"  {name:<30}", *(f"{score:18.3f}" for score in scores))


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    ApproximantRegressor().fit(*make_friedman1(50, random_state=0))  # imports
    words = sys.argv[1:]
    show_formulas(words)
    if not words or "diabetes" in words:
        show_diabetes()
