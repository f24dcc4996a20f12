"""TableTarget: a table with its domain, its three parts and the region that its rows cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np

from approximant.arrays import Frozen, Points, Vector
from approximant.domain import MIN_FLOATS, Box, SampledRegion
from approximant.errors import DomainError, TableError
from approximant.sampling import Samples
from approximant.targets._domain import read_domain
from approximant.targets._region import empty_share, sampled_region
from approximant.targets._replicates import Replicates, find_replicates
from approximant.targets._size import too_large
from approximant.targets._split import Split, fingerprint, split_rows
from approximant.targets._table import Table
from approximant.targets._words import count_text, list_text, near_miss


@dataclass(frozen=True, eq=False)
class TableTarget(Frozen):
    """A target that is known at the rows of a table only.

    Args:
        domain: the box given, or the bounding box of the rows.
        outputs: names of the m outputs.
        description: what it is, in words.
        fit, choose, verify: the rows, split by a hash of their inputs; in each part in random
            order. A row that appears k times has k times the weight; weights given are brought to
            1 on average.
        scale: largest |value| of each output, (m,).
        scale_points: where it is, (m, d).
        low, high: smallest and largest value of each output, (m,).
        fingerprint: SHA-256 of names and numbers, in hexadecimal.
        notes: what was detected, left out or contradictory, a sentence each.
        replicate_noise: standard deviation among rows with equal inputs, (m,), or None where no
            row contradicts another.
        replicate_freedom: degrees of freedom behind `replicate_noise`.
        different: at how many different points the rows of each part lie.
    """

    kind: ClassVar[Literal["table"]] = "table"
    texts: ClassVar[None] = None
    unused_inputs: ClassVar[tuple[str, ...]] = ()

    domain: Box
    outputs: tuple[str, ...]
    description: str
    fit: Samples
    choose: Samples
    verify: Samples
    scale: Vector
    scale_points: Points
    low: Vector
    high: Vector
    fingerprint: str
    notes: tuple[str, ...] = ()
    replicate_noise: Vector | None = None
    replicate_freedom: int = 0
    different: tuple[int, int, int] = (0, 0, 0)
    _distinct: Points = field(default_factory=lambda: np.empty((0, 0)), repr=False)
    _order: Vector = field(default_factory=lambda: np.empty(0), repr=False)

    @property
    def rows(self) -> tuple[int, int, int]:
        """How many rows are fitted, chosen with, verified on."""
        return len(self.fit), len(self.choose), len(self.verify)

    @property
    def evaluations(self) -> int:
        """Number of points at which the target is known."""
        return sum(self.rows)

    @property
    def exact_repeats(self) -> int:
        """How many rows repeat the point of another, where all such rows agree; otherwise 0."""
        return sum(self.rows) - sum(self.different) if self.replicate_noise is None else 0

    def rows_apart(self, share: float) -> tuple[Samples, Samples]:
        """Return the rows in two parts, both in the order of the table; equal rows stay together.

        Args:
            share: of the rows that go to the second part; the same rows for the same table.
        """
        parts = (self.fit, self.choose, self.verify)
        points = np.concatenate([part.points for part in parts])
        values = np.concatenate([part.values for part in parts])
        first = len(points) - int(np.ceil(share * len(points)))
        while 0 < first < len(points) and np.array_equal(points[first], points[first - 1]):
            first -= 1
        halves = np.split(np.arange(len(points)), [first])
        chosen = [half[np.argsort(self._order[half])] for half in halves]
        kept, held = (Samples(points[rows], values[rows]) for rows in chosen)
        return kept, held

    @cached_property
    def region(self) -> SampledRegion:
        """The part of the domain that the rows cover, from all of them."""
        return sampled_region((self._distinct - self.domain.lower) / self.domain.width)

    @cached_property
    def empty_share(self) -> float:
        """Share of the domain that lies outside the region."""
        return empty_share(self.region)


def table_target(table: Table, domain: Any = None, *, seed: int = 0) -> TableTarget:
    """Return the target of a table.

    Args:
        table: the rows.
        domain: intervals for all inputs or some of them; rows outside are left out, with a note.
            Inputs without an interval get the range of their rows.
        seed: mixed into the hash that splits the rows.

    Raises:
        TableError: too few rows, an input that is the same in all of them, or values too large.
        DomainError: the domain makes no sense, or names another input.
    """
    print_of_all = fingerprint(table.points, table.values, (*table.inputs, *table.outputs))
    given = None if domain is None else read_domain(domain, table.inputs)
    table = _restricted(table, given)
    if len(table) > 1:
        _check_inputs(table)
    if reason := too_large(table.inputs, table.outputs, table.points, table.values):
        raise TableError(reason)
    split = split_rows(table.points, table.values, seed)
    box = _box(table, given)
    points, values = table.points[split.order], table.values[split.order]
    replicates = find_replicates(values, split.starts)
    fit, choose, verify = _parts(Samples(points, values, _weights(table, split)), split)
    largest = np.abs(values).argmax(axis=0)
    return TableTarget(
        domain=box,
        outputs=table.outputs,
        description=table.description,
        fit=fit,
        choose=choose,
        verify=verify,
        scale=np.abs(values).max(axis=0),
        scale_points=points[largest],
        low=values.min(axis=0),
        high=values.max(axis=0),
        fingerprint=print_of_all,
        notes=table.notes + _notes(replicates, table.outputs),
        replicate_noise=None if replicates is None else replicates.noise,
        replicate_freedom=0 if replicates is None else replicates.freedom,
        different=_different(split),
        _distinct=points[split.starts],
        _order=split.order.astype(float),
    )


def _restricted(table: Table, given: Box | None) -> Table:
    """Leave out the rows outside the intervals that were given."""
    if given is None:
        return table
    unknown = [name for name in given.names if name not in table.inputs]
    if unknown:
        raise DomainError(
            f"The domain has an interval for {unknown[0]!r}, but the inputs are "
            f"{list_text(table.inputs)}.{near_miss(unknown[0], table.inputs)}"
        )
    columns = [table.inputs.index(name) for name in given.names]
    inside = given.contains(table.points[:, columns])
    if inside.all():
        return table
    left_out = f"{int((~inside).sum()):,} of {count_text(len(table), 'row')} lie outside the domain"
    if not inside.any():
        raise TableError(f"{left_out}: no row remains; widen the domain or leave it out.")
    return replace(
        table,
        points=table.points[inside],
        values=table.values[inside],
        weights=None if table.weights is None else table.weights[inside],
        notes=(*table.notes, f"{left_out} and are left out."),
    )


def _check_inputs(table: Table) -> None:
    """Refuse inputs without variation: the table cannot tell how the target depends on them."""
    low, high = table.points.min(axis=0), table.points.max(axis=0)
    floats = np.maximum(np.spacing(np.abs(low)), np.spacing(np.abs(high)))
    constant = high - low <= MIN_FLOATS * floats
    if constant.any():
        column = int(np.argmax(constant))
        others = [name for k, name in enumerate(table.inputs) if k != column]
        advice = f"leave it out: inputs={others}" if others else "choose an input that varies"
        raise TableError(
            f"The input {table.inputs[column]!r} is {low[column]:g} in all "
            f"{count_text(len(table), 'row')}, so the table does not tell how the target depends "
            f"on it; {advice}."
        )


def _box(table: Table, given: Box | None) -> Box:
    ranges = zip(table.points.min(axis=0), table.points.max(axis=0), strict=True)
    intervals = dict(zip(table.inputs, ranges, strict=True))
    return Box.from_intervals(intervals | (given.intervals() if given else {}))


def _parts(rows: Samples, split: Split) -> tuple[Samples, Samples, Samples]:
    first, second = split.parts
    return rows.first(first), rows.part(first, second), rows.part(second, len(rows))


def _different(split: Split) -> tuple[int, int, int]:
    fitted, before_last = np.searchsorted(split.starts, split.parts)
    return int(fitted), int(before_last - fitted), int(len(split.starts) - before_last)


def _weights(table: Table, split: Split) -> Vector | None:
    """Return the weights in the order of the split, of mean one."""
    if table.weights is None:
        return None
    return np.asarray(table.weights[split.order] / table.weights.mean())


def _notes(replicates: Replicates | None, outputs: Sequence[str]) -> tuple[str, ...]:
    if replicates is None:
        return ()
    widest = int(np.argmax(replicates.spread))
    noise = replicates.noise[widest]
    return (
        f"{count_text(replicates.rows, 'row')} have the inputs of another row but other outputs, "
        f"up to {replicates.spread[widest]:.3g} apart in {outputs[widest]}: all are kept, no "
        f"function meets them all, and the noise that they show is about {noise:.2g}.",
    )
