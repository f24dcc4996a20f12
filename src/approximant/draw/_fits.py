"""One input: the fit over target or rows at chosen epochs, with a part of it enlarged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Vector
from approximant.draw._curve import draw_rows
from approximant.draw._labels import label_ends, legend_marks
from approximant.draw._scene import Curve, Scene, ends_of
from approximant.draw._style import INSIDE, NETWORK, TARGET, head, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# From pale to the colour a network has in every picture: what is learned last stands out.
EARLY_TO_LATE = ("#F0DC82", "#E69F00", NETWORK)
SHARE = 0.2  # of the interval, in the enlarged part


def fits_figure(
    fits: Mapping[int, Curve] | Curve,
    scene: Scene,
    *,
    zoom: tuple[float, float] | bool = False,
) -> Figure:
    """Return fits over the target and the rows of one input, one line for each kept epoch.

    Args:
        fits: networks by epoch, in the order of the epochs, or a single network.
        scene: box, target, rows, names.
        zoom: interval of the input that a second panel enlarges; True chooses the fifth in which
            the last fit is farthest from the target, or from the rows.

    Raises:
        DomainError: if there is more than one input.
    """
    scene.needs(1)
    x = scene.line()
    named = {"network": fits} if callable(fits) else {f"epoch {e}": f for e, f in fits.items()}
    lines = {name: scene.at(fit, x[:, None]) for name, fit in named.items()}
    target = scene.target_at(x[:, None])
    part = zoom if isinstance(zoom, tuple) else _farthest(scene, x, lines, target) if zoom else None
    figure = new_figure(8.0, 4.4 if part is None else 7.6)
    axes = figure.subplots(1 if part is None else 2, 1, squeeze=False)[:, 0]
    for ax, ends in zip(axes, (None, part), strict=False):
        ax.set_xlim(*(x[0], x[-1]) if ends is None else ends)
        draw_fits(ax, x, lines, target)
        if scene.rows is not None:
            draw_rows(ax, scene.rows.points[:, 0], scene.row_values())
        _fit_ordinate(ax, scene, x, lines, target)
        label_ends(ax)
        legend_marks(ax, "best")
        ax.set_xlabel(scene.inputs[0])
        ax.set_ylabel(scene.ordinate)
    if part is not None:
        axes[0].axvspan(*part, color=INSIDE, zorder=0)
        axes[1].set_facecolor(INSIDE)
        head(axes[1], "the shaded part, enlarged")
    head(axes[0], scene.heading)
    return figure


def draw_fits(ax: Axes, x: Vector, fits: Mapping[str, Vector], target: Vector | None) -> Axes:
    """Draw fits over the target, earlier ones paler.

    Args:
        ax: the axes to draw on, given back.
        x: increasing abscissas (n,).
        fits: the values of each fit there (n,) by name, earliest first.
        target: the values of the target (n,), NaN where unknown, or None.
    """
    if target is not None:
        ax.plot(x, target, color=TARGET, linewidth=4.5, alpha=0.5, label="target")
    for k, (colour, (name, fit)) in enumerate(zip(colours(len(fits)), fits.items(), strict=True)):
        last = k == len(fits) - 1
        ax.plot(x, fit, color=colour, linewidth=1.7 if last else 1.2, label=name)
    return tidy(ax)


def colours(count: int) -> list[str]:
    """Return so many colours from pale to that of a network, evenly spread."""
    from matplotlib.colors import LinearSegmentedColormap, to_hex

    scale = LinearSegmentedColormap.from_list("early to late", EARLY_TO_LATE)
    return [to_hex(scale(share)) for share in np.linspace(1.0, 0.0, count)[::-1]]


def _farthest(
    scene: Scene, x: Vector, lines: Mapping[str, Vector], target: Vector | None
) -> tuple[float, float]:
    """Return the part of the interval in which the last fit is worst by its mean square."""
    low, width = float(x[0]), float(x[-1] - x[0])
    places, values = x, target
    if target is None and scene.rows is not None:
        places, values = scene.rows.points[:, 0], scene.row_values()
    if values is None or not lines:
        return low, low + SHARE * width
    error = np.abs(values - np.interp(places, x, list(lines.values())[-1]))
    error = error / (np.nanmax(error, initial=0.0) or 1.0)
    starts = low + np.linspace(0, 1 - SHARE, 33) * width
    within = (places >= starts[:, None]) & (places <= starts[:, None] + SHARE * width)
    worth = (within * np.nan_to_num(error) ** 2).sum(axis=1) / np.maximum(within.sum(axis=1), 1)
    start = float(starts[np.argmax(worth)])
    return start, start + SHARE * width


def _fit_ordinate(
    ax: Axes, scene: Scene, x: Vector, lines: Mapping[str, Vector], target: Vector | None
) -> None:
    """Show target and rows in full, and the last fit as far as it does not dwarf them."""
    left, right = ax.get_xlim()
    here = (x >= left) & (x <= right)
    fit = [line[here] for line in list(lines.values())[-1:]]
    aims = [] if target is None else [target[here]]
    if scene.rows is not None:
        places = scene.rows.points[:, 0]
        aims.append(scene.row_values()[(places >= left) & (places <= right)])
    if any(np.isfinite(aim).any() for aim in aims):
        fit = [np.clip(line, *ends_of(*aims, air=0.5)) for line in fit]
    ax.set_ylim(*ends_of(*aims, *fit, air=0.1))
