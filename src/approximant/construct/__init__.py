"""Constructing: hidden neurons placed by rule, output weights by one linear solve."""

from approximant.construct._geometries import GEOMETRIES, Geometry
from approximant.construct._line import LineNetwork, line_network
from approximant.construct._line_rows import row_candidates
from approximant.construct._line_shape import line_shape, line_starts
from approximant.construct._surface import surface_candidates

__all__ = [
    "GEOMETRIES",
    "Geometry",
    "LineNetwork",
    "line_network",
    "line_shape",
    "line_starts",
    "row_candidates",
    "surface_candidates",
]
