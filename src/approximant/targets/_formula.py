"""Formula targets: one formula, several, or several with names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from approximant.arrays import Points, Values
from approximant.domain import Box
from approximant.errors import DomainError, FormulaError, SettingError
from approximant.formula import Formula, suggestion
from approximant.targets._budget import Budget
from approximant.targets._domain import read_domain, reordered
from approximant.targets._function import FunctionTarget
from approximant.targets._names import name_list, output_names

CHUNK = 2**14  # points at a time: the temporaries of a formula stay in the cache
_FILES = (".csv", ".tsv", ".parquet")


def formula_target(
    target: Any,
    domain: Any,
    budget: Budget,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
) -> FunctionTarget:
    """Return the target of a formula, a list of formulas, or `{"name": formula}`.

    Raises:
        FormulaError: a text cannot be read, or a variable has no interval.
        DomainError: the domain makes no sense, or is missing.
        SettingError: output names do not fit.
    """
    if isinstance(target, Mapping) and outputs is not None:
        raise SettingError("The formulas bring their output names; leave outputs= out.")
    texts = list(target.values()) if isinstance(target, Mapping) else _as_list(target)
    if not texts:
        raise FormulaError("There is no formula: the list is empty; give at least one.")
    for text in texts:
        _refuse_file(text)
    box = _box(texts, domain, inputs)
    formulas = tuple(_formula(text, box) for text in texts)
    for formula in formulas:
        _check_variables(formula, box)
    chosen = tuple(target) if isinstance(target, Mapping) else outputs
    names = output_names(chosen, len(formulas), box.names)
    used = {name for formula in formulas for name in formula.variables}
    evaluate = _Evaluation(formulas, box.names, budget)
    return FunctionTarget(
        kind="formula",
        domain=box,
        outputs=names,
        description="; ".join(_described(names, formulas, isinstance(target, Mapping))),
        evaluate=evaluate,
        evaluate_outside=evaluate,
        budget=budget,
        texts=tuple(formula.text for formula in formulas),
        unused_inputs=tuple(name for name in box.names if name not in used),
    )


def _as_list(target: Any) -> list[Any]:
    return [target] if isinstance(target, (str, Formula)) else list(target)


def _box(texts: Sequence[Any], domain: Any, inputs: Sequence[str] | None) -> Box:
    """Read the domain; an interval without a name belongs to the only variable."""
    names = name_list(inputs)
    if domain is not None:
        variables = _variables(texts)
        box = read_domain(domain, names or (variables if len(variables) == 1 else None))
        return box if names is None else reordered(box, names, "inputs= names")
    wanted = ", ".join(f"{name!r}: (0, 1)" for name in names or _variables(texts) or ["x"])
    raise DomainError(
        f"The domain is missing: say where to approximate the formula, such as {{{wanted}}}."
    )


def _variables(texts: Sequence[Any]) -> list[str]:
    try:
        found = [name for text in texts for name in _formula(text, None).variables]
    except FormulaError:  # it may read well once its variables are declared: x(x + 1)
        return []
    return list(dict.fromkeys(found))


def _formula(text: Any, box: Box | None) -> Formula:
    if isinstance(text, Formula):
        return text
    return Formula(text, None if box is None else box.names)


def _refuse_file(text: Any) -> None:
    if isinstance(text, str) and text.strip().lower().endswith(_FILES):
        raise FormulaError(
            f"A text is read as a formula, but {text!r} looks like a file; "
            f"for a table pass approximant.Table.read({text.strip()!r}, ...)."
        )


def _check_variables(formula: Formula, box: Box) -> None:
    for name in formula.variables:
        if name not in box.names:
            hint = suggestion(name, box.names)
            advice = f"{hint} If not, add" if hint else ": add"
            form = f"{name!r}: (0, 1) to the domain, or {name}=0:1 where it is a text"
            raise formula.error_at(name, f"the variable {name!r} has no interval{advice} {form}")


@dataclass(frozen=True)
class _Evaluation:
    """The formulas as a function of points (n, d); an object, so that it can be pickled."""

    formulas: tuple[Formula, ...]
    names: tuple[str, ...]
    budget: Budget

    def __call__(self, points: Points) -> Values:
        self.budget.spend(len(points))
        values = np.empty((len(points), len(self.formulas)))
        for start in range(0, len(points), CHUNK):
            rows = slice(start, start + CHUNK)
            columns = dict(zip(self.names, points[rows].T.copy(), strict=True))
            for output, formula in enumerate(self.formulas):
                values[rows, output] = formula(columns)
        return values


def _described(names: Sequence[str], formulas: Sequence[Formula], named: bool) -> list[str]:
    if len(formulas) == 1 and not named:
        return [formulas[0].text]
    return [f"{name} = {formula.text}" for name, formula in zip(names, formulas, strict=True)]
