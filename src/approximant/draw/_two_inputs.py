"""Figures of a model with two inputs."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Array, Vector
from approximant.draw._map import (
    draw_error_map,
    draw_map,
    draw_row_colours,
    draw_row_errors,
    draw_worst,
    mark_tolerance,
)
from approximant.draw._style import head, label, new_figure, panels
from approximant.draw._subject import Subject, floor_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIDE = 181  # points along each side of a map


def figures(subject: Subject) -> dict[str, Figure]:
    """Return the figures `fit` and, where the target is known, `error`."""
    grid = _grid(subject)
    found = {"fit": _fit(subject, grid)}
    if grid.target is not None or subject.checks is not None:
        found["error"] = _error(subject, grid)
    return found


@dataclass(frozen=True, eq=False)
class _Grid:
    """Values on an even grid; those of the network are NaN where it makes no claim.

    Args:
        x, y: abscissas (s,) and ordinates (s,).
        network, target: values (s, s, m), rows along y.
    """

    x: Vector
    y: Vector
    network: Array
    target: Array | None


def _grid(subject: Subject) -> _Grid:
    side = min(SIDE, max(2, math.isqrt(subject.limit)))
    x, y = (np.linspace(a, b, side) for a, b in subject.model.domain.intervals().values())
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    network = subject.model.evaluate(points)
    network[~subject.model.inside(points)] = np.nan
    target = subject.values(points)
    shape = (side, side, -1)
    return _Grid(x, y, network.reshape(shape), None if target is None else target.reshape(shape))


def _fit(subject: Subject, grid: _Grid) -> Figure:
    left = grid.target is not None or subject.rows is not None
    columns = 2 if left else 1
    figure = new_figure(4.6 * columns + 0.8, 4.4 * subject.panels)
    axes = figure.subplots(subject.panels, columns, squeeze=False)
    for k, row in enumerate(axes):
        limits = _limits(subject, grid, k)
        image = draw_map(row[-1], grid.x, grid.y, grid.network[:, :, k], limits)
        head(row[-1], subject.name(k), f"network {label(subject.report.network)}")
        if grid.target is not None:
            draw_map(row[0], grid.x, grid.y, grid.target[:, :, k], limits)
            head(row[0], subject.name(k), "target")
        elif subject.rows is not None:
            draw_row_colours(row[0], subject.rows.points, subject.rows.values[:, k], limits)
            head(row[0], subject.name(k), f"{len(subject.rows)} rows used in the fit")
        for ax in row:
            _name_axes(subject, grid, ax)
        figure.colorbar(image, ax=list(row), label=subject.output(k), pad=0.02)
    return figure


def _error(subject: Subject, grid: _Grid) -> Figure:
    figure, axes = panels(subject.panels, 7.4, 5.4)
    for k, ax in enumerate(axes):
        if grid.target is not None:
            error = np.abs(grid.target - grid.network)[:, :, k]
            limits = _error_limits(subject, error, k)
            image = draw_error_map(ax, grid.x, grid.y, error, limits)
            what = "error = |target − network| over the domain"
        else:
            assert subject.checks is not None
            rows, what = subject.checks
            errors = np.abs(rows.values - subject.model.evaluate(rows.points))[:, k]
            image = draw_row_errors(ax, rows.points, errors, _error_limits(subject, errors, k))
            what = f"error = |row − network| on {len(rows)} {what}"
        draw_worst(ax, subject.worst[k])
        _name_axes(subject, grid, ax)
        bar = figure.colorbar(image, ax=ax, pad=0.02)
        bar.set_label(subject.error_label(k))
        mark_tolerance(bar.ax, subject.tolerance[k])
        ax.legend(loc="lower left", fontsize=8.5, framealpha=0.9)
        head(ax, subject.name(k), subject.verdict(k), what)
    return figure


def _limits(subject: Subject, grid: _Grid, k: int) -> tuple[float, float]:
    """Return the lowest and highest value of output k that is drawn."""
    if grid.target is not None:
        shown = grid.target[:, :, k]
    elif subject.rows is not None:
        shown = subject.rows.values[:, k]
    else:
        shown = grid.network[:, :, k]
    shown = shown[np.isfinite(shown)]
    return (float(shown.min()), float(shown.max())) if len(shown) else (0.0, 1.0)


def _error_limits(subject: Subject, error: Array, k: int) -> tuple[float, float]:
    low = floor_of(error.ravel(), subject.tolerance[k])
    largest = np.append(error[np.isfinite(error)], subject.max_error[k])
    return low, max(float(largest[np.isfinite(largest)].max()), 2 * low, 1.3 * subject.tolerance[k])


def _name_axes(subject: Subject, grid: _Grid, ax: Axes) -> None:
    ax.set_xlim(grid.x[0], grid.x[-1])
    ax.set_ylim(grid.y[0], grid.y[-1])
    ax.set_xlabel(subject.input(0))
    ax.set_ylabel(subject.input(1))
    ax.tick_params(labelsize=9)
