"""Derivatives, integrals, extrema and roots of a model."""

from approximant.calculus._derivative import Derivative
from approximant.calculus._extrema import Extremum
from approximant.calculus._integral import Integral
from approximant.calculus._methods import Calculus

__all__ = ["Calculus", "Derivative", "Extremum", "Integral"]
