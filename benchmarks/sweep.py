"""Sweeps: use of the cores, overhead per experiment, Dask, and scikit-learn's grid search.

    python benchmarks/sweep.py
    python benchmarks/sweep.py --rounds 5 --json figures.json
    python benchmarks/sweep.py many table --quick

Contenders take turns, and ratios count; times of a busy machine say little. Four works:

many    200 experiments 2-24-12-1, 20 epochs of `surface`: processor time over that of all cores,
        and what an experiment costs beyond `approximant.train`, in processor time.
dask    the same on a local Dask cluster of as many workers, beside the worker processes.
search  60 settings x 3 seeds, the same rows and epochs, beside GridSearchCV over MLPRegressor.
table   `approximant sweep wiggle-table`, from the command to the printed table.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

for library in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy as np  # noqa: E402

import approximant as ap  # noqa: E402
from approximant.experiment import gallery_experiment  # noqa: E402

WORKERS = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
RATES = [0.0005 * 1.2**k for k in range(200)]
COMMAND = "from approximant.cli import main; raise SystemExit(main())"
SEARCHED: dict[str, list[Any]] = {
    "training.optimizer.rate": [0.001, 0.002, 0.005, 0.01, 0.02],
    "network.shape": [f"2-{w}-{w // 2}-1 relu" for w in (8, 16, 24, 32)],
    "training.batch_size": [16, 32, 64],
}
SEARCHED_ROWS, SEARCHED_EPOCHS, SEEDS = 2000, 200, 3  # MLPRegressor's own max_iter


def main() -> int:
    """Measure what was asked for and print a line each."""
    works: dict[str, Callable[[argparse.Namespace], dict[str, float]]] = {
        "many": many, "dask": dask, "search": search, "table": table,
    }  # fmt: skip
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("works", nargs="*", metavar="work", help="|".join(works))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="a tenth of the experiments")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    figures = {}
    for name in asked.works or works:
        figures[name] = works[name](asked)
        told = ", ".join(f"{what} {value:.4g}" for what, value in figures[name].items())
        print(f"{name:7} {told}", flush=True)
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0


def many(asked: argparse.Namespace) -> dict[str, float]:
    """Return the share of all cores that was used, and the overhead per experiment (ms)."""
    runs = [_measured(lambda: _surface(asked)) for _ in range(asked.rounds)]
    wall, processor, found = min(runs, key=lambda run: run[0])
    count = sum(len(row.runs) for row in found.rows)
    alone = _training_alone(found)
    return {
        "experiments": count,
        "seconds": wall,
        "use of the cores": processor / (WORKERS * wall),
        "training, ms": 1e3 * alone,
        "overhead, ms": 1e3 * (processor / count - alone),
    }


def dask(asked: argparse.Namespace) -> dict[str, float]:
    """Return how much longer a local Dask cluster takes than our worker processes."""
    from distributed import Client, LocalCluster

    times: dict[str, list[float]] = {"processes": [], "dask": []}
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        _surface(asked, client.get_executor())  # workers that have imported everything
        for _ in range(asked.rounds):
            times["processes"].append(_measured(lambda: _surface(asked))[0])
            times["dask"].append(_measured(lambda: _surface(asked, client.get_executor()))[0])
    medians = {name: statistics.median(seconds) for name, seconds in times.items()}
    return medians | {"ratio": medians["dask"] / medians["processes"]}


def search(asked: argparse.Namespace) -> dict[str, float]:
    """Return how much longer scikit-learn's grid search takes for the same work."""
    rates = SEARCHED["training.optimizer.rate"][: 1 if asked.quick else None]
    ours, theirs = [], []
    for _ in range(1 if asked.quick else asked.rounds):
        ours.append(_measured(lambda: _our_search(rates))[0])
        theirs.append(_measured(lambda: _their_search(rates))[0])
    mine, other = statistics.median(ours), statistics.median(theirs)
    return {"approximant": mine, "GridSearchCV": other, "times faster": other / mine}


