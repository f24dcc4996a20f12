"""Integrals of a model: closed forms, quadrature, cubature."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from approximant.arrays import UNIT_ROUNDOFF, Frozen, Points, Values, Vector
from approximant.calculus._closed_form import closed_form
from approximant.calculus._cubature import cubature
from approximant.calculus._quadrature import quadrature
from approximant.errors import DomainError, OutsideDomainWarning, short
from approximant.model import Model
from approximant.points import as_floats
from approximant.sampling import corner_points, spread_points
from approximant.streams import Stream

NEIGHBOURS = 4  # floats on either side of a kink that end a piece
CHECKED = 1000  # points that must lie in the sampled region of a table


@dataclass(frozen=True, eq=False)
class Integral(Frozen):
    """The integral of a network.

    Args:
        value: per output; `float()` of it for one output.
        error: of this integration, per output: a bound on its rounding for closed forms, an
            estimate for quadrature and cubature. The error of the network comes on top: at most its
            largest error times the volume.
        method: "closed form", "quadrature" or "cubature".
    """

    value: float | Vector
    error: float | Vector
    method: str

    def __float__(self) -> float:
        """Return the value; only for one output.

        Raises:
            TypeError: there are several outputs.
        """
        if isinstance(self.value, np.ndarray):
            raise TypeError(
                f"This integral has {len(self.value)} values, one per output; take `value`."
            )
        return self.value


def integral(model: Model, a: ArrayLike | None, b: ArrayLike | None) -> Integral:
    """Return the integral from a to b, one end per input; over the whole domain by default.

    Raises:
        DomainError: the ends have a wrong shape, or lie outside and the policy forbids that.
    """
    low = _ends(model, a, model.domain.lower)
    high = _ends(model, b, model.domain.upper)
    sign = float(np.prod(np.where(high < low, -1.0, 1.0)))
    low, high = np.minimum(low, high), np.maximum(low, high)
    _check_inside(model, low, high)
    value, error, method = _integrated(model, low, high)
    if len(model.outputs) == 1:
        return Integral(sign * float(value[0]), float(error[0]), method)
    return Integral(sign * value, error, method)


def _integrated(model: Model, low: Vector, high: Vector) -> tuple[Vector, Vector, str]:
    scaling, undone = model.input_scaling, model.output_scaling
    found = closed_form(model.network, scaling.apply(low), scaling.apply(high))
    if found is not None:
        units, volume = float(np.prod(scaling.width)), float(np.prod(high - low))
        value = undone.anchor * volume + undone.width * found[0] * units
        error = np.abs(undone.width) * found[1] * abs(units)
        return value, error + 4 * UNIT_ROUNDOFF * np.abs(undone.anchor) * volume, "closed form"
    if len(low) > 1:
        return *cubature(model.evaluate, low, high, model.rounding_estimates), "cubature"

    def values(x: Vector) -> Values:
        return model.evaluate(x[:, None])

    pieces = _pieces(model, low[0], high[0])
    return *quadrature(values, pieces, model.rounding_estimates), "quadrature"


def _pieces(model: Model, low: float, high: float) -> Vector:
    """Return the ends of pieces without a kink of the first layer inside."""
    kinks = model.turns(kinked=True)
    sides = kinks[:, None] + np.spacing(kinks)[:, None] * np.arange(-NEIGHBOURS, NEIGHBOURS + 1)
    return np.unique(np.clip(np.concatenate([[low, high], sides.ravel()]), low, high))


def _ends(model: Model, given: ArrayLike | None, default: Vector) -> Vector:
    if given is None:
        return default
    try:
        ends = np.atleast_1d(as_floats(given))
    except DomainError:
        raise _bad_end(model, given) from None
    if ends.shape != default.shape or not np.isfinite(ends).all():
        raise _bad_end(model, given)
    return ends


def _bad_end(model: Model, given: object) -> DomainError:
    names = model.domain.names
    if len(names) == 1:
        wanted = f"a finite number, as {names[0]} is the only input"
    else:
        wanted = f"a list of finite numbers, one for each of the inputs {', '.join(names)}"
    return DomainError(f"An end of the integral is {short(given)}; give {wanted}.")


def _check_inside(model: Model, low: Vector, high: Vector) -> None:
    """Complain about a part outside as the policy says; for tables about gaps between rows too."""
    if model.outside == "allow" or model.inside(_looked_at(model, low, high)).all():
        return
    ends = ", ".join(
        f"{name}={a:g}:{b:g}" for name, a, b in zip(model.domain.names, low, high, strict=True)
    )
    inside = ", ".join(f"{n}={a:g}:{b:g}" for n, (a, b) in model.domain.intervals().items())
    rows = ", or where no row of the table is near" if model.region is not None else ""
    message = (
        f"A part of {ends} lies outside the domain {inside}{rows}: nothing is known about the "
        "error there."
    )
    if model.outside != "warn":
        raise DomainError(message)
    warnings.warn(message, OutsideDomainWarning, stacklevel=4)


def _looked_at(model: Model, low: Vector, high: Vector) -> Points:
    d = len(low)
    unit = corner_points(d, 256, Stream.DOMAIN_POINTS.generator(0))
    if model.region is not None:
        unit = spread_points(CHECKED, d)
    return np.clip(low + unit * (high - low), low, high)
