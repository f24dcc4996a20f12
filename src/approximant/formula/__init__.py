"""Formulas: a text is read with a whitelist into a small tree, and the tree is read in other ways.

    text -> _tokens -> _parser -> _tree -> _numpy, _balls (further readings: one file each)

Nothing is ever evaluated as code. `Formula` describes the language.
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

from approximant.formula._formula import Formula, constant
from approximant.formula._functions import CONSTANT_NAMES, FUNCTION_NAMES
from approximant.formula._suggestions import suggestion

if _TYPE_CHECKING:  # what `Formula.balls` returns
    from approximant.formula._balls import BallReading as BallReading
    from approximant.formula._balls import Branches as Branches

__all__ = ["CONSTANT_NAMES", "FUNCTION_NAMES", "Formula", "constant", "suggestion"]
