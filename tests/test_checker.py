"""The checker: it proves again what is true, and finds out what is not."""

from __future__ import annotations

import dataclasses
import math
import tracemalloc
from typing import Any

import mpmath
import numpy as np
import pytest
from flint import acb, arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from planned import planned, totalled

import approximant as ap
from approximant.certificate import Certificate, Jump, Piece
from approximant.checker import check
from approximant.checker._activations import branch, enclosure, size
from approximant.checker._cell import CellChecker, Refuted
from approximant.checker._cover import hole
from approximant.checker._formulas import BallFormulas
from approximant.checker._lemma import largest, spread, tail
from approximant.checker._network import ExactNetwork
from approximant.checker._rounding import _ACTIVATED, rounding
from approximant.checker._target import BranchError, CellTarget
from approximant.formula import Formula
from approximant.model import Model, Scaling
from approximant.networks import ACTIVATIONS, Layer, Network

WAVE = "exp(x)*sin(5*x)"
STEEP = "1/(1+25*x^2)"


@pytest.fixture(scope="module")
def wave() -> ap.Approximant:
    return ap.approximate(WAVE, {"x": (0, 2)}, tol=1e-8)


@pytest.fixture(scope="module")
def steep() -> ap.Approximant:
    return ap.approximate(STEEP, {"x": (-1, 1)}, tol=1e-8)


def checked(f: ap.Approximant, certificate: Certificate, **options: Any) -> Any:
    return check(certificate, f.model, f.formulas, **options)


def altered(certificate: Certificate, k: int, **changes: Any) -> Certificate:
    """Return the certificate with one piece changed, its totals as they were."""
    pieces = list(certificate.pieces)
    pieces[k] = dataclasses.replace(pieces[k], **changes)
    return dataclasses.replace(certificate, pieces=tuple(pieces))


def test_a_true_certificate_is_proved_again(wave: ap.Approximant, steep: ap.Approximant) -> None:
    for f, cells in ((wave, 6), (steep, 16)):
        certificate = planned(f, cells)
        verdict = checked(f, certificate)
        assert verdict.bound == certificate.bound
        assert f.report.max_error * 0.99 <= verdict.found <= certificate.bound
        assert verdict.cells == cells
        assert f"<= {certificate.bound!r} for the network as executed" in verdict.claim


def test_several_outputs_are_checked_each_with_its_own_bound() -> None:
    f = ap.approximate(["sin(x)", "100*cos(x)"], {"x": (0, 1)}, tol=1e-8)
    certificate = planned(f, 2)
    assert checked(f, certificate).found.shape == (2,)
    swapped = altered(certificate, 0, bound_real=certificate.pieces[0].bound_real[::-1])
    with pytest.raises(ap.CertificateError, match="its bound .* is too small"):
        checked(f, totalled(f, swapped.pieces))


def test_a_certificate_of_another_network_is_refused(
    wave: ap.Approximant, steep: ap.Approximant
) -> None:
    with pytest.raises(ap.CertificateError, match="about another network"):
        checked(wave, planned(steep, 16))


@pytest.mark.parametrize("part", ["weights", "biases"])
def test_one_changed_weight_is_enough(wave: ap.Approximant, part: str) -> None:
    hidden, output = wave.network.layers
    array = getattr(hidden, part).copy()
    array.flat[3] = np.nextafter(array.flat[3], 9.0)
    changed = Network((dataclasses.replace(hidden, **{part: array}), output))
    model = dataclasses.replace(wave.model, network=changed)
    with pytest.raises(ap.CertificateError, match="was changed after"):
        check(planned(wave), model, wave.formulas)


def test_a_certificate_whose_formulas_were_swapped_is_refused(wave: ap.Approximant) -> None:
    texts = ("exp(x)*sin(5*x) + 1",)
    swapped = planned(wave, formulas=texts, fingerprint=wave.model.fingerprint(texts))
    with pytest.raises(ap.CertificateError, match="about another network"):
        checked(wave, swapped)


def test_a_missing_piece_is_named(wave: ap.Approximant) -> None:
    certificate = planned(wave, 4)
    with pytest.raises(
        ap.CertificateError, match=r"not whole: no cell of it covers 0\.5 to 1$|1\."
    ):
        checked(wave, totalled(wave, certificate.pieces[:1] + certificate.pieces[2:]))


