"""The number of evaluations: counted for the report, and limited where a limit is given."""

from __future__ import annotations

from approximant.errors import TargetError
from approximant.settings import option
from approximant.targets._words import count_text


class EvaluationLimit(TargetError):
    """More evaluations of the target were asked for than `max_evaluations` allows."""


class Budget:
    """Counts the points at which a target is evaluated.

    Args:
        limit: the largest count allowed, or None.

    Raises:
        SettingError: the limit is no positive whole number.
    """

    def __init__(self, limit: int | None = None) -> None:
        self.limit: int | None = option(limit, int | None, "max_evaluations", least=1)
        self.count = 0

    @property
    def remaining(self) -> int | None:
        """Evaluations still allowed, or None without a limit."""
        return None if self.limit is None else self.limit - self.count

    def require(self, points: int) -> None:
        """Refuse more points than remain.

        Raises:
            EvaluationLimit: there are not so many left.
        """
        if self.limit is not None and self.count + points > self.limit:
            raise EvaluationLimit(
                f"max_evaluations={self.limit} does not allow this: {self.count} are done and "
                f"{count_text(points, 'more was', 'more were')} asked for; raise the limit."
            )

    def spend(self, points: int) -> None:
        """Count points that are about to be evaluated.

        Raises:
            EvaluationLimit: they are more than remain; none of them is counted.
        """
        self.require(points)
        self.count += points
