"""Speed of exported C against onnxruntime: one core, the same 1-64-1 tanh network, interleaved.

    python benchmarks/exports.py
    python benchmarks/exports.py --rounds 50 --batch 10000

Each round times all contenders one after the other, so that whatever else the machine does falls on
all of them; what counts are ratios of minima (the medians are shown too). The C program is compiled
with -O3 -march=native. onnxruntime runs with one thread.
"""

from __future__ import annotations

import argparse
import ctypes
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime

import approximant as ap

FLAGS = ("-O3", "-march=native", "-shared", "-fPIC")
SINGLES = 2000  # calls with one point in a round
LIBRARY = """\
#include "f.h"
int batch(size_t n, const {real} *x, {real} *y) {{ return (int)f_values(n, x, y); }}
int singles(size_t n, const {real} *x, {real} *y)
{{
    size_t k;
    for (k = 0; k < n; k++) f_value(x + k, y + k);
    return 0;
}}
int gradients(size_t n, const {real} *x, {real} *y)
{{
    size_t k;
    for (k = 0; k < n; k++) f_gradient(x + k, y + k);
    return 0;
}}
"""


def timed(function: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def compiled(f: ap.Approximant, folder: Path, dtype: str) -> ctypes.CDLL:
    """Return the exported C header as a library."""
    f.export(folder / "f.h", dtype=dtype)
    (folder / "f.c").write_text(LIBRARY.format(real="double" if dtype == "float64" else "float"))
    target = folder / f"f-{dtype}.so"
    subprocess.run(["cc", *FLAGS, "f.c", "-o", str(target), "-lm"], cwd=folder, check=True)
    return ctypes.CDLL(str(target))


def session(f: ap.Approximant, folder: Path, dtype: str) -> onnxruntime.InferenceSession:
    """Return the exported ONNX graph in onnxruntime, on one thread."""
    path = f.export(folder / f"f-{dtype}.onnx", dtype=dtype, policy="none").path
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def contenders(
    f: ap.Approximant, folder: Path, dtype: str, batch: int
) -> dict[str, tuple[int, Callable[[], object]]]:
    """Return what is timed: points per call, and the call."""
    library, ort = compiled(f, folder, dtype), session(f, folder, dtype)
    x = np.linspace(0, 1, batch).astype(dtype)
    y = np.empty_like(x)
    pointers = (x.ctypes.data_as(ctypes.c_void_p), y.ctypes.data_as(ctypes.c_void_p))
    columns, point = x[:, None], x[:1, None]

    def called(name: str) -> Callable[[], object]:
        return lambda: getattr(library, name)(ctypes.c_size_t(batch), *pointers)

    def ort_singles() -> None:
        for _ in range(SINGLES):
            ort.run(None, {"x": point})

    return {
        f"C {dtype}, batch": (batch, called("batch")),
        f"C {dtype}, point by point": (batch, called("singles")),
        f"C {dtype}, gradients": (batch, called("gradients")),
        f"onnxruntime {dtype}, batch": (batch, lambda: ort.run(None, {"x": columns})),
        f"onnxruntime {dtype}, point by point": (SINGLES, ort_singles),
    }


def main() -> None:
    """Time all contenders and print evaluations per second and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--batch", type=int, default=10_000)
    options = parser.parse_args()
    f = ap.approximate(
        "exp(-x)*sin(9*x)", {"x": (0, 1)}, tol=1e-6, network="1-64-1 tanh", seconds=20
    )
    with tempfile.TemporaryDirectory() as name:
        all_of_them: dict[str, tuple[int, Callable[[], object]]] = {}
        for dtype in ("float64", "float32"):
            all_of_them |= contenders(f, Path(name), dtype, options.batch)
        seconds = {label: [] for label in all_of_them}
        for _ in range(options.rounds):
            for label, (points, call) in all_of_them.items():
                seconds[label].append(timed(call) / points)
    for label, each in seconds.items():
        print(
            f"{label:40} {1e-6 / min(each):8.2f} M/s at best, {1e-6 / np.median(each):8.2f} median"
        )
    best = {label: min(each) for label, each in seconds.items()}
    print()
    for dtype in ("float64", "float32"):
        ratio = best[f"onnxruntime {dtype}, batch"] / best[f"C {dtype}, batch"]
        single = best[f"onnxruntime {dtype}, point by point"] / best[f"C {dtype}, point by point"]
        print(f"{dtype}: batches {ratio:.2f} times as fast, points {single:.0f} times as fast")


if __name__ == "__main__":
    main()
