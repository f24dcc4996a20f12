"""Structure: what a probe has found out about a target of many inputs, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from approximant.arrays import Array


@dataclass(frozen=True, eq=False)
class Term:
    """One summand of the target: a function of the few directions `basis @ t`.

    Args:
        inputs: columns of t that the summand depends on, increasing.
        basis: (r, d): the directions, each with absolute sum 1, so that they stay in [-1, 1].
    """

    inputs: tuple[int, ...]
    basis: Array

    @property
    def rank(self) -> int:
        """Number of directions r."""
        return int(self.basis.shape[0])

    @classmethod
    def of_inputs(cls, inputs: tuple[int, ...], dimension: int) -> Term:
        """Return the term whose directions are the inputs themselves."""
        return cls(inputs, np.eye(dimension)[list(inputs)])


@dataclass(frozen=True, eq=False)
class Structure:
    """The target as a linear function plus a sum of terms.

    Args:
        dimension: number of inputs d.
        terms: the summands that are not linear; empty for a linear target.
        unused: inputs on which the target does not depend.
    """

    dimension: int
    terms: tuple[Term, ...]
    unused: tuple[int, ...] = ()

    @classmethod
    def unknown(cls, dimension: int) -> Structure:
        """Return the structure that assumes nothing: one term of all inputs."""
        return cls(dimension, (Term.of_inputs(tuple(range(dimension)), dimension),))
