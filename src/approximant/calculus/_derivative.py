"""The exact derivative of a model by one of its inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from approximant.domain import Box
from approximant.errors import DomainError, short
from approximant.model import Model
from approximant.points import read_points


@dataclass(frozen=True, eq=False, repr=False)
class Derivative:
    """The derivative of a model by one input; called with points like what it was taken of.

    Args:
        model: what is differentiated; outside its domain its policy holds.
        input: name of the input.
    """

    model: Model
    input: str

    @property
    def domain(self) -> Box:
        """The domain of the model."""
        return self.model.domain

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.model.outputs

    def __repr__(self) -> str:
        outputs = ", ".join(self.outputs)
        return f"<Derivative of {outputs} by {self.input}: {self.model.network}>"

    def __call__(self, points: ArrayLike | None = None, /, **inputs: ArrayLike) -> Any:
        """Return the derivative at points, or at inputs given by name.

        Returns:
            A number for one point, (n,), or with m outputs (m,), (n, m).

        Raises:
            DomainError: wrong shape or names, or points outside and the policy is "raise".
        """
        x, shape = read_points(self.domain.names, points, inputs)
        slopes = self.model.guarded_gradient(x)[:, :, self.domain.names.index(self.input)]
        if len(self.outputs) == 1:
            slopes = slopes[:, 0]
        slopes = slopes.reshape(shape + slopes.shape[1:])
        return slopes if slopes.ndim else float(slopes)


def derivative(model: Model, input: str | None) -> Derivative:
    """Return the derivative by an input, the only one by default.

    Raises:
        DomainError: there is no such input, or several to choose from.
    """
    names = model.domain.names
    if input is None and len(names) == 1:
        return Derivative(model, names[0])
    if not isinstance(input, str) or input not in names:
        given = "Say by which input" if input is None else f"{short(input)} is no input"
        raise DomainError(f"{given}; the inputs are {', '.join(names)}.")
    return Derivative(model, input)
