"""Models to export, and files asked for values in ways independent of the package."""

import csv
import io
import json
import re
import runpy
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from handmade import make_report

import approximant as ap
from approximant.arrays import Points, Values
from approximant.domain import Box, SampledRegion
from approximant.model import Model, Scaling
from approximant.networks import ACTIVATIONS, Layer, Network

U = 2.0**-53
NODE, CC = shutil.which("node"), shutil.which("cc") or shutil.which("gcc")
INPUTS, OUTPUTS = ("x", "speed (m/s)", "z"), ("f", "g*/", "h")


def made(
    activation: str = "tanh", d: int = 2, m: int = 1, *, region: bool = False, **changes: Any
) -> Model:
    """Return a model of two hidden layers, the first of one activation, in awkward units."""
    rng = np.random.default_rng(d + 10 * m)
    first = Layer.uniform(rng.normal(size=(9, d)), rng.normal(size=9), activation)
    second = Layer(rng.normal(size=(6, 9)) / 3, None, (("linear", 2), ("sin", 4)))
    last = Layer.uniform(rng.normal(size=(m, 6)), rng.normal(size=m), "linear")
    rows = 0.5 * rng.random((150, d))
    settings: dict[str, Any] = {
        "network": Network((first, second, last)),
        "domain": Box(INPUTS[:d], (-1 / 3,) * d, (2.1,) * d),
        "outputs": OUTPUTS[:m],
        "input_scaling": Scaling(rng.normal(size=d), 0.7 + rng.random(d)),
        "output_scaling": Scaling(rng.normal(size=m), 0.5 + rng.random(m)),
        "region": SampledRegion(rows, 0.1) if region else None,
    }
    return Model(**{**settings, **changes})


def card_of(model: Model, **changes: Any) -> dict[str, Any]:
    """Return a card with a report that fits the model."""
    points = model.domain.from_unit(np.random.default_rng(1).random((500, model.domain.dimension)))
    scale = np.abs(model.evaluate(points)).max(axis=0)
    report = make_report(model, scale=scale if len(scale) > 1 else float(scale[0]))
    return {"report": report.as_dict(), "seed": 7, **changes}


def approximant_of(model: Model) -> ap.Approximant:
    """Return a model as people hold it."""
    return ap.Approximant(model, make_report(model), None)


def mixed(d: int = 2, m: int = 2, output: str = "linear") -> Model:
    """Return a model with neurons of every activation in its first layer."""
    rng = np.random.default_rng(5)
    groups = tuple((name, 2) for name in ACTIVATIONS)
    width = 2 * len(groups)
    first = Layer(rng.normal(size=(width, d)), rng.normal(size=width), groups)
    last = Layer.uniform(rng.normal(size=(m, width)) / 5, rng.normal(size=m), output)
    return made(d=d, m=m, network=Network((first, last)))


def bound(model: Model, card: dict[str, Any]) -> np.ndarray:
    """Return 8u(S + scale) per output."""
    return 8 * U * (model.outer_weight_sums + np.atleast_1d(card["report"]["scale"]))


def answers(path: Path, points: Points, name: str = "f") -> Values:
    """Return what the file at `path` gives at points inside its domain, (n, m)."""
    suffix = next(s for s in sorted(READERS, key=len, reverse=True) if path.name.endswith(s))
    values = READERS[suffix](path, points, name)
    return np.asarray(values, dtype=float).reshape(len(points), -1)


def _header(path: Path, points: Points, name: str) -> Any:
    real = "float" if f"const float {name}_" in path.read_text() else "double"
    program = f"""
        #include "{path}"
        #include <stdio.h>
        int main(void) {{
            double x[{name.upper()}_INPUTS];
            {real} p[{name.upper()}_INPUTS], y[{name.upper()}_OUTPUTS];
            while (fread(x, sizeof x, 1, stdin) == 1) {{
                int k;
                for (k = 0; k < {name.upper()}_INPUTS; k++) p[k] = ({real})x[k];
                if ({name}_value(p, y)) printf("outside ");
                for (k = 0; k < {name.upper()}_OUTPUTS; k++) printf("%.17g ", (double)y[k]);
                printf("\\n");
            }}
            return 0;
        }}"""
    source, made_program = path.with_suffix(".c"), path.with_suffix(".out")
    source.write_text(program)
    flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror", "-O2"]
    subprocess.run([str(CC), *flags, str(source), "-o", str(made_program), "-lm"], check=True)
    done = subprocess.run([str(made_program)], input=points.tobytes(), stdout=-1, check=True)
    return [[float(w) for w in line.split()] for line in done.stdout.decode().splitlines()]


def _module(path: Path, points: Points, name: str) -> Any:
    value = runpy.run_path(str(path))["value"]
    return value(points) if path.name.endswith(".npy.py") else [value(*p) for p in points.tolist()]


