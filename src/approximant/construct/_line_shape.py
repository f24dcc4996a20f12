"""Hidden layers of a given width for one input: asked for, or to start refining from."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from approximant.construct._line import LineNetwork, single_layer
from approximant.construct._line_geometry import even_grid, line_geometries, mesh, neurons, waves
from approximant.construct._piece_fitter import Frame, PieceFitter, mesh_frame
from approximant.networks import Layer, NetworkSpec
from approximant.profile import Line, LineProfile, Piece

NARROW = 10  # neurons up to which grids reach further than waves
GRIDS = (
    (0.35, 2),
    (0.7, 3),
    (0.25, 3),
    (0.5, 2),
    (0.7, 0),
    (0.25, 0),
    (0.25, 2),
    (0.25, 4),
    (0.7, 1),
    (0.35, 0),
    (0.5, 4),
    (0.35, 4),
)
WAVES = (5.0, 1.6, 2.0, 3.0, 1.3, 1.15)
SLOPES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.5, 4.0)
HALOS = (0, 1, 2, 4, 8, 12, 18)
HALF_AS_STEEP = ("sigmoid", "softplus", "silu")  # sigmoid(2 z) rises as tanh(z) does


def line_starts(width: int, geometry: str, count: int) -> Iterator[Layer]:
    """Yield up to `count` hidden layers from which a refinement may reach a small network.

    Args:
        width: number of neurons.
        geometry: name of the geometry that met the tolerance with more neurons.
        count: how many layers.
    """
    grids = [even_grid(width, slope=slope, halo=halo) for slope, halo in GRIDS]
    waved = [waves(width, period=period) for period in WAVES if f"waves {period:g}" != geometry]
    if width <= 2:  # one or two steep steps, off the middle so that symmetry does not trap them
        grids.insert(0, neurons(np.linspace(-0.3, 0.7, width), np.full(width, 3.0), "tanh"))
    if width > NARROW:
        grids = [even_grid(width, slope=0.25, halo=4), even_grid(width, slope=0.35, halo=4), *grids]
        mixed = [layer for pair in zip(waved, grids, strict=False) for layer in pair]
        layers = [*mixed, *grids[len(waved) :]]
    else:
        layers = [*grids[:3], waved[0], *grids[3:], *waved[1:]]
    layers = [_same_geometry(width, geometry), *layers]
    yield from [layer for layer in layers if layer is not None][:count]


def _same_geometry(width: int, geometry: str) -> Layer | None:
    if width <= NARROW:
        return None
    for family in line_geometries():
        if family.name == geometry:
            return family.build(width)
    return None


def line_shape(
    line: Line, profile: LineProfile, spec: NetworkSpec, generator: np.random.Generator
) -> LineNetwork:
    """Return the best network of the shape asked for, one solve for each placement of neurons.

    Args:
        line: the target.
        profile: what the probe found.
        spec: one hidden layer, with biases.
        generator: draws choosing points.
    """
    whole = profile.whole()
    fitter = PieceFitter(line, whole, generator)
    fits = [fitter.attempt(layer, "shape") for layer in _placements(spec)]
    for frame, layer in _meshes(whole, spec):
        x = fitter.mesh_samples(layer, frame)
        fits.append(fitter.attempt(layer, "shape", frame, x))
    return single_layer(min(fits, key=lambda fit: fit.quality), fitter.tried)


def _placements(spec: NetworkSpec) -> Iterator[Layer]:
    """Yield layers of the shape asked for: every group on a grid of its own, sines as waves."""
    for slope in SLOPES:
        for halo in HALOS:
            parts = [_place(name, count, slope, halo) for name, count in spec.groups[0]]
            layers = [part for part in parts if part is not None]
            if len(layers) == len(parts):
                yield _joined(layers, spec)


def _place(activation: str, count: int, slope: float, halo: int) -> Layer | None:
    if activation == "sin":
        layer = waves(max(count, 4), period=1.0 + slope * (1 + halo))
        return None if layer is None else _first(layer, count)
    if activation in HALF_AS_STEEP:
        slope *= 2.0
    if count < 2 * halo + 2:
        return None if halo else neurons(np.zeros(count), np.full(count, slope), activation)
    return even_grid(count, slope=slope, halo=halo, activation=activation)


def _first(layer: Layer, count: int) -> Layer:
    assert layer.biases is not None
    return Layer.uniform(layer.weights[:count], layer.biases[:count], layer.groups[0][0])


def _joined(layers: list[Layer], spec: NetworkSpec) -> Layer:
    weights = np.concatenate([layer.weights for layer in layers])
    biases = np.concatenate([np.asarray(layer.biases) for layer in layers])
    return Layer(weights, biases, spec.groups[0])


def _meshes(piece: Piece, spec: NetworkSpec) -> Iterator[tuple[Frame, Layer]]:
    """Yield layers whose neurons crowd where the cells do, for a single sigmoid-like activation."""
    name, count = spec.groups[0][0]
    if len(spec.groups[0]) > 1 or name not in ("tanh", "sigmoid") or count < 12:
        return
    frame = mesh_frame(piece)
    edges = (piece.edges - frame.anchor) / frame.width
    for growth in (0.2, 0.3, 0.45):
        layer = mesh(edges, cell=0.5, growth=growth, width=count)
        factor = 2.0 if name in HALF_AS_STEEP else 1.0
        assert layer.biases is not None
        yield frame, Layer.uniform(factor * layer.weights, factor * layer.biases, name)
