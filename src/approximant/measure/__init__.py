"""Measuring: errors on fresh points, peaks hunted down, growth outside the domain, diagnosis.

_errors, _outside (a model against its target)
_evidence -> _unit_, _range_, _scale_, _course_, _oscillation_finding(s) -> _diagnosis (a training)
"""

from approximant.measure._diagnosis import diagnose
from approximant.measure._errors import Errors, measure_function, measure_rows
from approximant.measure._outside import measure_outside

__all__ = ["Errors", "diagnose", "measure_function", "measure_outside", "measure_rows"]
