"""Sweep: what came of many experiments that differ in named settings."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from approximant.experiment import Experiment
from approximant.settings import option
from approximant.store import StoredRun
from approximant.sweeps._rows import Row, front, rank_correlation, ranked
from approximant.sweeps._settings import SweepSettings

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Sweep:
    """What came of a sweep.

    Args:
        experiment: what all have in common.
        settings: what varied, and how.
        rows: one per combination, in their order.
        seconds: from the call to the last result.
        kept: how many runs were in the store already.
        ran: how many ran now.
        interrupted: whether the person ended it; what had finished is here and in the store.
        keeper: holds the store of a sweep that was given none, as long as this lives.
    """

    experiment: Experiment
    settings: SweepSettings
    rows: tuple[Row, ...]
    seconds: float
    kept: int = 0
    ran: int = 0
    interrupted: bool = False
    keeper: object = None

    @property
    def name(self) -> str:
        """What it is called: after its file."""
        return self.experiment.name

    @cached_property
    def ranked(self) -> list[Row]:
        """The rows with the best first, failures last."""
        return ranked(self.rows)

    @cached_property
    def front(self) -> set[int]:
        """Numbers of the rows that no other beats in parameters, error and seconds at once."""
        return front(self.rows)

    @property
    def failed(self) -> list[StoredRun]:
        """The runs that failed; each has a reason."""
        return [run for row in self.rows for run in row.runs if run not in row.finished]

    @cached_property
    def spearman(self) -> float | None:
        """Rank correlation of the medians with what the author reported; None without that."""
        pairs = [
            (r.median, r.reported) for r in self.rows if r.reported is not None and len(r.errors)
        ]
        return rank_correlation(*zip(*pairs, strict=True)) if pairs else None

    @property
    def holds(self) -> bool:
        """Whether every claim of the file holds, and no run failed."""
        bands = all(row.holds is not False for row in self.rows)
        asked, found = self.settings.correlation, self.spearman
        return bands and not self.failed and (asked is None or (found or 0.0) <= asked)

    def as_dict(self) -> dict[str, Any]:
        """Return rows, rank correlation (or None) and seconds, for JSON."""
        found = self.spearman
        return {
            "rows": [row.as_dict() | {"front": row.number in self.front} for row in self.rows],
            "spearman": None if found is None or math.isnan(found) else found,
            "seconds": self.seconds,
        }

    def table(self) -> str:
        """Return the rows as CSV, the best first."""
        by = next((row.by for row in self.rows), "")
        names = list(dict.fromkeys(name for row in self.rows for name in row.values))
        lines = [["row", *names, by, "low", "high", "parameters", "seconds", "front", "failed"]]
        for row in self.ranked:
            numbers = [row.median, row.low, row.high, row.parameters or "", row.seconds]
            cells = [json.dumps(row.values.get(name)) for name in names]
            found = [f"{n:.10g}" if isinstance(n, (int, float)) else n for n in numbers]
            on_front = "yes" if row.number in self.front else ""
            lines.append([str(row.number), *cells, *found, on_front, "; ".join(row.failures)])
        return "".join(",".join(map(_cell, line)) + "\n" for line in lines)

    def pictures(self) -> dict[str, Figure]:
        """Return the figures that show the sweep, by name."""
        from approximant.sweeps._pictures import sweep_pictures

        return sweep_pictures(self)

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write `sweep.json`, `sweep.csv` and the pictures into a folder.

        Raises:
            ModelFileError: the folder or a file cannot be written.
        """
        from approximant.draw import png
        from approximant.store import make_folder, write_atomically

        place = make_folder(option(folder, Path, "folder"))
        write_atomically(
            place / "sweep.json", (json.dumps(self.as_dict(), indent=1) + "\n").encode()
        )
        write_atomically(place / "sweep.csv", self.table().encode())
        for name, figure in self.pictures().items():
            write_atomically(place / f"{name}.png", png(figure))


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if set(text) & set(',"\n') else text
