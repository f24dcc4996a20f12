"""Units that do nothing: dead relu units, and units on a flat part of their activation."""

from __future__ import annotations

from collections.abc import Callable, Container
from typing import NamedTuple

import numpy as np

from approximant.arrays import Mask
from approximant.measure._evidence import Activity, Evidence
from approximant.measure._scale_finding import SIZES, size_ratio
from approximant.report import Finding

# Ordinary trainings lose some relu units; a layer that lost a smaller share has enough others.
MANY_UNITS = 0.2
# A unit that passes back less than this share of the steepest slope learns that much slower.
FLAT = 0.01
# An output unit at its limit is only wrong while the values are elsewhere.
FAR_FROM_ROWS = 0.1
SATURATING = ("tanh", "sigmoid", "gaussian", "softplus", "silu", "gelu", "elu")


class Idle(NamedTuple):
    """Units that do nothing.

    Args:
        places: how many of how many units, and where, in words.
        layers: in which they are.
        units: how many.
        from_start: how many of them did nothing before the training either, if that is known.
    """

    places: list[str]
    layers: list[int]
    units: int
    from_start: int

    def __str__(self) -> str:
        *others, last = self.places
        return f"{', '.join(others)} and {last}" if others else last


def dead_units(evidence: Evidence) -> Finding | None:
    """Return the finding that relu units are 0 on all rows, where too many are."""
    idle = _idle(evidence, _is_dead, ("relu",), len(evidence.layers))
    if not idle.units:
        return None
    points = evidence.watched.points
    one_sided = np.any(np.abs(points.mean(axis=0)) > points.std(axis=0))
    action = "Use leaky_relu in place of relu: its units go on learning wherever they are."
    if one_sided and 2 * idle.from_start > idle.units:
        action = "Scale the inputs: scaling='standard' puts them on both sides of 0."
    since = f", {idle.from_start} of them from the start" if idle.from_start else ""
    return Finding(
        "dead relu units",
        f"{idle} are 0 on all {len(points):,} rows looked at{since}: no gradient reaches their "
        "weights.",
        action,
    )


def saturated_units(evidence: Evidence) -> Finding | None:
    """Return the finding that units sit on a flat part of their activation, where many do."""
    learned = evidence.relative_rmse < FAR_FROM_ROWS
    idle = _idle(evidence, _is_flat, SATURATING, len(evidence.layers) - learned)
    if not idle.units:
        return None
    if 0 in idle.layers and size_ratio(evidence.rows.points) > SIZES:
        action = "Scale the inputs: scaling='standard'."
    elif evidence.before and 2 * idle.from_start < idle.units:
        action = "Lower the learning rate: it drove most of them there."
    else:
        action = "Start from smaller weights, such as init='lecun_normal'."
    return Finding(
        "saturated units",
        f"{idle} pass back, over the rows, less than {FLAT:.0%} of the gradient that they would in "
        "their steep part, and so hardly learn.",
        action,
    )


def _idle(
    evidence: Evidence, is_idle: Callable[[Activity], Mask], kinds: Container[str], layers: int
) -> Idle:
    """Return the units of some activations that do nothing, in the layers that have many."""
    places, found, units, from_start = [], [], 0, 0
    for k, work in enumerate(evidence.layers[:layers]):
        idle = is_idle(work)
        before = is_idle(evidence.before[k]) if evidence.before else np.zeros_like(idle)
        where = f"hidden layer {k + 1}" if k + 1 < len(evidence.layers) else "the output layer"
        for activation, columns in work.layer.slices():
            some, all_ = int(idle[columns].sum()), columns.stop - columns.start
            if activation.name in kinds and some and some >= MANY_UNITS * all_:
                places.append(f"{some} of {all_} {activation.name} units in {where}")
                found.append(k)
                units += some
                from_start += int((idle & before)[columns].sum())
    return Idle(places, found, units, from_start)


def _is_dead(work: Activity) -> Mask:
    """Tell of each unit whether a relu would be 0 on all rows."""
    return np.asarray(np.all(work.z <= 0, axis=0))


def _is_flat(work: Activity) -> Mask:
    """Tell of each unit whether its slope, over the rows, is a small share of the steepest."""
    slopes = np.abs(work.layer.slope(work.z, work.a)).mean(axis=0)
    steepest = np.empty_like(slopes)
    z = np.linspace(-8.0, 8.0, 1601)
    for activation, columns in work.layer.slices():
        steepest[columns] = np.abs(activation.derivative(z, activation.value(z.copy()))).max()
    return np.asarray(slopes < FLAT * steepest)
