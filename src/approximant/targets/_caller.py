"""One call of a callable: counted, its exceptions and its results turned into plain words."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from approximant.arrays import Array, Points, Values
from approximant.errors import TargetError
from approximant.targets._budget import Budget
from approximant.targets._forms import Form
from approximant.targets._results import as_numbers, layouts, one_point
from approximant.targets._words import point_text
from approximant.threads import outside


class LeftBehindError(TargetError):
    """A function was asked for that could not be pickled with its approximant."""


@dataclass(frozen=True)
class LeftBehind:
    """What stands for a function that could not be pickled."""

    name: str

    def __call__(self, *arguments: Any) -> Any:
        raise LeftBehindError(
            f"{self.name} was left behind when its approximant was pickled: only functions at the "
            "top of a module can be. The network and its report are whole; define the function "
            "there to take it along."
        )


class Caller:
    """Calls a callable in any form.

    Args:
        function: the callable.
        name: what to call it in messages.
        inputs: names of the d inputs.
        order: which input goes to each parameter.
        budget: counts the points.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        name: str,
        inputs: Sequence[str],
        order: Sequence[int],
        budget: Budget,
    ) -> None:
        self.name = name
        self.inputs = inputs
        self.budget = budget
        self._function = function
        self._order = list(order)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state; a function that cannot be pickled, such as a lambda, is left behind."""
        try:
            pickle.dumps(self._function)
        except Exception:  # whatever a pickler has against it
            return {**self.__dict__, "_function": LeftBehind(self.name)}
        return self.__dict__

    def __deepcopy__(self, memo: dict[int, Any]) -> Caller:
        state = {**self.__dict__, "budget": copy.deepcopy(self.budget, memo)}
        twin = object.__new__(Caller)
        twin.__dict__.update(state)
        return twin

    def call(self, form: Form, points: Points) -> Array:
        """Return the result for points (n, d) as numbers of whatever shape.

        Raises:
            TargetError: the callable raised, or returned something else; the cause is attached.
            EvaluationLimit: these are more points than remain.
        """
        self.budget.spend(len(points))
        arguments = form.arguments(points[:, self._order])
        try:
            with outside():
                result = self._function(*arguments)
        except LeftBehindError:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            raise TargetError(f"{self.name} raised {said} ({self._where(points)}).") from error
        try:
            return as_numbers(result)
        except TargetError as error:
            raise TargetError(f"{self.name} {error} ({self._where(points)})") from None

    def single(self, form: Form, point: Points) -> Values:
        """Return the values (1, m) at one point (1, d).

        Raises:
            TargetError: as for `call`, or the result has the wrong shape.
        """
        array = self.call(form, point)
        if form.keeps_rows:
            values = next((values for _, values in layouts(array, 1)), None)
        else:
            values = one_point(array)
        if values is None:
            raise TargetError(
                f"{self.name} returned an array of shape {array.shape} for one point, passed as "
                f"{form.words}; expected a number, or an array (m,) for m outputs."
            )
        return values

    def _where(self, points: Points) -> str:
        if len(points) == 1:
            return f"at {point_text(self.inputs, points[0])}"
        return f"called with {len(points)} points"
