"""Refining: all weights improved by second-order methods."""

from approximant.refine._deep import deep_candidates
from approximant.refine._levenberg import Step, levenberg_steps
from approximant.refine._prune import pruned
from approximant.refine._shape import fit_shape
from approximant.refine._smaller import smaller_networks
from approximant.refine._varpro import varpro

__all__ = [
    "Step",
    "deep_candidates",
    "fit_shape",
    "levenberg_steps",
    "pruned",
    "smaller_networks",
    "varpro",
]
