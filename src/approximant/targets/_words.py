"""How points, counts, lists and near-misses are worded in the messages of this room."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from approximant.arrays import Vector
from approximant.errors import one_line


def point_text(names: Sequence[str], point: Vector) -> str:
    """Return "x=0.5, y=2" for a point (d,)."""
    return ", ".join(f"{name}={value:.9g}" for name, value in zip(names, point, strict=True))


def count_text(count: int, thing: str, things: str = "") -> str:
    """Return "1 row" or "12,000 rows"."""
    return f"{count:,} {thing if count == 1 else things or thing + 's'}"


def list_text(names: Iterable[object], most: int = 12) -> str:
    """Return the names joined by commas; a long list is cut and its length said."""
    shown = [one_line(str(name)) for name in names]
    if len(shown) <= most:
        return ", ".join(shown)
    return f"{', '.join(shown[:most])}, ... ({len(shown)} in all)"


def near_miss(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'speed'?" if a known name is close, else ""."""
    spelled = {candidate.lower(): candidate for candidate in known}
    near = difflib.get_close_matches(name.lower(), spelled, 1)
    return f" Did you mean {spelled[near[0]]!r}?" if near else ""
