"""The proof as part of the contract: a bound above the tolerance sends the search back to work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

from approximant.arrays import Points, Vector
from approximant.certificate import Certificate
from approximant.contract._report import Outcome
from approximant.contract._request import Request
from approximant.errors import CertificateError, SettingError
from approximant.formula import Formula
from approximant.model import Model
from approximant.progress import Progress, Watch
from approximant.report import Report
from approximant.targets import FunctionTarget, TableTarget, read_target
from approximant.threads import single_threaded

ROUNDS = 3  # of fitting more closely because the bound was too large
CLOSER = 0.9  # of what would just do
HOPELESS = 30.0  # multiple of the tolerance that no further round makes up for
LEAST_SHARE = 0.25  # of the seconds, that a proof may take however long the search was

# Finds a network for a share of the tolerance, given places (k, d) where others were worst.
Search: TypeAlias = Callable[[float, Points | None], Outcome]


@single_threaded()
def certificate_of(
    model: Model,
    target: FunctionTarget | TableTarget,
    *,
    seconds: float,
    seed: int = 0,
    progress: Callable[[Progress], object] | None = None,
) -> Certificate:
    """Return what can be proved about a model in the time given, or a statistical statement.

    Args:
        model: the model.
        target: what it approximates.
        seconds: how long the proof may take.
        seed: of the points of a statistical statement.
        progress: called with a Progress at most ten times a second.

    Raises:
        SettingError: `seconds` is no time.
        CertificateError: no statement of any kind is possible.
    """
    if not seconds > 0:
        raise SettingError(f"seconds={seconds!r} is no time for a proof; give more than 0.")
    from approximant.certify import prove, statistical  # here: Arb is for those who prove

    if isinstance(target, FunctionTarget) and target.texts is not None:
        formulas = [Formula(text, model.domain.names) for text in target.texts]
        return prove(model, formulas, seconds=seconds, progress=progress)
    return statistical(model, target, seconds=seconds, seed=seed)


def certify(
    model: Model,
    report: Report,
    target: FunctionTarget | TableTarget | Sequence[str] | None,
    *,
    seconds: float,
    progress: Callable[[Progress], object] | None = None,
) -> Certificate:
    """Return what can be proved about a model that was fitted, perhaps long ago.

    Args:
        model: the model.
        report: its report.
        target: what it approximates, or the formulas; None where that is not at hand.
        seconds: how long the proof may take.
        progress: called with a Progress at most ten times a second.

    Raises:
        CertificateError: the target is not at hand, or no statement is possible.
        SettingError: `seconds` is no time.
    """
    if target is None:
        raise CertificateError(
            f"The file of this network does not hold its target ({report.target}), only formulas "
            "are stored; certify where the target is at hand: approximate(..., certify=True)."
        )
    if not isinstance(target, (FunctionTarget, TableTarget)):
        target = read_target(list(target), model.domain, outputs=model.outputs)
    return certificate_of(model, target, seconds=seconds, seed=report.seed, progress=progress)


def until_proved(
    search: Search, target: FunctionTarget | TableTarget, request: Request, watch: Watch
) -> tuple[Outcome, Certificate | CertificateError]:
    """Return the first network whose proved bound keeps the tolerance, or the one nearest to it.

    Where no statement of any kind is possible, the reason stands for the certificate.

    Each further round asks the search for so small a share of the tolerance that a bound that
    exceeds the error as much as before will do, with more samples where the error was largest.
    """
    best: tuple[float, Outcome, Certificate] | None = None
    share, worst = 1.0, np.empty((0, target.domain.dimension))
    for _ in range(1 + ROUNDS):
        outcome = search(share, worst if len(worst) else None)
        watch.tell("proving")
        model, tolerance = outcome.verified.candidate.model, outcome.verified.tolerance
        seconds = max(request.seconds - watch.seconds, LEAST_SHARE * request.seconds)
        try:
            certificate = certificate_of(
                model, target, seconds=seconds, seed=request.seed, progress=watch.callback
            )
        except CertificateError as reason:
            return outcome, reason
        excess = _excess(certificate, tolerance)
        if best is None or excess < best[0]:
            best = (excess, outcome, certificate)
        if not outcome.verified.met or excess <= 1.0:
            break
        watch.cut = watch.cut or certificate.cut_by_time
        if not _worth_a_round(certificate, tolerance) or watch.expired():
            break
        share *= CLOSER / excess
        worst = np.concatenate([worst, np.atleast_2d(certificate.worst_point)])
    assert best is not None
    return best[1:]


def _worth_a_round(certificate: Certificate, tolerance: Vector) -> bool:
    """Tell whether a closer fit may help: jumps, and time that ended, are none of its matters."""
    elsewhere = float(np.max(np.atleast_1d(certificate.bound_elsewhere) / tolerance))
    return certificate.proved and not certificate.cut_by_time and 1.0 < elsewhere <= HOPELESS


def _excess(certificate: Certificate, tolerance: Vector) -> float:
    """Return the bound as a multiple of the tolerance, infinite where nothing was proved."""
    if not certificate.proved:
        return np.inf
    return float(np.max(np.atleast_1d(certificate.bound) / tolerance))
