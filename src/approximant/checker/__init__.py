"""The checker: proves a saved certificate again, with bounds that the prover has no part in.

What the two have in common is the formula read in balls and Arb's arithmetic; the bounds on the
network, its rounding, the lemma and the search of the grid are written here once more.

    _check    the same network, no hole, no total below its cells; then cell by cell:
    _cell     the error on one cell, by _lemma or by balls alone
    _target   the branches that the formula takes on the cell
    _network  the branches that the network takes, and its values on balls
    _rounding what float64 adds
"""

from approximant.checker._check import Verdict, check

__all__ = ["Verdict", "check"]
