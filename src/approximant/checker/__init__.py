"""The checker: proves a saved certificate again, importing nothing of the prover's.

What the two have in common is the formula read in balls, Arb's arithmetic, the records of model and
certificate, and the sentences of a claim; the bounds on the network, its rounding, the lemma and
the search of the grid are written here once more.

    _check    the same network, no hole; then cell by cell:
    _stated   what is said of all cells together, and in words
    _formulas the formulas in balls, and where they have values
    _cell     the error on one cell, by _lemma or by balls alone
    _target   the branches that the formula takes on the cell
    _network  the branches that the network takes, and its values on balls
    _rounding what float64 adds
"""

from approximant.checker._check import Verdict, check

__all__ = ["Verdict", "check"]
