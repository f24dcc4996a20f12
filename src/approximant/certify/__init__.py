"""Certificates: a proved bound on the error where the target is a formula.

Let e = target - network be analytic in a Bernstein ellipse around a cell and at most M there. Then
e is within a small tail of the polynomial that interpolates it in n + 1 Chebyshev nodes, and that
polynomial is hardly larger than its largest value on a few times as many nodes. M may be crude, for
only its logarithm counts; e at the nodes is evaluated in balls. So a bound costs a few dozen values
per cell and exceeds what dense sampling sees by a few per cent.
"""

from approximant.certify._attack import refuted
from approximant.certify._everywhere import rounding_over
from approximant.certify._prove import prove
from approximant.certify._rounding import rounding_bound
from approximant.certify._statistical import statistical

__all__ = ["prove", "refuted", "rounding_bound", "rounding_over", "statistical"]
