"""The pictures of a series: all runs in one, and beside them what `approximate` found."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from approximant.draw import Scene
    from approximant.experiment._run import Run
    from approximant.experiment._series import Series

FRAMES = 60  # of an animation
STAGES = 4  # epochs at which a picture shows the fit as it was


def series_pictures(series: Series) -> dict[str, Figure]:
    """Return the figures that compare the runs of a series, by name.

    `losses`: a band over the runs, with the author's values. `runs`: the fits side by side, for one
    or two inputs. `predictions`: the points of the file, for two inputs. `zoom`: the
    middle run where it is worst, for one input. `comparison`: the error of
    the middle run beside that of `approximate`.
    """
    from approximant.draw import (
        checks_figure,
        comparison_figure,
        fits_figure,
        losses_figure,
        multiples_figure,
    )

    experiment, middle = series.experiment, series.runs[series.middle]
    domain, scene = middle.approximant.domain, scene_of(middle)
    reported = np.array(experiment.checks.reported_loss)
    figures = {
        "losses": losses_figure(
            [run.history["loss"] for run in series.runs],
            reported=reported if len(reported) else None,
            title=experiment.title,
        )
    }
    if len(series.runs) > 1 and domain.dimension <= 2:
        fits = {_named(k, run): run.approximant.model.evaluate for k, run in enumerate(series.runs)}
        figures["runs"] = multiples_figure(fits, scene)
    if series.predictions and domain.dimension == 2 and middle.truth is not None:
        points = np.array([row.point for row in series.predictions])
        exact = np.array([row.exact for row in series.predictions])[:, 0]
        values = np.array([row.value for row in series.predictions])[:, 0]
        model = middle.approximant.model
        figures["predictions"] = checks_figure(points, exact, values, scene, model.evaluate)
    if domain.dimension == 1:
        figures["zoom"] = fits_figure(middle.approximant.model.evaluate, scene, zoom=True)
    if series.approximant is not None:
        networks = {
            "training": middle.approximant.model.evaluate,
            "approximate": series.approximant.model.evaluate,
        }
        figures["comparison"] = comparison_figure(networks, scene)
    return figures


def epochs_kept(epochs: int, count: int = FRAMES) -> list[int]:
    """Return at most `count` epochs, close at first and ever further apart, the last included."""
    return sorted({round(epoch) for epoch in np.geomspace(1, epochs, count).tolist()})


def run_animation(run: Run, format: str) -> bytes:
    """Return the fit as it learned, as a GIF or a page, from the networks that the run kept.

    Raises:
        SettingError: another format, or nothing was kept.
        DomainError: there are more than two inputs.
    """
    from approximant.draw import animation

    kept = {epoch: model.evaluate for epoch, model in run.training.snapshots.items()}
    return animation(kept, scene_of(run), format=format)


def scene_of(run: Run) -> Scene:
    """Return what all pictures of a run have in common."""
    scene = run.training.scene(run.experiment.title)
    return dataclasses.replace(scene, target=run.truth)


def _named(seed: int, run: Run) -> str:
    """Return the name of a run with the value that its file makes a claim about."""
    *_, (what, value) = run.measured().items()
    return f"seed {seed}: {what} {value:.3g}"
