"""Sweeps: many experiments that differ in named settings, run anywhere, compared fairly.

_settings, _variables (what is asked) -> _search: _combinations | halving | _guided (which next)
-> _trials (experiments with keys) -> _dispatch -> _executors: _crew, _serve (where) -> _task (one
experiment) -> the run store -> _rows -> _sweep: _pictures; _start opens the place, _conduct leads.
"""

from approximant.sweeps._rows import Row
from approximant.sweeps._settings import SweepSettings, read_sweep_settings
from approximant.sweeps._start import sweep
from approximant.sweeps._sweep import Sweep
from approximant.sweeps._tables import sweep_tables
from approximant.sweeps._titles import plain
from approximant.sweeps._variables import Listed, Range

__all__ = [
    "Listed",
    "Range",
    "Row",
    "Sweep",
    "SweepSettings",
    "plain",
    "read_sweep_settings",
    "sweep",
    "sweep_tables",
]
