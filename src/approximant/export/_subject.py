"""What is exported: a model with the choices made for one file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF, Array, Frozen, Points, Values, Vector
from approximant.model import Model

# What a file does with points outside, and the policy of a Model that does the same.
POLICIES = {"nan": "nan", "clip": "clip", "error": "nan", "none": "allow"}
POLICY_OF = {"warn": "nan", "raise": "error", "nan": "nan", "clip": "clip", "allow": "none"}
BROKEN = 1e-6  # of S + scale: a float64 file that differs by more does not hold the model


@dataclass(frozen=True, eq=False)
class Verification(Frozen):
    """How a file compares with the model.

    Args:
        difference: largest |file - model| at the points compared, per output, (m,).
        bound: on |file - model| anywhere in the domain, (m,); None where there is none that says
            anything, and `difference` is all that is known.
        coarse: how much less accurate the activations of the file were taken to be, in u.
        gradient: largest difference of their gradients, None where the file has none.
        points: number of points compared.
        how: what gave the values of the file, such as "compiled with gcc".
        error: largest error of the file against the target, (m,); a bound, or measured.
        basis: what `error` rests on, in words.
    """

    difference: Vector
    bound: Vector | None
    coarse: float
    gradient: float | None
    points: int
    how: str
    error: Vector
    basis: str


@dataclass(frozen=True, eq=False)
class Subject:
    """A model on its way into a file.

    Args:
        model: what the file computes; for float32 its numbers are rounded and re-solved already.
        source: the model that is exported, in float64.
        card: what is known about it, as in a model file: `report`, `formulas`, `seed`, ...
        name: of the functions in the file.
        policy: what the file does with points outside, one of POLICIES.
        dtype: "float64" or "float32".
        refusal: what a point outside meets under the policy "error", in words.
        rows: whether the guard of the file knows the rows of a table, not only their box.
        samples: a few points (k, d) of the domain for the self-test of the file.
        verification: how the file compares with the model, once that is known.
    """

    model: Model
    source: Model
    card: Mapping[str, Any]
    name: str
    policy: str
    dtype: str
    refusal: str
    rows: bool
    samples: Points
    verification: Verification | None = None

    @property
    def reference(self) -> Model:
        """The model in float64, with the guard that the file shall have; "error" gives NaN."""
        return replace(
            self.source,
            domain=self.model.domain,
            outside=POLICIES[self.policy],
            region=self.source.region if self.rows else None,
        )

    @property
    def report(self) -> Mapping[str, Any]:
        """The report in the card; empty without one."""
        found = self.card.get("report")
        return found if isinstance(found, Mapping) else {}

    @property
    def has_region(self) -> bool:
        """Whether the guard asks how near the rows of a table are."""
        return self.source.region is not None and self.rows and self.policy != "none"

    def reported(self, field: str) -> Vector | None:
        """Return a number per output, (m,), of the report, or None; unknown ones are infinite."""
        value = self.report.get(field)
        if value is None:
            return None
        numbers = np.atleast_1d(np.array(value, dtype=float))
        return np.where(np.isnan(numbers), np.inf, numbers)

    def scale(self) -> Vector:
        """Return the largest |target| per output, (m,): as reported, else the model's own."""
        reported = self.reported("scale")
        if reported is not None:
            return reported
        return np.asarray(np.abs(self.source.evaluate(self.samples)).max(axis=0))

    def met(self, found: Verification) -> bool | None:
        """Tell whether the file keeps the tolerance of the report; None where there was none."""
        tolerance = self.reported("tolerance")
        return None if tolerance is None else bool(np.all(found.error <= tolerance))

    def rounding(self) -> Vector:
        """Return 8 u (S + scale) per output, (m,): what rounding usually adds; no bound.

        Steep neurons enlarge the rounding of their arguments by more.
        """
        return 8.0 * UNIT_ROUNDOFF * (self.source.outer_weight_sums + self.scale())

    def limit(self) -> Vector:
        """Return how much a file may differ from the model where no bound is known, (m,).

        In float32 that is for the person to say, with `tol`.
        """
        if self.dtype == "float32":
            return np.full(len(self.source.outputs), np.inf)
        return BROKEN * (self.source.outer_weight_sums + self.scale())

    def allowed(self) -> Vector:
        """Return by how much the self-test of the file may miss the model, (m,)."""
        rounding = self.rounding()
        if self.dtype == "float32":
            rounding = rounding * 2.0**29
        if self.verification is None:
            return rounding
        if self.verification.bound is not None:
            return self.verification.bound
        return np.maximum(rounding, 2.0 * self.verification.difference)

    def allowed_gradient(self) -> float:
        """Return the same for gradients, one number."""
        largest = float(np.abs(self.sample_gradients()).max(initial=0.0))
        seen = self.verification.gradient if self.verification else None
        unit = UNIT_ROUNDOFF if self.dtype == "float64" else 2.0**-24
        return max(64.0 * unit * largest, 2.0 * (seen or 0.0))

    def sample_values(self) -> Values:
        """Return the model's values at the samples, (k, m)."""
        return self.source.evaluate(self.samples)

    def sample_gradients(self) -> Array:
        """Return the model's gradients at the samples, (k, m, d)."""
        return self.source.gradient(self.samples)
