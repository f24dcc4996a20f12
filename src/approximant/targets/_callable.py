"""Callable targets: a Python function, called the way it wants to be."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from approximant.arrays import Points, Values
from approximant.domain import Box
from approximant.errors import DomainError, TargetError
from approximant.progress import Watch
from approximant.sampling import spread_points
from approximant.targets._budget import Budget, EvaluationLimit
from approximant.targets._caller import Caller, LeftBehindError
from approximant.targets._domain import read_domain, reordered
from approximant.targets._find_form import Found, find_form
from approximant.targets._forms import forms
from approximant.targets._function import FunctionTarget
from approximant.targets._names import name_list, output_names
from approximant.targets._results import layouts
from approximant.targets._signature import Signature, input_order, read_signature
from approximant.targets._words import point_text
from approximant.threads import outside

CHUNK = 2**15  # points in one call, so that the callable's own temporaries stay small
_SLOW = "{} is called point by point; a version that takes arrays would be faster."
PATIENCE = 0.2  # seconds of work before the watch hears of it


def callable_target(
    function: Callable[..., Any],
    domain: Any,
    budget: Budget,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    watch: Watch | None = None,
) -> FunctionTarget:
    """Return the target of a Python callable.

    With one parameter it receives points (n, d), with d parameters d columns (n,). It counts as
    vectorised only if a call with several points agrees with calls for each of them; otherwise
    it is called point by point.

    Raises:
        TargetError: its parameters do not fit the domain, it fails, or it returns no real numbers.
        DomainError: the domain makes no sense, or is missing.
        SettingError: output names do not fit.
    """
    signature = read_signature(function)
    box = _box(signature, domain, name_list(inputs))
    d = box.dimension
    order = input_order(signature, box)
    caller = Caller(function, signature.name, box.names, order, budget)
    parameters = None if signature.inputs is None else len(signature.inputs)
    points = box.from_unit(spread_points(4 if d == 3 else 3, d))
    found = find_form(caller, forms(parameters, d), points)
    calls = _Calls(caller, found, watch)
    return FunctionTarget(
        kind="callable",
        domain=box,
        outputs=output_names(outputs, calls.outputs, box.names),
        description=f"callable {signature.text}",
        evaluate=calls.evaluate,
        evaluate_outside=calls.evaluate_outside,
        budget=budget,
        notes=() if found.form.batch else (_SLOW.format(signature.name),),
        known=(found.samples,),
    )


class _Calls:
    """Evaluates many points in the form that was found."""

    def __init__(self, caller: Caller, found: Found, watch: Watch | None) -> None:
        self.caller = caller
        self.form = found.form
        self.outputs_first = found.outputs_first
        self.outputs = found.samples.values.shape[1]
        self.watch = watch

    def __getstate__(self) -> dict[str, Any]:
        # The watch belongs to the call that is over, or to the process that is left.
        return {**self.__dict__, "watch": None}

    @outside()  # once for all points: single calls may be many
    def evaluate(self, points: Points) -> Values:
        """Return the values (n, m) at points (n, d).

        Raises:
            TargetError: the callable failed; the message names the point.
            EvaluationLimit: these are more points than remain; none is evaluated.
        """
        self.caller.budget.require(len(points))
        values = np.empty((len(points), self.outputs))
        step = CHUNK if self.form.batch else 1
        begin = self.watch.seconds if self.watch else 0.0
        for start in range(0, len(points), step):
            rows = slice(start, min(start + step, len(points)))
            values[rows] = self._blaming(points[rows])
            if self.watch and self.watch.seconds - begin > PATIENCE:
                self.watch.tell("evaluating the target", rows.stop / len(points))
        return values

    @outside()
    def evaluate_outside(self, points: Points) -> Values:
        """Return the values (n, m) at points (n, d); NaN where the callable fails."""
        self.caller.budget.require(len(points))
        if self.form.batch:
            try:
                return self._read(points)
            except (EvaluationLimit, LeftBehindError):
                raise
            except TargetError:
                pass  # some point of the batch fails: ask for each
        singles = [self._read_or_nan(points[k : k + 1]) for k in range(len(points))]
        return np.concatenate(singles) if singles else np.empty((0, self.outputs))

    def _read(self, points: Points) -> Values:
        """Make one call."""
        if not self.form.batch:
            values = self.caller.single(self.form, points)
            fits = [values] if values.shape[1] == self.outputs else []
            shape: tuple[int, ...] = values.shape
        else:
            array = self.caller.call(self.form, points)
            shape = array.shape
            fits = [
                values
                for outputs_first, values in layouts(array, len(points))
                if values.shape[1] == self.outputs
                and (outputs_first == self.outputs_first or len(points) == 1)
            ]
        if not fits:
            raise TargetError(
                f"{self.caller.name} returned an array of shape {shape} for {len(points)} points, "
                f"the first at {point_text(self.caller.inputs, points[0])}; expected "
                f"({len(points)}, {self.outputs}), as in the calls before."
            )
        return fits[0]

    def _read_or_nan(self, point: Points) -> Values:
        try:
            return self._read(point)
        except (EvaluationLimit, LeftBehindError):
            raise
        except TargetError:
            return np.full((1, self.outputs), np.nan)

    def _blaming(self, points: Points) -> Values:
        """Make one call; if it fails, find by halving one point at which it does."""
        try:
            return self._read(points)
        except (EvaluationLimit, LeftBehindError):
            raise
        except TargetError:
            half = len(points) // 2
            if half:
                with contextlib.suppress(EvaluationLimit):
                    self._blaming(points[:half])
                    self._blaming(points[half:])
            raise  # only the whole batch fails, or there is no evaluation left to look closer


def _box(signature: Signature, domain: Any, inputs: tuple[str, ...] | None) -> Box:
    names = inputs or signature.inputs
    if domain is None:
        wanted = ", ".join(f"{name!r}: (0, 1)" for name in names or ("x",))
        raise DomainError(
            f"The domain is missing: say where to approximate {signature.text}, such as "
            f"{{{wanted}}}."
        )
    box = read_domain(domain, names)
    return box if inputs is None else reordered(box, inputs, "inputs= names")