def test_a_gap_of_a_few_floats_between_pieces_is_found(wave: ap.Approximant) -> None:
    certificate = planned(wave, 4)
    low = certificate.pieces[2].low[0]
    later = low + 5 * math.ulp(low)
    with pytest.raises(ap.CertificateError, match="not whole"):
        checked(wave, altered(certificate, 2, low=(later,)))


def test_a_smaller_total_contradicts_the_pieces(wave: ap.Approximant) -> None:
    certificate = planned(wave)
    for name in ("bound", "bound_real", "bound_elsewhere"):
        changed = {name: 0.5 * getattr(certificate, name)}
        with pytest.raises(ap.CertificateError, match=f"its {name} .* altered"):
            checked(wave, dataclasses.replace(certificate, **changed))


def test_a_smaller_bound_of_a_piece_is_refuted(wave: ap.Approximant) -> None:
    certificate = planned(wave)
    worst = int(np.argmax([piece.bound_real[0] for piece in certificate.pieces]))
    small = (certificate.pieces[worst].bound_real[0] / 1.3,)
    with pytest.raises(ap.CertificateError, match="does not hold on the cell .* is too small"):
        checked(wave, altered(certificate, worst, bound_real=small))


def test_rounding_cannot_be_left_out() -> None:
    f = ap.approximate("sin(x)", {"x": (0, 1)}, tol=2e-14)  # rounding is most of the error
    pieces = [dataclasses.replace(piece, rounding=(0.0,)) for piece in planned(f, 4).pieces]
    with pytest.raises(ap.CertificateError, match="rounding takes its bound"):
        checked(f, totalled(f, tuple(pieces)))


def test_a_magnitude_too_small_is_refuted(wave: ap.Approximant) -> None:
    with pytest.raises(ap.CertificateError, match="differ by no more than 0.1 there"):
        checked(wave, altered(planned(wave), 3, magnitude=(0.1,)))


def test_a_pole_inside_the_ellipse_is_no_analytic_cell(steep: ap.Approximant) -> None:
    # The poles are at +-0.2i: the ellipse of a cell of half-width 1/8 with rho = 4 holds them.
    with pytest.raises(ap.CertificateError, match="could not be shown to be analytic"):
        checked(steep, planned(steep, 8, rho=4.0))


def test_a_branch_cut_inside_the_ellipse_is_no_analytic_cell() -> None:
    f = ap.approximate("sqrt(x)", {"x": (1, 2)}, tol=1e-8)
    assert checked(f, planned(f, 4)).found <= f.report.tolerance
    with pytest.raises(ap.CertificateError, match="could not be shown to be analytic"):
        checked(f, planned(f, 1, rho=8.0))


def test_a_kink_inside_a_cell_is_no_analytic_cell() -> None:
    f = ap.approximate("abs(x - 0.3)^3", {"x": (0, 1)}, tol=1e-3, network="1-8-1 tanh")
    with pytest.raises(ap.CertificateError, match="the formula changes its branch inside"):
        checked(f, totalled(f, planned(f, 8).pieces[2:3] + planned(f, 8).pieces))
    f = ap.approximate("abs(x - 0.3)", {"x": (0, 1)}, tol=1e-6)
    pieces = planned(f, 8).pieces[2:3] + planned(f, 8).pieces
    fingerprint = f.model.fingerprint(("x",))
    smooth = totalled(f, pieces, formulas=("x",), fingerprint=fingerprint)
    with pytest.raises(ap.CertificateError, match="a unit .* changes its branch inside"):
        check(smooth, f.model, ("x",))


@pytest.mark.parametrize(
    "changes",
    [
        {"ellipse": (1.0,)},
        {"ellipse": (math.nan,)},
        {"multiple": 1},
        {"degree": (-1,)},
        {"bound_real": (math.nan,)},
        {"bound_real": (-1.0,)},
        {"low": (0.0, 0.0)},
        {"kind": "smooth"},
        {"magnitude": ()},
    ],
)
def test_a_damaged_piece_makes_no_sense(wave: ap.Approximant, changes: dict[str, Any]) -> None:
    with pytest.raises(ap.CertificateError, match="is damaged"):
        checked(wave, altered(planned(wave), 0, **changes))


def test_what_claims_no_proof_is_not_checked(wave: ap.Approximant) -> None:
    with pytest.raises(ap.CertificateError, match="claims no proof"):
        checked(wave, planned(wave, proved=False))
    with pytest.raises(ap.CertificateError, match="not made from a formula"):
        check(planned(wave), wave.model, None)


