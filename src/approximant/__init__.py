"""Approximate any function by a small neural network, to the accuracy asked for, stated truthfully.

>>> import approximant as ap
>>> f = ap.approximate("sin(x) + x/4", {"x": (0, 6)}, tol=1e-9)
>>> f.report.met
True
>>> abs(f(2.0) - 1.4092974268256817) < 1e-8
True
"""

import importlib as _importlib
import typing as _typing

from approximant.approximant import Approximant, approximate, load
from approximant.certificate import Certificate
from approximant.domain import Box
from approximant.errors import (
    ApproximantError,
    CertificateError,
    CertificateWarning,
    DomainError,
    ExportError,
    FormulaError,
    ModelFileError,
    OutsideDomainWarning,
    SettingError,
    StoreError,
    TableError,
    TargetError,
)
from approximant.history import History
from approximant.laboratory import Training, train, training
from approximant.networks import Network
from approximant.progress import Progress
from approximant.report import Report

if _typing.TYPE_CHECKING:
    from approximant.descent import (
        LBFGS,
        SGD,
        Adagrad,
        Adam,
        AdamW,
        LevenbergMarquardt,
        Nadam,
        RMSprop,
    )
    from approximant.estimator import ApproximantRegressor
    from approximant.experiment import run_experiment as run
    from approximant.formula import Formula
    from approximant.sweeps import sweep
    from approximant.targets import Table

__all__ = [
    "Adagrad",
    "Adam",
    "AdamW",
    "Approximant",
    "ApproximantError",
    "ApproximantRegressor",
    "Box",
    "Certificate",
    "CertificateError",
    "CertificateWarning",
    "DomainError",
    "ExportError",
    "Formula",
    "FormulaError",
    "History",
    "LBFGS",
    "LevenbergMarquardt",
    "ModelFileError",
    "Nadam",
    "Network",
    "OutsideDomainWarning",
    "Progress",
    "RMSprop",
    "Report",
    "SGD",
    "SettingError",
    "StoreError",
    "Table",
    "TableError",
    "TargetError",
    "Training",
    "approximate",
    "load",
    "run",
    "sweep",
    "train",
    "training",
]
__version__ = "0.1.0"

# What only some people need is imported when it is first asked for.
_DEFERRED = {
    "ApproximantRegressor": "estimator.ApproximantRegressor",
    "Formula": "formula.Formula",
    "Table": "targets.Table",
    "run": "experiment.run_experiment",
    "sweep": "sweeps.sweep",
    "Adagrad": "descent.Adagrad",
    "Adam": "descent.Adam",
    "AdamW": "descent.AdamW",
    "LBFGS": "descent.LBFGS",
    "LevenbergMarquardt": "descent.LevenbergMarquardt",
    "Nadam": "descent.Nadam",
    "RMSprop": "descent.RMSprop",
    "SGD": "descent.SGD",
}


def __getattr__(name: str) -> _typing.Any:
    if name not in _DEFERRED:
        raise AttributeError(f"module 'approximant' has no attribute {name!r}")
    room, own_name = _DEFERRED[name].split(".")
    found = getattr(_importlib.import_module(f"approximant.{room}"), own_name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
