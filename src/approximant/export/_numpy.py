"""A Python module that imports nothing but NumPy and takes many points at once."""

from __future__ import annotations

from shlex import quote
from typing import Any

import numpy as np

from approximant.arrays import Points
from approximant.export._format import Format, Run
from approximant.export._normal import NORMAL_SERIES
from approximant.export._python_source import constants, python_file
from approximant.export._subject import Subject

_SIGMOID = "0.5 * np.tanh(0.5 * z) + 0.5"
# Activation: its value and its slope, for NumPy.
ACTIVATIONS_IN_NUMPY = {
    "linear": ("lambda z: z", "lambda z, a: np.ones_like(z)"),
    "tanh": ("np.tanh", "lambda z, a: 1.0 - a * a"),
    "sigmoid": (f"lambda z: {_SIGMOID}", "lambda z, a: a * (1.0 - a)"),
    "sin": ("np.sin", "lambda z, a: np.cos(z)"),
    "gaussian": ("lambda z: np.exp(-z * z)", "lambda z, a: -2.0 * z * a"),
    "softplus": (
        "lambda z: np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z)))",
        f"lambda z, a: {_SIGMOID}",
    ),
    "silu": (
        f"lambda z: z * ({_SIGMOID})",
        f"lambda z, a: ({_SIGMOID}) * (1.0 + z * (0.5 - 0.5 * np.tanh(0.5 * z)))",
    ),
    "gelu": (
        "lambda z: z * _normal(z)",
        "lambda z, a: _normal(z) + z * np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)",
    ),
    "elu": (
        "lambda z: np.where(z > 0.0, z, np.expm1(np.minimum(z, 0.0)))",
        "lambda z, a: np.where(z > 0.0, 1.0, a + 1.0)",
    ),
    "relu": ("lambda z: np.maximum(z, 0.0)", "lambda z, a: np.where(z > 0.0, 1.0, 0.0)"),
    "leaky_relu": (
        "lambda z: np.where(z > 0.0, z, 0.01 * z)",
        "lambda z, a: np.where(z > 0.0, 1.0, 0.01)",
    ),
    "abs": ("np.abs", "lambda z, a: np.sign(z)"),
    "step": ("lambda z: np.where(z >= 0.0, 1.0, 0.0)", "lambda z, a: np.zeros_like(z)"),
}
_NORMAL = f'''

NORMAL_SERIES = {NORMAL_SERIES!r}


def _normal(z):
    """Return the normal distribution function, from a Chebyshev series."""
    x = np.abs(z) * np.sqrt(0.5)
    t = (x - 3.0) / (x + 3.0)
    b, before = 0.0 * t, 0.0 * t
    for c in NORMAL_SERIES[:0:-1]:
        b, before = 2.0 * t * b - before + c, b
    tail = 0.5 * np.exp(-x * x) * (t * b - before + NORMAL_SERIES[0]) / (1.0 + x)
    return np.where(z < 0.0, tail, 1.0 - tail)
'''
_INSIDE = '''

def inside(points):
    """Tell for points (n, d) whether the stated error holds there, (n,)."""
    points = _points(points)
    with np.errstate(invalid="ignore"):
        return np.all((points >= LOWER) & (points <= UPPER), axis=1)@REGION@
'''
_REGION = '''

def _nearest(points):
    """Return the distance from the nearest stored row, in the unit cube, and its number, (n,)."""
    unit, rows = (points - LOWER) / (np.array(UPPER) - LOWER), np.array(ROWS)
    squares = np.array([np.sum((rows - point) ** 2, axis=1) for point in unit])
    nearest = np.argmin(squares, axis=1)
    return np.sqrt(np.take_along_axis(squares, nearest[:, None], axis=1)[:, 0]), nearest
'''
_CLIP = '''

def _moved(points):
    """Return the nearest points inside."""
    moved = np.clip(points, LOWER, UPPER)
@FAR@    return moved
'''
_FAR = """\
    far = ~np.isnan(moved).any(axis=1) & ~inside(moved)
    if far.any():
        rows = np.array(ROWS)[_nearest(moved[far])[1]]
        moved[far] = np.minimum(LOWER + rows * (np.array(UPPER) - LOWER), UPPER)
"""
_GUARDED = {
    "nan": ("", "    {result}[~inside(points)] = np.nan\n"),
    "error": (
        "    if not inside(points).all():\n"
        '        raise ValueError(f"{np.sum(~inside(points))} points lie outside the domain")\n',
        "",
    ),
    "clip": ("    points = _moved(points)\n", ""),
    "none": ("", ""),
}
_NETWORK = '''

def value(points):
    """Return the values at points (n, d), or (n,) for one input: (n,), or (n, m) for m outputs."""
    points = _points(points)
@BEFORE@    a = (points - ANCHOR) / WIDTH
    for weights, biases, groups in LAYERS:
        a = _activated(_affine(weights, biases, a), groups)
    y = OFFSET + np.array(SPAN) * a
@AFTER_VALUE@    return y[:, 0] if len(OUTPUTS) == 1 else y


def gradient(points):
    """Return the derivatives at points: (n, d), or (n, m, d) for m outputs."""
    points = _points(points)
@BEFORE@    a = (points - ANCHOR) / WIDTH
    slopes = np.eye(len(INPUTS))
    for weights, biases, groups in LAYERS:
        z = _affine(weights, biases, a)
        a = _activated(z, groups)
        slopes = _slopes(z, a, groups)[:, :, None] * (np.array(weights) @ slopes)
    g = np.array(SPAN)[:, None] / WIDTH * slopes
@AFTER_GRADIENT@    return g[:, 0] if len(OUTPUTS) == 1 else g


def _points(points):
    return np.asarray(points, dtype=float).reshape(-1, len(INPUTS))


def _affine(weights, biases, a):
    weights = np.array(weights)
    if weights.shape[1] == 1:  # one rounding a product, so kinks stay where they belong
        return a * weights[:, 0] + biases
    return a @ weights.T + biases


def _activated(z, groups):
    return np.concatenate([ACTIVATIONS[name][0](part) for name, part in _parts(z, groups)], axis=1)


def _slopes(z, a, groups):
    pairs = zip(_parts(z, groups), _parts(a, groups))
    return np.concatenate([ACTIVATIONS[name][1](x, y) for (name, x), (_, y) in pairs], axis=1)


def _parts(z, groups):
    start = 0
    for name, count in groups:
        yield name, z[:, start : start + count]
        start += count


def selftest():
    """Return whether values and gradients are those of the model; prints how near they are."""
    points, expected, slopes = (np.array(part) for part in zip(*SAMPLES))
    y, g = value(points).reshape(expected.shape), gradient(points).reshape(slopes.shape)
    good = np.all(np.abs(y - expected) <= ALLOWED) and np.all(np.abs(g - slopes) <= ALLOWED_SLOPE)
    worst = np.max(np.abs(y - expected))
    print(f"differs from the model by at most {worst:g}: {'passed' if good else 'FAILED'}")
    return bool(good)


if __name__ == "__main__":
    raise SystemExit(not selftest())
'''


