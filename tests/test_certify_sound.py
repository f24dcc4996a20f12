"""No false proof: damaged networks, cuts and poles in and beside the domain, wrong questions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from flint import arb, ctx
from proofs import certified, fitted, random_model

import approximant as ap
from approximant.certify import _cell, _found, prove, refuted
from approximant.certify._chebyshev import finer_values, lebesgue, spread, tail
from approximant.certify._difference import Difference
from approximant.certify._network import BallNetwork
from approximant.certify._rounding import rounding_bound
from approximant.checker import check
from approximant.errors import CertificateError
from approximant.model import Model, Scaling
from approximant.networks import ACTIVATIONS, Layer, Network
from approximant.precision import precision

UNIT = (("x", 0.0, 1.0),)


def with_weights(model: Model, layer: int, weights: np.ndarray) -> Model:
    """Return a model with other weights in one layer."""
    layers = list(model.network.layers)
    old = layers[layer]
    layers[layer] = Layer(weights, old.biases, old.groups)
    return replace(model, network=Network(tuple(layers)))


@pytest.mark.parametrize("size", [1e-12, 1e-6, 1e-2, 10.0])
def test_damaged_weights_show_in_the_bound(size: float) -> None:
    text = "1/(1 + 25*x^2)"
    model = fitted(text, (("x", -1.0, 1.0),)).model
    rng = np.random.default_rng(int(1e12 * size) % 97)
    for layer in (0, 1):
        weights = model.network.layers[layer].weights.copy()
        at = tuple(rng.integers(n) for n in weights.shape)
        weights[at] += size * max(1.0, abs(weights[at]))
        damaged = with_weights(model, layer, weights)
        certificate = certified(damaged, text)  # also tries to refute it
        assert certificate.fingerprint != model.fingerprint([text])
        x = np.linspace(-1, 1, 5001)[:, None]
        seen = np.abs(damaged.evaluate(x)[:, 0] - 1 / (1 + 25 * x[:, 0] ** 2)).max()
        assert not certificate.proved or certificate.bound >= seen - 1e-15


@pytest.mark.parametrize(
    "text",
    [
        "1/x", "1/(x - 0.3)", "log(x)", "log(x - 0.5)", "sqrt(x - 0.3)", "tan(10*x)",
        "1/(x^2 - 0.1)", "asin(2*x)", "acosh(x)", "gamma(-x)", "atanh(x)", "x^-0.5",
        "sqrt((x - 0.5)^2 - 1e-3)",
        "1/floor(2*x)", "log(abs(x - 0.5))", "1/sin(5*x)", "(x - 0.5)^1.5",
    ],
)  # fmt: skip
def test_a_pole_or_cut_inside_is_never_proved(text: str) -> None:
    model = fitted("exp(x)", UNIT).model
    certificate = certified(model, text, seconds=10.0)
    assert not certificate.proved and np.isinf(certificate.bound)
    assert "no finite bound was found" in certificate.claim


@pytest.mark.parametrize(
    "text",
    [
        "1/(x + 1e-3)", "log(x + 1e-6)", "sqrt(x + 1e-9)", "1/((x - 0.5)^2 + 1e-6)", "tan(1.57*x)",
        "atan(1000*(x - 0.5))", "asin(0.999999*x)", "sqrt((x - 0.5)^2 + 1e-8)", "x^0.1", "cbrt(x)",
        "log(1 + exp(200*(x - 0.5)))", "sqrt(abs(x - 0.5))", "exp(-1/(x + 1e-3))",
    ],
)  # fmt: skip
def test_singularities_just_outside_or_at_the_ends_are_bounded_truly(text: str) -> None:
    model = fitted("exp(x)", UNIT).model  # far from the target, so the bound is large and true
    certificate = certified(model, text)
    assert certificate.proved and certificate.bound <= 1.2 * certificate.sampled_max


def test_points_beside_every_border_stay_below_the_bounds_of_their_cells() -> None:
    for text in ("sqrt(x)", "abs(x - 0.3)"):
        model = fitted(text, UNIT).model
        certificate = certified(model, text)
        with precision(200):
            difference = Difference(model, [ap.Formula(text)])
            for piece in certificate.pieces[:: max(1, len(certificate.pieces) // 40)]:
                low, high = piece.low[0], piece.high[0]
                inside = low + (high - low) * np.array([0.0, 1e-9, 0.03, 0.5, 0.97, 1 - 1e-9, 1.0])
                for x in np.clip(inside, low, high):
                    error = difference.enclose(np.array([x]), np.array([x]))
                    assert error[0] <= piece.bound_real[0]


MILLION = 1_000_000  # points, random, beside borders and on peaks, the formula in balls at each


@pytest.mark.parametrize(
    ("text", "domain", "tol"),
    [
        ("exp(x)*sin(5*x)", (("x", 0.0, 2.0),), 1e-10),
        ("abs(x - 0.1)*sin(x)", UNIT, 1e-10),
        ("floor(2*x) + sqrt(x + 0.1)", UNIT, 1e-8),
        ("sqrt(x)", UNIT, 1e-7),
        ("sin(x*y) + x", (("x", 0.0, 1.0), ("y", -1.0, 1.0)), 1e-7),
    ],
)
def test_a_million_hostile_points_stay_below_the_bound(
    text: str, domain: tuple[tuple[str, float, float], ...], tol: float
) -> None:
    model = fitted(text, domain, tol).model
    formulas = [ap.Formula(text)]
    certificate = prove(model, formulas)
    assert certificate.proved
    assert not refuted(certificate, model, formulas, points=MILLION)


@pytest.mark.parametrize("gap", ["1e-22", "1e-30", "1e-40"])
def test_a_tiny_hole_in_the_domain_of_a_root_is_found(gap: str) -> None:
    """The hole is narrower than a cell that the bound aimed at would allow."""
    model = fitted("abs(x - 0.5) + 1e-6*sin(3*x)", UNIT, 1e-5).model
    certificate = certified(model, f"sqrt((x - 0.5)^2 - {gap})")
    assert not certificate.proved and "no finite bound was found" in certificate.claim
    above = certified(model, f"sqrt((x - 0.5)^2 + {gap})")
    assert above.proved and "root begins" not in above.claim


def test_a_root_that_balls_cannot_see_the_end_of_is_named_in_the_claim() -> None:
    text = "sqrt(1 - x^2)"
    certificate = certified(fitted(text, UNIT, 1e-4).model, text)
    assert certificate.proved
    assert "Where a root begins (x in [0.9999999999999" in certificate.claim
    assert "at every float and at every real number at which it has a value" in certificate.claim


@pytest.mark.parametrize("name", ["tanh", "relu", "sigmoid", "abs"])
def test_an_activation_of_the_output_comes_before_its_scaling(name: str) -> None:
    model = random_model([5], ["tanh"], seed=3)
    hidden, output = model.network.layers
    layers = (hidden, Layer.uniform(output.weights, output.biases, name))
    model = replace(model, network=Network(layers))
    certificate = certified(model, "0*x")
    assert certificate.proved
    assert certificate.sampled_max <= certificate.bound <= 1.1 * certificate.sampled_max
    assert check(certificate, model, ["0*x"]).bound == certificate.bound


def test_a_step_at_the_smallest_floats_counts_as_executed() -> None:
    """-0.5 times the smallest float is -0.0, at which a step is on: target and weights say 0."""
    model = Model(
        Network(
            (
                Layer.uniform(np.array([[-0.5]]), None, "step"),
                Layer.uniform(np.ones((1, 1)), None, "linear"),
            )
        ),
        ap.Box(("x",), (-1.0,), (1.0,)),
        ("f",),
        Scaling.identity(1),
        Scaling.identity(1),
    )
    assert model.evaluate(np.array([[5e-324]]))[0, 0] == 1.0
    certificate = certified(model, "where(x <= 0, 1, 0)")
    assert certificate.proved and certificate.bound >= 1.0


def test_a_bound_that_overflows_is_no_proof() -> None:
    model = with_weights(random_model([2], ["tanh"]), 1, np.array([[1.5e308, 1.5e308]]))
    certificate = certified(model, "exp(x)", seconds=1.0)
    assert not certificate.proved and np.isinf(certificate.bound)
    assert "overflow" in certificate.claim


def test_no_proof_outlives_a_counterexample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a bound wrong for whatever reason, the points sampled would show it."""
    monkeypatch.setattr(_found, "rounding_bound", lambda *args: np.zeros(1))
    monkeypatch.setattr(_cell, "rounding_bound", lambda *args: np.zeros(1))
    model = random_model([30], ["tanh"], seed=4)
    worse = replace(model, output_scaling=Scaling(np.array([0.1]), np.array([1.3])))
    monkeypatch.setattr(
        Model, "evaluate", lambda self, x: self.output_scaling.undo(
            1.1 * self.network(self.input_scaling.apply(x))
        )
    )  # fmt: skip
    certificate = prove(worse, [ap.Formula("0*x")])
    assert not certificate.proved and np.isinf(certificate.bound)
    assert "the proof was contradicted: at x = " in certificate.claim
    assert f"the error is {certificate.sampled_max!r}, above the bound of " in certificate.claim
    assert "please report this point" in certificate.claim and "machine" not in certificate.claim


