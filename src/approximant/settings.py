"""Settings: each described once - default, limits, help - and read from there by every door.

A group of settings is a frozen dataclass whose fields are made by `setting`; the library, the
reader of experiment files, the command line and the documentation all use the same fields.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from approximant.errors import SettingError, short

Group = TypeVar("Group")
_TOO_LARGE = 2**1023  # for a whole number to become a float without a second look
_WORDS = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "a text",
    Callable: "a function",
    Path: "the name of a file or folder",
    list[int]: "a list of whole numbers",
    list[float]: "a list of numbers",
    list[str]: "a list of texts",
}

_Field: typing.TypeAlias = "tuple[str, Any, Limits, Any]"
_FIELDS: dict[type[Any], tuple[_Field, ...]] = {}


@dataclass(frozen=True)
class Limits:
    """What one setting means and which values it takes.

    Args:
        help: one line for people.
        least, most: ends of the range, themselves allowed.
        above, below: ends of the range, themselves not allowed.
        choices: the only values allowed, if there are few.
    """

    help: str
    least: float | None = None
    most: float | None = None
    above: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()

    def text(self) -> str:
        """Return the limits in words; empty if there are none."""
        ends = [
            f"{word} {end:g}"
            for word, end in (
                ("at least", self.least),
                ("above", self.above),
                ("at most", self.most),
                ("below", self.below),
            )
            if end is not None
        ]
        range_ = " and ".join(ends)
        if not self.choices:
            return range_
        names = ", ".join(self.choices)
        return f"{range_}, or {names}" if range_ else f"one of {names}"

    def hold(self, number: float) -> bool:
        """Tell whether a number lies within the limits; NaN and infinities do not."""
        return abs(number) < math.inf and not (
            (self.least is not None and number < self.least)
            or (self.most is not None and number > self.most)
            or (self.above is not None and number <= self.above)
            or (self.below is not None and number >= self.below)
        )


def setting(default: Any, help: str, **limits: Any) -> Any:
    """Return a dataclass field that is a setting; `dataclasses.MISSING` for one without default."""
    return dataclasses.field(default=default, metadata={"limits": Limits(help, **limits)})


def option(value: Any, kind: Any, name: str, **limits: Any) -> Any:
    """Return one value as `kind`, for an argument that belongs to no group of settings.

    Args:
        value: as it was given.
        kind: its type, or several: `int | None`. A `Path` is made of a text too, and a
            `list[int]` or `list[str]` of anything that yields such items; limits hold for each.
        name: of the argument, for the message.
        limits: as for `setting`.

    Raises:
        SettingError: the value is of another type, or beyond its limits.
    """
    return _read(value, kind, Limits("", **limits), name)


def checked(group: Group, where: str = "") -> Group:
    """Return the group, its values converted to their declared types, or say what is wrong.

    Args:
        group: an instance of a dataclass made of settings.
        where: what the message puts before the setting's name, such as "training.".

    Raises:
        SettingError: a value of the wrong type or beyond its limits.
    """
    for name, kind, limits, _ in _fields(type(group)):
        value = _read(getattr(group, name), kind, limits, where + name)
        object.__setattr__(group, name, value)
    return group


def read_settings(kind: type[Group], values: Mapping[str, Any], where: str = "") -> Group:
    """Return the group of settings that a mapping of names to values describes.

    Raises:
        SettingError: an unknown name, a missing one, or a value that does not fit.
    """
    if not isinstance(values, Mapping):
        raise SettingError(f"{where.rstrip('.')} must be a table of settings; got {short(values)}.")
    known = [(name, default) for name, _, _, default in _fields(kind)]
    for name in values:
        if name not in dict(known):
            raise unknown("setting", where + str(name), [where + name for name, _ in known])
    for name, default in known:
        if default is dataclasses.MISSING and name not in values:
            raise SettingError(f"{where}{name} is missing; it has no default.")
    return kind(
        **{
            name: _read(values[name], declared, limits, where + name)
            for name, declared, limits, _ in _fields(kind)
            if name in values
        }
    )


def read_member(
    members: Mapping[str, type[Group]], base: type[Group], value: Any, what: str
) -> Group:
    """Return the group that a name, a mapping with a name, or the group itself describes.

    Args:
        members: the groups of settings that can be chosen, by name.
        base: the class of them all.
        value: "sgd", {"name": "sgd", "rate": 0.1}, or an instance.
        what: is chosen, for messages: "optimizer".

    Raises:
        SettingError: an unknown name or setting, or a value that does not fit.
    """
    if isinstance(value, base):
        return value
    settings = {"name": value} if isinstance(value, str) else value
    if not isinstance(settings, Mapping) or not isinstance(settings.get("name"), str):
        raise SettingError(
            f"{what} must be a name or settings with a name; got {short(value)}. "
            f"Known are {', '.join(members)}."
        )
    name = settings["name"]
    if name not in members:
        raise unknown(what, name, members)
    others = {key: value for key, value in settings.items() if key != "name"}
    return read_settings(members[name], others, f"{what}.")


def as_mapping(group: Any) -> dict[str, Any]:
    """Return the settings of a group, its name first if it has one, as `read_member` reads them.

    Groups within the group become mappings too; settings that are none are left out.
    """
    named = {"name": group.name} if hasattr(type(group), "name") else {}
    values = {name: getattr(group, name) for name, *_ in _fields(type(group))}
    return named | {
        name: as_mapping(value) if dataclasses.is_dataclass(value) else value
        for name, value in values.items()
        if value is not None
    }


def unknown(what: str, name: str, known: Iterable[str]) -> SettingError:
    """Return the error for a name that is none of those known, with the nearest one."""
    names = list(known)
    # Dotted names share their beginning, which makes any two of them look alike: only nearly equal
    # ones count as such, and else their ends are compared.
    near = difflib.get_close_matches(name, names, 1, 0.92)
    if not near:
        ends = {text.rpartition(".")[2].lower(): text for text in reversed(names)}
        end = name.rpartition(".")[2].lower()
        near = [ends[found] for found in difflib.get_close_matches(end, ends, 1, 0.5)]
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(names)}."
    return SettingError(f"Unknown {what} {short(name)}; {hint}")


def rows(kind: type[Any]) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, default, limits and help of each setting of a group, as texts for people."""
    for name, _, limits, default in _fields(kind):
        shown = "" if default is dataclasses.MISSING else _shown(default)
        yield name, shown, limits.text(), limits.help


