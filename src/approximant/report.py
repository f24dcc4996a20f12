"""Report: the measured truth about one approximant."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from approximant.arrays import Array, PerOutput, SameBits
from approximant.certificate import Certificate
from approximant.errors import CertificateWarning

FRESH, UNUSED_ROWS, USED_ROWS = "fresh points", "rows not used in the fit", "rows used in the fit"


@dataclass(frozen=True, eq=False)
class OutsideError(SameBits):
    """Largest error at one distance beyond one end of one input, the other inputs inside.

    Args:
        input: name of the input.
        side: "below" its lower or "above" its upper end.
        beyond: distance from that end as a share of the interval's width.
        max_error: per output; infinite or NaN where the target is not finite out there.
    """

    input: str
    side: str
    beyond: float
    max_error: PerOutput


@dataclass(frozen=True)
class Finding:
    """Something a training did that its owner should know, and what to do about it.

    Args:
        name: a few words, the same wherever this is found, such as "dead relu units".
        sentence: what was seen, with figures.
        action: the one thing to try.
    """

    name: str
    sentence: str
    action: str


@dataclass(frozen=True, eq=False)
class Report(SameBits):
    """What was measured on fresh points, and what it took; errors are in the target's unit.

    Args:
        target: what was approximated, in words.
        kind: "formula", "callable" or "table".
        inputs: input names, (d,).
        outputs: output names, (m,).
        network: network text of what came out.
        met: whether no checked point of any output exceeded the tolerance, S (W + 14) 2^-53 takes
            no more than a quarter of it and a proof, where one was asked for, keeps it; None where
            no tolerance was asked for.
        status: one or more sentences that say how it went, why, and what to try next.
        max_error: largest |target - network| on the checked points, per output.
        worst_point: where it was seen, (d,) or (m, d).
        rmse: root mean square error on the checked points, per output.
        mae: mean absolute error on the checked points, per output.
        scale: largest |target| over all points evaluated, per output.
        scale_point: where it was seen, (d,) or (m, d).
        tolerance: largest error allowed, atol + tol * scale, per output; None where none was asked
            for.
        range: largest minus smallest target value seen, per output.
        range_error: max_error as a share of the range (infinite for a constant output).
        checked_points: number of points behind these errors.
        checked_on: what they are: FRESH, or rows of a table that the fit did or did not use.
        neurons: hidden neurons.
        parameters: weights and biases.
        outer_weight_sum: S, the sum of absolute output weights in the target's unit, per output.
        rounding: a bound on the rounding error of one evaluation anywhere in the domain, per
            output: the running error bound through scaling and layers that certificates use. It
            may be far above what rounding does, beside kinks above all.
        evaluations: points at which the target was evaluated.
        seconds: time of the search, without imports.
        seed: seed of all random choices.
        cut_by_time: whether the clock ended the search before its own rules did: then, and only
            then, the network depends on how fast the machine is.
        interrupted: whether the person ended the search.
        unused_inputs: inputs that no formula names, or on which no dependence was seen.
        noise: for tables, estimated standard deviation of the noise, per output; None where rows
            do not tell it.
        empty_share: for tables, share of the bounding box that the rows leave empty; else None.
        rows: for tables, how many rows were fitted, chosen with, verified on; else None.
        notes: further facts worth knowing, a sentence each.
        outside: how the error grows beyond the domain; empty where the target is unknown there.
        history: networks tried, as (neurons, error on the choosing points / tolerance).
        findings: for a training, what its diagnosis found.
        certificate: what was proved about the error, None where nobody asked for a proof.
    """

    target: str
    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    network: str
    met: bool | None
    status: str
    max_error: PerOutput
    worst_point: Array
    rmse: PerOutput
    mae: PerOutput
    scale: PerOutput
    scale_point: Array
    tolerance: PerOutput | None
    range: PerOutput
    range_error: PerOutput
    checked_points: int
    neurons: int
    parameters: int
    outer_weight_sum: PerOutput
    rounding: PerOutput
    evaluations: int
    seconds: float
    seed: int
    cut_by_time: bool = False
    interrupted: bool = False
    unused_inputs: tuple[str, ...] = ()
    noise: PerOutput | None = None
    empty_share: float | None = None
    rows: tuple[int, int, int] | None = None
    notes: tuple[str, ...] = ()
    outside: tuple[OutsideError, ...] = field(default=(), repr=False)
    history: tuple[tuple[int, float], ...] = field(default=(), repr=False)
    checked_on: str = FRESH
    findings: tuple[Finding, ...] = ()
    certificate: Certificate | None = None

    def about(self, fingerprint: str) -> Report:
        """Return the report, without its certificate if that has another fingerprint.

        It is then dropped with a CertificateWarning.
        """
        if self.certificate is None or self.certificate.fingerprint == fingerprint:
            return self
        warnings.warn(
            "The certificate was dropped: the network, its domain or its formula was changed after "
            "the proof (fingerprints differ); certify() proves the error of the network as it is.",
            CertificateWarning,
            stacklevel=4,
        )
        return dataclasses.replace(self, certificate=None)

    def as_dict(self) -> dict[str, Any]:
        """Return the report as plain numbers, texts and lists for JSON; NaN and inf are None."""
        return {f.name: _plain(getattr(self, f.name)) for f in dataclasses.fields(self)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Return the report that `as_dict` described; unknown keys are ignored.

        Raises:
            ArithmeticError, AttributeError, LookupError, TypeError, ValueError: it described none.
        """
        known = _known(cls, data)
        known["outside"] = tuple(
            OutsideError(**_known(OutsideError, row)) for row in data.get("outside", ())
        )
        known["worst_point"] = np.array(data["worst_point"], dtype=float)
        known["scale_point"] = np.array(data["scale_point"], dtype=float)
        for name in ("inputs", "outputs", "notes", "unused_inputs"):
            known[name] = tuple(data.get(name, ()))
            if not all(isinstance(word, str) for word in known[name]):
                raise TypeError(f"its {name} are {data[name]!r}")
        known["history"] = tuple((int(n), float(e)) for n, e in data.get("history", ()))
        known["rows"] = tuple(data["rows"]) if data.get("rows") else None
        known["findings"] = tuple(Finding(**found) for found in data.get("findings", ()))
        stored = data.get("certificate")
        known["certificate"] = Certificate.from_dict(stored) if stored else None
        return cls(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, Certificate):
        return value.as_dict()
    if isinstance(value, (OutsideError, Finding)):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value


