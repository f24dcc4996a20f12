"""How long a training step takes here and elsewhere, in one thread, one after the other.

    python benchmarks/training.py
    python benchmarks/training.py wiggle start --rounds 9 --json figures.json

Contenders take turns; figures are medians over the rounds. Those that are not installed are named
and left out. Ratios are what counts: how much longer the others take, beside what is to be reached.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

for name in ("OMP", "OPENBLAS", "MKL", "TF_NUM_INTRAOP", "TF_NUM_INTEROP"):
    os.environ[f"{name}_THREADS" if name.startswith("TF") else f"{name}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
os.environ |= {"CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}

import numpy as np  # noqa: E402
from training_peers import Contender, Work  # noqa: E402

# What the others are to take at least, as multiples of our time; of C, at most 1 / 2.2 of ours.
WORKS: list[tuple[Work, dict[str, float]]] = [
    (
        Work("surface", (2, 24, 12, 1), "relu", "rmsprop", 0.002, 32, 16000),
        {"keras": 300, "pytorch": 80, "scikit_learn": 40, "jax": 6, "c": 1 / 2.2},
    ),
    (
        Work("surface-deeper", (2, 40, 24, 12, 1), "relu", "nadam", 0.002, 50, 20000),
        {"keras": 200, "pytorch": 53, "scikit_learn": 27, "jax": 4, "c": 1 / 3.3},
    ),
    (
        Work("wiggle", (1, 128, 1), "sigmoid", "sgd", 0.1, 1, 2000),
        {"numpy": 200, "c": 1 / 2},
    ),
    (
        Work("wiggle-float64", (1, 128, 1), "sigmoid", "sgd", 0.1, 1, 2000, "float64"),
        {"numpy": 200, "c": 1 / 2},
    ),
    (
        Work("activation-sigmoid", (2, 20, 20, 1), "sigmoid", "rmsprop", 0.001, 64, 16000),
        {"keras": 300, "c": 0},
    ),
    (
        Work("products", (2, 64, 64, 1), "tanh", "adam", 0.001, 256, 25600),
        {"pytorch": 3, "c": 0},
    ),
    (
        Work("full-batch", (1, 128, 1), "tanh", "sgd", 0.001, 4000, 4000),
        {"pytorch": 3, "c": 0},
    ),
    (
        Work("full-batch-deep", (1, 32, 128, 32, 1), "tanh", "sgd", 0.001, 4000, 4000),
        {"pytorch": 3, "c": 0},
    ),
]

START = """
import sys, time
from pathlib import Path
import approximant
start = time.perf_counter()
import numpy as np
from approximant.descent import DescentSettings, _machine, descend
from approximant.networks import Layer, Network
from approximant.sampling import Samples
if len(sys.argv) > 1:  # nothing has been kept in this folder yet
    _machine._folders = lambda: iter([Path(sys.argv[1])])
network = Network((Layer.uniform(np.ones((1, 1)), np.zeros(1), "linear"),))
rows = Samples(np.ones((4, 1)), np.zeros((4, 1)))
next(descend(network, rows, DescentSettings(dtype="float32")))
print(time.perf_counter() - start)
"""


def main() -> int:
    """Measure what was asked for and print it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    names = [work.name for work, _ in WORKS] + ["start"]
    parser.add_argument("names", nargs="*", default=names, help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=5, help="turns of each contender; 5")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    figures: list[dict[str, Any]] = []
    for work, wanted in WORKS:
        if work.name in asked.names:
            figures += compare(work, wanted, asked.rounds)
    if "start" in asked.names:
        figures += start(asked.rounds)
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if all(row["reached"] for row in figures) else 1


@functools.cache
def contender(name: str) -> Contender:
    """Return the process of a contender, started when it is first wanted."""
    return Contender(name)


def compare(work: Work, wanted: dict[str, float], rounds: int) -> list[dict[str, Any]]:
    """Let all contenders take turns at one work; print and return a row for each."""
    shape = "-".join(map(str, work.widths))
    method = f"{work.method}, batch {work.batch}, {work.dtype}"
    print(f"\n{work.name}: {shape} {work.activation}, {method}", flush=True)
    there = {}
    for name in ("approximant", *wanted):
        missing = contender(name).prepare(work)
        if missing:
            print(f"  {name:13} left out: {missing}", flush=True)
        else:
            there[name] = contender(name)
    turns = [{name: each.turn() for name, each in there.items()} for _ in range(rounds)]
    steps = {name: statistics.median(turn[name] for turn in turns) / work.steps for name in there}
    ours = steps.pop("approximant")
    print(
        f"  {'approximant':13} {1e6 * ours:10.3f} us a step{rate_of_work(work, ours)}", flush=True
    )
    rows = []
    for name, theirs in steps.items():
        row = {"work": work.name, "against": name, "ours": ours, "theirs": theirs}
        row |= {"ratio": theirs / ours, "wanted": wanted[name]}
        rows.append(row | {"reached": theirs / ours >= wanted[name]})
        print(f"  {name:13} {1e6 * theirs:10.3f} us a step   {said(rows[-1])}", flush=True)
    return rows


def said(row: dict[str, Any]) -> str:
    """Return a ratio in words, beside what was wanted."""
    verdict = "reached" if row["reached"] else "MISSED"
    if row["wanted"] >= 1:
        return f"{row['ratio']:7.1f} times ours; wanted {row['wanted']:g}: {verdict}"
    text = f"ours is {1 / row['ratio']:.2f} times as long"
    return text + (f"; at most {1 / row['wanted']:.1f}: {verdict}" if row["wanted"] else "")


def rate_of_work(work: Work, seconds: float) -> str:
    """Return the arithmetic of a step beside what this machine makes of products of matrices."""
    if work.name != "products":
        return ""
    a = np.random.default_rng(0).random((1024, 1024)).astype(np.float32)
    best = 1e9
    for _ in range(20):
        start = time.perf_counter()
        a @ a
        best = min(best, time.perf_counter() - start)
    weights = sum(i * o for i, o in zip(work.widths, work.widths[1:], strict=False))
    flops, most = 6 * weights * work.batch / seconds, 2 * 1024**3 / best
    return f"; {flops / 1e9:.0f} GFLOP/s, {flops / most:.2f} of matrix products; wanted 0.4"


def start(rounds: int) -> list[dict[str, Any]]:
    """Time the start of a training in fresh processes, after the package has been imported."""

    def seconds(*arguments: str) -> float:
        command = [sys.executable, "-c", START, *arguments]
        return float(subprocess.run(command, check=True, capture_output=True).stdout)

    seconds()
    warm = statistics.median(seconds() for _ in range(rounds))
    with tempfile.TemporaryDirectory() as folder:
        first = seconds(folder)
    rows = []
    print("\nstart of a training in a fresh process, after importing the package")
    for name, found, wanted in (("compiled before", warm, 0.3), ("first ever", first, 10.0)):
        row = {"work": "start", "against": name, "ours": found, "wanted": wanted}
        rows.append(row | {"reached": found <= wanted})
        verdict = "reached" if found <= wanted else "MISSED"
        print(f"  {name:15} {found:7.3f} s; wanted {wanted:g}: {verdict}", flush=True)
    return rows


if __name__ == "__main__":
    sys.exit(main())
