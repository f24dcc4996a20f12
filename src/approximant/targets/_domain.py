"""Domains in every form that people write them: a mapping, texts like `x=0:2*pi`, plain pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from approximant.arrays import is_series
from approximant.domain import Box
from approximant.errors import DomainError, FormulaError, short
from approximant.formula import constant
from approximant.targets._names import numbered
from approximant.targets._words import list_text, near_miss

_FORM = "write {'x': (0, 1)}, or 'x=0:1' as a text"


def read_domain(domain: Any, names: Sequence[str] | None = None) -> Box:
    """Return the box that a domain describes.

    Args:
        domain: a Box; a mapping from names to intervals; texts "x=0:1", one per input; or
            intervals without names. An interval is a pair of numbers or of constant formulas such
            as "2*pi", or the text "low:high".
        names: the input names, in order, for intervals that come without; x or x1, x2, ... if
            these are not as many.

    Raises:
        DomainError: an interval cannot be read, or makes no sense as one.
    """
    if isinstance(domain, Box):
        return domain
    if isinstance(domain, Mapping):
        return _box([(name, interval) for name, interval in domain.items()])
    if isinstance(domain, str):
        domain = [domain]
    if not is_series(domain):
        raise DomainError(f"The domain is {short(domain)}; {_FORM}.")
    items = list(domain)
    if len(items) == 2 and all(_is_end(item) for item in items):
        items = [tuple(items)]
    if any(isinstance(item, str) and "=" in item for item in items):
        return _box([_named(item) for item in items])
    return _unnamed(items, names)


def reordered(box: Box, names: Sequence[str], whose: str) -> Box:
    """Return the box with its inputs in the order of `names`.

    Raises:
        DomainError: the box has other inputs than these.
    """
    unknown = [name for name in box.names if name not in names]
    missing = [name for name in names if name not in box.names]
    if unknown:
        hint = near_miss(unknown[0], missing or names)
        raise DomainError(
            f"The domain has an interval for {short(unknown[0])}, "
            f"but {whose} {list_text(names)}.{hint}"
        )
    if missing:
        raise DomainError(
            f"The input {short(missing[0])} has no interval; add {short(missing[0])}: (0, 1)."
        )
    ends = box.intervals()
    return Box.from_intervals({name: ends[name] for name in names})


def _box(items: Sequence[tuple[Any, Any]]) -> Box:
    names = [name for name, _ in items]
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise DomainError(
                f"The domain names an input {short(name)}; a name is a text such as 'x'."
            )
        if names.count(name) > 1:
            raise DomainError(f"The domain gives {short(name)} twice; give one interval per input.")
    return Box.from_intervals({name: _interval(name, interval) for name, interval in items})


def _named(item: Any) -> tuple[str, str]:
    if not isinstance(item, str) or item.count("=") != 1:
        raise DomainError(
            f"Cannot read the interval {short(item)}; write name=low:high, such as x=0:1."
        )
    name, interval = item.split("=")
    return name.strip(), interval


def _unnamed(items: Sequence[Any], names: Sequence[str] | None) -> Box:
    if names is None or len(names) != len(items):
        names = numbered("x", len(items))
    return _box(list(zip(names, items, strict=True)))


def _interval(name: str, interval: Any) -> tuple[float, float]:
    """Read one interval; Box judges whether it makes sense."""
    ends = interval.split(":") if isinstance(interval, str) else interval
    if not is_series(ends) or isinstance(ends, Mapping):
        raise DomainError(
            f"The interval of {short(name)} is {short(interval)}; "
            "it needs two ends, such as (0, 1)."
        )
    ends = list(ends)
    if len(ends) != 2:
        example = f"{name}=0:1" if isinstance(interval, str) else "(0, 1)"
        raise DomainError(
            f"The interval of {short(name)} is {short(interval)}: {len(ends)} "
            f"{'end' if len(ends) == 1 else 'ends'}; it needs two, such as {example}."
        )
    low, high = (_end(name, end) for end in ends)
    return low, high


def _end(name: str, end: Any) -> float:
    if isinstance(end, str):
        try:
            return _constant(end)
        except FormulaError as error:
            raise DomainError(
                f"The interval of {short(name)} has the end {short(end)}: {error}"
            ) from error
    try:
        if isinstance(end, (bool, np.bool_)):
            raise TypeError
        return float(end)
    except (TypeError, ValueError, OverflowError):
        raise DomainError(
            f"The interval of {short(name)} has the end {short(end)}; "
            "it must be a number, or a text such as '2*pi'."
        ) from None


def _constant(text: str) -> float:
    # Formulas have no infinity: let Box say that an interval must be finite.
    if text.strip().lstrip("+-").lower() in ("inf", "infinity", "nan"):
        return float(text)
    return constant(text)


def _is_end(item: Any) -> bool:
    if isinstance(item, str):
        return not any(mark in item for mark in "=:")
    return np.ndim(item) == 0
