"""Domains: every way to write intervals gives the same box; nonsense gets one clear error."""

import math

import numpy as np
import pytest

from approximant.domain import Box
from approximant.errors import DomainError
from approximant.targets import read_domain

BOX = Box(("x", "y"), (0.0, -2.0), (1.0, 2.0))


@pytest.mark.parametrize(
    "domain",
    [
        BOX,
        {"x": (0, 1), "y": (-2, 2)},
        {"x": [0, 1], "y": np.array([-2.0, 2.0])},
        {"x": "0:1", "y": "-2:2"},
        {"x": ("0", 1), "y": ("-2", "4/2")},
        ["x=0:1", "y=-2:2"],
        ("x = 0:1", " y = -2 : 2 "),
    ],
)
def test_every_form_gives_the_same_box(domain):
    assert read_domain(domain) == BOX


def test_ends_may_be_constant_formulas():
    box = read_domain({"x": "-pi/2:2*pi", "y": ("sqrt(2)", 3)})
    assert box.lows == pytest.approx((-math.pi / 2, math.sqrt(2)))
    assert box.highs == pytest.approx((2 * math.pi, 3))


@pytest.mark.parametrize("domain", [(0, 1), [0, 1], "0:1", (np.float64(0), 1), ("0", "1")])
def test_a_plain_pair_is_the_interval_of_the_only_input(domain):
    assert read_domain(domain) == Box(("x",), (0.0,), (1.0,))
    assert read_domain(domain, ["t"]).names == ("t",)


def test_intervals_without_names_take_the_names_in_order():
    pairs = [(0, 1), (-2, 2)]
    assert read_domain(pairs, ["x", "y"]) == BOX
    assert read_domain(pairs).names == ("x1", "x2")


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ({"x": (1, 0)}, "'x' is reversed: 1 is above 0; did you mean x=0:1"),
        ({"x": (1, 1)}, "'x' is empty"),
        ({"x": (0, math.inf)}, "both ends must be finite"),
        ({"x": "0:inf"}, "both ends must be finite"),
        ({"x": (0, math.nan)}, "both ends must be finite"),
        ({"x": "0:1:2"}, "3 ends; it needs two, such as x=0:1"),
        ({"x": (0, 1, 2)}, r"3 ends; it needs two, such as \(0, 1\)"),
        ({"x": "0"}, "1 end; it needs two"),
        ({"x": 5}, "'x' is 5; it needs two ends"),
        ({"x": {0: 1}}, "it needs two ends"),
        ({"x": (0, None)}, "has the end None; it must be a number"),
        ({"x": (True, 2)}, "has the end True"),
        ({"x": (0, 1j)}, "has the end 1j"),
        ({"x": "0:2*p"}, r"the end '2\*p': a number is needed here: got the variable 'p'"),
        ({3: (0, 1)}, "names an input 3; a name is a text"),
        ({" ": (0, 1)}, "names an input ' '"),
        (["x=0:1", "x=0:2"], "gives 'x' twice"),
        (["x=0:1", (0, 2)], r"Cannot read the interval \(0, 2\); write name=low:high"),
        ("x=0=1", "Cannot read the interval 'x=0=1'"),
        ({}, "has no inputs"),
        ([], "has no inputs"),
        (5, "The domain is 5; write"),
        (np.array(5), r"The domain is array\(5\); write"),
        ({"x": np.array(5)}, r"'x' is array\(5\); it needs two ends"),
        ({f"x{k}": (0, 1) for k in range(1001)}, "at most 1,000"),
    ],
)
def test_nonsense_is_a_domain_error(domain, message):
    with pytest.raises(DomainError, match=message):
        read_domain(domain)
