"""Targets: what is approximated - formulas, callables and tables behind one way in.

    _read (dispatch) -> _formula, _callable -> _function (FunctionTarget)
                     -> _table (Table: _arrays, _frame, _csv) -> _table_target (TableTarget)

A function can be evaluated anywhere in its domain, and counts how often; a table is split into rows
to fit, to choose with and to verify.
"""

from approximant.targets._budget import EvaluationLimit, TimeUp
from approximant.targets._digest import file_digest
from approximant.targets._domain import read_domain
from approximant.targets._fingerprint import source_fingerprint
from approximant.targets._function import FunctionTarget
from approximant.targets._import import import_callable
from approximant.targets._names import text_names
from approximant.targets._read import Target, read_target
from approximant.targets._table import Table
from approximant.targets._table_target import TableTarget

__all__ = [
    "EvaluationLimit",
    "FunctionTarget",
    "Table",
    "TableTarget",
    "Target",
    "TimeUp",
    "file_digest",
    "import_callable",
    "read_domain",
    "read_target",
    "source_fingerprint",
    "text_names",
]
