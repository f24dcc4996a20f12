"""Refining: all weights improved by second-order methods."""

from approximant.refine._deep import deep_candidates
from approximant.refine._jacobian import parameter_vector, with_parameters
from approximant.refine._levenberg import Step, levenberg_steps, levenberg_tries, solve_output
from approximant.refine._prune import pruned
from approximant.refine._regularised import Regularised, Regulariser
from approximant.refine._shape import fit_shape
from approximant.refine._smaller import smaller_networks
from approximant.refine._varpro import varpro

__all__ = [
    "Regularised",
    "Regulariser",
    "Step",
    "deep_candidates",
    "fit_shape",
    "levenberg_steps",
    "levenberg_tries",
    "parameter_vector",
    "pruned",
    "smaller_networks",
    "solve_output",
    "varpro",
    "with_parameters",
]