def table(asked: argparse.Namespace) -> dict[str, float]:
    """Return the time from the command to the table of the gallery's sweep, and its figures."""
    seconds, processor, found = [], [], {}
    for _ in range(asked.rounds):
        with tempfile.TemporaryDirectory() as folder:
            store = ["--store", f"{folder}/runs"]
            command = [sys.executable, "-c", COMMAND, "sweep", "wiggle-table", "--json", *store]
            wall, used, done = _measured(
                lambda command=command: subprocess.run(command, capture_output=True, check=True)
            )
        seconds.append(wall)
        processor.append(used)
        found = json.loads(done.stdout)
    held = sum(bool(row["holds"]) for row in found["rows"])
    return {
        "seconds": min(seconds),
        "processor seconds": min(processor),
        "spearman": found["spearman"],
        "rows in their range": held,
    }


def _surface(asked: argparse.Namespace, executor: Any = None) -> Any:
    rates = RATES[:: 10 if asked.quick else 1]
    changed = gallery_experiment("surface", ["training.epochs=20", "checks.bands=[]"])
    settings = {**changed.settings, "sweep": {"settings": {"training.optimizer.rate": rates}}}
    return ap.sweep(settings, executor=executor)


def _training_alone(found: Any) -> float:
    """Return the mean processor time of `approximant.train` for the same experiments, here."""
    seconds = []
    for row in found.rows[::10]:
        target, arguments = found.experiment.changed(row.values).arguments()
        start = time.process_time()
        ap.train(target, **arguments)
        seconds.append(time.process_time() - start)
    return statistics.mean(seconds)


def _our_search(rates: list[Any]) -> Any:
    settings = {
        "target": {"formula": "x^2 + 2*y", "domain": {"x": [0, 1], "y": [0, 1]}},
        "sampling": {"rows": SEARCHED_ROWS},
        "network": {"shape": "2-8-4-1 relu"},
        "training": {
            "optimizer": {"name": "adam", "rate": 0.001},
            "epochs": SEARCHED_EPOCHS,
            "measure_every": SEARCHED_EPOCHS,  # the others measure none but the running loss
        },
    }
    varied = {**SEARCHED, "training.optimizer.rate": rates}
    return ap.sweep({**settings, "sweep": {"settings": varied, "seeds": SEEDS}})


def _their_search(rates: list[Any]) -> Any:
    """Train the same networks by scikit-learn on as many processes, each setting three times."""
    from sklearn.model_selection import GridSearchCV, ShuffleSplit
    from sklearn.neural_network import MLPRegressor

    points = np.random.default_rng(0).random((SEARCHED_ROWS, 2))
    values = points[:, 0] ** 2 + 2 * points[:, 1]
    grid = {
        "learning_rate_init": rates,
        "hidden_layer_sizes": [(w, w // 2) for w in (8, 16, 24, 32)],
        "batch_size": SEARCHED["training.batch_size"],
        "random_state": list(range(SEEDS)),
    }
    network = MLPRegressor(
        max_iter=SEARCHED_EPOCHS, tol=0.0, n_iter_no_change=SEARCHED_EPOCHS, alpha=0.0
    )
    # One split that trains on all rows but one: as many rows as ours, each setting once per seed.
    split = ShuffleSplit(1, test_size=1, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.environ["PYTHONWARNINGS"] = "ignore"
        found = GridSearchCV(
            network, grid, cv=split, n_jobs=WORKERS, refit=False, scoring="neg_mean_squared_error"
        ).fit(points, values)
    return found


def _measured(work: Callable[[], Any]) -> tuple[float, float, Any]:
    """Return wall time, processor time of this process and those it ended, and what came out."""
    before, start = _processor_seconds(), time.perf_counter()
    found = work()
    return time.perf_counter() - start, _processor_seconds() - before, found


def _processor_seconds() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


if __name__ == "__main__":
    sys.exit(main())
