"""The single way in: whatever a person passes as a target becomes one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from approximant.errors import SettingError, TargetError
from approximant.formula import Formula
from approximant.progress import Watch
from approximant.targets._budget import Budget
from approximant.targets._callable import callable_target
from approximant.targets._columns import Chosen
from approximant.targets._domain import read_domain
from approximant.targets._formula import formula_target
from approximant.targets._frame import is_frame
from approximant.targets._function import FunctionTarget
from approximant.targets._names import numbered, text_names
from approximant.targets._table import Table
from approximant.targets._table_target import TableTarget, table_target

Target: TypeAlias = FunctionTarget | TableTarget


def read_target(
    target: Any,
    domain: Any = None,
    *,
    inputs: Chosen = None,
    outputs: Chosen = None,
    max_evaluations: int | None = None,
    watch: Watch | None = None,
    seed: int = 0,
) -> Target:
    """Return what a person passed as a target, ready to be approximated.

    Args:
        target: a formula text, a Formula, a list of them or `{"name": formula}`; a callable; a
            pair of arrays (X, y), a data frame, a Table, or a `pathlib.Path` to a table.
        domain: see `read_domain`; may be left out for tables.
        inputs: names of the inputs; for data frames and files the columns that are inputs.
        outputs: names of the outputs, or columns.
        max_evaluations: largest number of points at which a formula or callable is evaluated.
        watch: hears of the progress of a slow callable.
        seed: mixed into the split of a table's rows.

    Raises:
        TargetError: it is none of these, or it misbehaves.
        FormulaError, DomainError, TableError, SettingError: as their names say.
    """
    if isinstance(target, (FunctionTarget, TableTarget)):
        return target
    budget = Budget(max_evaluations)
    if _is_formulas(target):
        return formula_target(
            target, domain, budget, inputs=text_names(inputs), outputs=text_names(outputs)
        )
    if callable(target):
        return callable_target(
            target,
            domain,
            budget,
            inputs=text_names(inputs),
            outputs=text_names(outputs),
            watch=watch,
        )
    return table_target(_table(target, domain, inputs, outputs), domain, seed=seed)


def _is_formulas(target: Any) -> bool:
    if isinstance(target, Mapping):
        target = list(target.values())
    if isinstance(target, (list, tuple)):
        return all(isinstance(item, (str, Formula)) for item in target)
    return isinstance(target, (str, Formula))


def _table(target: Any, domain: Any, inputs: Chosen, outputs: Chosen) -> Table:
    if isinstance(target, Table):
        if inputs is not None or outputs is not None:
            raise SettingError(
                "The table knows its columns; say inputs= and outputs= where you make it."
            )
        return target
    if isinstance(target, Path):
        return Table.read(target, inputs=inputs, outputs=outputs)
    if isinstance(target, tuple) and len(target) == 2:
        return _from_pair(target, domain, text_names(inputs), text_names(outputs))
    if not isinstance(target, (np.ndarray, tuple, list, Mapping)) and is_frame(target):
        return Table.from_frame(target, inputs=inputs, outputs=outputs)
    raise TargetError(
        f"A target cannot be a {type(target).__name__}; pass a formula text, a function, a pair of "
        "arrays (X, y), a data frame with inputs= and outputs=, or Table.read(path)."
    )


def _from_pair(
    pair: tuple[Any, Any],
    domain: Any,
    inputs: tuple[str, ...] | None,
    outputs: tuple[str, ...] | None,
) -> Table:
    """Read two arrays; columns without names of their own take those of the domain, in order."""
    table = Table.from_arrays(*pair, inputs=inputs, outputs=outputs)
    count = len(table.inputs)
    if domain is None or table.inputs != numbered("x", count):
        return table
    names = read_domain(domain, table.inputs).names
    if len(names) != count or set(names) == set(table.inputs):
        return table
    return Table.from_arrays(*pair, inputs=names, outputs=outputs)
