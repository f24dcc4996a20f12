"""The methods that those who hold a model inherit: each is one line down into this room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from numpy.typing import ArrayLike

from approximant.arrays import Vector
from approximant.calculus._derivative import Derivative, derivative
from approximant.calculus._extrema import Extremum, maximum, minimum
from approximant.calculus._integral import Integral, integral
from approximant.calculus._roots import roots
from approximant.model import Model
from approximant.report import Report


class Calculus:
    """The calculus of the network in `model`, whose errors are in `report`."""

    if TYPE_CHECKING:
        model: Model
        report: Report

    def derivative(self, input: str | None = None) -> Derivative:
        """Return the exact derivative of the network by an input, as a function of points.

        Args:
            input: its name; may be left out if there is only one.

        Raises:
            DomainError: there is no such input, or several to choose from.
        """
        return derivative(self.model, input)

    def integral(self, a: ArrayLike | None = None, b: ArrayLike | None = None) -> Integral:
        """Return the integral of the network from a to b, with the error of this integration.

        For one hidden layer it is a closed form where the activations have one; otherwise Gaussian
        quadrature, or cubature for several inputs, whose error is estimated.

        Args:
            a: lower end, one per input, (d,); those of the domain by default.
            b: upper end, likewise.

        Raises:
            DomainError: the ends lie outside the domain, and the policy is not "warn" or "allow".
        """
        return integral(self.model, a, b)

    def maximum(self, output: str | None = None) -> Extremum:
        """Return the largest value of the network in its domain, and where it is.

        For one input it is found from all places where neurons turn; for several it is the best of
        many local searches along the exact gradient, so a sharper peak may hide between them.

        Args:
            output: its name; may be left out if there is only one.

        Raises:
            SettingError: there is no such output, or several to choose from.
        """
        return maximum(self.model, output)

    def minimum(self, output: str | None = None) -> Extremum:
        """Return the smallest value of the network in its domain; as `maximum`."""
        return minimum(self.model, output)

    def roots(self, output: str | None = None) -> Vector:
        """Return where the network of one input is zero, increasing, (k,).

        These are all sign changes, except jumps across zero, and the places where the network comes
        so near to zero that its largest error in the report may hide a root of the target. Roots
        between which it stays that near cannot be told apart: the first and the last are given.

        Raises:
            SettingError: there are several inputs, or no such output, or several to choose from.
        """
        return roots(self.model, output, self.report.max_error)
