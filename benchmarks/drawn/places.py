"""Places at which something may happen: on floats, beside them, between them, at ends."""

from __future__ import annotations

import math

import numpy as np
from flint import fmpq

from approximant.domain import Box
from drawn.expressions import fraction

NAMES = ("x", "y", "z")
SHARES = ("0.5", "0.25", "0.75", "0.001", "0.999", "0.3", "1e-9", "1e-30", "0.4999999", "1")


def draw_box(rng: np.random.Generator, d: int) -> Box:
    """Return a domain: plain, far from 0, through 0, tiny, huge, or few floats wide."""
    ends = [tuple(map(float, _interval(rng))) for _ in range(d)]
    return Box(NAMES[:d], tuple(low for low, _ in ends), tuple(high for _, high in ends))


def draw_rounded_box(rng: np.random.Generator) -> Box:
    """Return a domain of one input whose width is a power of two, rounded down to it."""
    while True:
        width = float(rng.choice([0.125, 0.5, 1.0, 2.0]))
        low = round(float(rng.normal()) * 10.0 ** -rng.uniform(0, 20), int(rng.integers(1, 30)))
        low, high = sorted((low, low + width) if rng.random() < 0.8 else (-low, width - low))
        if high - low == width and fraction(high) - fraction(low) > fraction(width):
            return Box(NAMES[:1], (low,), (high,))


def _interval(rng: np.random.Generator) -> tuple[float, float]:
    kind = rng.integers(12)
    if kind < 5:
        return ((0.0, 1.0), (-1.0, 1.0), (-1.0, 2.0), (0.3, 1.3), (1000.0, 1001.0))[kind]
    low = round(float(rng.normal()) * 10.0 ** rng.integers(-1, 3), int(rng.integers(1, 17)))
    if kind < 8:  # the width is often a power of two, rounded
        return low, low + float(rng.choice([0.125, 0.3, 1.0, 2.0, 7.0]))
    if kind == 8:  # just more than the floats that make a domain
        return low, low + float(rng.uniform(1010, 9000)) * math.ulp(low)
    if kind == 9:  # ends that differ much in size
        tiny = 10.0 ** -rng.uniform(5, 310)
        return (-tiny, 1.0) if rng.random() < 0.7 else (-1.0, tiny)
    size = 10.0 ** (rng.uniform(3, 9) if kind == 10 else -rng.uniform(3, 280))
    return -size * float(rng.random()), size


def draw_float(rng: np.random.Generator, low: float, high: float) -> float:
    """Return a float of an interval: anywhere, few digits, an end or next to one, 0."""
    kind = rng.integers(8)
    if kind < 2:
        found = low + (high - low) * float(rng.random())
    elif kind < 4:
        found = low + (high - low) * float(rng.integers(1, 16)) / 16.0
    elif kind == 4:
        found = float(f"{low + (high - low) * rng.random():.2g}")
    else:
        found = (low, low, high, high, 0.0)[rng.integers(5)]
        found = beside(found, int(rng.choice([0, 0, 0, -1, 1, 2])))
    return min(max(found, low), high)


def beside(x: float, steps: int) -> float:
    """Return the float so many floats above x, or below."""
    for _ in range(abs(steps)):
        x = math.nextafter(x, math.inf if steps > 0 else -math.inf)
    return x


def draw_place(rng: np.random.Generator, low: float, high: float) -> fmpq:
    """Return a finite decimal: a float, a decimal near one, or a point between two floats."""
    x = draw_float(rng, low, high)
    kind = rng.integers(5)
    if kind == 0:
        return fraction(x)
    if kind == 1:
        return parse(f"{x:.{rng.integers(1, 17)}g}")
    return moved(rng, fraction(x), low, high)


def moved(rng: np.random.Generator, place: fmpq, low: float, high: float) -> fmpq:
    """Return a number beside a place, nearer than floats are there or at the ends of the domain."""
    size = float(place) if rng.random() < 0.6 else max(abs(low), abs(high), high - low)
    return place + draw_share(rng) * fraction(math.ulp(size))


def draw_share(rng: np.random.Generator) -> fmpq:
    """Return a part of the distance of two floats, of either sign."""
    share = parse(str(rng.choice(SHARES)))
    return share if rng.random() < 0.5 else -share


def parse(decimal: str) -> fmpq:
    """Return a decimal as a fraction."""
    digits, _, exponent = decimal.partition("e")
    whole, _, after = digits.partition(".")
    shift = int(exponent or 0) - len(after)
    return fmpq(int(whole + after)) * (fmpq(10) ** shift)
