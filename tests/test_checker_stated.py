"""Everything a certificate states is checked: what was altered is refused, and for its reason."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned import planned, totalled

import approximant as ap
from approximant.certificate import Certificate, Jump, Piece
from approximant.certify import prove
from approximant.checker import check
from approximant.checker._cover import hole
from approximant.claims import claim_of
from approximant.domain import Box
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network
from approximant.store import load_certificate, save_certificate

JUMP = "where(x < 0.25, x, 1 + exp(x))"


@pytest.fixture(scope="module")
def jump() -> tuple[Model, Certificate]:
    f = ap.approximate(JUMP, {"x": (0, 1)}, tol=1e-6)
    certificate = f.certify()
    assert certificate.proved and certificate.jumps
    check(certificate, f.model, (JUMP,))
    return f.model, certificate


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (lambda c: {"claim": c.claim.replace("at most ", "at most 0")}, "its claim is not"),
        (lambda c: {"claim": c.claim + " It is the best network."}, "its claim is not"),
        (lambda c: {"rigour": "Nothing is assumed."}, "what it says to rest on"),
        (lambda c: {"bound": 0.99 * c.bound}, "its bound .* is below"),
        (lambda c: {"bound_real": 0.99 * c.bound_real}, "its bound_real .* is below"),
        (lambda c: {"bound_elsewhere": 0.99 * c.bound_elsewhere}, "its bound_elsewhere .* is bel"),
        (lambda c: {"sampled_max": 0.9 * c.sampled_max}, "is not the error at worst_point"),
        (lambda c: {"sampled_max": 1.1 * c.sampled_max}, "is not the error|above its bound"),
        (lambda c: {"worst_point": np.array([7.0])}, "its worst_point is no point"),
        (lambda c: {"worst_cell": np.array([[0.0], [1.0]])}, "its worst_cell is not"),
        (lambda c: {"cells": c.cells + 1}, "cells, not"),
        (lambda c: {"seconds": -1.0}, "it took"),
        (lambda c: {"covered": 0.9}, "of the domain was bounded well"),
        (lambda c: {"covered": 0.9, "cut_by_time": True}, "of the domain was bounded well"),
        (lambda c: {"cut_by_time": True}, "cut_by_time is true exactly where"),
        (lambda c: {"jumps": ()}, "its bound_elsewhere|its claim"),
        (lambda c: {"jumps": (dataclasses.replace(c.jumps[0], floats=9),)}, "does not hold 9"),
        (lambda c: {"jumps": (dataclasses.replace(c.jumps[0], bound_real=(0.1,)),)}, "is larger"),
        (lambda c: {"proved": 1}, "proved of the certificate is 1, not true or false"),
        (lambda c: {"proved": False}, "claims no proof"),
        (lambda c: {"pieces": c.pieces[:-1], "cells": c.cells - 1}, "not whole"),
        (lambda c: {"pieces": (None,)}, "is None, not a group"),
    ],
)
def test_what_is_stated_of_the_whole_is_checked(
    jump: tuple[Model, Certificate], changes: Any, problem: str
) -> None:
    model, certificate = jump
    altered = dataclasses.replace(certificate, **changes(certificate))
    with pytest.raises(ap.CertificateError, match=problem):
        check(altered, model, (JUMP,))


def test_a_jump_between_no_numbers_hides_no_cell() -> None:
    text = "x + where(0.3 <= x < 0.30000000000000027, 1, 0)"  # is off by 1 at a few floats
    one = Layer.uniform(np.array([[1.0]]), np.array([0.0]), "linear")
    same = Scaling.identity(1)
    model = Model(Network((one, one)), Box(("x",), (0.0,), (1.0,)), ("f",), same, same)
    certificate = prove(model, [ap.Formula(text)])
    *front, last = certificate.pieces
    halves = [dataclasses.replace(last, high=(0.5,)), dataclasses.replace(last, low=(0.5,))]
    altered = dataclasses.replace(
        certificate,
        pieces=(*front, *halves),
        cells=len(front) + 2,
        jumps=(Jump(math.nan, 0.5, (1e-20,), 0),),
        bound_elsewhere=np.array(last.bound),
    )
    altered = dataclasses.replace(altered, claim=claim_of(altered, model.domain))
    with pytest.raises(ap.CertificateError, match="is .nan., not a number"):
        check(altered, model, (text,))


def test_what_is_stated_of_a_cell_is_checked(jump: tuple[Model, Certificate]) -> None:
    model, certificate = jump
    at, piece = max(enumerate(certificate.pieces), key=lambda pair: pair[1].kind == "analytic")
    for name, problem in (
        ("bound_real", "is too small|rounding takes"),
        ("grid", "its grid .* is smaller"),
        ("tail", "its tail .* is smaller"),
        ("magnitude", "differ by no more than|its tail"),
    ):
        value = (1e-3 * getattr(piece, name)[0],)
        forged = dataclasses.replace(piece, **{name: value, "delta": (0.0,)})
        pieces = (*certificate.pieces[:at], forged, *certificate.pieces[at + 1 :])
        with pytest.raises(ap.CertificateError, match=problem):
            check(dataclasses.replace(certificate, pieces=pieces), model, (JUMP,))


def test_cells_that_were_bounded_crudely_are_marked_and_count() -> None:
    f = ap.approximate("exp(x)*sin(5*x)", {"x": (0, 2)}, tol=1e-6)
    pieces = list(planned(f, 8).pieces)
    wide = pieces[3]
    low, high = wide.low[0], wide.high[0]
    pieces[3] = Piece((low,), (high,), "direct", (30.0,), wide.rounding, crude=True)
    well = max(piece.bound[0] for k, piece in enumerate(pieces) if k != 3)
    said = {"covered": 0.875, "cut_by_time": True, "bound_elsewhere": well}
    certificate = totalled(f, tuple(pieces), **said)
    assert "12.5 % of the domain was bounded crudely" in certificate.claim
    check(certificate, f.model, f.formulas)
    for lie in ({"covered": 0.99}, {"cut_by_time": False}, {"bound_elsewhere": 0.9 * well}):
        with pytest.raises(ap.CertificateError, match="contradicts itself"):
            check(totalled(f, tuple(pieces), **{**said, **lie}), f.model, f.formulas)


def test_a_step_that_may_switch_wrongly_is_charged_all_of_it() -> None:
    """The network switches a float before the formula does."""
    layers = (
        Layer.uniform(np.array([[1.0]]), np.array([-0.2739233746429667]), "step"),
        Layer.uniform(np.array([[1.0]]), np.array([0.0]), "linear"),
    )
    box = ap.Box(("x",), (1000.0,), (1001.0,))
    scaling = Scaling(np.array([1000.5]), np.array([0.3]))
    model = Model(Network(layers), box, ("y",), scaling, Scaling.identity(1))
    text = "where(x >= 1000.582177012392946835461771, 1, 0)"
    place = 1000.5821770123929
    assert model.evaluate(np.array([[place]])) == 1.0
    certificate = prove(model, [ap.Formula(text, ["x"])])
    assert certificate.bound >= 1.0
    check(certificate, model, (text,))
    off = next(p for p in certificate.pieces if p.kind != "gap" and p.high[0] == place)
    forged = dataclasses.replace(off, bound_real=(1e-12,), rounding=(1e-12,))
    with pytest.raises(ap.CertificateError):
        check(
            dataclasses.replace(certificate, pieces=(forged, *certificate.pieces)), model, (text,)
        )


def test_an_ellipse_near_one_is_no_danger() -> None:
    f = ap.approximate("exp(x)", {"x": (0, 1)}, tol=1e-6)
    for changes in ({"ellipse": (1.0 + 1e-9,)}, {"degree": (2000,)}, {"multiple": 2**40}):
        pieces = [dataclasses.replace(piece, **changes) for piece in planned(f, 2).pieces]
        with pytest.raises(ap.CertificateError):
            check(totalled(f, tuple(pieces)), f.model, f.formulas, seconds=20.0)


@given(st.integers(2, 3), st.integers(0, 60), st.randoms(use_true_random=False))
def test_a_box_taken_out_of_many_leaves_a_hole(d: int, out: int, random: Any) -> None:
    boxes = [[(0.0, 1.0)] * d]
    while len(boxes) < 61:
        box = boxes.pop(random.randrange(len(boxes)))
        axis, share = random.randrange(d), random.uniform(0.2, 0.8)
        low, high = box[axis]
        middle = low + share * (high - low)
        for ends in ((low, middle), (middle, high)):
            boxes.append([*box[:axis], ends, *box[axis + 1 :]])
    assert hole(boxes, [(0.0, 1.0)] * d) is None
    missing = boxes.pop(out)
    found = hole(boxes, [(0.0, 1.0)] * d)
    assert found is not None
    assert all(a <= x and y <= b for (x, y), (a, b) in zip(found, missing, strict=True))


VALUES: tuple[Any, ...] = (None, True, 3, -1, 0.5, math.pi, "x", "", "0x1p+99999", "inf", "nan", [],
                           [[1]], ["x"], {}, {"low": 1}, 10**400, 1e308, [None])  # fmt: skip


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List where everything in a JSON value stands; of lists the first."""
    items = list(value.items()) if isinstance(value, dict) else []
    items = list(enumerate(value))[:1] if isinstance(value, list) else items
    return [path, *(found for key, item in items for found in paths(item, (*path, key)))]


