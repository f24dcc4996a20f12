"""A Python module that imports nothing but `math`."""

from __future__ import annotations

from shlex import quote
from typing import Any

import numpy as np

from approximant.arrays import Points
from approximant.export._format import SLOPES, Format, Run
from approximant.export._python_source import ACTIVATIONS_IN_PYTHON, definitions, python_file
from approximant.export._subject import Subject

_GUARDED = {
    "nan": "if not inside(*point):\n        return {nothing}\n    ",
    "error": "if not inside(*point):\n"
    '        raise ValueError(f"{point} lies outside the domain of this network")\n    ',
    "clip": "point = _moved(point)\n    ",
    "none": "",
}
_INSIDE = '''

def inside(*point):
    """Return whether the stated error holds at a point."""
    return all(low <= x <= high for x, low, high in zip(point, LOWER, UPPER))@REGION@
'''
_REGION = '''

def _nearest(point):
    """Return the distance from the nearest stored row, in the unit cube, and that row."""
    unit = [(x - low) / (high - low) for x, low, high in zip(point, LOWER, UPPER)]
    return min((math.dist(unit, row), row) for row in ROWS)
'''
_CLIP = '''

def _moved(point):
    """Return the nearest point inside."""
    ends = zip(point, LOWER, UPPER)
    moved = [low if x < low else high if x > high else x for x, low, high in ends]
@FAR@    return moved
'''
_FAR = """\
    if not any(map(math.isnan, moved)) and not inside(*moved):
        row = _nearest(moved)[1]
        unit = zip(row, LOWER, UPPER)
        return [min(low + share * (high - low), high) for share, low, high in unit]
"""
_NETWORK = '''

def value(*point):
    """Return the output at a point, given input by input; several outputs as a tuple."""
    @GUARD_VALUE@a = [(x - anchor) / width for x, anchor, width in zip(point, ANCHOR, WIDTH)]
    for weights, biases, groups in LAYERS:
        a = _activated(_affine(weights, biases, a), groups)
    y = tuple(offset + span * x for x, offset, span in zip(a, OFFSET, SPAN))
    return y[0] if len(y) == 1 else y


def gradient(*point):
    """Return the derivatives at a point as a tuple; of several outputs as a tuple each."""
    @GUARD_GRADIENT@a = [(x - anchor) / width for x, anchor, width in zip(point, ANCHOR, WIDTH)]
    slopes = [[float(i == k) for k in range(len(INPUTS))] for i in range(len(INPUTS))]
    for weights, biases, groups in LAYERS:
        z = _affine(weights, biases, a)
        a = _activated(z, groups)
        factors, columns = _slopes(z, a, groups), list(zip(*slopes))
        slopes = [
            [factor * _dot(row, column) for column in columns]
            for factor, row in zip(factors, weights)
        ]
    g = tuple(
        tuple(span / width * s for s, width in zip(row, WIDTH)) for row, span in zip(slopes, SPAN)
    )
    return g[0] if len(g) == 1 else g


def _dot(a, b):
    products = list(map(float.__mul__, a, b))
    try:
        return math.fsum(products)
    except (OverflowError, ValueError):  # it refuses sums of infinite terms
        return sum(products)


def _affine(weights, biases, a):
    return [_dot(row, a) + b for row, b in zip(weights, biases)]


def _names(groups):
    return (name for name, count in groups for _ in range(count))


def _activated(z, groups):
    return [ACTIVATIONS[name][0](x) for name, x in zip(_names(groups), z)]


def _slopes(z, a, groups):
    return [ACTIVATIONS[name][1](x, y) for name, x, y in zip(_names(groups), z, a)]
'''
_SELFTEST = '''

def selftest():
    """Return whether values and gradients are those of the model; prints how near they are."""
    worst, good = 0.0, True
    for point, expected, slopes in SAMPLES:
        y, g = value(*point), gradient(*point)
        y, g = (y, g) if len(OUTPUTS) > 1 else ((y,), (g,))
        worst = max([worst, *(abs(a - b) for a, b in zip(y, expected))])
        good = good and all(abs(a - b) <= c for a, b, c in zip(y, expected, ALLOWED))
        pairs = ((a, b) for row, other in zip(g, slopes) for a, b in zip(row, other))
        good = good and all(abs(a - b) <= ALLOWED_SLOPE for a, b in pairs)
    print(f"differs from the model by at most {worst:g}: {'passed' if good else 'FAILED'}")
    return good


if __name__ == "__main__":
    raise SystemExit(not selftest())
'''


def render(subject: Subject) -> bytes:
    """Return the module."""
    m, d = len(subject.model.outputs), subject.model.domain.dimension
    nan_row = f"({'math.nan, ' * d})"
    nothing = "math.nan" if m == 1 else f"({'math.nan, ' * m})"
    nothing_gradient = nan_row if m == 1 else f"({f'{nan_row}, ' * m})"
    guard = _GUARDED[subject.policy]
    parts = [definitions(subject)]
    if subject.policy != "none":
        near = " and (\n        _nearest(point)[0] <= RADIUS\n    )" if subject.has_region else ""
        parts += [_REGION] * subject.has_region + [_INSIDE.replace("@REGION@", near)]
    if subject.policy == "clip":
        parts.append(_CLIP.replace("@FAR@", _FAR * subject.has_region))
    parts.append(
        _NETWORK.replace("@GUARD_VALUE@", guard.replace("{nothing}", nothing))
        .replace("@GUARD_GRADIENT@", guard.replace("{nothing}", nothing_gradient))
    )  # fmt: skip
    return python_file(subject, "math", "".join(parts) + _SELFTEST)


def run(data: bytes, subject: Subject, points: Points) -> Run:
    """Return what the module gives at points (n, d), point by point."""
    module: dict[str, Any] = {"__name__": subject.name}
    exec(compile(data, f"{subject.name}.py", "exec"), module)  # text of our own, from `render`
    m, d = len(subject.model.outputs), subject.model.domain.dimension
    values = np.full((len(points), m), np.nan)
    gradients = np.full((min(len(points), SLOPES), m, d), np.nan)
    for k, point in enumerate(points.tolist()):
        try:
            values[k] = module["value"](*point)
            if k < SLOPES:
                gradients[k] = module["gradient"](*point)
        except ValueError:
            if subject.policy != "error":
                raise
    return Run(values, gradients, "run with Python")


PYTHON = Format(
    suffix=".py",
    summary="Python module that imports nothing but math",
    render=render,
    run=run,
    activations=frozenset(ACTIVATIONS_IN_PYTHON),
    batched=False,
    same_operations=True,
    usage=lambda subject, path: f"python {quote(path)}    # its self-test",
)
