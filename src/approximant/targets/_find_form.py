"""Find out, by trying, how a callable wants its points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from approximant.arrays import Points
from approximant.errors import TargetError
from approximant.sampling import Samples
from approximant.targets._budget import EvaluationLimit
from approximant.targets._caller import Caller
from approximant.targets._forms import Form
from approximant.targets._results import alike, layouts


@dataclass(frozen=True, eq=False)
class Found:
    """The form that works.

    Args:
        form: how to pass points.
        outputs_first: whether a batch comes back as (m, n) instead of (n, m).
        samples: what was evaluated on the way.
    """

    form: Form
    outputs_first: bool
    samples: Samples


def find_form(caller: Caller, candidates: Sequence[Form], points: Points) -> Found:
    """Return the first form that gives numbers of the right shape.

    A batch must agree with single calls at each of the points, whose number differs from d.

    Raises:
        TargetError: no form does; the failure that tells most is reported.
        EvaluationLimit: there are not enough evaluations to find out.
    """
    failures: list[TargetError] = []
    for form in candidates:
        try:
            found = (_try_batch if form.batch else _try_point)(caller, form, points)
        except EvaluationLimit:
            raise
        except TargetError as error:
            if not form.batch:
                failures.append(error)
        else:
            if found is not None:
                return found
    raise min(failures, key=_strangeness)


def _try_batch(caller: Caller, form: Form, points: Points) -> Found | None:
    readings = list(layouts(caller.call(form, points), len(points)))
    if not readings:
        return None
    singles = [caller.single(form, points[k : k + 1]) for k in range(len(points))]
    if len({single.shape for single in singles}) > 1:
        return None
    for outputs_first, values in readings:
        if alike(values, np.concatenate(singles)):
            return Found(form, outputs_first, Samples(points, values))
    return None


def _try_point(caller: Caller, form: Form, points: Points) -> Found:
    values = caller.single(form, points[:1])
    return Found(form, False, Samples(points[:1], values))


def _strangeness(failure: TargetError) -> int:
    """Rank failures: types and indices fail when a callable gets a form it was not written for."""
    if isinstance(failure.__cause__, (TypeError, IndexError)):
        return 2
    return 1 if failure.__cause__ is None else 0
