"""What people hold and call: `approximate` and `load` return an Approximant."""

from approximant.approximant._approximant import Approximant
from approximant.approximant._calls import approximate, load

__all__ = ["Approximant", "approximate", "load"]
