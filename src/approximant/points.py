"""Points in every form in which people give them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from approximant.arrays import Array, Points
from approximant.errors import DomainError, short

_NO_NUMBERS = (str, bytes, bool, np.bool_, type(None))  # though float() takes some of them


def read_points(
    names: tuple[str, ...], points: ArrayLike | None, inputs: Mapping[str, ArrayLike]
) -> tuple[Points, tuple[int, ...]]:
    """Return points (n, d) and the shape that an answer for them has in front.

    Args:
        names: the d input names.
        points: a number or any array for one input; (d,) or (n, d) for several; None if by name.
        inputs: one array per input, broadcast against each other; empty if not by name.

    Raises:
        DomainError: both or neither are given, a name is wrong, or a shape does not fit.
    """
    if (points is None) == (not inputs):
        raise DomainError(f"Give points, or the inputs by name: {', '.join(names)}.")
    if points is None:
        return _named(names, inputs)
    x = as_floats(points)
    d = len(names)
    if d == 1 and (x.ndim < 2 or x.shape[1:] != (1,)):
        return x.reshape(-1, 1), x.shape
    if d > 1 and x.shape == (d,):
        return x[None], ()
    if x.ndim != 2 or x.shape[1] != d:
        raise DomainError(
            f"Points of shape {x.shape} do not fit the {d} inputs {', '.join(names)}; "
            f"give an array of shape (n, {d})."
        )
    return x, (len(x),)


def _named(
    names: tuple[str, ...], inputs: Mapping[str, ArrayLike]
) -> tuple[Points, tuple[int, ...]]:
    unknown = [name for name in inputs if name not in names]
    missing = [name for name in names if name not in inputs]
    if unknown or missing:
        wrong = f"{unknown[0]!r} is no input" if unknown else f"{missing[0]!r} is missing"
        raise DomainError(f"{wrong}; the inputs are {', '.join(names)}.")
    try:
        columns = np.broadcast_arrays(*(as_floats(inputs[name], name) for name in names))
    except ValueError as error:
        shapes = ", ".join(f"{name} {np.shape(inputs[name])}" for name in names)
        raise DomainError(
            f"The inputs have shapes that do not fit each other: {shapes}."
        ) from error
    return np.stack([column.ravel() for column in columns], axis=1), columns[0].shape


def as_floats(values: ArrayLike, what: str = "Points") -> Array:
    """Return numbers as an array of floats of the same shape.

    Args:
        values: numbers in any form; of texts, truth values and None none is taken for one.
        what: they are, for the message.

    Raises:
        DomainError: they are no real numbers.
    """
    try:
        array = np.asarray(values)
        numbers = array.dtype.kind in "iuf" or (
            array.dtype.kind == "O"
            and not any(isinstance(item, _NO_NUMBERS) for item in array.flat)
        )
        if numbers:
            return array.astype(float, copy=False)
    except (TypeError, ValueError, OverflowError):
        pass
    raise DomainError(f"{what} must be numbers; got {short(values)}.")
