"""Hidden layers for one input, placed by rule: even grids, waves, meshes that follow the target.

All of them see a local coordinate s. Even grids and waves cover s in [-1, 1]; meshes keep the
distance from an anchor, because floats are dense only near zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from approximant.arrays import Vector
from approximant.networks import Layer

NARROW = 16  # neurons up to which short periods and wide halos are wasted
SMALL_WEIGHTS = "grid 0.25 8"  # the family whose output weights are smallest


@dataclass(frozen=True)
class LineGeometry:
    """A family of hidden layers for s in [-1, 1], one for each width.

    Args:
        name: what histories and messages call it.
        build: `build(width)` returns the layer, or None where the width is too small for it.
    """

    name: str
    build: Callable[[int], Layer | None]


def even_grid(width: int, *, slope: float, halo: int, activation: str = "tanh") -> Layer | None:
    """Return neurons on an even grid, `halo` of them outside each end, as steep as slope / spacing.

    One least-squares solve on this layer reaches machine precision for analytic targets: quasi-
    interpolation by tanh; slopes above 0.3 alias like exp(-pi^2 / slope).
    """
    if width < 2 * halo + 2:
        return None
    spacing = 2.0 / (width - 2 * halo - 1)
    centres: Vector = -1.0 + spacing * np.arange(-halo, width - halo, dtype=float)
    return neurons(centres, np.full(width, slope / spacing), activation)


def waves(width: int, *, period: float) -> Layer | None:
    """Return sines and cosines of period 2 `period` and its fractions: a Fourier extension.

    On an interval longer than [-1, 1] the periodic functions approximate every analytic function
    with moderate weights (Adcock, Huybrechs and Martin-Vaquero 2014).
    """
    if width < 4:
        return None
    order = np.arange(1, (width + 3) // 2)
    frequency = np.repeat(np.pi * order / period, 2)[:width]
    phase = np.tile([0.0, 0.5 * np.pi], len(order))[:width]
    return Layer.uniform(frequency[:, None], phase, "sin")


def mesh(
    edges: Vector,
    *,
    cell: float,
    growth: float,
    slope: float = 0.25,
    halo: int = 4,
    width: int | None = None,
) -> Layer:
    """Return tanh neurons whose spacing follows the cells of a probe.

    The spacing is the largest that stays below `cell` times the width of every cell and changes by
    at most `growth` per unit length, so that a singular point gets a geometric sequence of neurons.

    Args:
        edges: cell ends in the local coordinate, increasing, (k + 1,).
        cell: neuron spacing as a share of the cell's width.
        growth: largest change of the spacing per unit length.
        slope: steepness times spacing.
        halo: neurons beyond each end.
        width: number of neurons wanted, all spacings changed in proportion; None leaves it open.
    """
    edges = np.unique(edges)  # cells far from the anchor may have merged
    spacing = _limited_spacing(edges, cell, growth)
    centres, local = _equidistribute(edges, spacing, width and width - 2 * halo - 1)
    beyond = np.arange(1, halo + 1)
    centres = np.concatenate(
        [centres[0] - local[0] * beyond[::-1], centres, centres[-1] + local[-1] * beyond]
    )
    local = np.concatenate([np.full(halo, local[0]), local, np.full(halo, local[-1])])
    return neurons(centres, slope / local, "tanh")


def neurons(centres: Vector, steepness: Vector, activation: str) -> Layer:
    """Return neurons `activation(steepness (s - centre))`."""
    return Layer.uniform(steepness[:, None], -steepness * centres, activation)


def line_geometries(width: int = 256) -> Iterator[LineGeometry]:
    """Yield the families for smooth targets that suit a width, the most successful first."""
    narrow = width <= NARROW
    for period in (5.0, 3.0, 2.0) if narrow else (1.6, 2.0, 3.0, 1.3, 5.0, 1.15):
        yield LineGeometry(f"waves {period:g}", partial(waves, period=period))
    grids = ((0.5, 4), (0.35, 4), (0.25, 4), (0.35, 2), (0.25, 2), (0.25, 8))
    for slope, halo in grids[: -1 if narrow else None]:
        yield LineGeometry(f"grid {slope:g} {halo}", partial(even_grid, slope=slope, halo=halo))


def _limited_spacing(edges: Vector, cell: float, growth: float) -> Vector:
    """Return the spacing wanted at every edge."""
    width = cell * np.diff(edges)
    spacing = np.minimum(np.append(width, width[-1]), np.append(width[0], width))
    reach = growth * np.diff(edges)
    for k in range(len(reach)):
        spacing[k + 1] = min(spacing[k + 1], spacing[k] + reach[k])
    for k in reversed(range(len(reach))):
        spacing[k] = min(spacing[k], spacing[k + 1] + reach[k])
    return np.asarray(spacing)


def _equidistribute(edges: Vector, spacing: Vector, steps: int | None) -> tuple[Vector, Vector]:
    """Return points that equidistribute the integral of 1 / spacing, and their spacing there.

    The spacing is linear between edges, so the integral is a logarithm and inverts in closed form.
    """
    length, first = np.diff(edges), spacing[:-1]
    rate = np.diff(spacing) / length
    flat = np.abs(rate * length) < 1e-9 * first
    safe = np.where(flat, 1.0, rate)
    count = np.where(flat, length / first, np.log1p(safe * length / first) / safe)
    total = np.append(0.0, np.cumsum(count))
    steps = steps or max(int(np.ceil(total[-1])), 2)
    wanted = np.linspace(0.0, total[-1], steps + 1)
    k = np.clip(np.searchsorted(total, wanted, side="right") - 1, 0, len(length) - 1)
    rest = wanted - total[k]
    grown = np.where(flat[k], 0.0, rest * safe[k])
    ahead = np.where(flat[k], first[k] * rest, first[k] * np.expm1(grown) / safe[k])
    local = first[k] + np.where(flat[k], 0.0, rate[k]) * ahead
    return edges[k] + ahead, local * (total[-1] / steps)