@pytest.mark.parametrize(
    "text",
    ["acos(x)", "acosh(1 + x)", "sqrt(max(x - 0.5, 0))", "atan2(x, -1)", "abs(abs(x - 0.1) - 0.1)",
     "atan2(x, x - 0.5)", "x - floor(2*x)", "asinh(1e3*x - 500)"],
)  # fmt: skip
def test_ends_kinks_and_quadrants_are_proved_and_checked(text: str) -> None:
    model = fitted(text, UNIT, 1e-5).model
    certificate = certified(model, text)
    assert certificate.proved and certificate.bound_elsewhere <= 2e-4
    assert check(certificate, model, [text]).bound == certificate.bound


def test_the_attack_refutes_a_bound_that_is_too_small() -> None:
    text = "exp(x)"
    model = fitted(text, UNIT).model
    certificate = certified(model, text)
    formulas = [ap.Formula(text)]
    assert refuted(replace(certificate, bound=0.9 * certificate.sampled_max), model, formulas)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_rounding_stays_below_its_bound(name: str) -> None:
    """The network as executed against the same weights in balls, for one and two hidden layers."""
    rng = np.random.default_rng(1)
    for widths in ([12], [7, 9]):
        for scale in (1.0, 30.0):
            model = random_model(widths, [name] * len(widths), seed=len(widths))
            weights = model.network.layers[0].weights * scale
            model = with_weights(model, 0, weights)
            x = rng.uniform(-1, 2, (60, 1))
            executed = model.evaluate(x)[:, 0]
            with precision(150):
                network = BallNetwork(model)
                for point, value in zip(x, executed, strict=True):
                    exact = network.enclose(point, point)[0]
                    off = abs(float((exact - arb(float(value))).mid()))
                    assert off <= rounding_bound(model, point, point)[0]
                    assert off <= rounding_bound(model, np.array([-1.0]), np.array([2.0]))[0]


