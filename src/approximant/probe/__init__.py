"""Probing: what kind of function a target is, before anything is fitted."""

from approximant.probe._line import probe_line

__all__ = ["probe_line"]