def test_too_little_time_is_said(wave: ap.Approximant) -> None:
    with pytest.raises(ap.CertificateError, match="only 0 of 8 cells could be in 1e-09 s"):
        checked(wave, planned(wave), seconds=1e-9)


def test_a_forged_gap_covers_no_floats(wave: ap.Approximant) -> None:
    certificate = planned(wave)
    wide = certificate.pieces[2]
    gap = Piece(wide.low, wide.high, "gap", (10.0,), (0.0,))
    for forged, problem in (
        (gap, "numbers of its gap cell with the ends .* make no sense"),
        (dataclasses.replace(gap, high=(math.nextafter(0.5, 1),)), "not whole"),
    ):
        pieces = (*certificate.pieces[:2], forged, *certificate.pieces[3:])
        with pytest.raises(ap.CertificateError, match=problem):
            checked(wave, totalled(wave, pieces))


# The parts that the verdict rests on, against independent references.

NAMES = ("tanh", "sigmoid", "sin", "gaussian", "softplus", "silu", "gelu", "expm1", "linear")
REFERENCE = {
    "tanh": mpmath.tanh, "sin": mpmath.sin, "linear": lambda z: z, "expm1": mpmath.expm1,
    "sigmoid": lambda z: 1 / (1 + mpmath.exp(-z)), "gaussian": lambda z: mpmath.exp(-z * z),
    "softplus": lambda z: mpmath.log(1 + mpmath.exp(z)),
    "silu": lambda z: z / (1 + mpmath.exp(-z)),
    "gelu": lambda z: z * (1 + mpmath.erf(z / mpmath.sqrt(2))) / 2,
}  # fmt: skip


def test_every_activation_has_an_enclosure_and_a_rounding() -> None:
    for name in ACTIVATIONS:
        for z in (arb(0.5, 0.25), arb(-0.5, 0.25), arb(0, 1)):
            kind = branch(name, z.lower(), z.upper()) or name
            assert enclosure(kind, z).is_finite()
            assert kind in _ACTIVATED


@pytest.mark.parametrize("name", NAMES)
def test_enclosures_of_activations_hold_every_value(name: str) -> None:
    generator = np.random.default_rng(3)
    for _ in range(60):
        x, y = generator.normal(0, 3), generator.normal(0, 1)
        a, b = np.abs(generator.normal(0, [2, 0.7])) * 10.0 ** generator.uniform(-3, 0)
        rectangle = acb(arb(x, a), arb(y, b))
        ball = enclosure(name, rectangle)
        real = enclosure(name, arb(x, a))
        for _ in range(8):
            u, v = generator.uniform(-1, 1, 2)
            inside = REFERENCE[name](mpmath.mpc(x + u * a, y + v * b))
            assert not size(name, rectangle) < float(abs(inside)) * (1 - 1e-9)
            if ball.is_finite():
                found = acb(float(inside.real), float(inside.imag))
                assert (ball - found).abs_lower() <= 1e-9 * (1 + abs(inside))
            on_axis = arb(float(mpmath.re(REFERENCE[name](mpmath.mpf(x + u * a)))))
            assert (real - on_axis).abs_lower() <= 1e-9 * (1 + abs(float(on_axis)))


def test_a_rectangle_with_a_pole_has_no_finite_enclosure() -> None:
    pole = acb(arb(0, 0.1), arb(1.57, 0.1))
    assert not enclosure("tanh", pole).is_finite()
    assert not enclosure("sigmoid", 2 * pole).is_finite()
    assert not enclosure("relu", acb(arb(1, 0.1), arb(0, 0.1))).is_finite()


@given(st.lists(st.tuples(*[st.integers(0, 4)] * 4), max_size=12))
@settings(max_examples=200)
def test_holes_are_found_as_on_a_grid(corners: list[tuple[int, int, int, int]]) -> None:
    boxes = [
        [tuple(sorted((a, b))), tuple(sorted((c, d)))]
        for a, b, c, d in corners
        if a != b and c != d
    ]
    covered = {
        (i, j)
        for (a, b), (c, d) in boxes
        for i in range(4) for j in range(4)
        if a <= i < b and c <= j < d
    }  # fmt: skip
    found = hole(boxes, [(0, 4), (0, 4)])  # type: ignore[arg-type]
    assert (found is None) == (len(covered) == 16)


