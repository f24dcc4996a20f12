"""The sentences of a report: what came out, why, and what to try next."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Vector
from approximant.contract._request import Request
from approximant.profile import LineProfile

SMALL_RANGE = 0.01  # range below this share of the scale: most of the value is a constant offset


def met_sentence(checked: int, kind: str, ratio: float) -> str:
    """Return the verdict in words; only a certificate would make it unconditional."""
    where = f"{checked:,} rows not used in the fit" if kind == "table" else f"{checked:,} fresh points"
    if ratio <= 1.0:
        return f"Met: no point of {where} exceeded the tolerance."
    return f"Not met: the largest error on {where} is {ratio:.3g} times the tolerance."


def range_warning(low: Vector, high: Vector, scale: Vector, outputs: tuple[str, ...]) -> str:
    """Return a warning for outputs whose range is small beside their size, or an empty text."""
    span = high - low
    small = (span < SMALL_RANGE * scale) & (span > 0)
    if not small.any():
        return ""
    k = int(np.argmax(small))
    return (
        f"{outputs[k]} varies by only {span[k]:.3g} around values of {scale[k]:.3g}: the tolerance is "
        f"a share of the value, so look at the error relative to the range, or subtract the offset."
    )


def line_cause(profile: LineProfile, request: Request, neurons: int, cut: bool) -> str:
    """Return the likely cause and the next thing to try when a line did not meet its tolerance."""
    if request.network is not None:
        return "The shape asked for is too small; leave network= out to let the size be found."
    if cut:
        return f"Time ran out after {request.seconds:g} s; give more with seconds=."
    jumps = [place for place in profile.breaks if place.jumps]
    if jumps:
        worst = max(jumps, key=lambda place: float(np.abs(place.height).max()))
        return (
            f"The target jumps by {np.abs(worst.height).max():.4g} between {worst.left!r} and "
            f"{worst.right!r}; split the domain there."
        )
    if not profile.resolved:
        return (
            "The target varies too fast to be followed (no polynomial fits it on thousands of short "
            "intervals): it may be noisy or oscillate without end; narrow the domain or raise tol."
        )
    if profile.breaks:
        place = profile.breaks[0]
        return f"The target has a kink or singularity at {place.left:.8g}; split the domain there."
    if neurons >= request.max_neurons:
        return f"More than {request.max_neurons} neurons would be needed; raise max_neurons or tol."
    return (
        "The tolerance is near the rounding of float64 for this target; raise tol, or narrow the "
        "domain."
    )
