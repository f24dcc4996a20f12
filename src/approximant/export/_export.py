"""Exporting: check, write in memory, compare with the model, and only then write the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from approximant.atomic import write_atomically
from approximant.errors import ExportError, ModelFileError
from approximant.export._checks import (
    check_dtype,
    check_extra,
    check_path,
    checked_name,
    checked_policy,
    format_of,
)
from approximant.export._facts import MEASURED, derivation, number
from approximant.export._points import sample_points
from approximant.export._single import in_single
from approximant.export._subject import POLICIES, Subject, Verification
from approximant.export._verify import verified
from approximant.layout import tensors_of, unfit_numbers
from approximant.model import Model
from approximant.settings import option

DTYPES = ("float64", "float32")
MODEL_POLICIES = {"nan": "nan", "clip": "clip", "error": "raise", "none": "allow"}


@dataclass(frozen=True, eq=False)
class Exported:
    """What was written, and how it compares with the model.

    Args:
        path: the file.
        suffix: that of its format.
        dtype: the arithmetic it is for.
        policy: what it does with points outside the domain.
        difference: largest |file - model| at the points compared, over all outputs.
        bound: on |file - model| anywhere in the domain, over all outputs; None without one.
        bound_basis: what `bound` rests on, or that `difference` was measured.
        gradient_difference: the same of gradients; None where the file has none.
        points: number of points compared.
        how: what computed the values of the file.
        error: largest error against the target, over all outputs, as the file states it.
        basis: what `error` rests on.
        met: whether `error` keeps the tolerance of the report, None where none was asked for.
        usage: the lines with which the file is used.
    """

    path: Path
    suffix: str
    dtype: str
    policy: str
    difference: float
    bound: float | None
    bound_basis: str
    gradient_difference: float | None
    points: int
    how: str
    error: float
    basis: str
    met: bool | None
    usage: str

    def facts(self) -> list[tuple[str, str]]:
        """Return what people should know, as labels and texts."""
        told = [
            ("wrote", f"{self.path}, {self.dtype}, outside its domain: {self.policy}"),
            ("verified", f"differs from the network by at most {self._difference()}; {self.how}"),
            ("error", f"at most {number(self.error)}, {self.basis}"),
        ]
        if self.gradient_difference is not None:
            gradient = f"its gradient by at most {number(self.gradient_difference)}, {MEASURED}"
            told.insert(2, ("", gradient))
        if self.met is False:
            told.append(("", "MORE than the tolerance to which the network was fitted"))
        return told

    def _difference(self) -> str:
        seen = f"{number(self.difference)} at {self.points:,} points"
        if self.bound is None:
            return f"{seen} of the domain: {self.bound_basis}"
        return f"{number(self.bound)} anywhere in the domain ({self.bound_basis}), by {seen} of it"

    def __str__(self) -> str:
        """Return these facts, one a line, and the lines with which the file is used."""
        lines = [f"{label:<10}{text}" for label, text in self.facts()]
        return "\n".join([*lines, *([f"\n{self.usage}"] if self.usage else [])])

    def as_dict(self) -> dict[str, Any]:
        """Return plain numbers and texts for JSON; what is not finite is None."""
        plain = {**vars(self), "path": str(self.path)}
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in plain.items()
        }


def export_model(
    model: Model,
    card: Mapping[str, Any],
    path: str | os.PathLike[str],
    *,
    policy: str | None = None,
    dtype: str = "float64",
    tol: float | None = None,
    name: str | None = None,
) -> Exported:
    """Write a model as source code or in another format, compared with the model beforehand.

    The file holds scaling, guard, stated error and provenance. It is compared with the model at
    1000 points inside the domain and at its edges and corners, and takes the name only afterwards.

    Args:
        model: what to export.
        card: what is known about it, as in a model file: `report`, `formulas`, `seed`, ...
        path: its suffix chooses the format, one of FORMATS.
        policy: what the file does with points outside: "nan", "clip", "error" or "none"; that of
            the model by default, where "warn" becomes "nan".
        dtype: "float64", or "float32" for formats that can: hidden weights are then rounded and
            output weights solved for again.
        tol: refuse a file whose error exceeds this share of the target's scale.
        name: of the functions in the file; the name of the file by default.

    Raises:
        SettingError: an option of another type, or beyond its limits.
        ExportError: nothing was written, and the message says why.
    """
    path = option(path, Path, "path")
    policy = option(policy, str | None, "policy", choices=tuple(POLICIES))
    dtype = option(dtype, str, "dtype", choices=DTYPES)
    tol = option(tol, float | None, "tol", above=0.0)
    name = option(name, str | None, "name")
    form = format_of(path)
    check_path(path)
    called, guard = checked_name(name, path, form), checked_policy(policy, model, form)
    check_dtype(dtype, form)
    form.check_activations(model)
    check_extra(form)
    _check_numbers(model)
    if policy is not None:
        model = replace(model, outside=MODEL_POLICIES[policy])
    samples = sample_points(model, dtype)
    subject = Subject(model, model, card, called, guard, dtype, form.refusal, form.rows, samples)
    if dtype == "float32":
        subject = in_single(subject)
    data = form.render(subject)
    found = verified(form, data, subject)
    _check_tolerance(subject, found, tol)
    subject = replace(subject, verification=found)
    try:
        write_atomically(path, form.render(subject))
    except ModelFileError as error:
        raise ExportError(str(error)) from error
    return _exported(Path(path), form.suffix, subject, found, form.usage(subject, str(path)))


def _check_numbers(model: Model) -> None:
    problem = unfit_numbers(tensors_of(model))
    if problem:
        raise ExportError(f"This model cannot be exported: {problem}.")


def _check_tolerance(subject: Subject, found: Verification, tol: float | None) -> None:
    if tol is None:
        return
    allowed = tol * subject.scale()
    if np.all(found.error <= allowed):
        return
    k = int(np.argmax(found.error / np.maximum(allowed, np.finfo(float).tiny)))
    raise ExportError(
        f"In {subject.dtype} the error is {found.error[k]:.3g} ({found.basis}), over the "
        f"{allowed[k]:.3g} that tol={tol:g} allows; nothing was written. Allow more"
        f"{', export float64,' * (subject.dtype != 'float64')} or fit to a smaller tolerance."
    )


def _exported(
    path: Path, suffix: str, subject: Subject, found: Verification, usage: str
) -> Exported:
    return Exported(
        path=path,
        suffix=suffix,
        dtype=subject.dtype,
        policy=subject.policy,
        difference=float(found.difference.max()),
        bound=None if found.bound is None else float(found.bound.max()),
        bound_basis=MEASURED
        if found.bound is None
        else derivation(subject.source.network, found.coarse),
        gradient_difference=found.gradient,
        points=found.points,
        how=found.how,
        error=float(found.error.max()),
        basis=found.basis,
        met=subject.met(found),
        usage=usage,
    )
