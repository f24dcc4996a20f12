"""Which columns of a table are inputs and which are outputs."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from approximant.arrays import is_series
from approximant.errors import TableError, short
from approximant.targets._names import numbered, output_names
from approximant.targets._words import count_text, list_text, near_miss

Chosen: TypeAlias = str | int | Sequence[str | int] | None  # columns by name, or counted from 0


@dataclass(frozen=True)
class Selection:
    """The columns that are used, by position and by name.

    Args:
        inputs: positions of the input columns, counted from 0.
        outputs: positions of the output columns.
        input_names: their names.
        output_names: their names.
        note: what was assumed, or "".
    """

    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    note: str = ""

    @property
    def columns(self) -> tuple[int, ...]:
        """Positions of all used columns, inputs first."""
        return self.inputs + self.outputs

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all used columns, inputs first."""
        return self.input_names + self.output_names


def select_columns(
    names: Sequence[str], inputs: Chosen, outputs: Chosen, *, header: bool = True
) -> Selection:
    """Return the columns that `inputs` and `outputs` name.

    What is not said is assumed only where nothing else is possible or natural: of two columns the
    first is the input; one column left over is the output; all columns left over are inputs.

    Args:
        names: the column names; without a header their numbers.
        inputs: columns by name, or by number counted from 0; one text may join names by commas.
        outputs: likewise.
        header: whether the names come from the table.

    Raises:
        TableError: there is no such column, one is used twice, or too little is said.
    """
    chosen_inputs = None if inputs is None else _positions(names, inputs)
    chosen_outputs = None if outputs is None else _positions(names, outputs)
    ins, outs = _complete(names, chosen_inputs, chosen_outputs)
    used = ins + outs
    for position in used:
        if used.count(position) > 1:
            raise TableError(f"The column {names[position]!r} is used twice; use it once.")
        _check_name(names, position, header)
    assumed = chosen_inputs is None or chosen_outputs is None or not header
    if header:
        input_names, outputs_named = (tuple(names[k] for k in part) for part in (ins, outs))
    else:
        input_names = numbered("x", len(ins))
        outputs_named = output_names(None, len(outs), input_names)
    selection = Selection(tuple(ins), tuple(outs), input_names, outputs_named)
    return replace(selection, note=_assumed(selection, header)) if assumed else selection


def _assumed(selection: Selection, header: bool) -> str:
    if header:
        ins, outs = list_text(selection.input_names), list_text(selection.output_names)
        return f"Inputs are {ins}; outputs are {outs}."
    pairs = zip(selection.names, selection.columns, strict=True)
    named = list_text(f"column {position} is {name}" for name, position in pairs)
    return f"Counted from 0, {named}."


def _complete(
    names: Sequence[str], inputs: list[int] | None, outputs: list[int] | None
) -> tuple[list[int], list[int]]:
    columns = range(len(names))
    if len(names) < 2:
        raise TableError(
            f"The table has one column, {list_text(names)}; it needs an input and an output. "
            "Are its cells separated by a comma, semicolon, tab or space?"
        )
    if inputs is None and outputs is None:
        if len(names) == 2:
            return [0], [1]
        raise TableError(
            f"Say which of the columns {list_text(names)} are inputs and which are outputs, "
            f"such as inputs={list(names[:2])}, outputs={names[-1]!r}."
        )
    if outputs is None:
        assert inputs is not None
        outputs = [k for k in columns if k not in inputs]
        if len(outputs) > 1:
            raise TableError(
                f"Say which of the columns {list_text(names[k] for k in outputs)} are outputs, "
                f"such as outputs={names[outputs[-1]]!r}."
            )
    if inputs is None:
        inputs = [k for k in columns if k not in outputs]
    if not inputs or not outputs:
        what = "an output" if inputs else "an input"
        raise TableError(f"All columns are used up ({list_text(names)}); leave one for {what}.")
    return inputs, outputs


def _positions(names: Sequence[str], chosen: Chosen) -> list[int]:
    if isinstance(chosen, str) and chosen.strip() not in names:
        chosen = chosen.split(",")
    items: list[Any] = [chosen]
    if is_series(chosen) and not isinstance(chosen, str):
        items = list(chosen)
    if not items:
        raise TableError("The list of columns is empty; name at least one.")
    return [_position(names, item) for item in items]


def _position(names: Sequence[str], item: Any) -> int:
    text = item.strip() if isinstance(item, str) else short(item)
    found = [k for k, name in enumerate(names) if name == text]
    if len(found) > 1:
        raise TableError(f"{len(found)} columns are called {text!r}; choose by number, from 0.")
    if found:
        return found[0]
    try:
        if isinstance(item, bool):
            raise TypeError
        number = int(item) if isinstance(item, str) else operator.index(item)
    except (TypeError, ValueError):
        raise TableError(
            f"There is no column {short(text)}; the columns are {list_text(names)}."
            f"{near_miss(text, names)}"
        ) from None
    if not -len(names) <= number < len(names):
        raise TableError(
            f"There is no column {short(number)}: the table has "
            f"{count_text(len(names), 'column')}, counted from 0: {list_text(names)}."
        )
    return number % len(names)


def _check_name(names: Sequence[str], position: int, header: bool) -> None:
    if not header:
        return
    if not names[position]:
        raise TableError(
            f"Column {position} (counted from 0) has no name; name it in the header, or leave it "
            "out by naming the inputs."
        )
    if names.count(names[position]) > 1:
        raise TableError(
            f"{names.count(names[position])} columns are called {names[position]!r}; "
            "give each its own name in the header."
        )
