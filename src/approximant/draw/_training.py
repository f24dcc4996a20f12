"""The pictures of one training, chosen by its number of inputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from approximant.draw._beyond import beyond_figure
from approximant.draw._fits import fits_figure
from approximant.draw._loss_curves import losses_figure
from approximant.draw._multiples import multiples_figure
from approximant.draw._row_numbers import rows_figure
from approximant.draw._scene import Curve, Scene
from approximant.draw._surfaces import surfaces_figure
from approximant.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_EPOCHS = 6  # shown of those kept


def training_pictures(
    history: History, fit: Curve, scene: Scene, snapshots: Mapping[int, Curve]
) -> dict[str, Figure]:
    """Return the figures that show how a network learned, by name.

    `losses` always; `learning`, the fit after some of the epochs that were kept, for one or two
    inputs; `surfaces` for two inputs; `rows`, values over the row number, for several; `beyond`
    where the target is known outside the domain, for one input.

    Args:
        history: with the column "loss", and "held_out_loss" where rows were held out.
        fit: the trained network, points (n, d) to values (n, m).
        scene: box, target, rows.
        snapshots: networks by epoch.
    """
    held_out = history["held_out_loss"] if "held_out_loss" in history else None
    losses, epochs = history["loss"], history["epoch"]
    figures = {"losses": losses_figure(losses, held_out, epochs=epochs, title=scene.title)}
    dimension = scene.domain.dimension
    kept = _some(snapshots)
    if dimension == 1 and kept:
        figures["learning"] = fits_figure(kept, scene)
    if dimension == 2 and kept:
        named = {f"epoch {epoch:,}": curve for epoch, curve in kept.items()}
        figures["learning"] = multiples_figure(named, scene)
    if dimension == 2:
        figures["surfaces"] = surfaces_figure(fit, scene)
    if dimension > 1:
        figures["rows"] = rows_figure(fit, scene)
    if dimension == 1 and scene.outside:
        figures["beyond"] = beyond_figure(fit, scene)
    return figures


def _some(snapshots: Mapping[int, Curve]) -> dict[int, Curve]:
    """Return a few snapshots, evenly chosen, the first and the last among them."""
    epochs = sorted(snapshots)
    if len(epochs) > MOST_EPOCHS:
        epochs = [epochs[k * (len(epochs) - 1) // (MOST_EPOCHS - 1)] for k in range(MOST_EPOCHS)]
    return {epoch: snapshots[epoch] for epoch in epochs}
