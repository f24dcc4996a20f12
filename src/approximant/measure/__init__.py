"""Measuring: errors on fresh points, peaks hunted down, growth outside the domain."""

from approximant.measure._errors import Errors, measure_function, measure_rows
from approximant.measure._outside import measure_outside

__all__ = ["Errors", "measure_function", "measure_outside", "measure_rows"]
