"""A C99 header: value, gradient and batches, in double or float, with a self-test."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from shlex import quote

import numpy as np

from approximant.arrays import Points
from approximant.errors import ExportError
from approximant.export._c_activations import ACTIVATIONS_IN_C
from approximant.export._c_emulation import emulate
from approximant.export._c_source import c_source
from approximant.export._c_text import array, filled, literal
from approximant.export._format import Format, Run
from approximant.export._subject import Subject

STRICT = ("-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O1")
FAST = ("-O3", "-march=native")
SECONDS = 120  # for one compilation or run

_SELFTEST = """\
#ifdef @NAME@_SELFTEST
/* Compares values and gradients with those of the model; exits 0 if all are as they should be. */
int main(void)
{
    @ARRAYS@
    @real@ y[@NAME@_OUTPUTS], g[@NAME@_OUTPUTS * @NAME@_INPUTS];
    double difference = 0.0, slope_difference = 0.0;
    int failed = 0, n, k;
    for (n = 0; n < @POINTS@; n++) {
        if (@name@_value(@name@_points + n * @NAME@_INPUTS, y) != 0) failed |= 1;
        if (@name@_gradient(@name@_points + n * @NAME@_INPUTS, g) != 0) failed |= 1;
        for (k = 0; k < @NAME@_OUTPUTS; k++) {
            const double d = fabs((double)y[k] - @name@_expected[n * @NAME@_OUTPUTS + k]);
            if (!(d <= @name@_allowed[k])) failed |= 2;
            if (d > difference) difference = d;
        }
        for (k = 0; k < @NAME@_OUTPUTS * @NAME@_INPUTS; k++) {
            const double d = fabs(
                (double)g[k] - @name@_slopes[n * @NAME@_OUTPUTS * @NAME@_INPUTS + k]);
            if (!(d <= @SLOPE_ALLOWED@)) failed |= 4;
            if (d > slope_difference) slope_difference = d;
        }
    }
@GUARD@    printf("@name@: differs from the model by at most %g, its gradient by %g: %s\\n",
           difference, slope_difference, failed ? "FAILED" : "passed");
    return failed;
}
#endif
"""
_GUARD = """\
    {
        @real@ beyond[@NAME@_INPUTS];
        for (k = 0; k < @NAME@_INPUTS; k++) beyond[k] = @name@_upper[k];
        beyond[0] = @name@_upper[0] + (@name@_upper[0] - @name@_lower[0]);
        if (@name@_value(beyond, y) != @NAME@_OUTSIDE) failed |= 8;
    }
"""
_DRIVER = """\
#include "@name@.h"
#include <stdio.h>
int main(void)
{
    @real@ x[@NAME@_INPUTS], y[@NAME@_OUTPUTS], g[@NAME@_OUTPUTS * @NAME@_INPUTS];
    while (fread(x, sizeof x, 1, stdin) == 1) {
        const double code = @name@_value(x, y);
        @name@_gradient(x, g);
        fwrite(&code, sizeof code, 1, stdout);
        if (fwrite(y, sizeof y, 1, stdout) != 1 || fwrite(g, sizeof g, 1, stdout) != 1) return 1;
    }
    return 0;
}
"""


def render(subject: Subject) -> bytes:
    """Return the header file."""
    return c_source(subject, _selftest(subject)).encode(errors="backslashreplace")


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the header file gives at points (n, d), compiled or emulated.

    Compiled twice, strictly and for speed, it gives the values further from the model.
    """
    compiler = c_compiler()
    if compiler is None:
        return _emulated(subject, points, "there was no C compiler")
    try:
        runs: dict[tuple[str, ...], Run] = {}
        runs[STRICT] = _compiled(compiler, STRICT, data, subject, points)
        with contextlib.suppress(ExportError):  # not every compiler knows these flags
            runs[FAST] = _compiled(compiler, FAST, data, subject, points)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _emulated(subject, points, f"what the C compiler made could not be run ({error})")
    reference = subject.reference(points)
    with np.errstate(invalid="ignore"):
        worst = max(
            runs.values(), key=lambda found: np.nan_to_num(np.abs(found.values - reference)).max()
        )
    flags = " and ".join(" ".join(each) for each in runs)
    return Run(worst.values, worst.gradients, f"compiled by {Path(compiler).name} with {flags}")


def _emulated(subject: Subject, points: Points, reason: str) -> Run:
    values, gradients = emulate(subject, points)
    return Run(values, gradients, f"its operations were repeated in NumPy, as {reason}")


def c_compiler() -> str | None:
    """Return the C compiler of this machine, None without one."""
    named = os.environ.get("CC", "")
    return next((found for name in (named, "cc", "gcc", "clang") if name
                 and (found := shutil.which(name))), None)  # fmt: skip


def _compiled(
    compiler: str, flags: tuple[str, ...], data: bytes, subject: Subject, points: Points
) -> Run:
    dtype = np.dtype(subject.dtype)
    d, m = subject.model.domain.dimension, len(subject.model.outputs)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / f"{subject.name}.h").write_bytes(data)
        (place / "driver.c").write_text(filled(_DRIVER, subject))
        _call([compiler, *flags, "driver.c", "-o", "driver", "-lm"], place)
        answer = _call([str(place / "driver")], place, points.astype(dtype).tobytes())
    record = np.dtype([("code", "f8"), ("values", dtype, (m,)), ("gradients", dtype, (m, d))])
    rows = np.frombuffer(answer, dtype=record)
    values, gradients = (rows[field].astype(np.float64) for field in ("values", "gradients"))
    if subject.policy == "error":
        values[rows["code"] != 0] = np.nan
    return Run(values, gradients, "")


def _call(command: list[str], folder: Path, data: bytes | None = None) -> bytes:
    done = subprocess.run(command, cwd=folder, input=data, capture_output=True, timeout=SECONDS)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()[-2000:]
        raise ExportError(f"{' '.join(command)} failed, so nothing was written:\n{said}")
    return done.stdout


def _selftest(subject: Subject) -> str:
    slopes = subject.sample_gradients()
    # What is expected stays float64, whatever the file computes in.
    tables = [
        array("points", subject.samples, subject.dtype),
        array("expected", subject.sample_values(), "float64").replace("@real@", "double"),
        array("slopes", slopes, "float64").replace("@real@", "double"),
        array("allowed", subject.allowed(), "float64").replace("@real@", "double"),
    ]
    text = _SELFTEST
    for mark, value in {
        "@ARRAYS@": "\n".join(tables).replace("\n", "\n    "),
        "@POINTS@": str(len(subject.samples)),
        "@SLOPE_ALLOWED@": literal(subject.allowed_gradient(), "float64"),
        "@GUARD@": "" if subject.policy == "none" else _GUARD,
    }.items():
        text = text.replace(mark, value)
    return text


C_HEADER = Format(
    suffix=".h",
    summary="C99 header with value, gradient, batches and a self-test",
    render=render,
    run=run,
    activations=frozenset(ACTIVATIONS_IN_C),
    dtypes=("float64", "float32"),
    batched=False,
    same_operations=True,
    refusal="a point outside gets the return code 1, and no value",
    needs_identifier=True,
    usage=lambda subject, path: (
        f"cc -std=c99 -D{subject.name.upper()}_SELFTEST -x c {quote(path)} -lm && ./a.out"
    ),
)
