"""History: what a training measured, epoch by epoch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from approximant.arrays import Frozen, Vector, frozen


@dataclass(frozen=True, eq=False)
class History(Frozen):
    """Columns of equal length, one entry per epoch; NaN where an epoch was not measured.

    `loss`, `mae` and `mse` are means over the batches while the weights moved; with `_after` they
    are measured on all rows after the epoch, with `held_out_` on rows that took no part.

    Args:
        columns: by name, each (epochs,); the first is "epoch".
    """

    columns: Mapping[str, Vector]

    def __post_init__(self) -> None:
        columns = {name: frozen(column) for name, column in self.columns.items()}
        object.__setattr__(self, "columns", MappingProxyType(columns))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (dict(self.columns),)

    def __getitem__(self, name: str) -> Vector:
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def __iter__(self) -> Iterator[str]:
        return iter(self.columns)

    def __len__(self) -> int:
        return len(self.columns["epoch"])

    @classmethod
    def from_rows(cls, rows: list[dict[str, float]]) -> History:
        """Return the history of epochs given one by one; what a row lacks is NaN."""
        names = dict.fromkeys(["epoch", *(name for row in rows for name in row)])
        return cls({name: np.array([row.get(name, np.nan) for row in rows]) for name in names})

    def as_dict(self) -> dict[str, list[float | None]]:
        """Return the columns as lists for JSON; what is not finite is None."""
        return {
            name: [float(value) if np.isfinite(value) else None for value in column]
            for name, column in self.columns.items()
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> History:
        """Return the history that `as_dict` described."""
        return cls(
            {
                name: np.array([np.nan if v is None else v for v in column], dtype=float)
                for name, column in data.items()
            }
        )

    def csv(self) -> str:
        """Return a table with a header, one line per epoch, for spreadsheets and `from_csv`.

        Every number has the digits that tell it from all other float64 numbers.
        """
        columns = ([_digits(value) for value in column] for column in self.columns.values())
        rows = (",".join(cells) for cells in zip(*columns, strict=True))
        return "\n".join([",".join(self.columns), *rows]) + "\n"

    @classmethod
    def from_csv(cls, text: str) -> History:
        """Return the history that `csv` wrote, to the last bit.

        Raises:
            ValueError: it is no table of numbers with an epoch a row.
        """
        head, *lines = text.splitlines() or [""]
        names = head.split(",")
        if "epoch" not in names or len(set(names)) < len(names):
            raise ValueError(f"its header is {head[:80]!r}")
        rows = [[float(cell) for cell in line.split(",")] for line in lines]
        for number, row in enumerate(rows, 2):
            if len(row) != len(names):
                raise ValueError(f"line {number} has {len(row)} cells under {len(names)} names")
        columns = np.array(rows, dtype=float).reshape(-1, len(names)).T
        return cls(dict(zip(names, columns, strict=True)))


def _digits(value: float) -> str:
    """Return a number as it reads back exactly; a whole one without a point."""
    return repr(float(value)).removesuffix(".0")
