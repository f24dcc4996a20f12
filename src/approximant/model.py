"""Model: a network with its domain, scaling and outside policy; it speaks the user's units."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array, Mask, Points, SameBits, Values, Vector
from approximant.domain import Box, SampledRegion
from approximant.errors import DomainError, OutsideDomainWarning, SettingError
from approximant.networks import Network

OUTSIDE_POLICIES = ("warn", "raise", "nan", "clip", "allow")
CHUNK_FLOATS = 2**19  # floats in the widest layer of one chunk: 4 MB stays near the cache


@dataclass(frozen=True, eq=False)
class Scaling(SameBits):
    """The affine step `(x - anchor) / width`, one anchor and one width per column."""

    anchor: Vector
    width: Vector

    @classmethod
    def identity(cls, columns: int) -> Scaling:
        """Return the scaling that changes nothing."""
        return cls(np.zeros(columns), np.ones(columns))

    def apply(self, x: Array) -> Array:
        """Return `(x - anchor) / width`, (n, k)."""
        return (x - self.anchor) / self.width

    def undo(self, t: Array) -> Array:
        """Return `anchor + width * t`, (n, k)."""
        return self.anchor + self.width * t


@dataclass(frozen=True, eq=False)
class Model(SameBits):
    """What rooms pass around and files hold; equal where names, policy and all numbers are.

    Weights and scalings are compared bit for bit, the ends of the domain as numbers.

    Args:
        network: maps scaled inputs to scaled outputs.
        domain: the box in which the model makes claims.
        outputs: names of the m outputs.
        input_scaling: user's units to the network's inputs.
        output_scaling: its `undo` maps the network's outputs to the user's units.
        outside: what a call does with points outside: one of OUTSIDE_POLICIES.
        region: for tables, the sampled part of the domain.

    Raises:
        SettingError: an unknown outside policy.
    """

    network: Network
    domain: Box
    outputs: tuple[str, ...]
    input_scaling: Scaling
    output_scaling: Scaling
    outside: str = "warn"
    region: SampledRegion | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.outside not in OUTSIDE_POLICIES:
            raise SettingError(
                f"outside={self.outside!r} is no policy; "
                f"choose one of {', '.join(OUTSIDE_POLICIES)}."
            )

    @property
    def outer_weight_sums(self) -> Vector:
        """S of each output in the user's units, (m,)."""
        return self.network.outer_weight_sums * np.abs(self.output_scaling.width)

    @property
    def rounding_estimates(self) -> Vector:
        """What rounding adds to one evaluation, about, in the user's units, (m,)."""
        return self.network.rounding_estimates * np.abs(self.output_scaling.width)

    def fingerprint(self, formulas: Sequence[str] = ()) -> str:
        """Return a SHA-256, in hex, of all that decides the values, with the texts of the target.

        Every weight, both scalings, the domain, names, activations and formulas take part; what a
        call does outside the domain does not.
        """
        words = [self.domain.names, self.outputs, [layer.groups for layer in self.network.layers]]
        digest = hashlib.sha256(json.dumps([*words, [*formulas]]).encode())
        arrays = [self.domain.lower, self.domain.upper]
        for scaling in (self.input_scaling, self.output_scaling):
            arrays += [scaling.anchor, scaling.width]
        for layer in self.network.layers:
            arrays += [layer.weights, np.zeros(0) if layer.biases is None else layer.biases]
        for array in arrays:
            digest.update(f"{array.shape}".encode() + array.astype("<f8").tobytes())
        return digest.hexdigest()

    def inside(self, points: Points) -> Mask:
        """Tell for each of the points (n, d) whether the model makes a claim there."""
        inside = self.domain.contains(points)
        if self.region is not None and inside.any():
            unit = (points[inside] - self.domain.lower) / self.domain.width
            inside[inside] = self.region.contains(unit)
        return inside

    def evaluate(self, points: Points) -> Values:
        """Return the network's values (n, m) in the user's units, whatever the points (n, d)."""
        values = np.empty((len(points), len(self.outputs)))
        for rows in self._chunks(len(points)):
            t = self.network(self.input_scaling.apply(points[rows]))
            values[rows] = self.output_scaling.undo(t)
        return values

    def gradient(self, points: Points) -> Array:
        """Return the derivative (n, m, d) of the values by the inputs at points (n, d)."""
        gradient = np.empty((len(points), len(self.outputs), self.domain.dimension))
        ratio = self.output_scaling.width[:, None] / self.input_scaling.width
        for rows in self._chunks(len(points)):
            gradient[rows] = ratio * self.network.gradient(self.input_scaling.apply(points[rows]))
        return gradient

    def turns(self, z: float = 0.0, *, kinked: bool = False) -> Vector:
        """Return where in the domain neurons of the first layer are given z, (k,), for one input.

        Args:
            z: what their activation is applied to.
            kinked: only neurons whose activation has a kink or a jump, at z = 0.
        """
        layer = self.network.layers[0]
        groups = ((activation.smooth, columns) for activation, columns in layer.slices())
        smooth = np.concatenate([np.full(c.stop - c.start, s) for s, c in groups])
        weights = layer.weights[:, 0]
        wanted = (weights != 0) & ~(smooth & kinked)
        biases = 0.0 if layer.biases is None else layer.biases[wanted]
        with np.errstate(over="ignore"):
            x = self.input_scaling.undo(((z - biases) / weights[wanted])[:, None])[:, 0]
        return np.asarray(x[(x > self.domain.lows[0]) & (x < self.domain.highs[0])])

    def __call__(self, points: Points) -> Values:
        """Return the values (n, m) at points (n, d), obeying the outside policy.

        Raises:
            DomainError: points lie outside and the policy is "raise".
        """
        return self._guarded(points, self.evaluate)

    def guarded_gradient(self, points: Points) -> Array:
        """Return the gradient (n, m, d) at points (n, d), obeying the outside policy."""
        return self._guarded(points, self.gradient)

    def _guarded(self, points: Points, evaluate: Callable[[Points], Array]) -> Array:
        if self.outside == "allow":
            return evaluate(points)
        inside = self.inside(points)
        if inside.all():
            return evaluate(points)
        if self.outside == "clip":
            return evaluate(self.moved_inside(points))
        if self.outside == "nan":
            values = evaluate(points)
            values[~inside] = np.nan
            return values
        message = self._outside_message(points, inside)
        if self.outside == "raise":
            raise DomainError(message)
        warnings.warn(message, OutsideDomainWarning, stacklevel=4)
        return evaluate(points)

    def moved_inside(self, points: Points) -> Points:
        """Return the nearest points of the domain; far from all rows, the nearest row stored."""
        clipped = self.domain.clip(points)
        if self.region is None:
            return clipped
        far = ~self.inside(clipped) & ~np.isnan(clipped).any(axis=1)
        if far.any():
            unit = (clipped[far] - self.domain.lower) / self.domain.width
            clipped[far] = self.domain.from_unit(self.region.nearest(unit))
        return clipped

    def _outside_message(self, points: Points, inside: Mask) -> str:
        first = points[~inside][0]
        point = ", ".join(f"{n}={v:.6g}" for n, v in zip(self.domain.names, first, strict=True))
        ends = ", ".join(f"{n}={a:g}:{b:g}" for n, (a, b) in self.domain.intervals().items())
        where = f"the domain {ends}"
        if self.domain.contains(first[None])[0]:
            where = f"the sampled part of {where} (no row of the table is near)"
        count = int((~inside).sum())
        return (
            f"{count} of {len(points)} points lie outside {where}, the first at {point}: "
            "nothing is known about the error there."
        )

    def _chunks(self, n: int) -> Iterator[slice]:
        size = max(1, CHUNK_FLOATS // max(self.network.widths))
        return (slice(start, start + size) for start in range(0, n, size))
