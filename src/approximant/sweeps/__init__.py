"""Sweeps: many experiments that differ in named settings, run anywhere, compared fairly.

_settings, _variables (what is asked) -> _search: _combinations | halving | _guided (which next)
-> _trials (experiments with keys) -> _dispatch -> _executors: _crew, _serve (where) -> _task (one
experiment) -> the run store -> _rows -> _sweep: _pictures; _start opens the place, _conduct leads.

A name is imported when it is first asked for: worker processes start while the rest is imported,
which takes as long as they do.
"""

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
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

_FILES = {
    "Listed": "_variables",
    "Range": "_variables",
    "Row": "_rows",
    "Sweep": "_sweep",
    "SweepSettings": "_settings",
    "plain": "_titles",
    "read_sweep_settings": "_settings",
    "sweep": "_start",
    "sweep_tables": "_tables",
}


def __getattr__(name: str) -> _typing.Any:
    if name not in _FILES:
        raise AttributeError(f"module 'approximant.sweeps' has no attribute {name!r}")
    found = getattr(_importlib.import_module(f"approximant.sweeps.{_FILES[name]}"), name)
    globals()[name] = found
    return found