def _script(path: Path, points: Points, name: str) -> Any:
    twin = path.with_suffix(".mjs")
    twin.write_bytes(path.read_bytes())
    program = (
        f"import {{ value }} from {json.dumps(str(twin))};"
        f"console.log(JSON.stringify({json.dumps(points.tolist())}.map(value)));"
    )
    command = [str(NODE), "--input-type=module", "-e", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _onnx(path: Path, points: Points, name: str) -> Any:
    import onnx
    import onnxruntime

    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    kind = np.float64 if session.get_inputs()[0].type == "tensor(double)" else np.float32
    return session.run(None, {"x": points.astype(kind)})[0]


def _torch(path: Path, points: Points, name: str) -> Any:
    import torch

    return rebuilt(path)(torch.from_numpy(points)).detach().numpy()


def _keras(path: Path, points: Points, name: str) -> Any:
    return rebuilt(path).predict(points, verbose=0)


def rebuilt(path: Path) -> Any:
    """Return the framework's model, by the lines in the file itself."""
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        lines = file.metadata()["rebuild"].replace("'this file'", repr(str(path)))
    scope: dict[str, Any] = {}
    exec(lines, scope)
    return scope["model"]


def _json(path: Path, points: Points, name: str) -> Any:
    return ap.load(path).model.evaluate(points)


def _csv(path: Path, points: Points, name: str) -> Any:
    rows = list(csv.reader(io.StringIO(path.read_text())))
    heads = {row[0]: k for k, row in enumerate(rows) if row and row[0] in ("input", "output")}
    start = next(k for k, row in enumerate(rows) if row[:2] == ["layer", "neuron"]) + 1
    anchor, width = _columns(rows, heads["input"])
    neurons = [(row[0], row[2], np.array(row[3:], dtype=float)) for row in rows[start:]]
    a = (points - anchor) / width
    for layer in dict.fromkeys(row[0] for row in neurons):
        a = np.stack([_neuron(name, n[1:], n[0], a) for k, name, n in neurons if k == layer], 1)
    anchor, width = _columns(rows, heads["output"])
    return anchor + width * a


def _columns(rows: list[list[str]], head: int) -> Any:
    end = next(k for k in range(head, len(rows)) if not rows[k])
    return np.array([row[-2:] for row in rows[head + 1 : end]], dtype=float).T


def _tex(path: Path, points: Points, name: str) -> Any:
    text = path.read_text()
    number = r"(-?[\d.]+(?:e[+-]?\d+)?)"
    scaling = [re.findall(rf"& {number} & {number} \\\\$", part, re.MULTILINE)
               for part in text.split(r"\section")[1].split("output &")]  # fmt: skip
    inputs, outputs = (np.array(part, dtype=float).T for part in scaling)
    a = (points - inputs[0]) / inputs[1]
    for table in text.split(r"\subsection*{Layer")[1:]:
        found = re.findall(r"^\\neuron\{\d+\}\{(.+?)\}\{(.+?)\}\{(.+?)\}", table, re.MULTILINE)
        a = np.stack([
            _neuron(n.replace("\\", ""), np.array(w.split(","), dtype=float), b, a)
            for n, b, w in found
        ], 1)  # fmt: skip
    return outputs[0] + outputs[1] * a


def _neuron(name: str, weights: Any, bias: Any, a: Any) -> Any:
    return ACTIVATIONS[name].value(a @ weights[: a.shape[1]] + float(bias))


READERS = {
    ".h": _header, ".py": _module, ".npy.py": _module, ".js": _script, ".onnx": _onnx,
    ".pt.safetensors": _torch, ".keras.safetensors": _keras, ".json": _json, ".csv": _csv,
    ".tex": _tex,
}  # fmt: skip


def readable(suffix: str) -> str | None:
    """Say what is missing to read a format, None if nothing is."""
    if suffix == ".h" and CC is None:
        return "no C compiler"
    if suffix == ".js" and NODE is None:
        return "no Node"
    # Keras needs a backend that computes in double.
    needed = {
        ".onnx": "onnxruntime", ".pt.safetensors": "torch", ".keras.safetensors": "tensorflow"
    }  # fmt: skip
    if suffix in needed and find_spec(needed[suffix]) is None:
        return f"{needed[suffix]} is not installed"
    return None


def run_selftest(path: Path, name: str = "f") -> subprocess.CompletedProcess[str]:
    """Run the self-test of a source file; its exit status says whether it passed."""
    if path.suffix == ".h":
        flags = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]
        program = path.with_suffix(".test")
        define = f"-D{name.upper()}_SELFTEST"
        command = [str(CC), *flags, define, "-x", "c", str(path), "-o", str(program), "-lm"]
        subprocess.run(command, check=True)
        command = [str(program)]
    elif path.suffix == ".js":
        twin = path.with_suffix(".mjs")
        twin.write_bytes(path.read_bytes())
        command = [str(NODE), str(twin)]
    else:
        command = [sys.executable, str(path)]
    return subprocess.run(command, capture_output=True, text=True)
