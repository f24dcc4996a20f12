"""An ES module with the same guard and self-test."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path
from shlex import quote

import numpy as np

from approximant.arrays import Array, Points, Values
from approximant.errors import ExportError
from approximant.export import _python
from approximant.export._facts import header
from approximant.export._format import SLOPES, Format, Run
from approximant.export._normal import NORMAL_SERIES
from approximant.export._python_source import constants
from approximant.export._subject import Subject

SECONDS = 120

_SIGMOID = "0.5 * Math.tanh(0.5 * z) + 0.5"
# Activation: its value and its slope, as expressions in z and in z and a.
ACTIVATIONS_IN_JAVASCRIPT = {
    "linear": ("z", "1"),
    "tanh": ("Math.tanh(z)", "1 - a * a"),
    "sigmoid": (_SIGMOID, "a * (1 - a)"),
    "sin": ("Math.sin(z)", "Math.cos(z)"),
    "gaussian": ("Math.exp(-z * z)", "-2 * z * a"),
    "softplus": ("Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))", _SIGMOID),
    "silu": (f"z * ({_SIGMOID})", f"({_SIGMOID}) * (1 + z * (0.5 - 0.5 * Math.tanh(0.5 * z)))"),
    "gelu": (
        "z * normal(z)",
        "normal(z) + z * Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)",
    ),
    "elu": ("z > 0 ? z : Math.expm1(z)", "z > 0 ? 1 : a + 1"),
    "relu": ("z < 0 ? 0 : z", "z > 0 ? 1 : 0"),
    "leaky_relu": ("z > 0 ? z : 0.01 * z", "z > 0 ? 1 : 0.01"),
    "abs": ("Math.abs(z)", "(z > 0) - (z < 0)"),
    "step": ("z >= 0 ? 1 : 0", "0"),
}
_NORMAL = f"""
const NORMAL_SERIES = {list(NORMAL_SERIES)!r};

/** The normal distribution function, from a Chebyshev series. */
function normal(z) {{
  const x = Math.abs(z) * Math.SQRT1_2;
  const t = (x - 3) / (x + 3);
  let b = 0, before = 0;
  for (let k = NORMAL_SERIES.length - 1; k > 0; k--) {{
    [b, before] = [2 * t * b - before + NORMAL_SERIES[k], b];
  }}
  const tail = 0.5 * Math.exp(-x * x) * (t * b - before + NORMAL_SERIES[0]) / (1 + x);
  return z < 0 ? tail : 1 - tail;
}}
"""
_INSIDE = """
/** Whether the stated error holds at a point, an array of numbers. */
export function inside(point) {
  return point.every((x, k) => x >= LOWER[k] && x <= UPPER[k])@REGION@;
}
"""
_REGION = """
/** The distance from the nearest stored row, in the unit cube, and that row. */
function nearest(point) {
  const unit = point.map((x, k) => (x - LOWER[k]) / (UPPER[k] - LOWER[k]));
  let distance = Infinity, found = ROWS[0];
  for (const row of ROWS) {
    let squares = 0;
    for (let k = 0; k < row.length; k++) squares += (unit[k] - row[k]) ** 2;
    if (squares < distance) [distance, found] = [squares, row];
  }
  return [Math.sqrt(distance), found];
}
"""
_CLIP = """
/** The nearest point inside. */
function moved(point) {
  const near = point.map((x, k) => x < LOWER[k] ? LOWER[k] : x > UPPER[k] ? UPPER[k] : x);
@FAR@  return near;
}
"""
_FAR = """\
  if (!near.some(Number.isNaN) && !inside(near)) {
    return nearest(near)[1].map(
      (share, k) => Math.min(LOWER[k] + share * (UPPER[k] - LOWER[k]), UPPER[k]));
  }
"""
_GUARDED = {
    "nan": "  if (!inside(point)) return {nothing};\n",
    "error": "  if (!inside(point)) throw new RangeError(`${point} lies outside the domain`);\n",
    "clip": "  point = moved(point);\n",
    "none": "",
}
_NETWORK = """
/** The values at a point, an array of numbers: an array with a number per output. */
export function value(point) {
@GUARD_VALUE@  let a = point.map((x, k) => (x - ANCHOR[k]) / WIDTH[k]);
  for (const [weights, biases, groups] of LAYERS) {
    const z = affine(weights, biases, a);
    a = activated(z, groups);
  }
  return a.map((x, k) => OFFSET[k] + SPAN[k] * x);
}

/** The derivatives at a point: a row per output, a number per input. */
export function gradient(point) {
@GUARD_GRADIENT@  let a = point.map((x, k) => (x - ANCHOR[k]) / WIDTH[k]);
  let columns = INPUTS.map((_, i) => INPUTS.map((_, k) => i === k ? 1 : 0));
  for (const [weights, biases, groups] of LAYERS) {
    const z = affine(weights, biases, a);
    a = activated(z, groups);
    const factors = slopes(z, a, groups);
    columns = columns.map(column => weights.map((row, j) => factors[j] * dot(row, column)));
  }
  return SPAN.map((span, k) => columns.map((column, i) => span / WIDTH[i] * column[k]));
}

/** The sum of products, in eight lanes, which keeps rounding errors small. */
function dot(a, b) {
  const s = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < a.length; k++) s[k & 7] += a[k] * b[k];
  return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

function affine(weights, biases, a) {
  return weights.map((row, j) => dot(row, a) + biases[j]);
}

function activated(z, groups) {
  const names = groups.flatMap(([name, count]) => Array(count).fill(name));
  return z.map((x, k) => ACTIVATIONS[names[k]][0](x));
}

