"""The sections of an experiment file, each a group of settings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import Any, TypeVar

from approximant.errors import SettingError, short
from approximant.experiment._measures import MEASURES
from approximant.networks import parse_network
from approximant.settings import checked, option, read_settings, setting, unknown

Group = TypeVar("Group")


@dataclass(frozen=True)
class TargetSettings:
    """What is approximated, and where."""

    formula: Any = setting(None, 'a formula, a list of them, or a table {name = "formula"}')
    table: str | None = setting(None, "path of a table, .csv or .parquet")
    function: str | None = setting(None, "a Python function, written module:function")
    folder: str = setting(".", "where table and module are, seen from the settings file")
    domain: Any = setting(None, "an interval per input, {x = [0, 1]}; a table has its own")
    inputs: Any = setting(None, "names of the inputs; of a table, the columns that are inputs")
    outputs: Any = setting(None, "names of the outputs; of a table, the columns")
    missing: str = setting(
        "error", "what to do with rows that have missing cells", choices=("error", "drop")
    )

    def __post_init__(self) -> None:
        checked(self, "target.")
        given = [kind for kind in ("formula", "table", "function") if getattr(self, kind)]
        if len(given) != 1:
            raise SettingError(
                "[target] needs one of formula, table or function; "
                f"got {' and '.join(given) or 'none'}."
            )


@dataclass(frozen=True)
class NetworkSettings:
    """The network before the training."""

    shape: str = setting(MISSING, "widths and activations, such as 2-24-12-1 relu; examples below")
    init: Any = setting(
        "glorot_uniform", "law of the first weights: a name, or a table {name = ...}"
    )
    seed: int | None = setting(
        None, "seed of the first weights, if not that of the training", least=0, most=2**32 - 1
    )

    def __post_init__(self) -> None:
        checked(self, "network.")
        parse_network(self.shape)


@dataclass(frozen=True)
class Prediction:
    """A point at which target and network are compared in print."""

    at: Any = setting(MISSING, "the point, a number per input")
    reported: float | None = setting(None, "what the author's network answered there")

    def __post_init__(self) -> None:
        checked(self, "checks.predict.")
        object.__setattr__(self, "at", _numbers("checks.predict.at", self.at))


@dataclass(frozen=True)
class Band:
    """A claim about the result: a measured value lies between two ends."""

    what: str = setting(MISSING, "the value that is measured; the names are below")
    low: float | None = setting(None, "smallest value that holds")
    high: float | None = setting(None, "largest value that holds")
    over: str = setting(
        "median",
        "which of several seeds' values; spread is most / least",
        choices=("median", "least", "most", "spread"),
    )
    reported: float | None = setting(None, "what the author found")

    def __post_init__(self) -> None:
        checked(self, "checks.bands.")
        if self.what not in MEASURES:
            raise unknown("value in checks.bands", self.what, MEASURES)
        if self.low is None and self.high is None:
            raise SettingError(f"checks.bands: {self.what!r} has no end; give low, high or both.")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise SettingError(
                f"checks.bands: {self.what!r} has low = {self.low:g} above high = {self.high:g}."
            )

    def holds(self, value: float) -> bool:
        """Tell whether a value lies in the band; NaN does not."""
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= value <= high


@dataclass(frozen=True)
class Comparison:
    """What `approximate` is asked for on the same target, for comparison."""

    on: str = setting(
        "target", "the target itself, or the rows as drawn", choices=("target", "rows")
    )
    tol: float = setting(1e-8, "largest error as a share of the largest |target|", least=0.0)
    network: str | None = setting(None, "exactly this shape; found by itself otherwise")
    seconds: float = setting(30.0, "time after which to stop", above=0.0)

    def __post_init__(self) -> None:
        checked(self, "checks.approximate.")


@dataclass(frozen=True)
class CheckSettings:
    """What the result is compared with."""

    seeds: int = setting(1, "how many seeds the bands are about", least=1, most=1000)
    vary: str = setting("training.seed", "the setting to which the number of a repetition is added")
    reported_loss: Any = setting((), "the losses by epoch that the author printed")
    noise_free: Any = setting(None, "formula of the target without noise, where that is a table")
    points: int = setting(1000, "evenly spread points at which rmse is measured", least=2)
    predict: Any = setting((), "points to print, each a table")
    bands: Any = setting((), "claims about the result, each a table")
    approximate: Any = setting(None, "what `approximate` is asked for on the same target, a table")

    def __post_init__(self) -> None:
        checked(self, "checks.")
        reported = _numbers("checks.reported_loss", self.reported_loss)
        object.__setattr__(self, "reported_loss", reported)
        for name, kind in (("predict", Prediction), ("bands", Band)):
            object.__setattr__(self, name, _groups(kind, f"checks.{name}", getattr(self, name)))
        if self.approximate is not None and not isinstance(self.approximate, Comparison):
            comparison = read_settings(Comparison, self.approximate, "checks.approximate.")
            object.__setattr__(self, "approximate", comparison)


def _groups(kind: type[Group], where: str, given: Any) -> tuple[Group, ...]:
    if not isinstance(given, (list, tuple)) or not all(isinstance(row, Mapping) for row in given):
        raise SettingError(f"{where} must be a list of tables, [{{ ... }}]; got {short(given)}.")
    return tuple(read_settings(kind, row, f"{where}.") for row in given)


def _numbers(where: str, given: Any) -> tuple[float, ...]:
    numbers = given if isinstance(given, (list, tuple)) else [given]
    return tuple(option(numbers, list[float], where))
