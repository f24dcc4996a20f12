"""Figures of a model with one input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Mask, Values, Vector
from approximant.draw._curve import (
    draw_curve,
    draw_error,
    draw_error_dots,
    draw_rows,
    keep_to,
    shade_outside,
)
from approximant.draw._style import head, label, legend, panels
from approximant.draw._subject import LARGEST, MARGIN, Subject, floor_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ALONG = 4001  # points along the domain: the error of a good fit wiggles fast


def figures(subject: Subject) -> dict[str, Figure]:
    """Return the figures `fit` and, where the target is known, `error`."""
    x = _abscissas(subject)
    network = subject.model.evaluate(x[:, None])
    target = subject.values(x[:, None])
    inside = subject.model.inside(x[:, None])
    found = {"fit": _fit(subject, x, network, target, inside)}
    if target is not None:
        found["error"] = _error(subject, x, np.abs(target - network), inside)
    elif subject.checks is not None:
        found["error"] = _row_errors(subject, x, inside)
    return found


def _abscissas(subject: Subject) -> Vector:
    """Return increasing points inside, the worst ones among them, and a margin outside."""
    domain = subject.model.domain
    low, high, width = domain.lower[0], domain.upper[0], domain.width[0]
    n = min(ALONG, max(2, 2 * (subject.limit - 10) // 3))  # the margins get the other third
    inside = np.concatenate([np.linspace(low, high, n), subject.worst[:, 0]])
    step = np.linspace(1e-6, MARGIN, n // 4 + 2) * width
    return np.unique(np.concatenate([low - step, inside, high + step]))


def _fit(
    subject: Subject, x: Vector, network: Values, target: Values | None, inside: Mask
) -> Figure:
    figure, axes = panels(subject.panels, 8.0, 4.6)
    for k, ax in enumerate(axes):
        draw_curve(ax, x, network[:, k], None if target is None else target[:, k])
        shown = [network[inside, k]] if target is None else [network[inside, k], target[inside, k]]
        for rows, fresh in ((subject.rows, False), (subject.fresh, True)):
            if rows is not None:
                draw_rows(ax, rows.points[:, 0], rows.values[:, k], fresh)
                shown.append(rows.values[:, k])
        keep_to(ax, np.concatenate(shown))
        shade_outside(ax, x, inside)
        ax.set_xlabel(subject.input(0))
        ax.set_ylabel(subject.output(k))
        head(ax, *_fit_title(subject, k, target is not None))
    legend(figure)
    return figure


def _fit_title(subject: Subject, k: int, known: bool) -> tuple[str, str, str]:
    network = f"the network {label(subject.report.network, 64)}"
    if known:
        visible = 2e-3 * np.atleast_1d(subject.report.range)[k]
        hidden = subject.max_error[k] <= visible
        seen = "no difference to be seen" if hidden else "the difference can be seen"
        return subject.name(k), f"target and {network}", f"inside the domain: {seen}"
    if subject.rows is None:
        return subject.name(k), network, ""
    noise = subject.report.noise
    below = "" if noise is None else f"noise of the rows about {np.atleast_1d(noise)[k]:.3g}"
    return subject.name(k), f"rows and {network}", below


def _error(subject: Subject, x: Vector, error: Values, inside: Mask) -> Figure:
    figure, axes = panels(subject.panels, 8.0, 4.0)
    for k, ax in enumerate(axes):
        low = floor_of(error[inside, k], subject.tolerance[k])
        draw_error(ax, x, error[:, k], subject.tolerance[k], low)
        _finish(subject, ax, k, low)
        shade_outside(ax, x, inside)
    legend(figure)
    return figure


def _row_errors(subject: Subject, x: Vector, inside: Mask) -> Figure:
    assert subject.checks is not None
    rows, what = subject.checks
    error = np.abs(rows.values - subject.model.evaluate(rows.points))
    figure, axes = panels(subject.panels, 8.0, 4.0)
    for k, ax in enumerate(axes):
        low = floor_of(error[:, k], subject.tolerance[k])
        draw_error_dots(ax, rows.points[:, 0], error[:, k], subject.tolerance[k], low)
        _finish(subject, ax, k, low)
        shade_outside(ax, x, inside)
        ax.set_xlabel(f"{subject.input(0)}   ({len(rows)} {what})")
    legend(figure)
    return figure


def _finish(subject: Subject, ax: Axes, k: int, low: float) -> None:
    ax.plot(
        subject.worst[k, 0], subject.max_error[k], "v", color="black", markersize=6,
        label="largest error", zorder=3,
    )  # fmt: skip
    ax.set_ylim(low, min(max(ax.get_ylim()[1], 2 * low), LARGEST))
    ax.set_xlabel(subject.input(0))
    ax.set_ylabel(subject.error_label(k))
    worst = f"largest at {subject.input(0)} = {subject.worst[k, 0]:.6g}"
    head(ax, subject.name(k), subject.verdict(k), f"error = |target − network|, {worst}")
