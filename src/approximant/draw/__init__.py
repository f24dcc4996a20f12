"""Pictures: what a network does beside what it should do; they know nothing of training."""

from approximant.draw._cloud import draw_histogram, draw_predicted
from approximant.draw._curve import draw_curve, draw_error, draw_error_dots, draw_rows
from approximant.draw._map import draw_error_map, draw_map
from approximant.draw._pictures import pictures
from approximant.draw._style import png

__all__ = [
    "draw_curve",
    "draw_error",
    "draw_error_dots",
    "draw_error_map",
    "draw_histogram",
    "draw_map",
    "draw_predicted",
    "draw_rows",
    "pictures",
    "png",
]
