"""The largest and the smallest value of a model in its domain."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from approximant.arrays import Frozen, Points, Vector
from approximant.calculus._line import curve, output_number
from approximant.errors import DomainError
from approximant.model import Model
from approximant.sampling import boundary_rich_points, corner_points
from approximant.streams import Stream

POINTS = 20_000  # looked at for several inputs
STARTS = 24  # local searches from the best of them


@dataclass(frozen=True, eq=False)
class Extremum(Frozen):
    """An extreme value of a network.

    Args:
        value: in the unit of the output.
        point: where it is: a number for one input, (d,) for several.
    """

    value: float
    point: float | Vector


def maximum(model: Model, output: str | None) -> Extremum:
    """Return the largest value in the domain.

    Raises:
        SettingError: there is no such output, or several to choose from.
    """
    return _extremum(model, output, 1.0)


def minimum(model: Model, output: str | None) -> Extremum:
    """Return the smallest value in the domain.

    Raises:
        SettingError: there is no such output, or several to choose from.
    """
    return _extremum(model, output, -1.0)


def _extremum(model: Model, output: str | None, sign: float) -> Extremum:
    if model.domain.dimension == 1:
        return _on_a_line(model, output, sign)
    return _in_a_box(model, output_number(model, output), sign)


def _on_a_line(model: Model, output: str | None, sign: float) -> Extremum:
    """Return the extremum among the points of the grid and where the slope changes sign."""
    line = curve(model, output)
    x = line.grid()
    x = np.concatenate([x, line.stationary(x)])
    x = x[line.inside(x)]
    heights = sign * line.values(x)
    point = float(x[np.argmax(heights)])
    return Extremum(float(line.values(np.array([point]))[0]), point)


def _in_a_box(model: Model, output: int, sign: float) -> Extremum:
    """Return the best of local searches from the best of many points."""
    points = _starts(model)
    heights = sign * model.evaluate(points)[:, output]
    order = np.argsort(-heights)[:STARTS]
    best, height = points[order[0]], float(heights[order[0]])
    for start in points[order]:
        point = _climbed(model, output, sign, start)
        if not model.inside(point[None])[0]:
            continue
        reached = sign * float(model.evaluate(point[None])[0, output])
        if reached > height:
            best, height = point, reached
    return Extremum(sign * height, best)


def _starts(model: Model) -> Points:
    generator, d = Stream.EXTREMUM_STARTS.generator(0), model.domain.dimension
    unit = 0.5 * (boundary_rich_points(POINTS, d, generator) + 1.0)
    corners = corner_points(d, 256, generator)
    points = model.domain.from_unit(np.concatenate([unit, corners]))
    if model.region is not None:
        points = np.concatenate([points, model.domain.from_unit(model.region.anchors)])
    inside = points[model.inside(points)]
    if not len(inside):
        raise DomainError("No point of the domain is near a row of the table.")
    return inside


def _climbed(model: Model, output: int, sign: float, start: Vector) -> Vector:
    """Return where a quasi-Newton search within the box ends, in units of the box."""
    from scipy.optimize import minimize

    domain = model.domain

    def falling(unit: Vector) -> tuple[float, Vector]:
        x = domain.from_unit(unit[None])
        slope = model.gradient(x)[0, output] * domain.width
        return -sign * float(model.evaluate(x)[0, output]), -sign * slope

    unit = (start - domain.lower) / domain.width
    bounds = [(0.0, 1.0)] * domain.dimension
    options: Any = {"ftol": 1e-15, "gtol": 1e-12, "maxiter": 300}
    found = minimize(falling, unit, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return np.asarray(domain.from_unit(np.asarray(found.x)[None])[0])
