"""The settings of a sweep as tables, printed from what the reader checks files against."""

from __future__ import annotations

from collections.abc import Iterator

from approximant.experiment import SettingsTable, settings_page
from approximant.settings import rows
from approximant.sweeps._settings import SweepSettings
from approximant.sweeps._variables import Range

METHODS = {
    "grid": "every combination of the listed values",
    "rows": "the combinations listed in sweep.rows",
    "random": "combinations drawn at random from lists and ranges",
    "sobol": "the same, spread evenly; more draws later keep those made before",
    "halving": "few epochs for all, more for the best, and so on (successive halving)",
    "optuna": "guided by what has come out so far; needs the extra [optuna]",
}


def sweep_tables() -> Iterator[SettingsTable]:
    """Yield the settings that the section [sweep] of an experiment file can hold."""
    about = (SweepSettings.__doc__ or "").strip().splitlines()[0]
    yield SettingsTable("[sweep]", about, tuple(_shown(*row) for row in rows(SweepSettings)))
    yield SettingsTable(
        "sweep.method", "How combinations are chosen.",
        tuple((name, "", "", text) for name, text in METHODS.items()),
    )  # fmt: skip
    yield SettingsTable(
        "sweep.settings, a range", (Range.__doc__ or "").strip().splitlines()[0],
        tuple(_shown(*row) for row in rows(Range)),
    )  # fmt: skip


def _shown(name: str, default: str, limits: str, text: str) -> tuple[str, str, str, str]:
    return name, {"none": "-", "()": "-", "": "required"}.get(default, default), limits, text


if __name__ == "__main__":
    print(settings_page(sweep_tables()), end="")
