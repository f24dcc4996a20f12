"""A sound certificate is accepted: the checker is nowhere coarser than the prover."""

from __future__ import annotations

import math

import numpy as np
import pytest

from approximant import Formula
from approximant.certify import prove
from approximant.checker import check
from approximant.domain import Box
from approximant.model import Model, Scaling
from approximant.networks import Layer, Network


def model_of(
    layers: list[Layer],
    domain: tuple[float, float],
    into: tuple[float, float] = (0.0, 1.0),
    out: tuple[float, float] = (0.0, 1.0),
) -> Model:
    """Return a model of one input from its layers and scalings (anchor, width)."""
    scalings = [Scaling(np.array([anchor]), np.array([width])) for anchor, width in (into, out)]
    box = Box(("x",), domain[:1], domain[1:])
    return Model(Network(tuple(layers)), box, ("f",), *scalings)


def unit(name: str, weight: float, bias: float) -> Layer:
    """Return a layer of one unit."""
    return Layer.uniform(np.array([[weight]]), np.array([bias]), name)


def proved_and_checked(model: Model, text: str) -> None:
    """Prove a bound and check the certificate; raises if that is refused."""
    certificate = prove(model, [Formula(text)], seconds=10.0)
    assert certificate.proved, certificate.claim
    check(certificate, model, [text], seconds=60.0)


@pytest.mark.parametrize(
    ("name", "weight", "bias", "into", "domain"),
    [
        ("abs", -7.0, 7.0, (0.25, 3.5), (-3.25, 4.75)),  # (x - 0.25) / 3.5 is 1 at a float
        ("abs", 3.0, 0.0, (0.3, 0.7), (0.0, 1.0)),  # the kink is the anchor
        ("leaky_relu", 1.0, 0.0, (0.56627, 0.3), (0.0, 1.0)),
        ("step", 1.0, 0.8766, (0.4383, 0.5), (-0.0617, 0.9383)),  # jumps at 0, next to 5e-324
        ("elu", 0.1, -0.1, (54.18721837587, 3.5), (50.68721837587, 57.68721837587)),
    ],
)
def test_kinks_that_lie_on_a_float(
    name: str, weight: float, bias: float, into: tuple[float, float], domain: tuple[float, float]
) -> None:
    layers = [unit(name, weight, bias), unit("linear", 1.0, 0.5)]
    proved_and_checked(model_of(layers, domain, into), "cos(x)")


@pytest.mark.parametrize("width", [2.0, 64.0, 2.0**40, 0.125, 0.3])
def test_every_output_scaling(width: float) -> None:
    layers = [unit("abs", 54.3, 0.156), unit("linear", 3.0, 0.25)]
    model = model_of(layers, (-1.0, 1.0), out=(0.0, width))
    factor = np.format_float_positional(width)
    proved_and_checked(model, f"{factor}*(0.25 + 3*abs(54.3*x + 0.156))")


@pytest.mark.parametrize("inner", ["softplus", "silu", "gelu", "sigmoid", "tanh"])
@pytest.mark.parametrize("outer", ["step", "relu", "abs", "elu"])
def test_kinks_of_a_second_layer(inner: str, outer: str) -> None:
    bias = -float(Layer(np.ones((1, 1)), None, ((inner, 1),))(np.array([[9.5]]))[0, 0])
    layers = [unit(inner, 1.0, 0.0), unit(outer, 3.0, 3.0 * bias), unit("linear", 0.1, 1.0)]
    proved_and_checked(model_of(layers, (9.0, 10.0)), "1 + 0.001*x")


