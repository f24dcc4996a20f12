"""One piece of a line: hidden layers tried in growing size, each with one least-squares solve."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from approximant.arrays import Array, Points, Values, Vector
from approximant.construct._line_geometry import (
    SMALL_WEIGHTS,
    LineGeometry,
    line_geometries,
    mesh,
)
from approximant.construct._least_squares import least_squares
from approximant.networks import Layer
from approximant.profile import Line, Piece
from approximant.sampling import chebyshev_points

WIDTHS = (4, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 80, 96, 128, 160, 192, 256)
COARSE = (8, 16, 32, 64, 128, 256)
# Cell share, growth and halo of ever finer meshes; the finest digits need more beyond the ends.
MESHES = ((1 / 2, 0.45, 4), (0.4, 0.38, 4), (1 / 3, 0.33, 4), (1 / 4, 0.26, 4), (1 / 6, 0.21, 4),
          (1 / 6, 0.21, 9), (1 / 8, 0.16, 9), (1 / 11, 0.12, 9), (1 / 15, 0.09, 12))  # fmt: skip
WIDE_MESH = 1024  # for a singular end, which takes neurons in proportion to its octaves
SINGULAR = 2.0**-20  # an end cell this narrow, as a share of the piece, marks a singular end
RIDGES = (1e-15, 1e-13, 1e-11)  # larger ones trade accuracy for a small S
UNIT_ROUNDOFF = 2.0**-53
GAIN = 10.0  # a geometry that suits the target gains more than this when its width doubles
CLOSE = 1e3  # multiples of the tolerance from which more neurons may still lower S
NEARLY = 10.0  # multiples of the tolerance from which another width may still get there
NEAR = 1e6  # multiples of the tolerance below which the order of the families means something


@dataclass(frozen=True, eq=False)
class Frame:
    """The local coordinate `s = (x - anchor) / width` of a piece."""

    anchor: float
    width: float

    def local(self, x: Vector) -> Points:
        """Return s as a column, (n, 1)."""
        return ((x - self.anchor) / self.width)[:, None]


@dataclass(frozen=True, eq=False)
class LineFit:
    """A hidden layer of the local coordinate with its output weights.

    Args:
        frame: the local coordinate.
        layer: hidden neurons, functions of s.
        weights: output weights, (w, m).
        constant: output biases, (m,).
        ratio: largest error on choosing points as a multiple of the tolerance.
        rounding: S (W + 14) u as a multiple of a quarter of the tolerance.
        geometry: name of the geometry.
    """

    frame: Frame
    layer: Layer
    weights: Array
    constant: Vector
    ratio: float
    rounding: float
    geometry: str

    def predict(self, x: Vector) -> Values:
        """Return the values (n, m) at points (n,)."""
        return np.asarray(self.layer(self.frame.local(x)) @ self.weights + self.constant)

    @property
    def quality(self) -> float:
        """The worse of error and rounding; smaller is better."""
        return max(self.ratio, self.rounding)

    def accepted(self, margin: float) -> bool:
        """Tell whether the error stays below `margin` times the tolerance, rounding included."""
        return self.ratio <= margin and self.rounding <= 1.0


class PieceFitter:
    """Fits hidden layers to one piece of a line; remembers the samples it has evaluated.

    Args:
        line: the target.
        piece: the piece to fit.
        generator: draws the choosing points.
        pin: values (m,) that the fit takes exactly at the low end, or None if it is free there.
        company: how many neurons of other pieces share the output with this one.
        share: this piece's share of the S that rounding allows.
    """

    def __init__(self, line: Line, piece: Piece, generator: np.random.Generator,
                 pin: Vector | None = None, company: int = 0, share: float = 1.0) -> None:
        self.line = line
        self.piece = piece
        self.pin = pin
        self.company = company
        self.share = share
        half = 0.5 * (piece.high - piece.low)
        self.frame = Frame(piece.low + half, half)
        self.tried: list[int] = []  # widths of all layers attempted
        self._generator = generator
        self._chebyshev: dict[int, tuple[Vector, Values]] = {}
        self._fresh: dict[int, tuple[Vector, Values]] = {}

    def constant(self, margin: float) -> bool:
        """Tell whether the pinned values alone are good enough on the piece."""
        x, values = self._choosing(1)
        return bool(np.all(np.abs(values - self.pin) <= margin * self.line.tolerance))

    def attempt(self, layer: Layer, name: str, frame: Frame | None = None,
                x: Vector | None = None) -> LineFit:  # fmt: skip
        """Return the fit of a hidden layer: one solve, one look at choosing points."""
        frame = frame or self.frame
        x, values = self._samples(layer.width) if x is None else (x, self.line(x))
        design = layer(frame.local(x))
        if self.pin is None:
            design = np.hstack([design, np.ones((len(x), 1))])
        else:
            start = layer(frame.local(np.array([self.piece.low])))
            design -= start
            values = values - self.pin
        for ridge in RIDGES:
            weights = least_squares(design, values, ridge)
            if self.pin is None:
                weights, constant = weights[:-1], weights[-1]
            else:
                constant = self.pin - (start @ weights)[0]
            fit = self._judge(LineFit(frame, layer, weights, constant, np.inf, np.inf, name))
            if fit.rounding <= 1.0 or fit.ratio > 1.0:
                break
        self.tried.append(layer.width)
        return fit

    def _judge(self, fit: LineFit) -> LineFit:
        x, values = self._choosing(fit.layer.width)
        error = np.abs(fit.predict(x) - values).max(axis=0)
        width = fit.layer.width + self.company
        bound = np.abs(fit.weights).sum(axis=0) * (width + 14) * UNIT_ROUNDOFF / self.share
        ratio = _largest(error / self.line.tolerance)
        return replace(fit, ratio=ratio, rounding=_largest(4.0 * bound / self.line.tolerance))

    def _samples(self, width: int) -> tuple[Vector, Values]:
        """Return Chebyshev samples enough for `width` neurons: x (n,) and values (n, m)."""
        n = max(64, 4 << (width - 1).bit_length())
        if n not in self._chebyshev:
            low, high = self.piece.low, self.piece.high
            x = np.clip(low + 0.5 * (high - low) * (1.0 + chebyshev_points(n)), low, high)
            self._chebyshev[n] = (x, self.line(x))
        return self._chebyshev[n]

    def mesh_samples(self, layer: Layer, frame: Frame) -> Vector:
        """Return points (n,) crowded like the centres of a layer: four to a spacing."""
        centres = frame.anchor - frame.width * layer.biases / layer.weights[:, 0]
        low, high = self.piece.low, self.piece.high
        inner = centres[(centres > low) & (centres < high)]
        return _between(np.unique([low, *inner, high]), np.array([0.0, 0.06, 0.3, 0.55, 0.8]))

    def _choosing(self, width: int) -> tuple[Vector, Values]:
        """Return stratified random samples that take no part in fits."""
        per_cell = max(8, (256 << max(0, (width - 1).bit_length() - 5)) // self.piece.cells)
        if per_cell not in self._fresh:
            x = _between(self.piece.edges, np.sort(self._generator.random(per_cell)))
            x = np.concatenate([x, _towards_ends(self.piece.edges)])
            self._fresh[per_cell] = (x, self.line(x))
        return self._fresh[per_cell]


def _between(edges: Vector, shares: Vector) -> Vector:
    """Return points at the given shares between neighbouring edges, and the last edge."""
    x = (edges[:-1, None] + np.diff(edges)[:, None] * shares).ravel()
    return np.append(np.clip(x, edges[0], edges[-1]), edges[-1])


def _towards_ends(edges: Vector) -> Vector:
    """Return points of the first and last cell that approach the ends in octaves."""
    octaves = 2.0 ** -np.arange(1.0, 40.0)
    first, last = edges[1] - edges[0], edges[-1] - edges[-2]
    x = np.concatenate([edges[0] + first * octaves, edges[-1] - last * octaves])
    return np.clip(x, edges[0], edges[-1])


def _largest(ratios: Vector) -> float:
    """Return the largest ratio; NaN counts as infinite."""
    largest = float(np.max(ratios))
    return largest if np.isfinite(largest) else np.inf


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
    racing = list(line_geometries())
    meshes = list(_meshes(fitter.piece, max_width))
    below, last = 0, np.inf
    for width in (w for w in COARSE if w <= max_width and w >= fitter.piece.cells):
        fits = [(fitter.attempt(layer, g.name), g) for layer, g in _layers(racing, width)]
        fits.sort(key=lambda pair: pair[0].quality)
        racing = _keep(fits, width)
        best = min([best, *(fit for fit, _ in fits)], key=lambda fit: fit.quality)
        if best.accepted(margin):
            return _between_widths(fitter, racing, margin, below, width) or best
        while meshes and meshes[0][1].width <= 2 * width:
            best = min([best, _mesh_fit(fitter, *meshes.pop(0))], key=lambda fit: fit.quality)
            if best.accepted(margin):
                return best
        stuck = fits[0][0].quality > max(last / GAIN, CLOSE)
        if stuck and width > 4 * fitter.piece.cells:
            break
        below, last = width, fits[0][0].quality
    for pair in meshes:
        best = min([best, _mesh_fit(fitter, *pair)], key=lambda fit: fit.quality)
        if best.accepted(margin):
            return best
    if best.quality < NEARLY:  # perhaps another family or a width in between gets there
        return _between_widths(fitter, list(line_geometries()), margin, 20, max_width) or best
    return best


def _keep(fits: list[tuple[LineFit, LineGeometry]], width: int) -> list[LineGeometry]:
    """Return the families that stay in the race, once the order of their fits means something."""
    families = [geometry for _, geometry in fits]
    if fits[0][0].quality > NEAR:
        return families
    kept = families[: 4 if width < 64 else 2]
    # Wide grids need the smallest weights of all: they win where rounding decides.
    return kept + [g for g in families if g.name == SMALL_WEIGHTS and g not in kept]


def _layers(racing: list[LineGeometry], width: int) -> Iterator[tuple[Layer, LineGeometry]]:
    for geometry in racing:
        layer = geometry.build(width)
        if layer is not None:
            yield layer, geometry


def _between_widths(fitter: PieceFitter, racing: list[LineGeometry], margin: float,
                    below: int, above: int) -> LineFit | None:  # fmt: skip
    """Return the first accepted fit of a width strictly between two, or None."""
    for width in (w for w in WIDTHS if below < w < above):
        for layer, geometry in _layers(racing, width):
            fit = fitter.attempt(layer, geometry.name)
            if fit.accepted(margin):
                return fit
    return None


def _meshes(piece: Piece, max_width: int) -> Iterator[tuple[Frame, Layer]]:
    """Yield layers whose neurons crowd where the cells of the probe do, in growing width."""
    frame = mesh_frame(piece)
    edges = (piece.edges - frame.anchor) / frame.width
    if min(piece.share("low"), piece.share("high")) < SINGULAR:
        max_width = max(max_width, WIDE_MESH)
    for cell, growth, halo in MESHES:
        layer = mesh(edges, cell=cell, growth=growth, halo=halo)
        if layer.width > max_width:
            return
        yield frame, layer


def _mesh_fit(fitter: PieceFitter, frame: Frame, layer: Layer) -> LineFit:
    return fitter.attempt(layer, "mesh", frame, fitter.mesh_samples(layer, frame))


def mesh_frame(piece: Piece) -> Frame:
    """Return the coordinate in which a mesh can crowd: anchored at the narrower end."""
    anchor = piece.low if piece.share("low") <= piece.share("high") else piece.high
    return Frame(anchor, piece.high - piece.low)
