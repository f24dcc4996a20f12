"""How every picture looks: colours that colour-blind people can tell apart, texts, files."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from approximant.quiet import ignoring

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend

# Okabe and Ito (2008), "Color universal design".
TARGET = "#0072B2"  # blue, drawn wide
NETWORK = "#D55E00"  # vermilion, drawn thin on top of it
FRESH = "#000000"  # rows that took no part in the fit
TOLERANCE = "#CC79A7"  # reddish purple
REPORTED = "#009E73"  # bluish green: what others reached, by hand or by another method
INSIDE = "#EAF3FA"
OUTSIDE = "#E4E4E4"
NO_COLOUR = "#BDBDBD"
MAX_PANELS = 9  # more outputs than these are not drawn; the report has them all
LONGEST = 32  # characters of a name that fit a label


def new_figure(width: float, height: float) -> Figure:
    """Return an empty figure (inches) that belongs to nobody: pyplot never hears of it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def png(figure: Figure, dpi: int = 130) -> bytes:
    """Return the figure as the bytes of a PNG file."""
    file = io.BytesIO()
    with calmly():
        figure.savefig(file, format="png", dpi=dpi, metadata={"Software": "approximant"})
    return file.getvalue()


@contextmanager
def calmly() -> Iterator[None]:
    """Let a figure be drawn without warnings about what cannot be helped."""
    # Values near the end of float64 overflow where axes get their air.
    # A column may be named in a script for which the font has no letters.
    with ignoring(UserWarning, "Glyph .* missing from"), np.errstate(all="ignore"):
        yield


def label(text: str, longest: int = LONGEST) -> str:
    """Return a name or a formula as it can be drawn: short, printable, not read as TeX."""
    text = "".join(c if c.isprintable() else " " for c in text)
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return text.replace("$", r"\$")


def head(ax: Axes, *lines: str) -> None:
    """Write above a panel what it shows, and in further lines what there is to see."""
    ax.set_title(
        "\n".join(line for line in lines if line), loc="left", fontsize=10.5, linespacing=1.4
    )


def entitle(figure: Figure, title: str) -> Figure:
    """Write a line above all panels, if there is one to write; give the figure back."""
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5)
    return figure


def tidy(ax: Axes) -> Axes:
    """Take away what draws the eye without telling anything; give the axes back."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(True, color="#EEEEEE", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=9)
    return ax


def panels(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with a row of panels, and its axes; rows of three once there are many.

    Args:
        count: number of panels.
        width: of a figure with a single panel, in inches; more panels are narrower.
        height: of a panel, in inches.
    """
    columns = min(count, 3)
    rows = math.ceil(count / columns)
    each = width if count == 1 else 0.62 * width
    figure = new_figure(each * columns, height * rows)
    axes = figure.subplots(rows, columns, squeeze=False).ravel().tolist()
    for unused in axes[count:]:
        unused.remove()
    return figure, axes[:count]


def legend(figure: Figure) -> None:
    """Put one legend for all panels below them."""
    entries: dict[str, Artist] = {}
    for ax in figure.axes:
        for handle, name in zip(*ax.get_legend_handles_labels(), strict=True):
            entries.setdefault(str(name), handle)
    drawn = figure.legend(list(entries.values()), list(entries), loc="outside lower center",
                          ncols=len(entries), frameon=False, fontsize=9)  # fmt: skip
    enlarge_dots(drawn)


def enlarge_dots(legend: Legend) -> None:
    """Let dots that may be too small to see their colour be seen in the legend."""
    from matplotlib.collections import PathCollection

    for shown in legend.legend_handles:
        if isinstance(shown, PathCollection):
            shown.set_sizes([22.0])
            shown.set_alpha(1.0)


def few_ticks(ax: Axes) -> Axes:
    """Let a small panel have few and short numbers along its abscissa; give it back."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.ticklabel_format(axis="x", scilimits=(-3, 4), useMathText=True)
    return ax
