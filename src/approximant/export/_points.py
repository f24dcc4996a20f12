"""Where a file is compared with the model, and where its guard is tried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from approximant.arrays import Points, Vector
from approximant.domain import Box
from approximant.errors import DomainError, ExportError
from approximant.model import Model
from approximant.sampling import corner_points, edge_points, spread_points
from approximant.streams import Stream

CORNERS = 256
SAMPLES = 12  # points in the self-test of a file
TURNS = (-3.0, -1.0, -0.3, 0.3, 1.0, 3.0)
CLEAR = 0.99  # share of the radius of a sampled region within which a point is clearly inside


def compared_points(model: Model, n: int, dtype: str) -> Points:
    """Return points (k, d) inside: n spread, as many on edges, corners, and where neurons turn.

    Args:
        model: the model; for a table, points are inside its sampled region.
        n: number of spread points.
        dtype: arithmetic in which the points must be numbers.
    """
    generator = Stream.EXPORT_POINTS.generator(0)
    d = model.domain.dimension
    unit = [corner_points(d, CORNERS, generator), spread_points(n, d), edge_points(n, d, generator)]
    if model.region is not None:
        near = model.region.radius * generator.uniform(-1, 1, (4 * n, d)) / d**0.5
        rows = model.region.anchors[generator.integers(len(model.region.anchors), size=4 * n)]
        unit.append(np.clip(rows + CLEAR * near, 0.0, 1.0))
    points = [model.domain.from_unit(part) for part in unit]
    if d == 1:
        points.append(_neighbours(model.turns(kinked=True), dtype)[:, None])
        points += [model.turns(z)[:, None] for z in TURNS]
    numbers = np.unique(np.concatenate(points).astype(dtype).astype(np.float64), axis=0)
    rounded = replace(_clearly(model), domain=rounded_domain(model, dtype))
    return np.asarray(numbers[rounded.inside(numbers)])


def beyond_points(model: Model, dtype: str) -> Points:
    """Return points (k, d) at which a guard must act: past every face, NaN, far from all rows."""
    d = model.domain.dimension
    centre = np.tile(model.domain.centre, (2 * d, 1))
    steps = np.concatenate([np.eye(d), -np.eye(d)]) * model.domain.width
    points = [centre + share * steps for share in (0.6, 3.0)]
    points.append(np.where(np.eye(d) > 0, np.nan, model.domain.centre))
    if model.region is not None:
        box = model.domain.from_unit(spread_points(1000, d))
        points.append(box[~_clearly(model, 2.0 - CLEAR).inside(box)])
    return np.concatenate(points).astype(dtype).astype(np.float64)


def sample_points(model: Model, dtype: str) -> Points:
    """Return a few points (k, d) inside for the self-test of a file."""
    points = compared_points(model, 100, dtype)
    chosen = np.linspace(0, len(points) - 1, min(SAMPLES, len(points))).astype(int)
    return np.asarray(points[chosen])


def _neighbours(places: Vector, dtype: str) -> Vector:
    """Return places and the numbers next to them."""
    rounded = places.astype(dtype)
    sides = [np.nextafter(rounded, rounded.dtype.type(end)) for end in (-np.inf, np.inf)]
    return np.concatenate([rounded, *sides]).astype(np.float64)


def rounded_domain(model: Model, dtype: str) -> Box:
    """Return the domain with its ends rounded to a dtype.

    They are the nearest numbers, on either side: pi, given in the dtype, then lies in -pi to pi.

    Raises:
        ExportError: the dtype has hardly any number between them.
    """
    ends = [
        end.astype(dtype).astype(np.float64) for end in (model.domain.lower, model.domain.upper)
    ]
    low, high = (tuple(end.tolist()) for end in ends)
    try:
        return Box(model.domain.names, low, high)
    except DomainError as error:
        raise ExportError(
            f"In {dtype} the domain is no longer one: {error} Export it as float64."
        ) from error


def _clearly(model: Model, share: float = CLEAR) -> Model:
    """Return the model with the radius of its sampled region changed by a factor."""
    if model.region is None:
        return model
    return replace(model, region=replace(model.region, radius=share * model.region.radius))
