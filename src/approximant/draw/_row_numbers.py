"""Any number of inputs: target and prediction over the number of the row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Vector
from approximant.draw._labels import legend_marks, short
from approximant.draw._scene import Curve, Scene, drawable, ends_of, rms
from approximant.draw._style import INSIDE, NETWORK, TARGET, head, new_figure, tidy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENLARGED = 60  # rows in the enlarged part


def rows_figure(network: Curve, scene: Scene, *, first: int | None = None) -> Figure:
    """Return target and prediction over the row number, and 60 of the rows enlarged.

    Args:
        network: what predicts.
        scene: must have rows.
        first: number of the first enlarged row; unless given, the worst prediction is among them.

    Raises:
        SettingError: if the scene has no rows.
    """
    values, predicted = scene.row_values(), scene.at(network, scene.needs_rows().points)
    n = len(values)
    several = n > ENLARGED
    figure = new_figure(9.0, 6.6 if several else 3.6)
    axes = figure.subplots(2 if several else 1, 1, squeeze=False)[:, 0]
    for ax in axes:
        ax.set_ylabel(scene.ordinate)
        ax.set_xlabel("number of the row")
    draw_row_numbers(axes[0], values, predicted)
    difference = rms(values - predicted)
    head(axes[0], scene.heading, f"target and prediction of {n:,} rows, "
         f"root mean square difference {short(difference)}")  # fmt: skip
    legend_marks(axes[0])
    if several:
        error = np.nan_to_num(np.abs(values - predicted))
        start = int(np.argmax(error)) - ENLARGED // 2 if first is None else first
        start = min(max(start, 0), n - ENLARGED)
        part = slice(start, start + ENLARGED)
        draw_row_numbers(axes[1], values[part], predicted[part], start, joined=True)
        axes[0].axvspan(start - 0.5, start + ENLARGED - 0.5, color=INSIDE, zorder=0)
        axes[1].set_facecolor(INSIDE)
        head(axes[1], f"rows {start} to {start + ENLARGED - 1}, enlarged")
    return figure


def draw_row_numbers(
    ax: Axes, values: Vector, predicted: Vector, first: int = 0, joined: bool = False
) -> Axes:
    """Draw the target as dots and the prediction as rings over the row number.

    Args:
        ax: the axes to draw on, given back.
        values: of the target (n,).
        predicted: by the network (n,).
        first: number of the first row.
        joined: whether a line joins each prediction with its target.
    """
    values, predicted = drawable(values), drawable(predicted)
    number = first + np.arange(len(values))
    size = float(np.clip(9000 / max(1, len(values)), 2.0, 30.0))
    if joined:
        ax.vlines(number, values, predicted, color="#999999", linewidth=1.0, zorder=1.2)
    ax.scatter(number, values, s=1.5 * size, color=TARGET, alpha=0.75, linewidths=0, label="target")
    ax.scatter(number, predicted, s=0.8 * size, facecolors="none" if joined else NETWORK,
               edgecolors=NETWORK, linewidths=1.2 if joined else 0, label="prediction")  # fmt: skip
    ax.set_xlim(first - 0.5, first + max(len(values), 1) - 0.5)
    ax.set_ylim(*ends_of(values, predicted))
    return tidy(ax)
