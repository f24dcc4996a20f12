"""The fit as it learns: one frame for each kept epoch, for one and for two inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from approximant.arrays import Vector
from approximant.draw._film import Film, gif, page
from approximant.draw._labels import log_ordinate, short
from approximant.draw._scene import Curve, Scene, rms
from approximant.draw._stage import SIDE, curve_stage, map_stage
from approximant.draw._style import NETWORK, head, tidy
from approximant.errors import SettingError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = {"gif": gif, "html": page}
MOST_FRAMES = 60
DECADES = 50  # last epoch over first from which a log axis shows the early ones


def animation(
    snapshots: Mapping[int, Curve] | Sequence[tuple[int, Curve]],
    scene: Scene,
    *,
    format: str = "gif",
    seconds: float = 8.0,
) -> bytes:
    """Return the fit as it learns, with its error epoch by epoch, as the bytes of a file.

    The same snapshots give the same bytes. More than 60 are thinned out evenly.

    Args:
        snapshots: networks with their epochs, in order.
        scene: box of one or two inputs, target or rows, names.
        format: "gif", or "html" for a page with a slider that needs nothing beside itself.
        seconds: how long it plays, before it rests on the last frame and starts again.

    Raises:
        DomainError: if there are more than two inputs.
        SettingError: if the format is unknown or there is no snapshot.
    """
    scene.needs(1, 2)
    if format not in FORMATS:
        raise SettingError(f"unknown format of an animation: got {format!r}; try gif or html")
    kept = list(snapshots.items() if isinstance(snapshots, Mapping) else snapshots)
    if not kept:
        raise SettingError("an animation needs snapshots: got none; keep networks of some epochs")
    if len(kept) > MOST_FRAMES:
        kept = [kept[k] for k in np.linspace(0, len(kept) - 1, MOST_FRAMES).round().astype(int)]
    one = scene.domain.dimension == 1
    points = scene.line()[:, None] if one else scene.plane(SIDE)[2]
    target, values = scene.target_at(points), [scene.at(curve, points) for _, curve in kept]
    errors = [_error(scene, target, v, curve) for v, (_, curve) in zip(values, kept, strict=True)]
    stage = (curve_stage if one else map_stage)(scene, target, values)
    track = _Track(stage.track, np.array([float(epoch) for epoch, _ in kept]), np.array(errors))
    film = Film(stage.figure)
    for k, shown in enumerate(values):
        stage.show(shown)
        film.expose(track.show(k))
    return FORMATS[format](film, seconds, scene.title or "the fit as it learns")


def _error(scene: Scene, target: Vector | None, values: Vector, network: Curve) -> float:
    """Return the root mean square error against the target, else against the rows."""
    if target is not None:
        return rms(target - values)
    if scene.rows is None:
        return np.nan
    return rms(scene.row_values() - scene.at(network, scene.rows.points))


class _Track:
    """The lower panel: the error over the epochs, with a mark where the film is."""

    def __init__(self, ax: Axes, epochs: Vector, errors: Vector) -> None:
        self.ax, self.epochs, self.errors = ax, epochs, errors
        ax.plot(epochs, np.where(errors > 0, errors, np.nan), color="#999999", linewidth=1.2)
        (self.mark,) = ax.plot([], [], "o", color=NETWORK, markersize=7, clip_on=False, zorder=3)
        log_ordinate(tidy(ax), errors[errors > 0])
        if epochs[0] > 0 and epochs[-1] > DECADES * epochs[0]:
            ax.set_xscale("log")
        elif epochs[-1] == epochs[0]:
            ax.set_xlim(epochs[0] - 1, epochs[0] + 1)
        ax.set_xlabel("epoch")
        ax.set_ylabel("rms error")

    def show(self, k: int) -> str:
        """Move the mark to snapshot k; return the epoch in words."""
        epoch, error = self.epochs[k], self.errors[k]
        self.mark.set_data([epoch], [error if error > 0 else np.nan])
        known = f"root mean square error {short(error)}" if np.isfinite(error) else ""
        head(self.ax, "   ".join(filter(None, [f"epoch {epoch:,.0f}", known])))
        return f"epoch {epoch:,.0f}"
