"""Designs: how the rows of a training are drawn, input by input.

_settings (Design of one input, Sampling of all) -> _grid, _kinds (one function per kind)
    -> _draw (points of all inputs, noise, the box they span)
"""

from approximant.designs._draw import add_noise, draw_points, sampled_box
from approximant.designs._settings import KINDS, MEANINGS, Design, Sampling, read_sampling

__all__ = [
    "KINDS",
    "MEANINGS",
    "Design",
    "Sampling",
    "add_noise",
    "draw_points",
    "read_sampling",
    "sampled_box",
]
