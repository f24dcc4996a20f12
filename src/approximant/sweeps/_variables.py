"""What one setting may be in a sweep: a list of values, or a range to draw from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, replace
from typing import Any, TypeAlias

from approximant.errors import SettingError, short
from approximant.settings import checked, read_settings, setting


@dataclass(frozen=True)
class Listed:
    """Values to choose from.

    Args:
        values: at least one.
    """

    values: tuple[Any, ...]

    def at(self, share: float) -> Any:
        """Return the value at a share 0..1 of the list."""
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


@dataclass(frozen=True)
class Range:
    """Numbers between two ends; whole ones where both ends are written as whole numbers."""

    low: float = setting(MISSING, "lower end, itself possible")
    high: float = setting(MISSING, "upper end, itself possible")
    log: bool = setting(False, "whether every factor is as likely, in place of every difference")
    whole: bool = False

    def __post_init__(self) -> None:
        checked(self)
        if not self.low < self.high:
            raise SettingError(f"low must be below high; got {self.low:g} and {self.high:g}.")
        if self.log and self.low <= 0:
            raise SettingError(f"log needs ends above 0; got low = {self.low:g}.")

    def at(self, share: float) -> float | int:
        """Return the number at a share 0..1 of the range."""
        low, high = (self.low - 0.5, self.high + 0.5) if self.whole else (self.low, self.high)
        if self.log:
            low = max(low, 0.5 * self.low)
            value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
        else:
            value = low + share * (high - low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.whole else float(f"{value:.6g}")


Variable: TypeAlias = Listed | Range


def read_variables(given: Any, where: str) -> dict[str, Variable]:
    """Return what varies by dotted name; tables within tables make such names.

    Raises:
        SettingError: a list without values, a range that is none, or neither.
    """
    if not isinstance(given, Mapping):
        raise SettingError(f"{where} must be a table of settings; got {short(given)}.")
    return {name: _variable(value, f"{where}: {name}") for name, value in flat(given)}


def flat(given: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted names with their values; a range is a value, other tables hold names."""
    for key, value in given.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping) and not _is_value(value):
            yield from flat(value, f"{name}.")
        else:
            yield name, value


def _is_value(table: Mapping[str, Any]) -> bool:
    """Tell a range, or a choice such as {name = "adam"}, from a table of names that vary."""
    ends = [table.get("low"), table.get("high")]
    return isinstance(table.get("name"), str) or any(isinstance(e, (int, float)) for e in ends)


def _variable(value: Any, where: str) -> Variable:
    if isinstance(value, (list, tuple)):
        if not value:
            raise SettingError(f"{where} has no values; give at least one.")
        return Listed(tuple(value))
    if not isinstance(value, Mapping):
        raise SettingError(f"{where} must be a list of values or a range {{ low, high }}; "
                           f"got {short(value)}.")  # fmt: skip
    try:
        found = read_settings(Range, value)
        return replace(found, whole=all(type(value[end]) is int for end in ("low", "high")))
    except SettingError as error:
        raise SettingError(f"{where}: {error}") from None