def test_values_of_wrong_types_are_one_clear_error(
    jump: tuple[Model, Certificate], tmp_path: Path
) -> None:
    model, certificate = jump
    path = tmp_path / "certificate.json"
    save_certificate(path, certificate)
    text = path.read_text()
    for place in paths(json.loads(text))[1:]:
        for value in VALUES:
            data = json.loads(text)
            inner = data
            for key in place[:-1]:
                inner = inner[key]
            if inner[place[-1]] == value and type(inner[place[-1]]) is type(value):
                continue
            inner[place[-1]] = value
            path.write_text(json.dumps(data))
            with contextlib.suppress(ap.CertificateError):  # a number may be true as well
                check(load_certificate(path), model, (JUMP,), seconds=0.005)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"version": 1', '"version": true'),
        ('"version": 1', '"version": 1, "version": 1'),
        ('"version": 1', '"version": 1, "note": "proved"'),
        ('"cells": ', '"cells": NaN, "x": '),
        ('"left": ', '"left": "nan", "x": '),
    ],
)
def test_what_json_allows_and_certificates_do_not(
    jump: tuple[Model, Certificate], tmp_path: Path, old: str, new: str
) -> None:
    path = tmp_path / "certificate.json"
    save_certificate(path, jump[1])
    path.write_text(path.read_text().replace(old, new, 1))
    with pytest.raises(ap.CertificateError, match="holds no certificate"):
        load_certificate(path)
