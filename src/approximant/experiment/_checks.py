"""What is compared with the claims of a file: measured values, points and what is said there."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from approximant.experiment._measures import MEASURES
from approximant.experiment._settings import Band

if TYPE_CHECKING:
    from approximant.approximant import Approximant
    from approximant.experiment._run import Run


@dataclass(frozen=True)
class Compared:
    """A point of the file's `checks.predict`, with what target and network say there.

    Args:
        point: (d,).
        exact: the target without noise, (m,); None where it is unknown.
        reported: what the author's network answered, or None.
        value: what ours answers, (m,).
        inside: whether the point lies in the domain, where the network makes a claim.
    """

    point: tuple[float, ...]
    exact: tuple[float, ...] | None
    reported: float | None
    value: tuple[float, ...]
    inside: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON; with one output, its values are plain numbers."""
        return {
            "point": list(self.point),
            "exact": _single(self.exact),
            "reported": self.reported,
            "value": _single(self.value),
            "inside": self.inside,
        }


@dataclass(frozen=True)
class Check:
    """One claim of the file with what was measured.

    Args:
        what: the measured value, one of MEASURES.
        over: of several seeds, which value: median, least, most or spread (most / least).
        seeds: how many values there were.
        value: what was found; NaN where it could not be measured.
        low, high: ends of the band, None for an open one.
        reported: what the author found, or None.
        holds: whether the value lies in the band.
    """

    what: str
    over: str
    seeds: int
    value: float
    low: float | None
    high: float | None
    reported: float | None
    holds: bool

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "what": self.what if self.over == "median" else f"{self.what}, {self.over}",
            "value": finite(self.value),
            "low": self.low,
            "high": self.high,
            "holds": self.holds,
        }


def checks_of(runs: Sequence[Run], found: Approximant | None) -> Iterator[Check]:
    """Yield the claims of the file over runs of one experiment.

    Args:
        runs: one per seed.
        found: what `approximate` reached; without it, claims about it are left out.
    """
    for band in runs[0].experiment.checks.bands:
        measure = MEASURES[band.what]
        if measure.of_run is not None:
            values = [measure.of_run(run) for run in runs]
        elif measure.of_comparison is not None and found is not None:
            values = [measure.of_comparison(runs[0], found)]
        else:
            continue
        if len(values) == 1 and band.over == "spread":
            continue  # one seed cannot show how different they are
        yield _check(band, values)


def _check(band: Band, values: list[float]) -> Check:
    value = {
        "median": lambda: float(np.median(values)),
        "least": lambda: min(values),
        "most": lambda: max(values),
        "spread": lambda: max(values) / min(values),
    }[band.over]()
    return Check(
        band.what,
        band.over,
        len(values),
        value,
        band.low,
        band.high,
        band.reported,
        band.holds(value),
    )


def _single(values: tuple[float, ...] | None) -> Any:
    if values is None:
        return None
    plain = [finite(value) for value in values]
    return plain[0] if len(plain) == 1 else plain


def finite(value: float) -> float | None:
    """Return a number for JSON: None where it is not finite."""
    return value if math.isfinite(value) else None