def _shown(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if dataclasses.is_dataclass(value):
        return str(getattr(value, "name", value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _fields(kind: type[Any]) -> tuple[_Field, ...]:
    """Return name, type, limits and default of the fields that are settings."""
    if kind not in _FIELDS:  # reading the types takes far longer than all the rest
        hints = typing.get_type_hints(kind)
        _FIELDS[kind] = tuple(
            (field.name, hints[field.name], field.metadata["limits"], field.default)
            for field in dataclasses.fields(kind)
            if "limits" in field.metadata
        )
    return _FIELDS[kind]


def _read(value: Any, kind: Any, limits: Limits, name: str) -> Any:
    """Return a value as its declared type; several types are tried in order."""
    kinds = typing.get_args(kind) if isinstance(kind, types.UnionType) else (kind,)
    if value is None and type(None) in kinds:
        return None
    kinds = tuple(k if k in _WORDS else typing.get_origin(k) or k for k in kinds)
    plain = [k for k in kinds if k in _WORDS]
    if not plain:
        return value  # a group of its own, which checks itself
    for candidate in plain:
        found = _converted(value, candidate)
        if found is None:
            continue
        for item in found if isinstance(found, list) else [found]:
            _check_limits(item, limits, name)
        return found
    if len(plain) < len([k for k in kinds if k is not type(None)]):
        return value
    words = " or ".join(_WORDS[k] for k in plain) + ", or None" * (type(None) in kinds)
    raise SettingError(f"{name} must be {words}; got {short(value)}.")


def _check_limits(value: Any, limits: Limits, name: str) -> None:
    if isinstance(value, str) and limits.choices and value not in limits.choices:
        raise unknown(name, value, limits.choices)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and not limits.hold(value):
        words = ["finite"] * (not abs(value) < math.inf) + [limits.text()] * bool(limits.text())
        raise SettingError(f"{name} must be {' and '.join(words)}; got {short(value)}.")


def _converted(value: Any, kind: Any) -> Any:
    """Return the value as `kind` where nothing but rounding is lost, else None."""
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()  # a NumPy number
    if kind is Callable:
        return value if callable(value) else None
    if kind is Path:
        return _path(value)
    if typing.get_origin(kind) is list:
        return _list(value, typing.get_args(kind)[0])
    if kind is float and type(value) in (int, float):
        return float(value) if abs(value) < _TOO_LARGE or type(value) is float else None
    if kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value if type(value) is kind else None


def _path(value: Any) -> Path | None:
    text = os.fspath(value) if isinstance(value, (str, os.PathLike)) else b""
    return Path(text) if isinstance(text, str) and text and "\0" not in text else None


def _list(value: Any, kind: Any) -> list[Any] | None:
    """Return the items of a series; a text is none, and a mapping neither."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        return None
    items = [_converted(item, kind) for item in value]
    return None if any(item is None for item in items) else items