def render(subject: Subject) -> bytes:
    """Return the module."""
    names = dict.fromkeys(n for layer in subject.model.network.layers for n, _ in layer.groups)
    table = "".join(
        f'    "{name}": ({value}, {slope}),\n'
        for name, (value, slope) in ((name, ACTIVATIONS_IN_NUMPY[name]) for name in names)
    )
    parts = ["\n".join([*constants(subject, "()"), f"ACTIVATIONS = {{\n{table}}}", ""])]
    parts += [_NORMAL] * ("gelu" in names)
    if subject.policy != "none":
        near = " & (\n            _nearest(points)[0] <= RADIUS\n        )" * subject.has_region
        parts += [_REGION] * subject.has_region + [_INSIDE.replace("@REGION@", near)]
    if subject.policy == "clip":
        parts.append(_CLIP.replace("@FAR@", _FAR * subject.has_region))
    before, after = _GUARDED[subject.policy]
    parts.append(
        _NETWORK.replace("@BEFORE@", before)
        .replace("@AFTER_VALUE@", after.replace("{result}", "y"))
        .replace("@AFTER_GRADIENT@", after.replace("{result}", "g"))
    )
    return python_file(subject, "numpy as np", "".join(parts))


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the module gives at points (n, d)."""
    module: dict[str, Any] = {"__name__": subject.name}
    exec(compile(data, f"{subject.name}.npy.py", "exec"), module)  # text of our own, from `render`
    m, d = len(subject.model.outputs), subject.model.domain.dimension
    values, gradients = np.full((len(points), m), np.nan), np.full((len(points), m, d), np.nan)
    asked = module["inside"](points) if subject.policy == "error" else np.ones(len(points), bool)
    values[asked] = module["value"](points[asked]).reshape(-1, m)
    gradients[asked] = module["gradient"](points[asked]).reshape(-1, m, d)
    return Run(values, gradients, "run with NumPy")


NUMPY = Format(
    suffix=".npy.py",
    summary="Python module that imports nothing but NumPy",
    render=render,
    run=run,
    activations=frozenset(ACTIVATIONS_IN_NUMPY),
    same_operations=True,
    usage=lambda subject, path: f"python {quote(path)}    # its self-test",
)