def test_cells_that_overlap_much_are_refused_before_they_fill_the_memory() -> None:
    n, square = 3000, [(0.0, 1.0), (0.0, 1.0)]
    stairs = [[(0.0, 1.0 - 0.5 * i / n), (0.0, 0.5 + 0.5 * (i + 1) / n)] for i in range(n)]
    tracemalloc.start()
    with pytest.raises(ap.CertificateError, match="too many cells of the certificate overlap"):
        hole(stairs, square)
    assert tracemalloc.get_traced_memory()[1] < 2**25
    tracemalloc.stop()


def test_cells_that_overlap_a_little_are_no_reason_to_refuse() -> None:
    ends = [(max(0.0, k / 40 - 0.004), min(1.0, (k + 1) / 40 + 0.004)) for k in range(40)]
    assert hole([[x, y] for x in ends for y in ends], [(0.0, 1.0)] * 2) is None


def test_neighbouring_floats_need_no_cell_between_them() -> None:
    after = math.nextafter(0.5, 1.0)
    halves = [[(0.0, 0.5)], [(after, 1.0)]]
    assert hole(halves, [(0.0, 1.0)]) == ((0.5, after),)
    assert hole(halves, [(0.0, 1.0)], floats=True) is None
    lonely = [[(0.0, 0.5)], [(math.nextafter(after, 1.0), 1.0)]]
    assert hole(lonely, [(0.0, 1.0)], floats=True) == ((0.5, lonely[1][0][0]),)


@pytest.mark.parametrize("pole", [1.2, 1.5, 3.0])
@pytest.mark.parametrize("degree", [4, 10, 25])
def test_the_lemma_bounds_the_largest_value(pole: float, degree: int) -> None:
    def errors(points: list[list[arb]]) -> list[list[arb]]:
        return [[1 / (x[0] - arb(pole))] for x in points]

    # 1/(x - pole) on [-1, 1]; the ellipse through the pole has rho0 = pole + sqrt(pole^2 - 1).
    rho = 0.9 * (pole + math.sqrt(pole * pole - 1))
    size = 1 / (pole - 0.5 * (rho + 1 / rho))
    with ctx.workprec(128):
        (p,), _ = largest(errors, [(-1.0, 1.0)], [degree], 4)
        p *= spread(4, 1)
        rest = tail(arb(size), [rho], [degree])
    exact = 1 / (pole - 1)
    assert float(p + rest) >= exact
    assert float(p) <= (exact + float(rest)) / math.cos(math.pi / 8) * (1 + 1e-12)
    assert float(rest) == pytest.approx(4 * size * rho**-degree / (rho - 1))


def test_the_lemma_in_two_inputs() -> None:
    def errors(points: list[list[arb]]) -> list[list[arb]]:
        return [[(3 * x[0] + x[1]).sin() * x[1].exp()] for x in points]

    with ctx.workprec(128):
        (p,), _ = largest(errors, [(0.0, 1.0), (-1.0, 1.0)], [20, 16], 8)
        p *= spread(8, 2)
    x, y = np.meshgrid(np.linspace(0, 1, 401), np.linspace(-1, 1, 401))
    exact = np.abs(np.sin(3 * x + y) * np.exp(y)).max()
    assert exact <= float(p) * (1 + 1e-9) <= exact / math.cos(math.pi / 16) ** 2 * 1.0001


def made(names: str, d: int, seed: int, steep: float) -> Model:
    """Return a model with random weights, hidden layers of the activations named."""
    generator = np.random.default_rng(seed)
    layers, width = [], d
    for name in names.split(","):
        weights = steep * generator.normal(size=(7, width))
        layers.append(Layer.uniform(weights, generator.normal(size=7), name))
        width = 7
    layers.append(Layer.uniform(generator.normal(size=(2, 7)), generator.normal(size=2), "linear"))
    box = ap.Box(tuple("xyz"[:d]), (-1.0,) * d, (2.0,) * d)
    scaling = Scaling(generator.normal(size=d), generator.uniform(0.5, 2, size=d))
    out = Scaling(generator.normal(size=2), generator.uniform(0.5, 2, size=2))
    return Model(Network(tuple(layers)), box, ("f", "g"), scaling, out)