def test_the_tail_and_the_grid_bound_functions_that_are_known() -> None:
    """1/(a - x) has its pole at a: its interpolant and ellipse are known in closed form."""
    for a in (1.05, 1.5, 3.0):
        rho = 0.9 * (a + np.sqrt(a * a - 1.0))
        magnitude = np.array([1.0 / (a - 0.5 * (rho + 1.0 / rho))])
        for n in (3, 10, 25):
            nodes = np.cos((2 * np.arange(n + 1) + 1) * np.pi / (2 * n + 2))
            finer, error = finer_values(1.0 / (a - nodes), 8)
            angles = (2 * np.arange(8 * n) + 1) * np.pi / (16 * n)
            off = np.abs(finer - 1.0 / (a - np.cos(angles))).max()
            assert off <= tail(magnitude, [rho], [n])[0] + error + 1e-13
            largest = np.abs(finer).max() * spread(8, 1) + tail(magnitude, [rho], [n])[0]
            assert largest + 2 * error >= 1.0 / (a - 1.0)
            assert lebesgue(n) >= 1.0


def test_precision_is_restored() -> None:
    before = ctx.prec
    certified(random_model([4], ["tanh"]), "sin(x)")
    assert ctx.prec == before


def test_fingerprint_is_of_everything_the_claim_is_about() -> None:
    model = random_model([4], ["tanh"])
    known = model.fingerprint(["x"])
    assert known == replace(model, outside="nan").fingerprint(["x"])
    others = [
        model.fingerprint(["x + 0"]),
        replace(model, outputs=("g",)).fingerprint(["x"]),
        replace(model, domain=ap.Box(("x",), (-1.0,), (1.0,))).fingerprint(["x"]),
        replace(model, input_scaling=model.output_scaling).fingerprint(["x"]),
        with_weights(model, 0, -model.network.layers[0].weights).fingerprint(["x"]),
    ]
    assert len({known, *others}) == 6


def test_wrong_questions_are_refused() -> None:
    model = random_model([4], ["tanh"])
    with pytest.raises(CertificateError, match="1 outputs; 2 formulas"):
        prove(model, [ap.Formula("x"), ap.Formula("x")])
    with pytest.raises(CertificateError, match="uses 'y'"):
        prove(model, [ap.Formula("x + y")])
    damaged = with_weights(model, 0, np.full((4, 1), np.nan))
    with pytest.raises(CertificateError, match="not finite"):
        prove(damaged, [ap.Formula("x")])


def test_too_little_time_never_lowers_a_bound() -> None:
    text = "sqrt(x)"
    certificate = certified(fitted(text, UNIT).model, text, seconds=0.01)
    assert certificate.cut_by_time and "Time ended" in certificate.claim
    assert certificate.bound >= certificate.sampled_max


def test_branches_that_never_decide_end_in_time() -> None:
    certificate = certified(random_model([4], ["tanh"]), "abs(x - x) + sin(x)", seconds=1.0)
    assert certificate.seconds < 5.0