function slopes(z, a, groups) {
  const names = groups.flatMap(([name, count]) => Array(count).fill(name));
  return z.map((x, k) => ACTIVATIONS[names[k]][1](x, a[k]));
}

/** Whether values and gradients are those of the model, and how far they are from them. */
export function selfTest() {
  let difference = 0, passed = true;
  for (const [point, expected, slopes] of SAMPLES) {
    const y = value(point), g = gradient(point);
    for (const k of y.keys()) {
      difference = Math.max(difference, Math.abs(y[k] - expected[k]));
      passed &&= Math.abs(y[k] - expected[k]) <= ALLOWED[k];
      for (const i of point.keys()) {
        passed &&= Math.abs(g[k][i] - slopes[k][i]) <= ALLOWED_SLOPE;
      }
    }
  }
  return { passed, difference };
}

const { pathToFileURL } = globalThis.process?.getBuiltinModule?.("node:url") ?? {};
if (pathToFileURL && process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { passed, difference } = selfTest(); // this file was started by itself, with Node
  console.log(`differs from the model by at most ${difference}: ${passed ? "passed" : "FAILED"}`);
  process.exitCode = passed ? 0 : 1;
}
"""
_DRIVER = """
import { value, gradient } from "./model.mjs";
import { readFileSync, writeFileSync } from "node:fs";
const bytes = readFileSync("points");
const x = new Float64Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 8);
const d = %d, m = %d, slopes = %d, values = [], gradients = [];
for (let n = 0; n < x.length; n += d) {
  const point = Array.from(x.subarray(n, n + d));
  try {
    values.push(...value(point));
    if (n < slopes * d) gradients.push(...gradient(point).flat());
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    for (let k = 0; k < m; k++) values.push(NaN);
    if (n < slopes * d) for (let k = 0; k < m * d; k++) gradients.push(NaN);
  }
}
writeFileSync("answer", new Uint8Array(Float64Array.from([...values, ...gradients]).buffer));
"""


def render(subject: Subject) -> bytes:
    """Return the module."""
    d, m = subject.model.domain.dimension, len(subject.model.outputs)
    names = dict.fromkeys(n for layer in subject.model.network.layers for n, _ in layer.groups)
    table = "".join(
        f"  {name}: [(z) => {value}, (z, a) => {slope}],\n"
        for name, (value, slope) in ((name, ACTIVATIONS_IN_JAVASCRIPT[name]) for name in names)
    )
    lines = [f"{'export ' * line[:6].startswith(('INPUTS', 'OUTPUT'))}const {line};\n"
             for line in constants(subject, "[]")]  # fmt: skip
    parts = ["".join(lines), f"const ACTIVATIONS = {{\n{table}}};\n"]
    parts += [_NORMAL] * ("gelu" in names)
    if subject.policy != "none":
        near = " && nearest(point)[0] <= RADIUS" * subject.has_region
        parts += [_REGION] * subject.has_region + [_INSIDE.replace("@REGION@", near)]
    if subject.policy == "clip":
        parts.append(_CLIP.replace("@FAR@", _FAR * subject.has_region))
    guard, nothing = _GUARDED[subject.policy], f"Array({m}).fill(NaN)"
    rows = f"OUTPUTS.map(() => Array({d}).fill(NaN))"
    parts.append(
        _NETWORK.replace("@GUARD_VALUE@", guard.replace("{nothing}", nothing))
        .replace("@GUARD_GRADIENT@", guard.replace("{nothing}", rows))
    )  # fmt: skip
    comment = "\n".join(f" * {line}".rstrip().replace("*/", "* /") for line in header(subject))
    return f"/**\n{comment}\n */\n\n{''.join(parts)}".encode(errors="backslashreplace")


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the module gives at points (n, d), in Node or, without it, as its Python twin."""
    node = shutil.which("node")
    if node is None:
        return _twin(subject, points, "there was no Node")
    try:
        values, gradients = _started(node, data, subject, points)
    except (OSError, subprocess.TimeoutExpired) as error:
        return _twin(subject, points, f"Node could not be started ({error})")
    return Run(values, gradients, "run in Node")


def _twin(subject: Subject, points: Points, reason: str) -> Run:
    """Return what the Python module of the same operations gives."""
    twin = _python.run(_python.render(subject), subject, points)
    how = f"its operations were repeated in Python, as {reason}"
    return Run(twin.values, twin.gradients, how)


def _started(node: str, data: bytes, subject: Subject, points: Points) -> tuple[Values, Array]:
    """Return values (n, m) and gradients (k, m, d) in Node."""
    d, m = subject.model.domain.dimension, len(subject.model.outputs)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "model.mjs").write_bytes(data)
        (place / "driver.mjs").write_text(_DRIVER % (d, m, SLOPES))
        (place / "points").write_bytes(points.tobytes())
        done = subprocess.run([node, "driver.mjs"], cwd=place, capture_output=True, timeout=SECONDS)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()[-2000:]
            raise ExportError(f"Node cannot run the module, so nothing was written:\n{said}")
        answer = np.frombuffer((place / "answer").read_bytes())
    values, gradients = np.split(answer, [len(points) * m])
    return values.reshape(-1, m), gradients.reshape(-1, m, d)


JAVASCRIPT = Format(
    suffix=".js",
    summary="JavaScript (ES) module with a self-test",
    render=render,
    run=run,
    activations=frozenset(ACTIVATIONS_IN_JAVASCRIPT),
    batched=False,
    same_operations=True,
    usage=lambda subject, path: f"node {quote(path)}    # its self-test",
)
