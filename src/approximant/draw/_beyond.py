"""One input: the curves inside the box of the training and beyond its ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from approximant.draw._curve import draw_curve, draw_rows, shade_outside
from approximant.draw._labels import INK, SIZE, label_ends, legend_marks
from approximant.draw._scene import Curve, Scene, ends_of
from approximant.draw._style import INSIDE, head, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def beyond_figure(network: Curve, scene: Scene, margin: float = 0.5) -> Figure:
    """Return the curves of one input inside the box of the training and beyond its ends.

    Args:
        network: what was trained.
        scene: the target is drawn outside only if `outside` allows it.
        margin: how far beyond each end, as a share of the interval.

    Raises:
        DomainError: if there is more than one input.
    """
    scene.needs(1)
    x = scene.line(margin)
    values, target = scene.at(network, x[:, None]), scene.target_at(x[:, None])
    inside = scene.domain.contains(x[:, None])
    figure = new_figure(8.0, 4.6)
    ax = draw_curve(figure.subplots(), x, values, target)
    shade_outside(ax, x, inside, "_outside")
    _name_regions(ax, scene, margin)
    shown = [values[inside]]
    if target is not None:
        shown.append(target)
    if scene.rows is not None:
        draw_rows(ax, scene.rows.points[:, 0], scene.row_values())
        shown.append(scene.row_values())
    ax.set_ylim(*ends_of(*shown, air=0.3))
    ax.set_xlabel(scene.inputs[0])
    ax.set_ylabel(scene.ordinate)
    head(ax, scene.heading)
    legend_marks(label_ends(ax), "best")
    return figure


def _name_regions(ax: Axes, scene: Scene, margin: float) -> None:
    """Shade the box of the training and say along the upper edge what is inside and outside."""
    low, high = float(scene.domain.lower[0]), float(scene.domain.upper[0])
    ax.axvspan(low, high, color=INSIDE, zorder=0)
    places = [(0.5 * (low + high), "box of the training")]
    if margin > 0:
        beyond = 0.5 * margin * (high - low)
        places += [(low - beyond, "never seen"), (high + beyond, "never seen")]
    for x, name in places:
        ax.text(x, 0.98, name, transform=ax.get_xaxis_transform(), fontsize=SIZE, color=INK,
                ha="center", va="top")  # fmt: skip