def test_a_constant_unit_of_another_kind_does_not_blur_a_kink_behind_it() -> None:
    first = Layer(
        np.array([[0.16017591320413924], [0.0]]),
        np.array([0.15226832952187072, 0.0]),
        (("leaky_relu", 1), ("silu", 1)),
    )
    second = Layer.uniform(np.array([[-0.5, -1.0]]), np.array([0.15622212136300498]), "step")
    layers = [first, second, unit("linear", -1.0, 0.5)]  # it jumps at the end of the domain
    text = "0.5 - where(-x > -2, 1, 0)"
    proved_and_checked(model_of(layers, (-1.0, 2.0), (0.5, 1.5)), text)


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e-310, 1e-318])
@pytest.mark.parametrize(
    "text",
    [
        "where(x < {a}, where(x < {b}, 1, 2), where(x > {c}, 3, 4))",
        "where({a} < x < {b}, where({b} < x < {c}, 1, 7), 3)",
        "where(x < {a} or {b} < x, where(x < {c}, 1, where({a} < x < {b}, 9, 2)), 4)",
        "where(not(x == {a} and {a} < x < {b}), where(x >= {c}, 5, 6), 4)",
        "where(x >= {a}, where(x <= {b}, 1000, 2), where(x > {c}, 7, 2))",
        "abs(x - {a}) + abs(x - {c})",
    ],
)
def test_gaps_inside_of_gaps(text: str, scale: float) -> None:
    a, step = 0.3 * scale, math.ulp(0.3 * scale)
    places = {"a": a + step, "b": a + 2.0 * step, "c": 0.7 * scale}
    decimals = {name: f"{place:.17e}" for name, place in places.items()}  # each beside its float
    layers = [unit("linear", 0.0, 0.0), unit("linear", 0.0, 1.0)]
    proved_and_checked(model_of(layers, (0.1 * scale, scale)), text.format(**decimals))


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        ("where(x - x^2 < 0, 1 + where(x > -3, 1, 2), cos(x))", (0.0, 1.0)),
        ("where(x*(1 - x) < 0, where(x > -3, 1, 2), where(x > -2, cos(x), abs(x)))", (0.0, 1.0)),
        ("where(x - x^2 < 0, abs(x + 1), cos(x))", (0.0, 1.0)),
        (
            "where(x < 1.287455928686481184840227e-315, sin(x), "
            "where(x < 1.287455943508450560077623e-315, cos(x), x))",
            (3e-316, 1.3e-315),
        ),
        (
            "where(x == 7.900109677001532241383335e-321, 5, "
            "where(x == 7.905050333459944706825101e-321, 6, 1))",
            (3e-321, 8e-321),
        ),
    ],
)
def test_parts_that_are_not_reached_decide_nothing(text: str, domain: tuple[float, float]) -> None:
    layers = [unit("linear", 0.0, 0.0), unit("linear", 0.0, 1.0)]
    proved_and_checked(model_of(layers, domain), text)


def test_wide_cells_leave_the_argument_of_a_smooth_unit_wide() -> None:
    kinks = [[-3.1982665793106357], [-0.5]], [0.39978332241382947, -0.43069405522338855]
    layers = [
        Layer.uniform(*map(np.array, kinks), "abs"),
        Layer.uniform(
            np.array([[3.0, 0.1604887589969138]]), np.array([-3.0478582954660864]), "gelu"
        ),
        unit("linear", 2.0, 1.3104227080443147),
    ]
    z = (
        "3*abs(0.39978332241382947 - 3.1982665793106357*x)"
        " + 0.1604887589969138*abs(-0.43069405522338855 - 0.5*x) - 3.0478582954660864"
    )
    text = f"0.015625*(1.3104227080443147 + 2*({z})*0.5*(1 + erf(({z})*sqrt(0.5))))"
    proved_and_checked(model_of(layers, (-1.0, 1.0), out=(0.0, 0.015625)), text)


@pytest.mark.parametrize("name", ["elu", "softplus", "silu", "gelu", "tanh", "sigmoid"])
@pytest.mark.parametrize("slope", [10.0, 400.0])
def test_units_that_are_steep_in_two_inputs(name: str, slope: float) -> None:
    steep = Layer.uniform(np.array([[-slope, 1.8 * slope]]), np.array([0.25]), name)
    box = Box(("x", "y"), (-1.0, 0.0), (1.0, 2.0))
    scalings = Scaling.identity(2), Scaling.identity(1)
    model = Model(Network((steep, unit("linear", 1.0, 0.0))), box, ("f",), *scalings)
    text = "exp(x)*sin(3*x)"
    certificate = prove(model, [Formula(text, box.names)], seconds=10.0)
    assert certificate.proved, certificate.claim
    check(certificate, model, [text], seconds=60.0)


@pytest.mark.parametrize(
    "text",
    [
        "where(x >= 0, sqrt(x), 1)",
        "where(x < 0, 0, sqrt(x))",
        "where(0.5 <= x, sqrt(x - 0.5), 1)",
        "where(x < 0.3, 1, sqrt(x - 0.3))",
        "where(x <= -0.25, sqrt(-0.25 - x), 1)",
        "where(x >= 0, x^1.5, 1)",
    ],
)
def test_roots_that_begin_where_a_condition_does(text: str) -> None:
    proved_and_checked(model_of([unit("linear", 0.0, 1.0)], (-1.0, 1.0)), text)


@pytest.mark.parametrize("text", ["where(x >= 0, sqrt(x - 1e-9), 1)", "where(x >= 0, 1/x, 1)"])
def test_parts_without_a_value_where_a_condition_begins(text: str) -> None:
    model = model_of([unit("linear", 0.0, 1.0)], (-1.0, 1.0))
    assert not prove(model, [Formula(text)], seconds=10.0).proved
