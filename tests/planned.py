"""Certificates of one input made by hand: evenly cut, measured with NumPy, rounded up."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from flint import arb, ctx

from approximant.approximant import Approximant
from approximant.arrays import PerOutput, Points, per_output
from approximant.certificate import Certificate, Piece
from approximant.claims import claim_of, rests_on
from approximant.formula import Formula

SIZE = 1e3  # of target and network around a cell: more than enough, and cheap for rho = 3


def planned(
    f: Approximant, cells: int = 8, *, rho: float = 3.0, degree: int = 45, **changes: Any
) -> Certificate:
    """Return a true certificate for an approximant of one smooth formula."""
    assert f.formulas is not None
    ((name, (low, high)),) = f.domain.intervals().items()
    edges = np.linspace(low, high, cells + 1).tolist()
    pieces = []
    for a, b in zip(edges[:-1], edges[1:], strict=True):
        x = np.linspace(a, b, 500)
        target = np.stack([Formula(text, [name])({name: x}) for text in f.formulas], axis=1)
        error = np.abs(target - f.model.evaluate(x[:, None])).max(axis=0)
        tail = 4 * SIZE * rho**-degree / (rho - 1)
        numbers = {
            "bound_real": error * 1.2 + 2 * tail,
            "rounding": np.full(len(error), 0.1 * np.max(error)),
            "magnitude": np.full(len(error), SIZE),
            "grid": error * 1.1,
            "delta": np.zeros(len(error)),
            "tail": np.full(len(error), tail),
        }
        sizes: dict[str, Any] = {key: tuple(value.tolist()) for key, value in numbers.items()}
        pieces.append(
            Piece((a,), (b,), "analytic", ellipse=(rho,), degree=(degree,), multiple=8, **sizes)
        )
    return totalled(f, tuple(pieces), **changes)


def totalled(f: Approximant, pieces: tuple[Piece, ...], **changes: Any) -> Certificate:
    """Return the certificate that these pieces make up."""
    assert f.formulas is not None
    bound = per_output(np.max([piece.bound for piece in pieces], axis=0))
    sampled, worst = _seen(f)
    widest = max(pieces, key=lambda piece: max(piece.bound))
    whole = Certificate(
        bound=bound,
        bound_real=per_output(np.max([piece.bound_real for piece in pieces], axis=0)),
        bound_elsewhere=bound,
        sampled_max=sampled,
        worst_point=worst,
        proved=True,
        rigour=rests_on(f.network),
        cells=len(pieces),
        seconds=0.0,
        claim="",
        covered=1.0,
        cut_by_time=False,
        jumps=(),
        worst_cell=np.array([widest.low, widest.high]),
        inputs=f.domain.names,
        outputs=f.outputs,
        formulas=f.formulas,
        fingerprint=f.model.fingerprint(f.formulas),
        pieces=pieces,
    )
    whole = dataclasses.replace(whole, **changes)
    return dataclasses.replace(whole, claim=claim_of(whole, f.domain))


def _seen(f: Approximant) -> tuple[PerOutput, Points]:
    """Return the errors at the middle of the domain, and where that is."""
    assert f.formulas is not None
    middle = f.domain.centre
    with ctx.workprec(200):
        columns = dict(zip(f.domain.names, map(arb, middle.tolist()), strict=True))
        values = [Formula(text, f.domain.names).balls().enclose(columns)[0] for text in f.formulas]
        executed = f.model.evaluate(middle[None])[0].tolist()
        errors = [float(abs(a - b)) for a, b in zip(values, executed, strict=True)]
    return per_output(np.array(errors)), np.array([middle] * len(errors))
