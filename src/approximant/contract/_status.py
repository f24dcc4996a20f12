"""The sentences of a report: the verdict, why it is so, and what to try next."""

from __future__ import annotations

import numpy as np

from approximant.arrays import UNIT_ROUNDOFF
from approximant.certificate import Certificate, rounded_up
from approximant.contract._request import Request
from approximant.contract._verified import Verified
from approximant.errors import CertificateError
from approximant.profile import Break, LineProfile
from approximant.targets import FunctionTarget, TableTarget

SMALL_RANGE = 0.01  # range below this share of the scale: most of the value is a constant offset
FAR_ABOVE = 10.0  # times what rounding is estimated to do: more is not due to rounding
BESIDE = 1e-3  # of the interval: an error so near to a break is that of the break

ENDED = "You ended the search; this is the best network so far."
_SHAPE = (
    "The shape asked for is too small for this tolerance or does not suit the target; leave "
    "network= out to let the size be found."
)


def verdict(
    verified: Verified,
    table: TableTarget | None,
    certificate: Certificate | CertificateError | None,
) -> tuple[bool, str]:
    """Return whether the tolerance is met, and the sentence that says so.

    Where a proof was asked for, the tolerance is met only if the proof says so too.

    Args:
        verified: what came out.
        table: the target, if it is a table.
        certificate: what was proved about it, or why nothing was; None where nobody asked.
    """
    points = _checked(verified, table)
    if not verified.ratio <= 1.0:
        return False, (
            f"Not met: the largest error on {points} is {verified.ratio:.3g} times the tolerance."
        )
    if not verified.met:
        return False, (
            f"Not met: none of {points} exceeded the tolerance, but rounding is estimated at "
            f"{0.25 * verified.quarters:.3g} of it, of which it may take a quarter."
        )
    proof = certificate if isinstance(certificate, Certificate) else None
    if certificate is None or (proof and proof.keeps(verified.tolerance)):
        return True, f"Met: none of {points} exceeded the tolerance."
    exceeded = f"None of {points} exceeded the tolerance"
    if proof and proof.proved:
        bound = rounded_up(proof.bound)
        return False, f"Not met: only an error of at most {bound} could be proved. {exceeded}."
    reason = proof.claim if proof else certificate
    return False, f"Not met: the error could not be proved. {exceeded}. {reason}"


def _checked(verified: Verified, table: TableTarget | None) -> str:
    """Return what was looked at, in words."""
    count = verified.errors.checked
    if table is None:
        return f"{count:,} fresh points"
    places = table.different[-1]
    where = "" if places == count else f" (at {places:,} different points)"
    rows = "row" if count == 1 else "rows"
    return f"{count:,} {rows} not used in the fit{where}"


def time_ran_out(request: Request, met: bool) -> str:
    """Return what it means that the clock ended the search before its own rules did."""
    time = f"Time ran out after {request.seconds:g} s"
    if met:
        return f"{time}, before the search was complete: another run may give another network."
    return f"{time}; give more with seconds=."


def range_warning(target: FunctionTarget | TableTarget, request: Request) -> str:
    """Return a warning for outputs whose range is small beside their size, or an empty text."""
    span, scale = target.high - target.low, target.scale
    small = (span < SMALL_RANGE * scale) & (span > 0)
    if not small.any() or request.tol == 0.0:
        return ""
    k = int(np.argmax(small))
    return (
        f"Warning: {target.outputs[k]} varies by only {span[k]:.3g} around values of "
        f"{scale[k]:.3g}; the tolerance is a share of the value, so look at the error relative to "
        "the range, or subtract the offset."
    )


def line_cause(
    profile: LineProfile, request: Request, verified: Verified, target: FunctionTarget
) -> str:
    """Return the likely cause and the next thing to try when a line did not meet its tolerance."""
    beside = _break_beside(profile, verified)
    if beside is not None and beside.jumps:
        return (
            f"The target jumps by {np.abs(beside.height).max():.4g} between {beside.left!r} and "
            f"{beside.right!r}; split the domain there."
        )
    if request.network is not None:
        return _SHAPE
    if rounding := rounding_cause(verified, target):
        return rounding
    if not profile.resolved:
        return (
            "The target varies too fast to be followed (no polynomial fits it on thousands of "
            "short intervals): it may be noisy or oscillate without end; narrow the domain or "
            "raise tol."
        )
    if beside is not None:
        return f"The target has a kink or singularity at {beside.left:.8g}; split the domain there."
    if max(verified.candidate.neurons, profile.whole().cells) >= request.max_neurons:
        return (
            f"Probably more than {request.max_neurons} neurons are needed; raise max_neurons or "
            "tol."
        )
    return "Nothing that was tried came closer; raise tol, or narrow the domain."


def _break_beside(profile: LineProfile, verified: Verified) -> Break | None:
    """Return the break next to which the error is largest, None if that is elsewhere."""
    if verified.ratio <= 1.0 or not profile.breaks:
        return None
    output = int(np.argmax(verified.errors.max_error / verified.tolerance))
    worst = float(verified.errors.worst_points[output, 0])
    nearest = min(profile.breaks, key=lambda place: abs(place.left - worst))
    span = profile.pieces[-1].high - profile.pieces[0].low
    return nearest if abs(nearest.left - worst) <= BESIDE * span else None


def rounding_cause(verified: Verified, target: FunctionTarget | TableTarget) -> str:
    """Return the sentence for a tolerance that rounding in float64 leaves no room for, or none.

    That is so where rounding alone is what speaks against a network, and where one of so many
    neurons would round too much if its output weights added up to no more than the largest value,
    unless its error is far above what rounding does: that has another cause.
    """
    model, tolerance = verified.candidate.model, verified.tolerance
    least = (model.network.widths[-2] + 14) * UNIT_ROUNDOFF * target.scale
    rounds = np.maximum(least, model.rounding_estimates)
    strict = (tolerance <= 4.0 * least) & (verified.errors.max_error <= FAR_ABOVE * rounds)
    if verified.ratio > 1.0 and not strict.any():
        return ""
    narrower = "" if isinstance(target, TableTarget) else ", or narrow the domain"
    return f"The tolerance is near the rounding of float64 for such a network; raise tol{narrower}."


def many_cause(
    history: list[tuple[int, float]],
    request: Request,
    rationed: int | None,
    verified: Verified,
    target: FunctionTarget,
) -> str:
    """Return the likely cause and the next thing to try for a target of several inputs."""
    if request.network is not None:
        return _SHAPE
    if rationed is not None:
        return (
            f"Only {rationed:,} evaluations could be spent on fitting; allow more with "
            "max_evaluations=."
        )
    if rounding := rounding_cause(verified, target):
        return rounding
    widest = max((neurons for neurons, _ in history), default=0)
    half = min((ratio for neurons, ratio in history if neurons <= widest // 2), default=np.inf)
    best = min((ratio for _, ratio in history), default=np.inf)
    if best > 0.5 * half:
        return (
            "Doubling the neurons hardly helped: the target probably has a kink, a jump or a "
            "singularity inside the domain; leave it out of the domain, or raise tol."
        )
    return f"{widest} neurons were not enough; raise max_neurons or tol, or narrow the domain."
