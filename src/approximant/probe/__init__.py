"""Probing: what kind of function a target is, before anything is fitted."""

from approximant.probe._line import probe_line
from approximant.probe._structure import probe_structure

__all__ = ["probe_line", "probe_structure"]
