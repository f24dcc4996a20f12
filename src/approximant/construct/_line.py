"""The network for a target of one input: one hidden layer where it is smooth, pieces elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Vector
from approximant.construct._line_fit import SINGULAR, fit_piece
from approximant.construct._line_pieces import FittedPiece, join_pieces
from approximant.construct._piece_fitter import LineFit, PieceFitter
from approximant.networks import Layer, Network
from approximant.profile import Line, LineProfile, Piece
from approximant.progress import Watch

WHOLE_WIDTH = 256  # widest single layer tried before the interval is cut
PIECE_WIDTH = 64  # widest layer of a piece: its solve stays in the cache
WHOLE_CELLS = 150  # pieces with more cells are cut before anything is tried
SHORTEST = 1e-6  # of the interval: pieces are not cut shorter
PIECE_CELLS = 16  # the same once the interval is cut
NEURONS_A_CELL = 3.0  # roughly, to share out the rounding that all pieces cause together
USUAL = 0.9  # margin at which rounding may take its whole quarter; with smaller ones it gets less


@dataclass(frozen=True, eq=False)
class LineNetwork:
    """A network of the local coordinate `(x - anchor) / width`.

    Args:
        network: maps the local coordinate (n, 1) to values (n, m) in the user's unit.
        anchor: where the local coordinate is 0.
        width: unit of the local coordinate.
        geometry: how the neurons were placed.
        ratio: largest error on choosing points as a multiple of the tolerance.
        rounding: S (W + 14) u as a multiple of what the margin leaves to it, a quarter of the
            tolerance or less.
        solves: widths of the layers tried, a measure of the effort it took.
    """

    network: Network
    anchor: float
    width: float
    geometry: str
    ratio: float
    rounding: float
    solves: list[int]

    @property
    def quality(self) -> float:
        """The worse of error and rounding; smaller is better."""
        return max(self.ratio, self.rounding)

    def accepted(self, margin: float) -> bool:
        """Tell whether the error stays below `margin` times the tolerance, rounding included."""
        return self.ratio <= margin and self.rounding <= 1.0


def line_network(
    line: Line,
    profile: LineProfile,
    *,
    margin: float,
    max_neurons: int,
    generator: np.random.Generator,
    watch: Watch,
) -> LineNetwork | None:
    """Return the smallest network found below `margin` times the tolerance, else the best.

    None where even the best would need more than `max_neurons`.

    Args:
        line: the target.
        profile: what the probe found.
        margin: share of the tolerance to stay under on choosing points.
        max_neurons: largest number of hidden neurons.
        generator: draws choosing points.
        watch: may end the search early.
    """
    whole: LineFit | None = None
    only = profile.pieces[0]
    if not profile.breaks and only.cells <= WHOLE_CELLS and not _both_ends_singular(only):
        fitter = PieceFitter(line, only, generator, share=min(1.0, margin / USUAL))
        whole = fit_piece(fitter, margin, min(WHOLE_WIDTH, max_neurons))
        if whole.accepted(margin):
            return single_layer(whole, fitter.tried)
    fitted = _fit_pieces(line, profile, margin, max_neurons, generator, watch)
    pieces = None if fitted is None else _joined(fitted)
    if whole is None or (pieces is not None and pieces.quality < whole.quality):
        return pieces
    return single_layer(whole, [])


def _joined(fitted: list[FittedPiece]) -> LineNetwork:
    fits = [part.fit for part in fitted if part.fit is not None]
    ratio = max((fit.ratio for fit in fits), default=0.0)
    rounding = max((fit.rounding for fit in fits), default=0.0)
    network = join_pieces(fitted)
    return LineNetwork(network, 0.0, 1.0, f"{len(fitted)} pieces", ratio, rounding, [])


def single_layer(fit: LineFit, solves: list[int]) -> LineNetwork:
    """Return the network of one hidden layer that a fit describes."""
    output = Layer.uniform(fit.weights.T.copy(), fit.constant, "linear")
    return LineNetwork(
        Network((fit.layer, output)),
        fit.frame.anchor,
        fit.frame.width,
        fit.geometry,
        fit.ratio,
        fit.rounding,
        solves,
    )


def _both_ends_singular(piece: Piece) -> bool:
    return max(piece.share("low"), piece.share("high")) < SINGULAR


def _fit_pieces(
    line: Line,
    profile: LineProfile,
    margin: float,
    max_neurons: int,
    generator: np.random.Generator,
    watch: Watch,
) -> list[FittedPiece] | None:
    """Fit piece after piece from low to high, each continuing where the one before ended.

    A piece that is not good enough is cut, until one fails that cannot be cut: then the tolerance
    is out of reach and the rest is fitted as it is. None if there would be too many neurons.
    """
    span = line.high - line.low
    total = sum(piece.cells for piece in profile.pieces)
    room = min(1.0, margin / USUAL)
    waiting = [part for piece in profile.pieces for part in _cut(piece, PIECE_CELLS, span)]
    fitted: list[FittedPiece] = []
    neurons, failed = 0, False
    while waiting:
        piece = waiting.pop(0)
        watch.tell("fitting pieces", 1.0 - sum(p.cells for p in waiting) / total)
        start = line(np.array([piece.low]))[0]
        if fitted and fitted[-1].piece.high >= piece.low:
            start = fitted[-1].end()
        fitter = PieceFitter(
            line, piece, generator, start, int(NEURONS_A_CELL * total), room * piece.cells / total
        )
        part = _fit_one(fitter, start, margin)
        good = part.fit is None or part.fit.accepted(margin)
        halves = [] if good or failed else _cut(piece, piece.cells - 1, span)
        if len(halves) > 1:
            waiting[:0] = halves
            continue
        failed = failed or not good
        neurons += 0 if part.fit is None else part.fit.layer.width
        fitted.append(part)
        if neurons > max_neurons or watch.expired():
            return None
    return fitted


def _cut(piece: Piece, max_cells: int, span: float) -> list[Piece]:
    """Halve a piece, by cells, until none has more than `max_cells` or two singular ends.

    No cut comes nearer to an end than SHORTEST: the clamped distance into a much shorter piece
    would drown in the rounding of x.
    """
    both = _both_ends_singular(piece)
    if piece.cells <= max_cells and not both:
        return [piece]
    room = SHORTEST * span
    inner = np.flatnonzero((piece.edges > piece.low + room) & (piece.edges < piece.high - room))
    if len(inner) == 0 or (len(inner) < max_cells and not both and _singular(piece)):
        return [piece]
    k = int(inner[len(inner) // 2])
    cut = float(piece.edges[k])
    return [
        *_cut(Piece(piece.low, cut, piece.edges[: k + 1]), max_cells, span),
        *_cut(Piece(cut, piece.high, piece.edges[k:]), max_cells, span),
    ]


def _singular(piece: Piece) -> bool:
    return min(piece.share("low"), piece.share("high")) < SINGULAR


def _fit_one(fitter: PieceFitter, start: Vector, margin: float) -> FittedPiece:
    piece = fitter.piece
    if piece.low >= piece.high or fitter.constant(margin):
        return FittedPiece(piece, None, start)
    return FittedPiece(piece, fit_piece(fitter, margin, PIECE_WIDTH), start)
