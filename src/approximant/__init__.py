"""Approximate any function by a small neural network, to the accuracy asked for, stated truthfully.

>>> import approximant as ap
>>> f = ap.approximate("sin(x) + x/4", {"x": (0, 6)}, tol=1e-9)
>>> f.report.met
True
>>> abs(f(2.0) - 1.4092974268256817) < 1e-8
True
"""

import typing as _typing

from approximant.approximant import Approximant, approximate, load
from approximant.domain import Box
from approximant.errors import (
    ApproximantError,
    DomainError,
    ExportError,
    FormulaError,
    ModelFileError,
    OutsideDomainWarning,
    SettingError,
    TableError,
    TargetError,
)
from approximant.networks import Network
from approximant.progress import Progress
from approximant.report import Report

if _typing.TYPE_CHECKING:
    from approximant.formula import Formula
    from approximant.targets import Table

__all__ = [
    "Approximant",
    "ApproximantError",
    "Box",
    "DomainError",
    "ExportError",
    "Formula",
    "FormulaError",
    "ModelFileError",
    "Network",
    "OutsideDomainWarning",
    "Progress",
    "Report",
    "SettingError",
    "Table",
    "TableError",
    "TargetError",
    "approximate",
    "load",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> _typing.Any:
    """Import what only some people need when it is first asked for."""
    if name == "Formula":
        from approximant.formula import Formula as found
    elif name == "Table":
        from approximant.targets import Table as found  # type: ignore[assignment]
    else:
        raise AttributeError(f"module 'approximant' has no attribute {name!r}")
    globals()[name] = found
    return found
