"""Diagnosis: what stands in the way of a trained network, each with the one thing to try."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from approximant.arrays import Points, Values
from approximant.history import History
from approximant.measure._course_findings import overfitting, still_improving
from approximant.measure._evidence import Evidence
from approximant.measure._oscillation_finding import undersampled
from approximant.measure._range_finding import unreachable_range
from approximant.measure._scale_finding import badly_scaled
from approximant.measure._unit_findings import dead_units, saturated_units
from approximant.networks import Network
from approximant.report import Finding
from approximant.sampling import Samples

CHECKS: tuple[Callable[[Evidence], Finding | None], ...] = (
    dead_units,
    saturated_units,
    unreachable_range,
    badly_scaled,
    still_improving,
    overfitting,
    undersampled,
)


def diagnose(
    network: Network,
    rows: Samples,
    history: History,
    *,
    held_out: Samples | None = None,
    target: Callable[[Points], Values] | None = None,
    initial: Network | None = None,
    inputs: Sequence[str] = (),
    settled: bool = False,
) -> tuple[Finding, ...]:
    """Return what stood out in a training; empty where nothing did.

    Points and values are in the network's own units, after any scaling.

    Args:
        network: what came out.
        rows: of the training, points (n, d) and values (n, m).
        history: its epochs.
        held_out: rows that took no part; only with them overfitting is seen.
        target: the function itself, without noise; evaluated at up to 768 points on and between
            the rows. Without it only the network can be seen to turn between the rows.
        initial: the network before the training: it tells bad weights from a bad learning rate.
        inputs: their names; x1, x2, ... where not given.
        settled: whether the training ended by itself, because nothing improved any more.
    """
    names = inputs or [f"x{k + 1}" for k in range(rows.points.shape[1])]
    asked = None if target is None else np.errstate(**np.geterr())(target)  # others' code
    evidence = Evidence(network, rows, history, held_out, asked, initial, names, settled)
    with np.errstate(all="ignore"):
        if not np.isfinite(evidence.residuals).all():
            return ()  # nothing can be measured on a network that does not give numbers
        found = (check(evidence) for check in CHECKS)
        return tuple(finding for finding in found if finding is not None)
