"""Figures of a model with three inputs or more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Vector
from approximant.draw._cloud import draw_histogram, draw_predicted
from approximant.draw._curve import draw_curve, shade_outside
from approximant.draw._style import few_ticks, head, legend, new_figure, panels
from approximant.draw._subject import MARGIN, Subject, floor_of
from approximant.sampling import Samples

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ALONG = 301  # points of a slice
COARSEST = 20  # points of a slice below which the target is left out
MOST_SLICES = 40


def figures(subject: Subject) -> dict[str, Figure]:
    """Return the figures `slices` and, where the target is known, `fit` and `error`."""
    if subject.checks is None:
        return {"slices": _slices(subject)}
    samples, what = subject.checks
    return {
        "fit": _predicted(subject, samples, what),
        "error": _histogram(subject, samples, what),
        "slices": _slices(subject),
    }


def _predicted(subject: Subject, samples: Samples, what: str) -> Figure:
    predicted = subject.model.evaluate(samples.points)
    figure, axes = panels(subject.panels, 6.4, 5.4)
    for k, ax in enumerate(axes):
        draw_predicted(ax, samples.values[:, k], predicted[:, k])
        ax.set_xlabel(f"true {subject.output(k)}")
        ax.set_ylabel(f"{subject.output(k)} predicted by the network")
        share = 100 * np.atleast_1d(subject.report.range_error)[k]
        head(ax, subject.name(k), f"predicted against true, {len(samples)} {what}",
             f"largest error {subject.max_error[k]:.3g}, {share:.2g} % of the range")  # fmt: skip
    legend(figure)
    return figure


def _histogram(subject: Subject, samples: Samples, what: str) -> Figure:
    error = np.abs(samples.values - subject.model.evaluate(samples.points))
    figure, axes = panels(subject.panels, 8.0, 4.2)
    for k, ax in enumerate(axes):
        tolerance = subject.tolerance[k]
        low = floor_of(error[:, k], tolerance) / 10  # few points are smaller still
        draw_histogram(ax, error[:, k], tolerance, low)
        ax.set_xlabel(f"error = |target − network|, in the unit of {subject.output(k)}")
        ax.set_ylabel("number of points")
        above = 100 * float((error[:, k] > tolerance).mean())
        head(ax, subject.name(k), subject.verdict(k),
             f"{above:.3g} % of {len(samples)} {what} lie above the tolerance")  # fmt: skip
    legend(figure)
    return figure


def _slices(subject: Subject) -> Figure:
    """Draw a slice along every input; an equal ordinate shows which inputs matter."""
    d = subject.model.domain.dimension
    wanted = [(k, i) for k in range(subject.panels) for i in range(d)][:MOST_SLICES]
    columns = min(4, d)
    rows = math.ceil(len(wanted) / columns)
    figure = new_figure(3.1 * columns, 2.6 * rows + 0.5)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for unused in axes[len(wanted) :]:
        unused.remove()
    shown: dict[int, list[Vector]] = {}
    for ax, (k, i) in zip(axes, wanted, strict=False):
        shown.setdefault(k, []).append(_slice(subject, ax, k, i))
    for ax, (k, _) in zip(axes, wanted, strict=False):
        ax.set_ylim(*_ends(np.concatenate(shown[k])))
    figure.suptitle("slices through the middle: the other inputs at the centre of their intervals",
                    x=0.01, ha="left", fontsize=10.5)  # fmt: skip
    legend(figure)
    return figure


def _slice(subject: Subject, ax: Axes, k: int, i: int) -> Vector:
    """Draw output k along input i; return the values inside the domain."""
    domain = subject.model.domain
    share = subject.limit // (domain.dimension * subject.panels)  # evaluations for one slice
    points = np.tile(domain.centre, (min(ALONG, share) if share >= COARSEST else ALONG, 1))
    x = domain.lower[i] + np.linspace(-MARGIN, 1 + MARGIN, len(points)) * domain.width[i]
    points[:, i] = x
    target = subject.values(points) if share >= COARSEST else None
    network = subject.model.evaluate(points)[:, k]
    inside = domain.contains(points)
    draw_curve(ax, x, network, None if target is None else target[:, k])
    shade_outside(few_ticks(ax), x, inside)
    ax.set_xlabel(subject.input(i))
    ax.set_ylabel(subject.output(k))
    return network[inside] if target is None else target[inside, k]


def _ends(values: Vector) -> tuple[float, float]:
    """Return the ends of an axis for values (n,), with some air."""
    values = values[np.isfinite(values)]
    low, high = (values.min(), values.max()) if len(values) else (0.0, 1.0)
    air = 0.2 * float(high - low) or abs(float(high)) or 1.0
    return float(low) - air, float(high) + air