@pytest.mark.parametrize("names", ["tanh", "sin", "sigmoid", "gaussian", "relu,tanh", "tanh,tanh",
                                   "abs,sin", "leaky_relu,sigmoid", "softplus", "silu", "gelu",
                                   "elu,tanh", "step,linear"])  # fmt: skip
@pytest.mark.parametrize("d", [1, 2])
def test_rounding_is_never_larger_than_its_bound(names: str, d: int) -> None:
    generator = np.random.default_rng(7)
    for seed in range(6):
        model = made(names, d, seed, 10.0 ** generator.uniform(-1, 3))
        low = generator.uniform(-1, 1.9, d)
        high = low + 10.0 ** generator.uniform(-6, -1)
        with ctx.workprec(200):
            ends = [(arb(a), arb(b)) for a, b in zip(low.tolist(), high.tolist(), strict=True)]
            cell = ExactNetwork(model).on(ends, bent=True)
            bound = rounding(model, np.stack([low, high], 1).tolist(), cell.stages)
            points = low + (high - low) * generator.random((30, d))
            for point, executed in zip(points, model.evaluate(points), strict=True):
                exact = cell.inside.at([arb(value) for value in point.tolist()])
                off = [
                    abs(float(a - arb(b))) for a, b in zip(exact, executed.tolist(), strict=True)
                ]
                assert np.all(off <= bound), (names, seed)
                assert np.all(bound < 1.0) or "step" in names or "tanh,tanh" in names


def balls(text: str) -> BallFormulas:
    return BallFormulas([Formula(text, ["x"])], ["x"], lambda: None)


@pytest.mark.parametrize(
    ("text", "low", "high", "branch"),
    [
        ("abs(x - 0.5)", 0.5, 0.7, 1),
        ("abs(x - 0.5)", 0.1, 0.5, -1),
        ("abs(x - 0.3)", math.nextafter(0.3, 1), 0.7, 1),
        ("abs(x - 0.3)", 0.1, 0.3, -1),
        ("where(x < 0.5, 1, x)", 0.5, 0.7, 0),
        ("where(x < 0.5, 1, x)", 0.1, math.nextafter(0.5, 0), 1),
        ("floor(x)", 0.0, math.nextafter(1.0, 0), 0),
        ("cbrt(x)", 0.0, 1.0, 1),
    ],
)
def test_branches_are_decided_up_to_the_ends(
    text: str, low: float, high: float, branch: int
) -> None:
    with ctx.workprec(128):
        cell = CellTarget(balls(text), [(low, high)])
    assert cell.branches == [(branch,)]
    assert all(float(sliver[0].rad()) < 1e-17 for sliver in cell.slivers)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("abs(x - 0.3)", 0.3, 0.7),  # the float 0.3 lies below 3/10
        ("abs(x - 0.5)", 0.1, math.nextafter(0.5, 1)),
        ("floor(3*x)", 0.1, 0.9),
        ("where(abs(x - 0.2) < 0.00001, 1, x)", 0.0, 1.0),
    ],
)
def test_a_branch_that_changes_inside_is_noticed(text: str, low: float, high: float) -> None:
    with ctx.workprec(128), pytest.raises(BranchError):
        CellTarget(balls(text), [(low, high)])


def test_a_jump_that_hides_wide_cells_is_found(wave: ap.Approximant) -> None:
    certificate = planned(wave, 4)
    everything = Jump(0.0, 2.0, certificate.pieces[0].bound_real, 0)
    hidden = dataclasses.replace(certificate, jumps=(everything,), bound_elsewhere=0.0)
    with pytest.raises(ap.CertificateError, match="contradicts itself: its bound_elsewhere"):
        checked(wave, hidden)


def test_a_root_without_a_value_inside_a_cell_is_found() -> None:
    f = ap.approximate("abs(x - 0.5)", {"x": (0, 1)}, tol=1e-6)
    cell = Piece((0.499999,), (0.500001,), "direct", (1e-3,), (1e-3,))
    with ctx.workprec(128):
        for text, found in (("sqrt((x - 0.5)^2 - 1e-22)", False), ("sqrt((x - 0.5)^2)", True)):
            checker = CellChecker(f.model, [Formula(text, ["x"])])
            if found:
                assert checker.piece(cell)[1] <= 2.1e-3
            else:
                with pytest.raises(Refuted, match="have a value all over it"):
                    checker.piece(cell)
