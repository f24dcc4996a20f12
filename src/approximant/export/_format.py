"""What a format of this room is: a suffix, a writer, and a way to run what was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from approximant.arrays import Array, Points, Values
from approximant.errors import ExportError
from approximant.export._subject import Subject
from approximant.model import Model
from approximant.networks import ACTIVATIONS

SLOPES = 200  # points at which a format that takes one at a time is asked for its gradient


@dataclass(frozen=True, eq=False)
class Run:
    """What a file gave at points.

    Args:
        values: (n, m); NaN where the file refused the point.
        gradients: at the first k points, (k, m, d), or None where the file has none.
        how: what computed them.
    """

    values: Values
    gradients: Array | None
    how: str


@dataclass(frozen=True, eq=False)
class Format:
    """One kind of file.

    Args:
        suffix: what the names of such files end in.
        summary: what it is, in a few words.
        render: returns the whole file.
        run: returns what the file gives at points (n, d), obeying its guard.
        activations: names of those the format can express.
        dtypes: the arithmetic it can be written for.
        needs_identifier: whether its functions are named after the file.
        batched: whether it takes many points at once. Rounding depends on it: a matrix product
            adds in another order than a product with one point.
        same_operations: whether it does what the model does, in float64 with one rounding each,
            in any order of summation, and activations as accurately as certificates assume.
        coarse: how much less accurate its activations may be, as a multiple of u max(1, |z|).
        guarded: whether the file can refuse a point; a document cannot.
        refusal: what a point outside meets under the policy "error".
        rows: whether its guard knows the rows of a table, not only their box.
        extra: the optional dependency it is written with, as (module, extra of this package).
        usage: returns the lines with which such a file is used.
    """

    suffix: str
    summary: str
    render: Callable[[Subject], bytes]
    run: Callable[[bytes, Subject, Points], Run]
    activations: frozenset[str] = frozenset(ACTIVATIONS)
    dtypes: tuple[str, ...] = ("float64",)
    needs_identifier: bool = False
    batched: bool = True
    same_operations: bool = False
    coarse: float = 0.0
    guarded: bool = True
    refusal: str = "a point outside raises an error"
    rows: bool = True
    extra: tuple[str, str] | None = None
    usage: Callable[[Subject, str], str] = lambda subject, path: ""

    def check_activations(self, model: Model) -> None:
        """Check that every activation of a model can be expressed.

        Raises:
            ExportError: one cannot.
        """
        used = [name for layer in model.network.layers for name, _ in layer.groups]
        for name in dict.fromkeys(used):
            if name not in self.activations:
                raise ExportError(
                    f"A {self.suffix} file cannot express the activation {name!r}; it knows "
                    f"{', '.join(sorted(self.activations))}. Nothing was written; choose another "
                    "format, or fit a network without it."
                )
