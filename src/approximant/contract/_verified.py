"""A candidate with what fresh points and the bound on its rounding say: the one verdict on it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from approximant.arrays import Vector
from approximant.certify import rounding_over
from approximant.contract._candidate import Candidate, rounding_ratio
from approximant.domain import SampledRegion
from approximant.measure import Errors

QUARTER = 0.25  # of the tolerance is what rounding may take


@dataclass(frozen=True, eq=False)
class Verified:
    """A candidate with its errors on points or rows that took no part in finding it.

    Args:
        candidate: the candidate.
        errors: measured on fresh points or rows.
        tolerance: largest error allowed, (m,).
        rounding: bound on the rounding error of one evaluation, (m,).
    """

    candidate: Candidate
    errors: Errors
    tolerance: Vector
    rounding: Vector

    @classmethod
    def of(cls, candidate: Candidate, errors: Errors, tolerance: Vector) -> Verified:
        """Return the candidate with its bound on rounding as well."""
        rounding = rounding_over(candidate.model, QUARTER * tolerance)
        return cls(candidate, errors, tolerance, rounding)

    def measured_by(self, tolerance: Vector) -> Verified:
        """Return the same with another tolerance."""
        return replace(self, tolerance=tolerance)

    def within(self, region: SampledRegion) -> Verified:
        """Return the same with a model that knows where its rows lie."""
        model = replace(self.candidate.model, region=region)
        return replace(self, candidate=replace(self.candidate, model=model))

    @property
    def ratio(self) -> float:
        """Largest error as a multiple of the tolerance."""
        return self.errors.ratio(self.tolerance)

    @property
    def quarters(self) -> float:
        """What rounding is estimated to take, as a multiple of a quarter of the tolerance.

        The bound does not decide: it takes neurons that move together for independent ones, which
        beside a kink is far from what rounding does. The errors measured contain it as it is.
        """
        return rounding_ratio(self.candidate.model, self.tolerance)

    @property
    def quality(self) -> float:
        """The worse of error and rounding."""
        return max(self.ratio, self.quarters)

    @property
    def met(self) -> bool:
        """Whether no checked point exceeded the tolerance and rounding keeps to its quarter."""
        return self.quality <= 1.0