_KINDS: dict[Any, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "bool | None": (bool, type(None)),
    "float | None": (float, int, type(None)),
    "PerOutput": (float, int, np.ndarray),
    "PerOutput | None": (float, int, np.ndarray, type(None)),
}


def _known(kind: type[SameBits], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a record that are in its JSON values; others are ignored."""
    fields = dataclasses.fields(kind)  # type: ignore[arg-type]
    return {f.name: _revived(f.name, f.type, data[f.name]) for f in fields if f.name in data}


def _revived(name: str, kind: Any, value: Any) -> Any:
    """Return a field of one kind from its JSON value, or raise TypeError."""
    found = np.nan if kind == "PerOutput" and value is None else _revive(value)
    wanted = _KINDS.get(kind)
    fits = wanted is None or (
        isinstance(found, wanted) and (bool in wanted or type(found) is not bool)
    )
    if not fits or (wanted and isinstance(found, np.ndarray) and not found.size):
        raise TypeError(f"its {name} is {value!r}")
    return float(found) if wanted and float in wanted and isinstance(found, int) else found


def _revive(value: Any) -> Any:
    """Undo `_plain` for one field: lists of numbers are arrays, None inside them is NaN."""
    numbers = (int, float, type(None))
    if isinstance(value, list) and all(isinstance(item, numbers) for item in value):
        return np.array([np.nan if item is None else item for item in value], dtype=float)
    return value
