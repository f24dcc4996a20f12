"""Probe of one input: where the target is smooth, where it breaks, how fast it varies."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Indices, Vector
from approximant.probe._breaks import find_breaks
from approximant.probe._cells import Cells, bisect_cells
from approximant.profile import Break, Line, LineProfile, Piece

FIRST_CELLS = 8
OFF_CENTRE = 0.03  # of a cell: by how much edges move away from a kink that sits on one
SCANNED = 1500  # extra points that look for features the first cells missed
SHARE = 0.1  # of the tolerance, for cells


def probe_line(line: Line, generator: np.random.Generator) -> LineProfile:
    """Return the pieces and breaks of a target of one input.

    Chebyshev interpolation on bisected cells, in the manner of Chebfun's splitting; breaks are the
    places where cells keep shrinking, located to neighbouring floats.

    Args:
        line: the target.
        generator: draws the points that look for missed features.
    """
    cells = _scanned_cells(line, generator)
    if not cells.resolved:
        return LineProfile((_piece(cells),), (), False, np.empty(0))
    breaks = find_breaks(line, cells)
    if not breaks:
        return LineProfile((_piece(cells),), (), True, _watched(cells, ()))
    starts = [line.low, *(b.right for b in breaks)]
    ends = [*(b.left for b in breaks), line.high]
    pieces = tuple(_probe_piece(line, a, b) for a, b in zip(starts, ends, strict=True))
    return LineProfile(pieces, tuple(breaks), True, _watched(cells, breaks))


def _scanned_cells(line: Line, generator: np.random.Generator) -> Cells:
    """Return cells of the whole interval, refined where scattered points disagree with them."""
    cells = _first_cells(line)
    x = line.low + (np.arange(SCANNED) + generator.random(SCANNED)) * (
        (line.high - line.low) / SCANNED
    )
    x = np.minimum(x, line.high)
    values = line(x)
    for _ in range(8):
        if not cells.resolved:
            break
        missed = np.any(np.abs(cells.predict(x) - values) > line.tolerance, axis=1)
        bad = np.unique(cells.locate(x[missed]))
        middle = 0.5 * (cells.low[bad] + cells.high[bad])
        if len(bad) == 0 or np.any((middle <= cells.low[bad]) | (middle >= cells.high[bad])):
            break
        low = np.concatenate([cells.low[bad], middle])
        high = np.concatenate([middle, cells.high[bad]])
        cells = _replace(cells, bad, bisect_cells(line, low, high, SHARE))
    return cells


def _first_cells(line: Line) -> Cells:
    """Return resolved cells; their edges keep off kinks, which no cell would see from its end."""
    edges = np.linspace(line.low, line.high, FIRST_CELLS + 1)
    cells = bisect_cells(line, edges[:-1], edges[1:], SHARE)
    if cells.resolved and cells.kinked(line.tolerance):
        edges[1:-1] += OFF_CENTRE * (edges[1] - edges[0])
        cells = bisect_cells(line, edges[:-1], edges[1:], SHARE)
    return cells


def _replace(cells: Cells, old: Indices, new: Cells) -> Cells:
    keep = np.ones(len(cells.low), bool)
    keep[old] = False
    low = np.concatenate([cells.low[keep], new.low])
    order = np.argsort(low, kind="stable")
    high = np.concatenate([cells.high[keep], new.high])
    coefficients = np.concatenate([cells.coefficients[keep], new.coefficients])
    return Cells(low[order], high[order], coefficients[order], new.resolved)


def _piece(cells: Cells) -> Piece:
    edges = np.append(cells.low, cells.high[-1])
    return Piece(float(edges[0]), float(edges[-1]), edges)


def _probe_piece(line: Line, low: float, high: float) -> Piece:
    if low >= high:
        return Piece(low, high, np.array([low, high]))
    return _piece(bisect_cells(line, np.array([low]), np.array([high]), SHARE))


def _watched(cells: Cells, breaks: tuple[Break, ...] | list[Break]) -> Vector:
    """Return points around which the error deserves a closer look."""
    width = cells.high - cells.low
    narrow = cells.low[width < 2.0**-10 * (cells.high[-1] - cells.low[0])]
    places = [end for b in breaks for end in (b.left, b.right)]
    return np.unique(np.concatenate([narrow, np.array(places)]))
