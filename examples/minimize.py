"""Minimise a slow function by a network that stands for it, with the network's exact gradient.

    python examples/minimize.py

An optimiser asks for many values and slopes. The network answers in microseconds, and its gradient
is exact, so nothing is lost to finite differences. The report says how far the network's minimum
can be from that of the function: at most its largest error.
"""

from scipy.optimize import minimize

import approximant as ap

slow = "x^2/4 + exp(-x)*sin(3*y) + y^2/2"  # imagine an hour of simulation here
domain = {"x": (0, 2), "y": (-2, 2)}
f = ap.approximate(slow, domain, tol=1e-6)
print(f"network   {f.network}, largest error {f.report.max_error:.2g}")

start = f.minimum().point  # the best of many searches; any other start would do
found = minimize(
    lambda x: f(x), start + 0.05, jac=lambda x: f.gradient(x), bounds=list(domain.values())
)
x, y = found.x
truth = float(ap.Formula(slow)({"x": x, "y": y}))
print(f"minimum   {found.fun:.8f} at x = {x:.5f}, y = {y:.5f}, after {found.nfev} evaluations")
print(f"there the function itself is {truth:.8f}: {abs(truth - found.fun):.1g} away")
