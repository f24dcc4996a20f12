"""Proofs for known functions, one line each: how tight, how fast, whether any point refutes one.

    python benchmarks/certificates.py --inputs 1 --tol 1e-10
    python benchmarks/certificates.py --inputs 2 --tol 1e-8
    python benchmarks/certificates.py published

"ratio" is the bound as a multiple of the largest error sampled. After each proof a million points,
random, beside cell borders and on the peaks of the error, are compared with the bound, the formula
evaluated in balls at each. One above the bound is a false proof. `published` certifies the networks
for which bounds have been published (Certified Neural Approximations of Nonlinear Dynamics, 2025)
and compares.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
from functions import Case, load_cases

import approximant as ap
from approximant.certify import prove, refuted

MILLION = 1_000_000  # points that attack a proof
PUBLISHED = (  # name, formula, domain, published bound
    ("1.5 - sqrt(x)", "1.5 - sqrt(x)", {"x": (0.1, 10.0)}, 7e-3),
    (
        "jet engine",
        "-y - 1.5*x^2 - 0.5*x^3 - 0.1",
        {"x": (-1.0, 1.0), "y": (-1.0, 1.0)},
        1.2e-2,
    ),
    ("steam governor", "-sin(exp(y^3 + 1)) - y^2", {"x": (-1.0, 1.0), "y": (-1.0, 1.0)}, 4e-2),
)


def run(case: Case, seconds: float, fit_seconds: float) -> dict[str, Any]:
    """Fit, prove, attack the proof; print one line."""
    f = ap.approximate(case.target, case.domain, tol=case.tol, seconds=fit_seconds)
    formulas = [ap.Formula(case.target, f.domain.names)]
    start = time.perf_counter()
    certificate = prove(f.model, formulas, seconds=seconds)
    spent = time.perf_counter() - start
    false = certificate.proved and refuted(certificate, f.model, formulas, points=MILLION)
    bound, sampled = float(certificate.bound), float(certificate.sampled_max)
    ratio = bound / max(sampled, 1e-300)
    tolerance = float(np.max(f.report.tolerance))
    good = certificate.proved and (ratio <= 1.2 or bound <= tolerance)
    elsewhere = float(certificate.bound_elsewhere)
    note = f"  elsewhere {elsewhere:.3g}" if certificate.jumps else ""
    print(
        f"{case.name:30} {'good' if good else '----'} {spent:7.2f} s  {certificate.cells:5} cells  "
        f"bound {bound:8.3g}  ratio {ratio:9.4g}  tol {tolerance:8.2g} "
        f"{'met' if f.report.met else '---'}  scale {float(f.report.scale):8.2g}  "
        f"{f.network!s:.30}{note}" + ("   FALSE PROOF" if false else ""),
        flush=True,
    )
    if not certificate.proved:
        print("    ", certificate.claim)
    return {
        "good": good,
        "seconds": spent,
        "false": false,
        "proved": certificate.proved,
        "relative": bound / float(f.report.scale),
        "bound": bound,
    }


def published(seconds: float) -> None:
    """Certify the networks with published bounds."""
    for name, text, domain, bound in PUBLISHED:
        case = Case(name, text, lambda points: points[:, 0], domain, 1e-8, True)
        result = run(case, seconds, 30.0)
        print(f"     {bound / result['bound']:.3g} times tighter than the published {bound:g}")


def main() -> None:
    """Run the chosen cases and print a summary."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="parts of names, or `published`; all by default")
    parser.add_argument("--inputs", default="1-3", help="number of inputs: 1, 2, 1-3")
    parser.add_argument("--tol", type=float, help="instead of each case's own")
    parser.add_argument("--seconds", type=float, default=120.0, help="for one proof")
    options = parser.parse_args()
    if options.names == ["published"]:
        published(options.seconds)
        return
    low, _, high = options.inputs.partition("-")
    results = [
        run(case, options.seconds, 30.0)
        for case in load_cases(options.tol)
        if int(low) <= len(case.domain) <= int(high or low)
        and isinstance(case.target, str)
        and (not options.names or any(part in case.name for part in options.names))
    ]
    times = [result["seconds"] for result in results]
    print(
        f"\n{sum(r['good'] for r in results)} of {len(results)} proved within 1.2 of the sampled "
        f"error or below the tolerance; {sum(r['relative'] <= 1e-7 for r in results)} below 1e-7 "
        f"of the scale; {sum(r['proved'] for r in results)} proved at all; median "
        f"{np.median(times):.3g} s, longest {max(times):.3g} s; "
        f"{sum(r['false'] for r in results)} false proofs"
    )


if __name__ == "__main__":
    main()
