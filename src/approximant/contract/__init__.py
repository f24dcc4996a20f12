"""The tolerance contract: probe, construct, refine, shrink, verify, and say how it went."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from approximant.arrays import Points
from approximant.contract._function import FunctionContract
from approximant.contract._proof import certify, until_proved
from approximant.contract._report import Outcome, make_report
from approximant.contract._request import Request, read_network
from approximant.contract._rows import TableContract
from approximant.contract._status import line_cause, many_cause
from approximant.contract._table_cause import leftover, table_cause
from approximant.contract._verified import Verified
from approximant.errors import SettingError, TargetError
from approximant.measure import measure_outside
from approximant.model import Model
from approximant.progress import Watch
from approximant.report import OutsideError, Report
from approximant.streams import Stream
from approximant.targets import FunctionTarget, TableTarget

__all__ = ["Request", "certify", "fulfil", "read_network"]


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

    def search(share: float, worst: Points | None) -> Outcome:
        if isinstance(target, TableTarget):
            return _fulfil_table(target, request, watch)
        return _fulfil_function(target, request, watch, share, worst)

    if request.certify:
        outcome, certificate = until_proved(search, target, request, watch)
    else:
        outcome, certificate = search(1.0, None), None
    report = make_report(target, request, watch, outcome, certificate)
    return outcome.verified.candidate.model, report


def _check_shape(target: FunctionTarget | TableTarget, request: Request) -> None:
    if request.network is None:
        return
    widths, d, m = request.network.widths, target.domain.dimension, len(target.outputs)
    if (widths[0], widths[-1]) != (d, m):
        raise SettingError(
            f"The network {'-'.join(map(str, widths))} has {widths[0]} inputs and {widths[-1]} "
            f"outputs; the target has {d} and {m}."
        )


class _Contract(Protocol):
    def run(self) -> None: ...
    def finish(self) -> Verified | None: ...


def _run(contract: _Contract) -> tuple[Verified, bool]:
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
) -> Outcome:
    """Fulfil the contract; the search aims for a share of the tolerance, the verdict does not."""
    contract = FunctionContract(target, request.stricter(share), watch, worst)
    found, interrupted = _run(contract)
    found = found.measured_by(request.tolerance(target.scale))
    if watch.cut and contract.rationed is None:
        cause = ""  # whatever else is wrong, with more time it might have gone well
    elif contract.line is not None:
        cause = line_cause(contract.line.profile, request, found, target)
    else:
        cause = many_cause(contract.history, request, contract.rationed, found, target)
    return Outcome(
        found,
        cause,
        contract.history,
        interrupted,
        _unused(contract),
        notes=_function_notes(contract),
        outside=() if interrupted else _outside(target, request, found),
    )


def _function_notes(contract: FunctionContract) -> tuple[str, ...]:
    notes, target = [], contract.target
    seen = [name for name in _unused(contract) if name not in target.unused_inputs]
    if target.unused_inputs:
        notes.append(f"The target does not depend on {', '.join(target.unused_inputs)}.")
    if seen:
        notes.append(f"As far as was probed, the target does not depend on {', '.join(seen)}.")
    if np.all(target.low == target.high):
        notes.append(f"The target is the same at all {target.evaluations:,} points evaluated.")
    if contract.rationed is not None:
        notes.append(
            f"max_evaluations allows few evaluations: {contract.rationed:,} were for fitting."
        )
    if contract.broken_off is not None:
        notes.append(
            "The target is slow: half the time was up before a network was known, which was fitted "
            f"to {contract.broken_off:,} evaluations then; max_evaluations= says beforehand how "
            "many to use."
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


def _fulfil_table(target: TableTarget, request: Request, watch: Watch) -> Outcome:
    contract = TableContract(target, request, watch)
    found, interrupted = _run(contract)
    found = found.within(target.region)
    noise, cause = target.replicate_noise, ""
    if not (found.met or watch.cut):
        left = leftover(target, found, contract.fitted)
        cause = table_cause(target, found, left, contract.kept, request)
        noise = noise if left.noise is None else left.noise
    return Outcome(found, cause, contract.history, interrupted, noise=noise)
