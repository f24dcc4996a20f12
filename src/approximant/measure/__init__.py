"""Measuring: errors on fresh points, peaks hunted down, growth outside the domain, the Report."""

from approximant.measure._errors import Errors, measure_function, measure_rows
from approximant.measure._outside import measure_outside
from approximant.measure._report import OutsideError, PerOutput, Report, per_output

__all__ = [
    "Errors",
    "OutsideError",
    "PerOutput",
    "Report",
    "measure_function",
    "measure_outside",
    "measure_rows",
    "per_output",
]
