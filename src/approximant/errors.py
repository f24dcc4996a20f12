"""The errors and warnings that approximant raises on purpose.

ApproximantError
    FormulaError     a formula text that cannot be read          (also ValueError)
    DomainError      an interval or a point that makes no sense  (also ValueError)
    TargetError      a target that misbehaves when evaluated     (also ValueError)
    TableError       rows or columns that cannot be used         (also ValueError)
    SettingError     an option outside its limits                (also ValueError)
    ModelFileError   a model file that cannot be written or trusted
    StoreError       a run store that cannot be used, or a run it does not hold
    CertificateError a certificate that cannot be made, or that does not prove what it says
    ExportError      a model that a format cannot carry, or not accurately enough
OutsideDomainWarning a point outside the region an approximant makes claims about
CertificateWarning   a certificate that no longer fits its network, and was dropped

What people passed is shown in messages by `short`.
"""

from typing import Any

SHOWN = 80  # characters of a wrong value in a message


class ApproximantError(Exception):
    """Base of every error that approximant raises on purpose."""


class FormulaError(ApproximantError, ValueError):
    """A formula text cannot be read."""


class DomainError(ApproximantError, ValueError):
    """An interval is impossible, or a point lies outside the domain under `outside="raise"`."""


class TargetError(ApproximantError, ValueError):
    """A target returned something that cannot be approximated, or failed while evaluated."""


class TableError(ApproximantError, ValueError):
    """Rows or columns of a table cannot be used."""


class SettingError(ApproximantError, ValueError):
    """An option is unknown or outside its limits."""


class ModelFileError(ApproximantError):
    """A model file cannot be written, read or trusted."""


class StoreError(ApproximantError):
    """A run store cannot be written or read, or does not hold the run that was asked for."""


class CertificateError(ApproximantError):
    """A certificate cannot be made, or does not prove what it says."""


class ExportError(ApproximantError):
    """A model cannot be exported to a file, or not as accurately as was asked."""


class OutsideDomainWarning(UserWarning):
    """Points lie outside the region in which the approximant makes any claim."""


class CertificateWarning(UserWarning):
    """A certificate no longer fits its network and was dropped."""


def short(value: Any) -> str:
    """Return how a value is shown in a message."""
    try:
        return one_line(repr(value))
    except Exception:  # a number of thousands of digits, an object that cannot say what it is
        return f"an object of type {type(value).__name__}"


def one_line(text: str) -> str:
    """Return a text as messages show it: on one line of moderate length."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else line[: SHOWN - 3] + "..."
