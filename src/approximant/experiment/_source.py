"""What the section [target] names: formulas, a table in a file, a function in a module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from approximant.experiment._settings import TargetSettings


def target_of(settings: TargetSettings, folder: Path) -> tuple[Any, dict[str, Any]]:
    """Return what `approximant.train` takes as a target, and domain, inputs and outputs with it.

    Args:
        settings: the section.
        folder: where the settings file is.

    Raises:
        TableError, TargetError: the file or the function cannot be had.
    """
    from approximant.targets import Table, import_callable

    names = {"inputs": settings.inputs, "outputs": settings.outputs}
    place = folder / settings.folder
    if settings.table is not None:
        table = Table.read(place / settings.table, **names, missing=settings.missing)
        return table, {"domain": settings.domain}
    if settings.function is not None:
        function = import_callable(settings.function, place)
        return function, {"domain": settings.domain, **names}
    return settings.formula, {"domain": settings.domain, **names}
