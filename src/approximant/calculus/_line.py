"""One output of a model of one input: where to look at it, and bisection."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Mask, Vector
from approximant.errors import SettingError, short
from approximant.model import Model
from approximant.settings import option

EVEN, MOST = 4097, 200_000  # points of the even grid
PER_WAVE = 32  # points of it in a wave of the fastest sine
PLACES = (-6.0, -3.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 3.0, 6.0)  # of z, where neurons turn
STEPS = 1100  # halvings, as many as there can be between two floats


@dataclass(frozen=True, eq=False)
class Curve:
    """One output of a model of one input, as functions of (n,).

    Args:
        model: of one input.
        output: number of the output.
    """

    model: Model
    output: int

    def values(self, x: Vector) -> Vector:
        """Return the values (n,), whatever the outside policy."""
        return np.asarray(self.model.evaluate(x[:, None])[:, self.output])

    def slopes(self, x: Vector) -> Vector:
        """Return the derivatives (n,)."""
        return np.asarray(self.model.gradient(x[:, None])[:, self.output, 0])

    def inside(self, x: Vector) -> Mask:
        """Tell where claims hold, (n,)."""
        return self.model.inside(x[:, None])

    def stationary(self, x: Vector) -> Vector:
        """Return where the slope changes sign between points (n,) of a grid, as both floats."""
        signs = np.sign(self.slopes(x))
        change = np.flatnonzero(signs[:-1] * signs[1:] < 0)
        ends = bisect(self.slopes, x[change], x[change + 1], signs[change] > 0)
        return np.concatenate(ends)

    def grid(self) -> Vector:
        """Return points (n,), increasing, between which nothing should hide.

        They are even enough for the fastest wave, and lie where the neurons of the first layer
        turn; kinks have the floats next to them.
        """
        low, high = self.model.domain.lows[0], self.model.domain.highs[0]
        first = self.model.network.layers[0]
        fastest = float(np.abs(first.weights[:, 0] / self.model.input_scaling.width[0]).max())
        waves = fastest * (high - low) / (2 * np.pi)
        waved = any(name == "sin" for name, _ in first.groups)
        n = int(min(max(EVEN, PER_WAVE * waves if waved else 0), MOST))
        turns = [self.model.turns(z) for z in PLACES]
        kinks = self.model.turns(kinked=True)
        sides = [np.nextafter(kinks, end) for end in (-np.inf, np.inf)]
        return np.unique(np.clip(np.concatenate([np.linspace(low, high, n), *turns, *sides]),
                                 low, high))  # fmt: skip


def curve(model: Model, output: str | None) -> Curve:
    """Return one output of a model of one input.

    Raises:
        SettingError: there is no such output, or several to choose from.
    """
    return Curve(model, output_number(model, output))


def output_number(model: Model, output: str | None) -> int:
    """Return the number of an output, the only one by default.

    Raises:
        SettingError: there is no such output, or several to choose from.
    """
    output = option(output, str | None, "output")
    if output is None and len(model.outputs) == 1:
        return 0
    if output not in model.outputs:
        given = "Say which output" if output is None else f"{short(output)} is no output"
        raise SettingError(f"{given}; the outputs are {', '.join(model.outputs)}.")
    return model.outputs.index(output)


def bisect(
    function: Callable[[Vector], Vector], low: Vector, high: Vector, positive: Mask
) -> tuple[Vector, Vector]:
    """Return neighbouring floats (k,), (k,) between which a function changes sign.

    Args:
        function: of (n,).
        low: where it has one sign, (k,).
        high: where it has the other, (k,).
        positive: whether it is positive at `low`, (k,). Asked again, in a batch of another size, it
            could differ by rounding.
    """
    for _ in range(STEPS):
        middle = low + 0.5 * (high - low)
        if np.all((middle <= low) | (middle >= high)):
            break
        same = (function(middle) > 0) == positive
        low, high = np.where(same, middle, low), np.where(same, high, middle)
    return low, high
