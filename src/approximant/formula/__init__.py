"""Formulas: a text is read with a whitelist into a small tree, and the tree is read in other ways.

    text -> _tokens -> _parser -> _tree -> _numpy (further readings: one file each)

Nothing is ever evaluated as code. `Formula` describes the language.
"""

from approximant.formula._formula import Formula, constant
from approximant.formula._functions import CONSTANT_NAMES, FUNCTION_NAMES
from approximant.formula._suggestions import suggestion

__all__ = ["CONSTANT_NAMES", "FUNCTION_NAMES", "Formula", "constant", "suggestion"]
