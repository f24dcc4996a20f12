"""One piece of a line: hidden layers tried in growing size, each with one least-squares solve."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.arrays import Vector
from approximant.construct._line_geometry import (
    SMALL_WEIGHTS,
    line_geometries,
    mesh,
)
from approximant.construct._piece_fitter import Frame, LineFit, PieceFitter, mesh_frame
from approximant.networks import Layer
from approximant.profile import Piece

WIDTHS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
COARSE = (8, 16, 32, 64, 128, 256)
# Cell share, growth, halo and slope of ever finer meshes. The last digits need more neurons beyond
# the ends and a gentler slope, for the ripples between neurons fall like exp(-pi^2 / slope).
MESHES = (
    (1 / 2, 0.45, 4, 0.2),
    (0.4, 0.38, 4, 0.2),
    (1 / 3, 0.33, 4, 0.2),
    (1 / 4, 0.26, 4, 0.2),
    (1 / 6, 0.21, 4, 0.2),
    (1 / 6, 0.2, 9, 0.17),
    (1 / 8, 0.16, 9, 0.17),
    (1 / 10, 0.13, 9, 0.17),
)
WIDE_MESH = 1024  # for a singular end, which takes neurons in proportion to its octaves
DEEPER = 6  # octaves that a mesh goes on beyond the cells towards a singular end
SINGULAR = 2.0**-20  # an end cell this narrow, as a share of the piece, marks a singular end
GAIN = 10.0  # a geometry that suits the target gains more than this when its width doubles
CLOSE = 1e3  # multiples of the tolerance from which more neurons may still lower S
NEARLY = 10.0  # multiples of the tolerance from which another width may still get there
NEAR = 1e6  # multiples of the tolerance below which the order of the families means something


def fit_piece(fitter: PieceFitter, margin: float, max_width: int) -> LineFit:
    """Return the smallest fit found below `margin` times the tolerance, else the best fit.

    Widths double until one of the smooth families or a mesh of about that width is good enough;
    then the widths in between are tried.

    Args:
        fitter: the piece.
        margin: share of the tolerance to stay under on choosing points.
        max_width: largest number of neurons.
    """
    best = fitter.attempt(Layer.uniform(np.ones((1, 1)), np.zeros(1), "linear"), "linear")
    if best.accepted(margin):
        return best
    names: set[str] = set()  # of the families still in the race, none for all
    meshes = _meshes(fitter.piece, max_width)
    waiting = next(meshes, None)
    below, last = 0, np.inf
    for width in (w for w in COARSE if w <= max_width and w >= fitter.piece.cells):
        fits = [fitter.attempt(layer, name) for name, layer in _layers(names, width)]
        fits.sort(key=lambda fit: fit.quality)
        names = _keep(fits, width)
        best = min([best, *fits], key=lambda fit: fit.quality)
        if best.accepted(margin):
            return _between_widths(fitter, names, margin, below, width) or best
        while waiting is not None and waiting[1].width <= 2 * width:
            best = min([best, _mesh_fit(fitter, *waiting)], key=lambda fit: fit.quality)
            if best.accepted(margin) and names:
                return _between_widths(fitter, names, margin, width, best.layer.width) or best
            if best.accepted(margin):
                return best
            waiting = next(meshes, None)
        stuck = fits[0].quality > max(last / GAIN, CLOSE)
        if stuck and width > 4 * fitter.piece.cells:
            break
        below, last = width, fits[0].quality
    while waiting is not None:
        best = min([best, _mesh_fit(fitter, *waiting)], key=lambda fit: fit.quality)
        if best.accepted(margin):
            return best
        waiting = next(meshes, None)
    if best.quality < NEARLY:  # perhaps another family or a width in between gets there
        return _between_widths(fitter, set(), margin, 20, max_width) or best
    return best


def _keep(fits: list[LineFit], width: int) -> set[str]:
    """Return the families that stay in the race, once the order of their fits means something."""
    if fits[0].quality > NEAR:
        return set()
    # Wide grids need the smallest weights of all: they win where rounding decides.
    return {SMALL_WEIGHTS, *(fit.geometry for fit in fits[: 4 if width < 64 else 2])}


def _layers(names: set[str], width: int) -> Iterator[tuple[str, Layer]]:
    for geometry in line_geometries(width):
        layer = geometry.build(width) if not names or geometry.name in names else None
        if layer is not None:
            yield geometry.name, layer


def _between_widths(
    fitter: PieceFitter, names: set[str], margin: float, below: int, above: int
) -> LineFit | None:
    """Return the first accepted fit of a width strictly between two, or None."""
    for width in (w for w in WIDTHS if below < w < above):
        for name, layer in _layers(names, width):
            fit = fitter.attempt(layer, name)
            if fit.accepted(margin):
                return fit
    return None


def _meshes(piece: Piece, max_width: int) -> Iterator[tuple[Frame, Layer]]:
    """Yield layers whose neurons crowd where the cells of the probe do, in growing width."""
    frame = mesh_frame(piece)
    edges = (_deeper(piece) - frame.anchor) / frame.width
    if min(piece.share("low"), piece.share("high")) < SINGULAR:
        max_width = max(max_width, WIDE_MESH)
    for cell, growth, halo, slope in MESHES:
        layer = mesh(edges, cell=cell, growth=growth, halo=halo, slope=slope)
        if layer.width > max_width:
            return
        yield frame, layer


def _deeper(piece: Piece) -> Vector:
    """Return the edges of a piece, with further octaves in the last cell of a singular end.

    Near a singular point the coefficients of the cells fall off slowly, so the last cell, which
    the probe took for resolved, hides a little more than the tolerance.
    """
    edges = piece.edges
    octaves = 2.0 ** -np.arange(1.0, DEEPER + 1)
    first, last = edges[1] - edges[0], edges[-1] - edges[-2]
    if piece.share("low") < SINGULAR:
        edges = np.concatenate([edges, edges[0] + first * octaves])
    if piece.share("high") < SINGULAR:
        edges = np.concatenate([edges, piece.edges[-1] - last * octaves])
    return np.unique(edges)


def _mesh_fit(fitter: PieceFitter, frame: Frame, layer: Layer) -> LineFit:
    return fitter.attempt(layer, "mesh", frame, fitter.mesh_samples(layer, frame))
