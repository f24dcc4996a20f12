"""The section [sweep] of an experiment file: what varies, how it is chosen, how often repeated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from approximant.errors import SettingError, short
from approximant.settings import checked, read_settings, setting
from approximant.sweeps._variables import Listed, Range, Variable, flat, read_variables

METHODS = ("grid", "rows", "random", "sobol", "halving", "optuna")
DRAWN = ("random", "sobol", "halving", "optuna")


@dataclass(frozen=True)
class SweepSettings:
    """Which settings differ between the experiments of a sweep, and how often each is repeated."""

    method: str = setting(
        "grid", "how combinations are chosen; rows if rows are given", choices=METHODS
    )
    settings: Any = setting(
        (), "what varies, by dotted name: lists of values, or ranges {low, high, log}"
    )
    rows: Any = setting((), "the combinations themselves, each a table of settings")
    draws: int | None = setting(
        None, "how many combinations are drawn by random, sobol, halving and optuna", least=1
    )
    seeds: int = setting(
        1, "repetitions of every combination; all see the same seeds", least=1, most=1000
    )
    seed: int = setting(0, "seed of the draws of combinations", least=0, most=2**32 - 1)
    by: str | None = setting(
        None, "measured value to compare by, the smaller the better; rmse, or without a known "
        "target held_out_loss or loss",
    )  # fmt: skip
    seconds: float | None = setting(
        None, "time of every training, in place of its number of epochs", above=0.0
    )
    factor: int = setting(3, "of halving: one in so many goes on, for as many times the epochs",
                          least=2, most=100)  # fmt: skip
    batch: int = setting(
        8, "of optuna: combinations chosen at a time, whatever the number of workers",
        least=1, most=1000,
    )  # fmt: skip
    label: str | None = setting(
        None, "title of a combination, such as rate:{training.optimizer.rate}; {neurons} and "
        "{parameters} are those of its network",
    )  # fmt: skip
    reported: Any = setting((), "of rows: how the author judged each, the better the higher")
    expected: Any = setting((), "of rows: the band [low, high] of the median of each, a claim")
    correlation: float | None = setting(
        None, "claim: rank correlation of median and what was reported, at most", least=-1, most=1
    )

    def __post_init__(self) -> None:
        checked(self, "sweep.")
        given = self.settings if self.settings != () else {}
        object.__setattr__(self, "settings", read_variables(given, "sweep.settings"))
        object.__setattr__(self, "rows", _rows(self.rows))
        if self.rows and not self.settings and self.method == "grid":
            object.__setattr__(self, "method", "rows")
        _check_method(self)
        for name, width in (("reported", 0), ("expected", 2)):
            object.__setattr__(self, name, _per_row(self, name, width))

    @property
    def variables(self) -> Mapping[str, Variable]:
        """What varies, by dotted name; empty for rows."""
        found: Mapping[str, Variable] = self.settings
        return found

    @property
    def names(self) -> tuple[str, ...]:
        """The dotted names of all settings that differ between combinations."""
        rows = dict.fromkeys(name for row in self.rows for name in row)
        return tuple(rows) if self.method == "rows" else tuple(self.settings)


def read_sweep_settings(section: Any) -> SweepSettings:
    """Return the settings of a sweep from the section of a file.

    Raises:
        SettingError: there is none, or a setting is unknown or does not fit.
    """
    if section is None:
        raise SettingError(
            "There is no [sweep] section that says what varies; add one such as [sweep.settings] "
            "with training.optimizer.rate = [0.01, 0.1]."
        )
    return read_settings(SweepSettings, section, "sweep.")


def _rows(given: Any) -> tuple[dict[str, Any], ...]:
    if not isinstance(given, Sequence) or not all(isinstance(row, Mapping) for row in given):
        raise SettingError(f"sweep.rows must be a list of tables, [{{ ... }}]; got {short(given)}.")
    return tuple(dict(flat(row)) for row in given)


def _check_method(sweep: SweepSettings) -> None:
    method = sweep.method
    if method == "rows":
        if not sweep.rows or not all(sweep.rows) or sweep.settings:
            raise SettingError("A sweep of rows needs them, rows = [{ training.epochs = 9 }, ...], "
                               "and no sweep.settings.")  # fmt: skip
        return
    if sweep.rows:
        raise SettingError(f"sweep.rows mean nothing for the method {method!r}; leave one out.")
    if not sweep.settings:
        raise SettingError(
            "The sweep varies nothing; give a list of values or a range per setting, such as "
            "[sweep.settings] training.optimizer.rate = [0.01, 0.1]."
        )
    for name, variable in sweep.variables.items():
        if method == "grid" and isinstance(variable, Range):
            raise SettingError(f"sweep.settings: a grid needs a list of values for {name}; ranges "
                               f"go with the methods {', '.join(DRAWN)}.")  # fmt: skip
    listed = all(isinstance(variable, Listed) for variable in sweep.variables.values())
    if method in DRAWN and sweep.draws is None and not (method == "halving" and listed):
        raise SettingError(f"sweep.draws is missing: say how many combinations {method} draws.")
    if method == "grid" and sweep.draws is not None:
        raise SettingError("sweep.draws means nothing for a grid, which has all combinations.")
    if method == "halving" and sweep.seconds is not None:
        raise SettingError("Halving has a budget of epochs; leave sweep.seconds out.")


def _per_row(sweep: SweepSettings, name: str, width: int) -> tuple[Any, ...]:
    """Return numbers (or pairs of numbers) that are given row by row."""
    given = getattr(sweep, name)
    cells = [cell if width else [cell] for cell in given] if isinstance(given, (list, tuple)) else 0
    sound = isinstance(cells, list) and all(
        isinstance(cell, (list, tuple)) and len(cell) == (width or 1) and all(map(_number, cell))
        for cell in cells
    )
    if not sound or (given and len(given) != len(sweep.rows)):
        what = "a pair [low, high]" if width else "a number"
        raise SettingError(f"sweep.{name} must be a list with {what} per row; got {short(given)}.")
    assert isinstance(cells, list)
    return tuple(tuple(map(float, cell)) if width else float(cell[0]) for cell in cells)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
