"""Boxes: which are refused, what lies inside, how points are mapped; sampled regions of tables."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.domain import MAX_INPUTS, Box, SampledRegion
from approximant.errors import ApproximantError, DomainError

PLANE = Box.from_intervals({"x": (0, 1), "y": (-2, 2)})
ENDS = st.floats(-1e12, 1e12)


@st.composite
def boxes(draw):
    """Boxes of one to four inputs, wide and narrow, near and far from zero."""
    d = draw(st.integers(1, 4))
    lows = [draw(ENDS) for _ in range(d)]
    widths = [draw(st.floats(1e-3, 1e6)) * max(1.0, abs(low)) for low in lows]
    highs = tuple(low + width for low, width in zip(lows, widths, strict=True))
    return Box(tuple(f"x{k}" for k in range(d)), tuple(lows), highs)


@pytest.mark.parametrize(
    ("intervals", "message"),
    [
        ({}, "no inputs; give an interval"),
        ({"x": (1, 0)}, r"'x' is reversed: 1 is above 0; did you mean x=0:1"),
        ({"x": (2, 2)}, "'x' is empty: 2.0 to 2.0"),
        ({"x": (1, 1 + 1e-14)}, "'x' is empty"),
        ({"x": (0, float("inf"))}, "'x' is 0:inf; both ends must be finite"),
        ({"x": (float("nan"), 1)}, "'x' is nan:1; both ends must be finite"),
        ({"x": (-1.7e308, 1.7e308)}, "'x' is too wide"),
        ({"x": (0, 1, 2)}, "'x' has 3 ends; it needs two"),
        ({"x": (0,)}, "'x' has 1 ends; it needs two"),
        ({"x": (0, 1), "y": (3, 2)}, "'y' is reversed"),
        ({f"x{k}": (0, 1) for k in range(1001)}, "1001 inputs are too many: at most 1,000"),
    ],
)
def test_impossible_domains_are_refused(intervals, message):
    with pytest.raises(DomainError, match=message):
        Box.from_intervals(intervals)


def test_a_name_may_not_repeat():
    with pytest.raises(DomainError, match="Input 'x' is named twice"):
        Box(("x", "y", "x"), (0.0,) * 3, (1.0,) * 3)


def test_domain_errors_are_value_errors_of_the_package():
    assert issubclass(DomainError, ValueError)
    assert issubclass(DomainError, ApproximantError)


def test_most_inputs_are_allowed():
    assert Box.from_intervals({f"x{k}": (0, 1) for k in range(MAX_INPUTS)}).dimension == 1000


def test_narrow_but_real_intervals_are_allowed():
    assert Box.from_intervals({"x": (1.0, 1.0 + 1e-12)}).width[0] > 0
    assert Box.from_intervals({"x": (0.0, 1e-300)}).width[0] == 1e-300


def test_shape_of_a_box():
    assert PLANE.dimension == 2
    np.testing.assert_array_equal(PLANE.lower, [0, -2])
    np.testing.assert_array_equal(PLANE.upper, [1, 2])
    np.testing.assert_array_equal(PLANE.width, [1, 4])
    np.testing.assert_array_equal(PLANE.centre, [0.5, 0])
    assert PLANE.intervals() == {"x": (0.0, 1.0), "y": (-2.0, 2.0)}
    assert Box.from_intervals(PLANE.intervals()) == PLANE


def test_ends_are_inside_and_their_neighbours_are_not():
    inside = np.array([[0, -2], [1, 2], [0, 2], [0.5, 0]])
    below, above = np.nextafter(0.0, -1.0), np.nextafter(2.0, 3.0)
    outside = np.array([[below, 0], [0.5, above], [3, 3]])
    assert PLANE.contains(inside).all()
    assert not PLANE.contains(outside).any()


def test_nan_and_infinity_are_outside():
    points = np.array([[np.nan, 0], [0.5, np.nan], [np.inf, 0], [0.5, -np.inf]])
    assert not PLANE.contains(points).any()


@given(boxes())
def test_the_unit_cube_meets_the_ends_exactly(box):
    d = box.dimension
    np.testing.assert_array_equal(box.from_unit(np.zeros((1, d)))[0], box.lower)
    np.testing.assert_array_equal(box.from_unit(np.ones((1, d)))[0], box.upper)


@given(boxes(), st.integers(0, 2**32))
def test_mapped_points_are_inside(box, seed):
    unit = np.random.default_rng(seed).random((50, box.dimension))
    points = box.from_unit(unit)
    assert box.contains(points).all()
    np.testing.assert_allclose((points - box.lower) / box.width, unit, atol=1e-9)


@given(boxes(), st.integers(0, 2**32))
def test_clipping_gives_the_nearest_point_inside(box, seed):
    generator = np.random.default_rng(seed)
    points = box.lower + generator.uniform(-1, 2, (50, box.dimension)) * box.width
    clipped = box.clip(points)
    inside = box.contains(points)
    assert box.contains(clipped).all()
    np.testing.assert_array_equal(clipped[inside], points[inside])
    other = box.from_unit(generator.random((50, box.dimension)))
    near, far = np.abs(points - clipped), np.abs(points - other)
    assert np.all(near <= far)


def test_sampled_region_is_the_neighbourhood_of_the_rows():
    region = SampledRegion(np.array([[0.0, 0.0], [1.0, 1.0]]), radius=0.25)
    points = np.array([[0.0, 0.25], [0.1, 0.1], [0.0, 0.26], [0.5, 0.5], [0.9, 1.0]])
    assert region.contains(points).tolist() == [True, True, False, False, True]


def test_sampled_region_agrees_with_all_distances():
    generator = np.random.default_rng(0)
    anchors, points = generator.random((40, 3)), generator.random((500, 3))
    distance = np.linalg.norm(points[:, None] - anchors, axis=2).min(axis=1)
    region = SampledRegion(anchors, radius=0.2)
    np.testing.assert_array_equal(region.contains(points), distance <= 0.2)


def test_no_row_is_near_a_point_that_is_no_number():
    region = SampledRegion(np.zeros((1, 2)), radius=10.0)
    points = np.array([[np.nan, 0], [0, np.inf], [0, 0]])
    assert region.contains(points).tolist() == [False, False, True]
