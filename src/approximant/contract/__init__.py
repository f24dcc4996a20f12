"""The tolerance contract: probe, construct, refine, shrink, verify, and say how it went."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol, TypeVar

import numpy as np

from approximant.arrays import Points
from approximant.contract._function import FunctionContract, Verified
from approximant.contract._proof import certify, until_proved
from approximant.contract._report import Outcome, make_report
from approximant.contract._request import Request, read_network
from approximant.contract._rows import TableContract, replicate_or_residual
from approximant.contract._status import (
    line_cause,
    many_cause,
    met_sentence,
    range_warning,
    table_cause,
)
from approximant.errors import SettingError, TargetError
from approximant.measure import measure_outside
from approximant.model import Model
from approximant.progress import Watch
from approximant.report import OutsideError, Report
from approximant.streams import Stream
from approximant.targets import FunctionTarget, TableTarget

Found = TypeVar("Found", covariant=True)

__all__ = ["Request", "certify", "fulfil", "read_network"]

_ENDED = "You ended the search; this is the best network so far. "


def fulfil(
    target: FunctionTarget | TableTarget, request: Request, watch: Watch
) -> tuple[Model, Report]:
    """Return the smallest model found that keeps the tolerance, or the best one, and its report.

    Ctrl-C ends the search and keeps the best so far.

    Args:
        target: what to approximate.
        request: the settings.
        watch: the clock of this call.

    Raises:
        SettingError: the shape asked for does not fit the target.
        TargetError: the target is not finite somewhere, or failed.
        KeyboardInterrupt: before any network was found.
    """
    _check_shape(target, request)

    def search(share: float, worst: Points | None) -> tuple[Model, Report]:
        if isinstance(target, TableTarget):
            return _fulfil_table(target, request, watch)
        return _fulfil_function(target, request, watch, share, worst)

    return until_proved(search, target, request, watch) if request.certify else search(1.0, None)


def _check_shape(target: FunctionTarget | TableTarget, request: Request) -> None:
    if request.network is None:
        return
    widths, d, m = request.network.widths, target.domain.dimension, len(target.outputs)
    if (widths[0], widths[-1]) != (d, m):
        raise SettingError(
            f"The network {'-'.join(map(str, widths))} has {widths[0]} inputs and {widths[-1]} "
            f"outputs; the target has {d} and {m}."
        )


class _Contract(Protocol[Found]):
    def run(self) -> None: ...
    def finish(self) -> Found | None: ...


def _run(contract: _Contract[Found]) -> tuple[Found, bool]:
    """Return what a contract found, and whether the person ended the search."""
    interrupted = False
    try:
        contract.run()
    except KeyboardInterrupt:
        interrupted = True
    found = contract.finish()
    if found is None and interrupted:
        raise KeyboardInterrupt
    if found is None:
        raise TargetError("No network could be fitted; give more evaluations, rows or seconds.")
    return found, interrupted


def _fulfil_function(
    target: FunctionTarget,
    request: Request,
    watch: Watch,
    share: float,
    worst: Points | None,
) -> tuple[Model, Report]:
    """Fulfil the contract; the search aims for a share of the tolerance, the report does not."""
    contract = FunctionContract(target, request.stricter(share), watch, worst)
    found, interrupted = _run(contract)
    found = replace(found, tolerance=request.tolerance(target.scale))
    status = _ENDED * interrupted + _function_status(contract, found)
    outcome = Outcome(
        found.candidate,
        found.errors,
        status,
        contract.history,
        interrupted,
        _unused(contract),
        notes=_function_notes(contract),
        outside=() if interrupted else _outside(target, request, found),
    )
    return found.candidate.model, make_report(target, request, watch, outcome)


def _function_status(contract: FunctionContract, found: Verified) -> str:
    target, request, watch = contract.target, contract.request, contract.watch
    sentences = [met_sentence(found.errors.checked, target.kind, found.ratio, found.quality)]
    if found.quality > 1.0:
        cut = watch.cut
        if contract.line is not None:
            neurons = found.candidate.neurons
            sentences.append(line_cause(contract.line.profile, request, neurons, cut))
        else:
            sentences.append(many_cause(contract.history, request, contract.rationed, cut))
    sentences.append(range_warning(target.low, target.high, target.scale, target.outputs))
    return " ".join(sentence for sentence in sentences if sentence)


def _function_notes(contract: FunctionContract) -> tuple[str, ...]:
    notes = []
    unused = _unused(contract)
    if unused:
        notes.append(f"The target does not depend on {', '.join(unused)}.")
    if np.all(contract.target.low == contract.target.high):
        notes.append("The target is constant.")
    if contract.rationed is not None:
        notes.append(
            f"Evaluations are few or slow and were rationed: {contract.rationed:,} for fitting."
        )
    return tuple(notes)


def _unused(contract: FunctionContract) -> tuple[str, ...]:
    """Return the inputs that the formula does not name or that changed nothing when probed."""
    names = contract.target.domain.names
    found = set(contract.target.unused_inputs)
    if contract.structure is not None:
        found |= {names[k] for k in contract.structure.unused}
    if contract.line is not None and np.all(contract.target.low == contract.target.high):
        found.add(names[0])
    return tuple(name for name in names if name in found)


def _outside(target: FunctionTarget, request: Request, found: Verified) -> tuple[OutsideError, ...]:
    asked = request.measure_outside
    if not (target.kind == "formula" if asked is None else asked):
        return ()
    if target.remaining is not None and target.remaining < 1000 * target.domain.dimension:
        return ()
    generator = Stream.OUTSIDE_POINTS.generator(request.seed)
    return measure_outside(
        target.measure_outside, found.candidate.model.evaluate, target.domain, generator
    )


def _fulfil_table(target: TableTarget, request: Request, watch: Watch) -> tuple[Model, Report]:
    contract = TableContract(target, request, watch)
    (candidate, errors), interrupted = _run(contract)
    candidate = replace(candidate, model=replace(candidate.model, region=target.region))
    ratio = errors.ratio(contract.tolerance)
    noise = replicate_or_residual(contract.noise if ratio > 1.0 else None, target)
    sentences = [met_sentence(errors.checked, "table", ratio, ratio)]
    if ratio > 1.0:
        sentences.append(table_cause(target, candidate.model, noise, watch.cut, request))
    sentences.append(range_warning(target.low, target.high, target.scale, target.outputs))
    outcome = Outcome(
        candidate,
        errors,
        _ENDED * interrupted + " ".join(s for s in sentences if s),
        contract.history,
        interrupted,
        noise=noise,
    )
    return candidate.model, make_report(target, request, watch, outcome)
