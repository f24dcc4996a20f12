"""Asking for runs: texts such as `training.optimizer.rate<0.1`, and what SQL makes of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from approximant.errors import SettingError, short
from approximant.settings import option, unknown

TEXTS = ("id", "status", "created", "name", "sweep", "key", "reason", "host")
FACTS = (*TEXTS, "seconds", "seed", "tags")
_CONDITION = re.compile(  # halves of characters fit neither SQLite nor any text that is stored
    r"\s*([^<>=!~\ud800-\udfff]+?)\s*(<=|>=|!=|==|=|<|>|~)\s*([^\ud800-\udfff]*?)\s*"
)
_WORDS = {"true": 1, "false": 0}  # as SQLite's JSON has them


@dataclass(frozen=True)
class Columns:
    """What runs can be asked for.

    Args:
        metrics: names of what was measured in any run.
        settings: dotted names of settings of any run.
    """

    metrics: frozenset[str] = field(default_factory=frozenset)
    settings: frozenset[str] = field(default_factory=frozenset)

    def resolve(self, name: str) -> str:
        """Return the whole name of a column; its last part is enough where that is unambiguous.

        Raises:
            SettingError: there is no such column, or there are several.
        """
        if name in FACTS or name in self.metrics or name in self.settings:
            return name
        inner = name.removeprefix("metrics.").removeprefix("settings.")
        if inner != name and (inner in self.metrics or inner in self.settings):
            return inner
        several = sorted(known for known in self.settings if known.endswith(f".{name}"))
        if len(several) > 1:
            raise SettingError(f"{name!r} could be {' or '.join(several)}; write which one.")
        if several:
            return several[0]
        short = {known.rpartition(".")[2] for known in self.settings}
        raise unknown("column", name, [*FACTS, *sorted(self.metrics | self.settings | short)])

    def sql(self, name: str) -> str:
        """Return the SQL expression of a whole name."""
        if name in ("id", "key"):
            return name
        if name in FACTS:
            return f"json_extract(facts, '$.{name}')"
        quoted = name.replace("'", "''")
        if name in self.metrics:
            return f"json_extract(facts, '$.metrics.\"{quoted}\"')"
        return f"json_extract(settings, '$.\"{quoted}\"')"


def text_list(value: str | Iterable[str], name: str) -> list[str]:
    """Return the texts that a person gave as a series; one text is one.

    Args:
        value: as it was given.
        name: of the argument, for the message.

    Raises:
        SettingError: it is neither a text nor a series of texts.
    """
    texts: list[str] = [value] if isinstance(value, str) else option(value, list[str], name)
    return texts


def column_of(text: str) -> str:
    """Return the name of the column in a condition, as it is written there.

    Raises:
        SettingError: the condition cannot be read.
    """
    return _parts(text)[0]


def condition(text: str, columns: Columns) -> tuple[str, list[Any]]:
    """Return a condition as SQL and its values.

    Raises:
        SettingError: it cannot be read, or names an unknown column.
    """
    name, sign, value = _parts(text)
    name = columns.resolve(name)
    if name == "tags" and sign in ("=", "==", "!="):
        word = "EXISTS" if sign != "!=" else "NOT EXISTS"
        return f"{word} (SELECT 1 FROM json_each(facts, '$.tags') WHERE value = ?)", [value]
    expression = columns.sql(name)
    if sign == "~":
        return f"instr(lower({expression}), lower(?)) > 0", [value]
    number = None if name in TEXTS else _number(value)
    if sign in ("=", "==", "!="):
        return _equality(expression, sign == "!=", value, number)
    # Numbers are compared with numbers only, texts with texts.
    kinds = "('text')" if number is None else "('integer', 'real')"
    compared = f"typeof({expression}) IN {kinds} AND {expression} {sign} ?"
    return compared, [value if number is None else number]


def order(sort: str, columns: Columns) -> str:
    """Return the part of a query that orders rows: by a column, then the newest first.

    Args:
        sort: a column, with a minus before it for the largest first; runs that lack the value come
            last. Empty for none.
        columns: those there are.

    Raises:
        SettingError: an unknown column.
    """
    newest = f"{columns.sql('created')} DESC, id"
    if not sort:
        return f"ORDER BY {newest}"
    name = sort.removeprefix("-")
    expression = columns.sql(columns.resolve(name))
    falling = " DESC" if name != sort else ""
    return f"ORDER BY {expression} IS NULL, {expression}{falling}, {newest}"


def choice(where: Sequence[str], columns: Columns) -> tuple[str, list[Any]]:
    """Return the part of a query that chooses rows, and its values.

    Raises:
        SettingError: a condition cannot be read, or names an unknown column.
    """
    conditions = [condition(text, columns) for text in where]
    text = " AND ".join(f"({sql})" for sql, _ in conditions) or "true"
    return f"WHERE {text}", [value for _, some in conditions for value in some]


def _equality(
    expression: str, different: bool, value: str, number: float | None
) -> tuple[str, list[Any]]:
    if value in ("", "none"):
        return f"coalesce({expression}, '') {'!=' if different else '='} ''", []
    same = f"coalesce({expression} IN (?, ?), 0)"
    word = _WORDS.get(value, value) if number is None else number
    return (f"NOT {same}" if different else same), [value, word]


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if number == number else None


def _parts(text: str) -> tuple[str, str, str]:
    """Return column, sign and value of a condition."""
    match = _CONDITION.fullmatch(text)
    if match is None:
        raise SettingError(
            f"Cannot read the condition {short(text)}; write a column, one of = != < <= > >= ~ "
            "(~ means contains) and a value, such as rmse<0.1."
        )
    return match[1], match[2], match[3]
