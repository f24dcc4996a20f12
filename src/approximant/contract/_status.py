"""The sentences of a report: what came out, why, and what to try next."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Vector
from approximant.contract._request import Request
from approximant.model import Model
from approximant.profile import LineProfile
from approximant.sampling import Samples
from approximant.targets import TableTarget

OVERFIT = 3.0  # times the fitting error on other rows: the network follows chance
SMALL_RANGE = 0.01  # range below this share of the scale: most of the value is a constant offset


def met_sentence(checked: int, kind: str, ratio: float, quality: float) -> str:
    """Return the verdict in words; only a certificate would make it unconditional.

    Args:
        checked: points or rows looked at.
        kind: "table", or what can be evaluated anywhere.
        ratio: largest error as a multiple of the tolerance.
        quality: the worse of that and the rounding bound as a multiple of its quarter.
    """
    points = f"{checked:,} {'rows not used in the fit' if kind == 'table' else 'fresh points'}"
    if quality <= 1.0:
        return f"Met: none of {points} exceeded the tolerance."
    if ratio <= 1.0:
        return (
            f"Not met: none of {points} exceeded the tolerance, but the output weights are so "
            f"large that rounding alone could take {quality:.3g} quarters of it."
        )
    return f"Not met: the largest error on {points} is {ratio:.3g} times the tolerance."


def range_warning(low: Vector, high: Vector, scale: Vector, outputs: tuple[str, ...]) -> str:
    """Return a warning for outputs whose range is small beside their size, or an empty text."""
    span = high - low
    small = (span < SMALL_RANGE * scale) & (span > 0)
    if not small.any():
        return ""
    k = int(np.argmax(small))
    return (
        f"Warning: {outputs[k]} varies by only {span[k]:.3g} around values of {scale[k]:.3g}; the "
        "tolerance is a share of the value, so look at the error relative to the range, or "
        "subtract the offset."
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
            "The target varies too fast to be followed (no polynomial fits it on thousands of "
            "short intervals): it may be noisy or oscillate without end; narrow the domain or "
            "raise tol."
        )
    whole = profile.whole()
    if profile.breaks:
        place = profile.breaks[0]
        return f"The target has a kink or singularity at {place.left:.8g}; split the domain there."
    if max(neurons, whole.cells) >= request.max_neurons:
        return f"More than {request.max_neurons} neurons would be needed; raise max_neurons or tol."
    return (
        "The tolerance is near the rounding of float64 for this target; raise tol, or narrow the "
        "domain."
    )


def many_cause(
    history: list[tuple[int, float]], request: Request, rationed: int | None, cut: bool
) -> str:
    """Return the likely cause and the next thing to try for a target of several inputs."""
    if request.network is not None:
        return "The shape asked for is too small; leave network= out to let the size be found."
    if rationed is not None:
        return (
            f"Only {rationed:,} evaluations could be spent on fitting; allow more with "
            "max_evaluations= or seconds=."
        )
    if cut:
        return f"Time ran out after {request.seconds:g} s; give more with seconds=."
    widest = max((neurons for neurons, _ in history), default=0)
    half = min((ratio for neurons, ratio in history if neurons <= widest // 2), default=np.inf)
    best = min((ratio for _, ratio in history), default=np.inf)
    if best > 0.5 * half:
        return (
            "Doubling the neurons hardly helped: the target probably has a kink, a jump or a "
            "singularity inside the domain; leave it out of the domain, or raise tol."
        )
    return f"{widest} neurons were not enough; raise max_neurons or tol, or narrow the domain."


def table_cause(
    target: TableTarget, model: Model, noise: Vector | None, cut: bool, request: Request
) -> str:
    """Return the likely cause and the next thing to try for a table."""
    if request.network is not None:
        return "The shape asked for is too small or the rows are noisy; leave network= out."
    if cut:
        return f"Time ran out after {request.seconds:g} s; give more with seconds=."
    if noise is None:
        return "The rows are too few for this tolerance; give more rows or raise tol."
    fit, verify = (_rms(model, part) for part in (target.fit, target.verify))
    if np.any(verify > OVERFIT * np.maximum(fit, 1e-300)):
        return (
            f"The network follows the {len(target.fit)} rows it was fitted to much better than "
            "others: there are too few rows for so much detail; give more rows."
        )
    level = ", ".join(f"{value:.3g}" for value in noise)
    return (
        f"More neurons no longer lowered the error: noise floor at about {level} (standard "
        "deviation). Set the tolerance to several times the noise, or give less noisy rows."
    )


def _rms(model: Model, samples: Samples) -> Vector:
    error = model.evaluate(samples.points) - samples.values
    return np.asarray(np.sqrt(np.mean(error**2, axis=0)))
