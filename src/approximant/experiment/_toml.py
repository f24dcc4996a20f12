"""Settings files: TOML read with its mistakes named by line, and written as a person would."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from approximant.errors import SettingError

WIDEST = 96  # characters of a line that is written
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(text: str, name: str) -> dict[str, Any]:
    """Return what a TOML text says.

    Args:
        text: the TOML.
        name: where it comes from, for the message.

    Raises:
        SettingError: it is no TOML; the message names the line and shows it.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        message = str(error)[: place.start()] if place else str(error)
        if place is None:  # the text ended too early
            raise SettingError(f"{name}, last line: {message.removesuffix(' (at end of document)')}"
                               "; a quote or a bracket may be open.") from None  # fmt: skip
        line, column = int(place[1]), int(place[2])
        shown = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
        if message == "Invalid value" and shown[column - 1 : column].isalpha():
            message += "; a text needs quotes"
        raise SettingError(
            f"{name}, line {line}: {message}.\n    {shown}\n    {' ' * (column - 1)}^"
        ) from None


def with_overrides(settings: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Return a copy of settings with texts such as `training.epochs=50` applied in order.

    The value is read as TOML; what is no TOML is taken as a text, so quotes may be left out. A key
    below a name makes it a table: after `training.optimizer.rate=0.1` the optimizer "adam" is
    `{name = "adam", rate = 0.1}`.

    Raises:
        SettingError: a text without `=`, or a key below a value that cannot hold one.
    """
    changed: dict[str, Any] = copied(settings)
    for text in overrides:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not all(key.split(".")):
            raise SettingError(f"Cannot read {text!r}; write it as training.epochs=50.")
        _put(changed, key, _parsed(value))
    return changed


def with_values(settings: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of settings with values by dotted name, such as {"training.epochs": 50}.

    Raises:
        SettingError: a name below a value that cannot hold one.
    """
    changed: dict[str, Any] = copied(settings)
    for key, value in values.items():
        _put(changed, key, copied(value))
    return changed


def _put(settings: dict[str, Any], key: str, value: Any) -> None:
    *groups, last = key.split(".")
    for depth, group in enumerate(groups):
        inner = settings.setdefault(group, {})
        if isinstance(inner, str):
            settings[group] = inner = {"name": inner}
        if not isinstance(inner, dict):
            raise SettingError(f"{'.'.join(groups[: depth + 1])} holds no settings of its own, "
                               f"so {key} cannot be set.")  # fmt: skip
        settings = inner
    settings[last] = value


def write_toml(settings: Mapping[str, Any]) -> str:
    """Return settings as TOML; what is None is left out, since TOML has no word for it."""
    return "\n".join(_table((), settings)).strip("\n") + "\n"


def copied(value: Any) -> Any:
    """Return a copy made of dicts, lists and plain values, whatever arrays a caller passed."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, Mapping):
        return {name: copied(inner) for name, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _parsed(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _table(path: tuple[str, ...], settings: Mapping[str, Any]) -> list[str]:
    """Return the lines of one table: its values first, then the tables within it."""
    values, tables = [], []
    for name, value in settings.items():
        if value is None:
            continue
        line = f"{_key(name)} = {_value(value, len(_key(name)) + 3)}"
        if isinstance(value, Mapping) and (not path or len(line) > WIDEST):
            tables += _table((*path, name), value)
        else:
            values.append(line)
    head = [f"\n[{'.'.join(map(_key, path))}]"] if path and (values or not tables) else []
    return head + values + tables


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any, column: int = 0) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return _lines(value) if "\n" in value else _text(value)
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        inner = (f"{_key(k)} = {_inline(v)}" for k, v in value.items() if v is not None)
        return f"{{ {', '.join(inner)} }}" if value else "{}"
    if isinstance(value, (list, tuple)):
        return _array(value, column)
    raise SettingError(f"A settings file cannot hold {value!r}, a {type(value).__name__}.")


def _inline(value: Any) -> str:
    """Return a value without a line break, as inline tables need it."""
    if isinstance(value, str):
        return _text(value)
    return _value(value, -10_000)


def _array(values: Sequence[Any], column: int) -> str:
    """Return an array in one line where it fits, else in lines of full width."""
    items = [_inline(value) for value in values]
    line = f"[{', '.join(items)}]"
    if column + len(line) <= WIDEST:
        return line
    apart = any(isinstance(value, (Mapping, list, tuple)) for value in values)
    lines = [""]
    for item in items:
        if lines[-1] and (apart or len(lines[-1]) + len(item) + 6 > WIDEST):
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else '    '}{item},"
    return "\n".join(["[", *lines, "]"])


def _float(value: float) -> str:
    if not math.isfinite(value):
        return repr(value)  # inf, -inf and nan are the words of TOML, too
    if value.is_integer() and abs(value) < 1e15:
        return f"{value:.1f}"
    return repr(value)


def _lines(text: str) -> str:
    """Return a text of several lines between three quotes; single quotes within need no escape."""
    lines = "\n".join(_escaped(line) for line in text.split("\n"))
    quoted = re.sub(r'"{2,}|"$', lambda match: '\\"' * len(match[0]), lines)
    return f'"""\n{quoted}"""'


def _text(text: str) -> str:
    escaped = _escaped(text).replace('"', '\\"')
    return f'"{escaped}"'


def _escaped(text: str) -> str:
    text = text.replace("\\", "\\\\").replace("\t", "\\t")
    return re.sub(r"[\x00-\x08\x0a-\x1f\x7f]", lambda match: f"\\u{ord(match[0]):04X}", text)
