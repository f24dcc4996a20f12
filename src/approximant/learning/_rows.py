"""What a training learns from: rows drawn from a function, or those of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from approximant.arrays import Points
from approximant.designs import Sampling, add_noise, draw_points, sampled_box
from approximant.errors import DomainError, FormulaError, SettingError
from approximant.formula import Formula
from approximant.sampling import Samples
from approximant.streams import Stream
from approximant.targets import FunctionTarget, TableTarget, Target, read_target, text_names


@dataclass(frozen=True, eq=False)
class Lesson:
    """What is to be learned, in the user's units.

    Args:
        target: the function or table.
        rows: those to train with, in the order in which they were drawn.
        held_out: rows kept out of the training, or None.
    """

    target: Target
    rows: Samples
    held_out: Samples | None


def read_lesson(
    target: Any,
    domain: Any,
    *,
    inputs: Sequence[str] | None,
    outputs: Sequence[str] | None,
    sampling: Sampling | None,
    held_out: float,
    seed: int,
) -> Lesson:
    """Return the rows of a training with the target that they come from.

    Args:
        target: see `approximant.targets.read_target`.
        domain: may be left out where the sampling says where to draw: then it is the box of
            the ends stated, or of the rows drawn.
        inputs: names of the inputs, or columns.
        outputs: names of the outputs, or columns.
        sampling: how to draw from a function; None for the default, and for tables.
        held_out: share of the rows, 0 to 1.
        seed: of the draws.

    Raises:
        SettingError: a table with a sampling, or fewer than one row is left for the training.
        FormulaError, DomainError, TargetError, TableError: as their names say.
    """
    chosen = sampling or Sampling()
    if domain is None and _drawable(target):
        inputs = text_names(inputs)
        names = _names(target, chosen) if inputs is None else inputs
        if not names:
            raise DomainError("Say where to draw the rows: give a domain for the inputs.")
        points = draw_points(chosen, names, None, seed)
        box = sampled_box(chosen, names, points)
        known = read_target(target, box, inputs=inputs, outputs=outputs)
        return _drawn(known, points, chosen, held_out, seed)
    known = read_target(target, domain, inputs=inputs, outputs=outputs, seed=seed)
    if isinstance(known, TableTarget):
        if sampling is not None:
            raise SettingError("A table brings its rows; leave the sampling out.")
        return _of_table(known, held_out)
    points = draw_points(chosen, known.domain.names, known.domain, seed)
    return _drawn(known, points, chosen, held_out, seed)


def _drawable(target: Any) -> bool:
    texts = list(target.values()) if isinstance(target, dict) else target
    if isinstance(texts, list):
        return bool(texts) and all(isinstance(text, (str, Formula)) for text in texts)
    return isinstance(texts, (str, Formula)) or callable(texts)


def _names(target: Any, sampling: Sampling) -> tuple[str, ...]:
    """Return the inputs of a function for which neither a domain nor inputs were given."""
    if sampling.inputs:
        return tuple(sampling.inputs)
    texts = list(target.values()) if isinstance(target, dict) else target
    texts = texts if isinstance(texts, list) else [texts]
    try:
        formulas = [text if isinstance(text, Formula) else Formula(text) for text in texts]
    except FormulaError:
        if not callable(target):
            raise
        formulas = []
    return tuple(dict.fromkeys(name for formula in formulas for name in formula.variables))


def _drawn(known: Target, points: Points, sampling: Sampling, held_out: float, seed: int) -> Lesson:
    assert isinstance(known, FunctionTarget)
    outside = ~known.domain.contains(points)
    if outside.any():
        where = ", ".join(
            f"{name} = {value:.6g}"
            for name, value in zip(known.domain.names, points[outside][0], strict=True)
        )
        raise SettingError(
            f"The sampling draws {int(outside.sum()):,} of {len(points):,} rows outside the "
            f"domain, the first at {where}; narrow the sampling, or leave the domain out: it is "
            "then the box of the rows."
        )
    values = add_noise(sampling, known(points), seed)
    kept = _held_count(len(points), held_out)
    order = np.arange(len(points))
    if kept:
        order = Stream.HELD_OUT.generator(seed).permutation(len(points))
    train, held = np.sort(order[kept:]), np.sort(order[:kept])
    return Lesson(
        known,
        Samples(points[train], values[train]),
        Samples(points[held], values[held]) if kept else None,
    )


def _of_table(known: TableTarget, held_out: float) -> Lesson:
    if known.fit.weights is not None:
        raise SettingError(
            "Rows have weights, which a training takes no notice of; repeat rows instead."
        )
    rows, held = known.rows_apart(held_out)
    if not len(rows):
        raise SettingError(f"held_out={held_out:g} leaves no row to train with; give less.")
    return Lesson(known, rows, held if len(held) else None)


def _held_count(rows: int, share: float) -> int:
    count = round(share * rows) if share else 0
    if count >= rows:
        raise SettingError(f"held_out={share:g} of {rows} rows leaves none to train with.")
    return max(count, 1) if share else 0
