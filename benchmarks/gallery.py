"""Every experiment of the gallery with all its seeds: does each claim hold, and how long it takes.

    python benchmarks/gallery.py
    python benchmarks/gallery.py wiggle surface --json figures.json

Exit status 1 if a claim does not hold. What a line says is what `approximant gallery run` says.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from approximant.experiment import GALLERY, Series, gallery_experiment, run_series


def main() -> int:
    """Run what was asked for, print a line per claim, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", default=list(GALLERY), help="experiments; all of them")
    parser.add_argument("--seeds", type=int, help="runs of each; as it says itself")
    parser.add_argument("--json", type=Path, help="file for the figures")
    asked = parser.parse_args()
    figures: list[dict[str, Any]] = []
    for name in asked.names:
        start = time.perf_counter()
        series = run_series(gallery_experiment(name), asked.seeds)
        seconds = time.perf_counter() - start
        print(f"{name}: {len(series.runs)} runs, {seconds:.1f} s", flush=True)
        for line in _lines(series):
            print(f"    {line}", flush=True)
        figures.append({**series.as_dict(), "seconds": seconds, "runs": _runs(series)})
    if asked.json is not None:
        asked.json.write_text(json.dumps(figures, indent=1) + "\n")
    return 0 if all(band["holds"] for row in figures for band in row["bands"]) else 1


def _lines(series: Series) -> list[str]:
    lines = []
    for check in series.checks:
        values = [run.measure(check.what) for run in series.runs]
        spread = f", {min(values):.4g} .. {max(values):.4g}" if np.isfinite(values).all() else ""
        ends = " .. ".join("" if end is None else f"{end:g}" for end in (check.low, check.high))
        word = "holds" if check.holds else "DOES NOT HOLD"
        lines.append(f"{check.what} {check.over} {check.value:.4g}{spread}; asked {ends}: {word}")
    return lines


def _runs(series: Series) -> list[dict[str, float]]:
    return [run.measured() | {"seconds": run.report.seconds} for run in series.runs]


if __name__ == "__main__":
    sys.exit(main())
