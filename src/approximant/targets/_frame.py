"""Tables from data frames: pandas, Polars, pyarrow and whatever else narwhals reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from approximant.arrays import Array, Vector
from approximant.errors import TableError
from approximant.targets._cells import cell_number
from approximant.targets._columns import Chosen, Selection, select_columns


def is_frame(data: Any) -> bool:
    """Tell whether narwhals takes this for a data frame, eager or lazy."""
    import narwhals.stable.v2 as nw

    native = nw.from_native(data, pass_through=True, allow_series=False)
    return isinstance(native, (nw.DataFrame, nw.LazyFrame))


def read_frame(frame: Any, inputs: Chosen, outputs: Chosen) -> tuple[Selection, Array]:
    """Return the used columns of a data frame and their cells (n, k), inputs first; NaN is missing.

    Raises:
        TableError: it is lazy, the columns cannot be chosen so, or a column holds no numbers.
    """
    import narwhals.stable.v2 as nw

    try:
        data = nw.from_native(frame, eager_only=True)
        names = [str(name).strip() for name in data.columns]
    except TypeError:
        if is_frame(frame):
            raise TableError("The data frame is lazy; pass frame.collect().") from None
        raise TableError(f"A {type(frame).__name__} is no data frame.") from None
    except nw.exceptions.NarwhalsError as error:
        raise TableError(f"Cannot read the data frame: {' '.join(str(error).split())}") from error
    selection = select_columns(names, inputs, outputs)
    columns = [_numbers(data[:, k], names[k]) for k in selection.columns]
    return selection, np.column_stack(columns)


def read_parquet(path: Path, inputs: Chosen, outputs: Chosen) -> tuple[Selection, Array]:
    """Return what `read_frame` returns, for a Parquet file.

    Raises:
        TableError: pyarrow is not installed, or the file is no Parquet file.
    """
    import narwhals.stable.v2 as nw

    try:
        frame = nw.read_parquet(str(path), backend="pyarrow")
    except ImportError:
        raise TableError(
            f'Reading {path.name} needs pyarrow: pip install "approximant[tables]"'
        ) from None
    except Exception as error:  # pyarrow has its own tree of errors, and is no dependency
        raise TableError(f"{path} cannot be read as a Parquet file: {error}") from error
    return read_frame(frame, inputs, outputs)


def _numbers(series: Any, name: str) -> Vector:
    import narwhals.stable.v2 as nw

    if series.dtype.is_numeric() or series.dtype == nw.Boolean:
        return np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
    if series.dtype == nw.Object:
        cells = enumerate(series.to_list())
        return np.array([cell_number(cell, f"column {name!r}, row {row}") for row, cell in cells])
    if series.dtype in (nw.String, nw.Categorical, nw.Enum):
        filled = ((row, cell) for row, cell in enumerate(series.to_list()) if cell is not None)
        for row, cell in filled:
            cell_number(str(cell), f"column {name!r}, row {row}")
    raise TableError(f"The column {name!r} holds {series.dtype}; numbers are needed.")
