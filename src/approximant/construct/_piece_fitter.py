"""The samples of one piece of a line, and the solve that fits a hidden layer to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, Points, Values, Vector
from approximant.networks import Layer
from approximant.profile import Line, Piece
from approximant.sampling import chebyshev_points
from approximant.solving import least_squares

RIDGES = (1e-15, 1e-13, 1e-11)  # larger ones trade accuracy for a small S
OBVIOUS = 3.0  # multiples of the tolerance in the fit itself that need no further look


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
        rounding: S (W + 14) u as a multiple of the share of a quarter of the tolerance left to it.
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

    def __init__(
        self,
        line: Line,
        piece: Piece,
        generator: np.random.Generator,
        pin: Vector | None = None,
        company: int = 0,
        share: float = 1.0,
    ) -> None:
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
        if self.pin is None:
            return False
        _, values = self._choosing(1)
        return bool(np.all(np.abs(values - self.pin) <= margin * self.line.tolerance))

    def attempt(
        self, layer: Layer, name: str, frame: Frame | None = None, x: Vector | None = None
    ) -> LineFit:
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
        hopeless = OBVIOUS * self.line.tolerance
        for ridge in RIDGES:
            weights = least_squares(design, values, ridge, hopeless)
            residual = np.abs(values - design @ weights).max(axis=0)
            if self.pin is None:
                weights, constant = weights[:-1], weights[-1]
            else:
                constant = self.pin - (start @ weights)[0]
            fit = LineFit(frame, layer, weights, constant, np.inf, np.inf, name)
            fit = self._judged(fit, residual)
            if fit.rounding <= 1.0 or fit.ratio > 1.0:
                break
        self.tried.append(layer.width)
        return fit

    def _judged(self, fit: LineFit, residual: Vector) -> LineFit:
        """Return the fit with its error on choosing points, where the residual leaves hope."""
        error = residual
        if _largest(residual / self.line.tolerance) < OBVIOUS:
            x, values = self._choosing(fit.layer.width)
            error = np.abs(fit.predict(x) - values).max(axis=0)
        width = fit.layer.width + self.company
        size = np.abs(fit.weights).sum(axis=0) * (width + 14) * UNIT_ROUNDOFF / self.share
        ratio = _largest(error / self.line.tolerance)
        return replace(fit, ratio=ratio, rounding=_largest(4.0 * size / self.line.tolerance))

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
        assert layer.biases is not None
        centres = frame.anchor - frame.width * layer.biases / layer.weights[:, 0]
        low, high = self.piece.low, self.piece.high
        inner = centres[(centres > low) & (centres < high)]
        return _between(np.unique([low, *inner, high]), np.array([0.0, 0.06, 0.3, 0.55, 0.8]))

    def _choosing(self, width: int) -> tuple[Vector, Values]:
        """Return stratified random samples that take no part in fits."""
        per_cell = max(8, (128 << max(0, (width - 1).bit_length() - 4)) // self.piece.cells)
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
    octaves: Vector = 2.0 ** -np.arange(1.0, 40.0)
    first, last = edges[1] - edges[0], edges[-1] - edges[-2]
    x = np.concatenate([edges[0] + first * octaves, edges[-1] - last * octaves])
    return np.asarray(np.clip(x, edges[0], edges[-1]))


def _largest(ratios: Vector) -> float:
    """Return the largest ratio; NaN counts as infinite."""
    largest = float(np.max(ratios))
    return largest if np.isfinite(largest) else np.inf


def mesh_frame(piece: Piece) -> Frame:
    """Return the coordinate in which a mesh can crowd: anchored at the narrower end."""
    anchor = piece.low if piece.share("low") <= piece.share("high") else piece.high
    return Frame(anchor, piece.high - piece.low)
