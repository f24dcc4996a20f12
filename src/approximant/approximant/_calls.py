"""The two ways to an Approximant: `approximate` makes one, `load` reads one.

Rooms are imported where they are used, so that `import approximant` is quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from approximant.approximant._approximant import Approximant
from approximant.errors import ModelFileError
from approximant.networks import NetworkSpec
from approximant.progress import Progress, Watch
from approximant.report import Report
from approximant.settings import option


def approximate(
    target: Any,
    domain: Any = None,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    tol: float = 1e-8,
    atol: float = 0.0,
    network: str | NetworkSpec | None = None,
    max_neurons: int = 2048,
    max_evaluations: int | None = None,
    seconds: float = 30.0,
    effort: str = "normal",
    certify: bool = False,
    seed: int = 0,
    outside: str = "warn",
    measure_outside: bool | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> Approximant:
    """Return the smallest network found that approximates a target to the accuracy asked for.

    Whether it does is measured on fresh points and stated in the report; if the tolerance cannot be
    met, the best network is returned and the report says why. Ctrl-C returns the best so far.

    Args:
        target: a formula text, a Formula, several of them as a list or `{"name": text}`; a callable
            of d columns, or of one array (n, d); a pair of arrays (X, y), a data frame, or a Table.
        domain: one interval per input, `{"x": (0, 1)}`; for tables the box of the rows by default.
        inputs: names of the inputs, for data frames the columns that are inputs.
        outputs: names of the outputs, or columns.
        tol: largest error allowed, as a share of the largest absolute value of the target.
        atol: largest error allowed in the target's unit, added to it.
        network: a shape to use as it is, such as "1-128-1 sigmoid".
        max_neurons: most hidden neurons.
        max_evaluations: most evaluations of the target, a hard limit.
        seconds: after this time the search ends with the best so far.
        effort: "normal", or "small" to spend many more solves on fewer neurons.
        certify: whether to prove the error as well: the tolerance then counts as met only where
            the proved bound keeps it, and the report carries the certificate. A proof needs
            formulas of at most three inputs.
        seed: of every random choice.
        outside: what a call does with points outside the domain: "warn", "raise", "nan", "clip" or
            "allow".
        measure_outside: whether the target may be evaluated outside the domain, to report how the
            error grows there; by default formulas are, callables are not.
        progress: called with a Progress at most ten times a second.

    Raises:
        FormulaError, DomainError, TargetError, TableError, SettingError: as their names say.
    """
    from approximant.contract import Request, fulfil, read_network
    from approximant.targets import read_target
    from approximant.threads import single_threaded

    request = Request(
        tol=tol,
        atol=atol,
        network=read_network(network),
        max_neurons=max_neurons,
        seconds=seconds,
        effort=effort,
        seed=seed,
        outside=outside,
        measure_outside=measure_outside,
        certify=certify,
        max_evaluations=max_evaluations,
        progress=progress,
    )
    with single_threaded():  # loads the libraries, once in a process: before the clock runs
        watch = Watch(request.seconds, progress)
    known = read_target(
        target,
        domain,
        inputs=inputs,
        outputs=outputs,
        max_evaluations=request.max_evaluations,
        watch=watch,
        seed=request.seed,
    )
    with single_threaded():
        model, report = fulfil(known, request, watch)
    return Approximant(model, report, known)


def load(path: str | os.PathLike[str]) -> Approximant:
    """Return the approximant saved in a file, bit for bit; executes nothing.

    Raises:
        ModelFileError: the file is missing, damaged, foreign, or of a newer version.
    """
    from approximant.layout import UNREADABLE
    from approximant.store import load_model

    model, card = load_model(option(path, Path, "path"))
    try:
        report = Report.from_dict(card["report"])
    except UNREADABLE as error:
        raise ModelFileError(f"{path}: its report cannot be read ({error}).") from error
    return Approximant(model, report, None, card)
