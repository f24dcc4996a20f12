"""Networks and formulas drawn at random, and the trial of prover and checker on each.

    expressions  formulas as trees: the text for the prover, the value in balls for the reference
    places       floats, and numbers beside and between floats, at which something may happen
    networks     models, and the formula that is the network itself written out
    formulas     formulas with conditions, against networks that nearly are the formula
    points       where a certificate is compared with the truth
    trial        one case: prove, compare, check, forge

Shared by `benchmarks/soundness.py` and the test suite. Nothing here uses the ball arithmetic of
prover, checker or formulas: values are fractions as long as they can be, then balls of 220 bits.
"""
