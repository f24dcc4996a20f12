"""What bands can be about: the values measured on a run, by the names files use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Array, Points
from approximant.errors import SettingError

if TYPE_CHECKING:
    from approximant.approximant import Approximant
    from approximant.experiment._run import Run


@dataclass(frozen=True)
class Measure:
    """A value that is measured on a run.

    Args:
        help: what it is, in one line.
        of_run: measures it on a run, or
        of_comparison: on what `approximate` reached on the same target, given any of the runs.
    """

    help: str
    of_run: Callable[[Run], float] | None = None
    of_comparison: Callable[[Run, Approximant], float] | None = None


def error_against(run: Run, approximant: Approximant) -> Array:
    """Return approximant minus noise-free target at evenly spread points, (n, m).

    Raises:
        SettingError: nothing but noisy rows is known of the target.
    """
    if run.truth is None:
        raise SettingError(
            "checks.bands: an error against the target needs the target; give its formula as "
            "checks.noise_free, since a table holds rows only."
        )
    points = even_points(run)
    return np.asarray(approximant.model.evaluate(points) - run.truth(points))


def even_points(run: Run) -> Points:
    """Return points evenly spread over the domain, both ends included where there is one input."""
    from approximant.sampling import spread_points

    box, count = run.approximant.domain, run.experiment.checks.points
    if box.dimension == 1:
        return np.linspace(box.lower, box.upper, count)
    return box.from_unit(spread_points(count, box.dimension))


def _last(column: str) -> Callable[[Run], float]:
    """Return the measure that is the last value of a column; NaN where the training diverged."""

    def measure(run: Run) -> float:
        if column not in run.history:
            raise SettingError(f"checks.bands: this training did not measure {column!r}.")
        values = run.history[column]
        known = values[np.isfinite(values)]  # not every epoch is measured
        return float("nan") if run.diverged or not len(known) else float(known[-1])

    return measure


def _sum_of_squares(run: Run) -> float:
    rows = run.training.rows
    return float(np.sum((run.approximant.model.evaluate(rows.points) - rows.values) ** 2))


def _rms(values: Array) -> float:
    return float(np.sqrt(np.mean(values**2)))


def _outside_error(run: Run) -> float:
    pairs = [
        pair
        for row in run.predictions
        if not row.inside and row.exact is not None
        for pair in zip(row.value, row.exact, strict=True)
    ]
    shares = (abs(value / exact - 1.0) for value, exact in pairs if exact and np.isfinite(exact))
    return min(shares, default=float("nan"))


_EPOCH = "mean over the batches of the last epoch, while the weights move"
MEASURES = {
    "loss": Measure(f"the loss: {_EPOCH}", _last("loss")),
    "mae": Measure(f"mean absolute error: {_EPOCH}", _last("mae")),
    "mse": Measure(f"mean squared error: {_EPOCH}", _last("mse")),
    "loss_after": Measure("the loss on all rows after the last epoch", _last("loss_after")),
    "mae_after": Measure("mean absolute error after the last epoch", _last("mae_after")),
    "mse_after": Measure("mean squared error after the last epoch", _last("mse_after")),
    "held_out_loss": Measure("the loss on the rows held out", _last("held_out_loss")),
    "held_out_mae": Measure("mean absolute error on the rows held out", _last("held_out_mae")),
    "held_out_mse": Measure("mean squared error on the rows held out", _last("held_out_mse")),
    "sum_of_squares": Measure("sum of squared errors on the rows of the training", _sum_of_squares),
    "rmse": Measure(
        "root mean square error against the noise-free target at evenly spread points",
        lambda run: _rms(error_against(run, run.approximant)),
    ),
    "outside_error": Measure(
        "smallest relative error among the predictions outside the domain", _outside_error
    ),
    "approximate_error": Measure(
        "largest error of what `approximate` finds",
        of_comparison=lambda _, found: float(np.max(found.report.max_error)),
    ),
    "approximate_rmse": Measure(
        "rmse of what `approximate` finds",
        of_comparison=lambda run, found: _rms(error_against(run, found)),
    ),
    "approximate_noise": Measure(
        "standard deviation of the noise that `approximate` finds in the rows",
        of_comparison=lambda _, found: (
            float("nan") if found.report.noise is None else float(np.max(found.report.noise))
        ),
    ),
}
