"""Two inputs: check points inside and outside the box of the training, by relative error."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Mask, Points, Vector
from approximant.draw._labels import SIZE, legend_marks, short
from approximant.draw._map import draw_error_map
from approximant.draw._scene import Curve, Scene, drawable, ends_of
from approximant.draw._style import INSIDE, TARGET, entitle, head, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.figure import Figure

RELATIVE = (1e-3, 1.0)  # relative errors between which colours differ
SIDE = 161
MOST_LISTED = 24  # check points in the table


def checks_figure(
    points: Points, true: Vector, predicted: Vector, scene: Scene, network: Curve | None = None
) -> Figure:
    """Return check points of two inputs in the plane, coloured by relative error, and their table.

    Args:
        points: where was checked (k, 2).
        true: values of the target there (k,).
        predicted: values of the network there (k,).
        scene: its domain is the box of the training.
        network: colours the plane by its relative error as far as the target may be asked.

    Raises:
        DomainError: unless there are two inputs.
    """
    scene.needs(2)
    inside = scene.domain.contains(points)
    error = relative_error(true, predicted)
    both = bool(inside.any() and not inside.all())
    listed = min(len(points), MOST_LISTED)
    figure = new_figure(10.4 if both else 6.6, 4.9 + 0.19 * listed)
    rows = figure.subplots(2, 1, height_ratios=[4.3, 0.5 + 0.19 * listed])
    place = rows[0].get_subplotspec()
    rows[0].remove()
    panels = place.subgridspec(1, 2 if both else 1).subplots(squeeze=False)[0].tolist()
    everywhere = np.full(len(points), True)
    numbered = [~inside, inside] if both else [everywhere]
    names = ["inside and outside the box of the training", "the box of the training, enlarged"]
    image = None
    for k, (ax, numbers) in enumerate(zip(panels, numbered, strict=True)):
        _frame(ax, scene, points if k == 0 else points[:0])
        _draw_plane(ax, scene, network)
        image = draw_checks(ax, points, error, inside, numbers)
        head(ax, names[k])
    if image is not None:
        bar = figure.colorbar(image, ax=panels, pad=0.02, extend="both")
        bar.set_label("relative error  |network − target| / |target|")
        bar.ax.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    legend_marks(panels[0], "upper left")
    _write_table(rows[1], scene, points, true, predicted, error, inside)
    return entitle(figure, scene.heading)


def relative_error(true: Vector, predicted: Vector) -> Vector:
    """Return |predicted - true| / |true| (k,); NaN where the target is zero or unknown."""
    with np.errstate(all="ignore"):
        return np.where(true == 0, np.nan, drawable(np.abs(predicted - true) / np.abs(true)))


def draw_checks(
    ax: Axes, points: Points, error: Vector, inside: Mask, numbered: Mask
) -> ScalarMappable | None:
    """Draw check points: discs inside, diamonds outside; return what a colour bar needs."""
    from matplotlib.colors import LogNorm

    image = None
    marks = ((inside, "o", "inside"), (~inside, "D", "outside: never seen in training"))
    for mask, marker, name in marks:
        if mask.any():
            colours = np.clip(np.nan_to_num(error[mask], nan=RELATIVE[1]), *RELATIVE)
            x, y = points[mask].T
            image = ax.scatter(x, y, c=colours, s=64, marker=marker, norm=LogNorm(*RELATIVE),
                               cmap="inferno", edgecolors="white", linewidths=1.3, label=name,
                               zorder=3)  # fmt: skip
    for k in np.flatnonzero(numbered):
        ax.annotate(str(k + 1), points[k], xytext=(7, 5), textcoords="offset points", fontsize=SIZE,
                    bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "alpha": 0.85,
                          "edgecolor": "none"}, zorder=4)  # fmt: skip
    return image


def _frame(ax: Axes, scene: Scene, points: Points) -> None:
    """Let the plane show the points and the box, and draw the box."""
    from matplotlib.patches import Rectangle

    domain = scene.domain
    corners = np.vstack([domain.lower, domain.upper, points[np.isfinite(points).all(axis=1)]])
    ax.set_xlim(*ends_of(corners[:, 0]))
    ax.set_ylim(*ends_of(corners[:, 1]))
    ax.add_patch(Rectangle((domain.lower[0], domain.lower[1]), *domain.width, facecolor=INSIDE,
                           edgecolor="none", zorder=0))  # fmt: skip
    ax.add_patch(Rectangle((domain.lower[0], domain.lower[1]), *domain.width, facecolor="none",
                           edgecolor=TARGET, linewidth=1.8, zorder=2))  # fmt: skip
    tidy(ax)
    ax.set_xlabel(scene.inputs[0])
    ax.set_ylabel(scene.inputs[1])


def _draw_plane(ax: Axes, scene: Scene, network: Curve | None) -> None:
    """Colour the plane by the relative error of the network where the target may be asked."""
    if network is None or not scene.knows_target:
        return
    limits = ax.get_xlim(), ax.get_ylim()
    side = min(SIDE, math.isqrt(scene.limit // 2))  # there may be two panels
    x, y = (np.linspace(*ends, side) for ends in limits)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    target = scene.target_at(points)
    if target is not None:
        error = relative_error(target, scene.at(network, points))
        draw_error_map(ax, x, y, error.reshape(side, side), RELATIVE)
        ax.grid(False)


def _write_table(
    ax: Axes, scene: Scene, points: Points, true: Vector, predicted: Vector, error: Vector,
    inside: Mask,
) -> None:  # fmt: skip
    """Write one line per check point: where, what is true, what was predicted, how far off."""
    ax.set_axis_off()
    heads = ["", *scene.inputs, "target", "network", "off by", ""]
    lines = [
        [str(k + 1), *map(short, points[k]), short(true[k]), short(predicted[k]),
         f"{100 * error[k]:.2g} %" if np.isfinite(error[k]) else "unknown",
         "inside" if inside[k] else "outside"]
        for k in range(min(len(points), MOST_LISTED))
    ]  # fmt: skip
    ends = (0.03, 0.14, 0.25, 0.4, 0.55, 0.66, 0.7)
    height = 1.0 / (len(lines) + 1)
    for row, line in enumerate([heads, *lines]):
        for column, (end, cell) in enumerate(zip(ends, line, strict=True)):
            ax.text(end, 1 - (row + 0.5) * height, cell, ha="right" if column < 6 else "left",
                    va="center", fontsize=9, weight="bold" if row == 0 else "normal",
                    transform=ax.transAxes)  # fmt: skip
    if len(points) > MOST_LISTED:
        ax.text(1.0, 0.0, f"{MOST_LISTED} of {len(points)} are listed", ha="right", fontsize=SIZE)
