"""The attempt to refute a certificate: points where a wrong bound would show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from approximant.arrays import Points
from approximant.certificate import Certificate
from approximant.certify._difference import precision
from approximant.certify._samples import executed_errors, float_errors
from approximant.formula import Formula
from approximant.model import Model

POINTS = 200_000
BITS = 200
SUSPECTS = 200  # points whose errors are evaluated in balls
CLIMBS = 12  # rounds of looking for higher peaks beside the highest points


def refuted(
    certificate: Certificate,
    model: Model,
    formulas: Sequence[Formula],
    *,
    points: int = POINTS,
    seed: int = 0,
) -> bool:
    """Tell whether some float64 point has an error above the certificate's bound.

    Looks at random points, at points beside the borders of the cells, and climbs the peaks.

    Args:
        certificate: the claim.
        model: the network it is about.
        formulas: the target.
        points: how many points to look at.
        seed: of the points.
    """
    generator = np.random.default_rng(seed)
    box = model.domain
    d = box.dimension
    spread = box.from_unit(generator.random((points // 2, d)))
    x = np.concatenate([spread, _beside_borders(certificate, generator, points // 2)])
    x = box.clip(x)
    errors = np.nan_to_num(float_errors(model, formulas, x)).max(axis=1)
    best = np.argsort(-errors)[:SUSPECTS]
    x, errors = x[best], errors[best]
    reach = box.width * points ** (-1.0 / d)
    for _ in range(CLIMBS):
        trial = box.clip(x + reach * generator.uniform(-1.0, 1.0, x.shape))
        found = np.nan_to_num(float_errors(model, formulas, trial)).max(axis=1)
        higher = found > errors
        x[higher], errors[higher] = trial[higher], found[higher]
        reach = reach * 0.6
    with precision(BITS):
        exact = executed_errors(model, [formula.balls() for formula in formulas], x)
    return bool(np.any(exact > np.atleast_1d(certificate.bound)))


def _beside_borders(certificate: Certificate, generator: np.random.Generator, count: int) -> Points:
    """Return points in cells, crowded at their borders by many octaves."""
    pieces = certificate.pieces
    chosen = generator.integers(len(pieces), size=count)
    low = np.array([piece.low for piece in pieces])[chosen]
    high = np.array([piece.high for piece in pieces])[chosen]
    octaves = generator.uniform(0.0, 1.0, low.shape) * generator.choice(
        [1.0, 10.0, 60.0], low.shape
    )
    share = 0.5 * 2.0**-octaves
    from_low = generator.random(low.shape) < 0.5
    step = share * (high - low)
    return np.asarray(np.clip(np.where(from_low, low + step, high - step), low, high))
