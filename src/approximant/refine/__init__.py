"""Refining: all weights improved by second-order methods."""

from approximant.refine._varpro import varpro

__all__ = ["varpro"]
