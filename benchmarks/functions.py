"""Accuracy, size and speed on known functions, one line each, judged by an independent dense check.

    python benchmarks/functions.py --inputs 1 --tol 1e-10
    python benchmarks/functions.py --inputs 2
    python benchmarks/functions.py --inputs 3-20

Times are medians of `--runs` warm runs. "dense" is the largest error on points of this script's
own, as a multiple of the tolerance; a report that says met while dense is above 1.05 is a false
claim.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import approximant as ap

HERE = Path(__file__).parent
SMOOTH = ("analytic", "entire", "polynomial", "C-infinity")
DENSE = {1: 300_000, 2: 200_000}


@dataclass(frozen=True)
class Case:
    """A function with its box and the tolerance it is asked for."""

    name: str
    target: Any
    values: Callable[[np.ndarray], np.ndarray]
    domain: dict[str, tuple[float, float]]
    tol: float
    smooth: bool


def _wild(points: np.ndarray) -> np.ndarray:
    f = np.sin(np.pi * points[:, 0])
    total = f.copy()
    for _ in range(15):
        f = 0.75 * (1.0 - 2.0 * f**4)
        total += f
    return total


def _special(name: str) -> Callable[[np.ndarray], np.ndarray] | None:
    """Return the callable for functions that are no formula of ours."""
    from scipy import special

    table = {
        "gallery/airy": lambda p: special.airy(p[:, 0])[0],
        "gallery/Si": lambda p: special.sici(p[:, 0])[0],
        "gallery/wild": _wild,
    }
    return table.get(name)


def load_cases(tol: float | None) -> list[Case]:
    """Return all cases; `tol` overrides their own."""
    cases = []
    for file in ("functions.json", "more_functions.json"):
        for row in json.loads((HERE / file).read_text()):
            domain = {name: tuple(ends) for name, ends in row["domain"].items()}
            d = len(domain)
            default = row.get("tol", {1: 1e-10, 2: 1e-8, 3: 1e-6}.get(d, 1e-4))
            target = _special(row["name"]) or row["formula"]
            cases.append(
                Case(
                    row["name"],
                    target,
                    _values(target, tuple(domain)),
                    domain,
                    tol or default,
                    row.get("smoothness", "analytic").startswith(SMOOTH),
                )
            )
    return cases


def _values(target: Any, names: tuple[str, ...]) -> Callable[[np.ndarray], np.ndarray]:
    if callable(target):
        return target
    formula = ap.Formula(target, names)
    return lambda points: formula(dict(zip(names, points.T, strict=True)))


def dense_error(case: Case, f: ap.Approximant) -> tuple[float, float]:
    """Return the largest error in tolerances and the rmse over the standard deviation."""
    generator = np.random.default_rng(20_240_229)
    low, width = f.domain.lower, f.domain.width
    d = len(case.domain)
    unit = generator.random((DENSE.get(d, 100_000), d))
    edges = unit[: len(unit) // 3].copy()
    snapped = generator.random(edges.shape) < 0.4
    edges[snapped] = generator.integers(2, size=int(snapped.sum()))
    extra = [edges]
    if d == 1:
        near = 10.0 ** generator.uniform(-30, 0, (20_000, 1))
        extra += [near, 1.0 - near, np.linspace(0.0, 1.0, 200_001)[:, None]]
    points = np.clip(low + np.concatenate([unit, *extra]) * width, low, low + width)
    truth = case.values(points)
    error = np.abs(f.model.evaluate(points)[:, 0] - truth)
    even = error[: len(unit)]
    spread = np.std(truth[: len(unit)])
    allowed = case.tol * np.abs(truth).max()
    return float(error.max() / allowed), float(np.sqrt(np.mean(even**2)) / spread)


def run(case: Case, runs: int, seconds: float) -> dict[str, Any]:
    """Return what one case gives; slow ones are run once."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        f = ap.approximate(case.target, case.domain, tol=case.tol, seconds=seconds)
        times.append(time.perf_counter() - start)
        if times[-1] > 1.0:
            break
    dense, relative = dense_error(case, f)
    r = f.report
    ratio = r.max_error / r.tolerance
    print(
        f"{case.name:32} {'met' if r.met else '---':3} {np.median(times):8.3f} s  "
        f"{r.neurons:5} neurons  S {r.outer_weight_sum:8.3g}  error/tol {ratio:8.2g}  "
        f"dense {dense:8.2g}  rmse/std {relative:8.2g}  {r.network[:48]}"
        + ("   FALSE CLAIM" if r.met and dense > 1.05 else ""),
        flush=True,
    )
    return {
        "met": r.met,
        "time": float(np.median(times)),
        "false": r.met and dense > 1.05,
        "smooth": case.smooth,
    }


def main() -> None:
    """Run the chosen cases and print a summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of names; all by default")
    parser.add_argument("--inputs", default="1-20", help="number of inputs: 1, 2, 4-10")
    parser.add_argument("--tol", type=float, help="instead of each case's own")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    low, _, high = options.inputs.partition("-")
    wanted = range(int(low), int(high or low) + 1)
    cases = [
        case
        for case in load_cases(options.tol)
        if len(case.domain) in wanted
        and (not options.names or any(part in case.name for part in options.names))
    ]
    results = [run(case, options.runs, options.seconds) for case in cases]
    times = [result["time"] for result in results]
    smooth = [result for result in results if result["smooth"]]
    print(
        f"\n{sum(r['met'] for r in results)} of {len(results)} met "
        f"({sum(r['met'] for r in smooth)} of the {len(smooth)} smooth ones), "
        f"median {np.median(times) * 1e3:.1f} ms, longest {max(times):.2f} s, "
        f"{sum(r['false'] for r in results)} false claims"
    )


if __name__ == "__main__":
    main()
