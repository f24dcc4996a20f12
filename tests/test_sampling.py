"""Point designs: where they lie, how evenly, and that prefixes are as good as the whole."""

import itertools

import numpy as np
import pytest

from approximant.sampling import (
    Samples,
    boundary_rich_points,
    chebyshev_points,
    corner_points,
    edge_points,
    spread_points,
)

DIMENSIONS = [1, 2, 3, 8, 20]


def star_discrepancy(points, trials=2000):
    """Return the largest difference found between share of points and volume of a box from 0."""
    corners = np.random.default_rng(0).random((trials, points.shape[1]))
    shares = np.array([np.all(points < corner, axis=1).mean() for corner in corners])
    return float(np.abs(shares - corners.prod(axis=1)).max())


@pytest.mark.parametrize("n", [2, 3, 17, 64])
def test_chebyshev_points_are_the_extremes_of_the_polynomial(n):
    x = chebyshev_points(n)
    assert x[0] == -1.0 and x[-1] == 1.0
    assert np.all(np.diff(x) > 0)
    top = np.zeros(n)
    top[-1] = 1.0
    np.testing.assert_allclose(np.abs(np.polynomial.chebyshev.chebval(x, top)), 1.0)


@pytest.mark.parametrize("d", DIMENSIONS)
def test_spread_points_lie_in_the_cube_and_differ(d):
    points = spread_points(500, d)
    assert points.shape == (500, d)
    assert np.all((points >= 0) & (points < 1))
    assert len(np.unique(points, axis=0)) == 500


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("n", [200, 1000])
def test_any_prefix_of_spread_points_beats_random_ones(d, n):
    even = star_discrepancy(spread_points(1000, d)[:n])
    random = star_discrepancy(np.random.default_rng(1).random((n, d)))
    assert even < random


def test_prefixes_of_spread_points_agree():
    np.testing.assert_array_equal(spread_points(1000, 4)[:10], spread_points(10, 4))


@pytest.mark.parametrize("d", DIMENSIONS)
def test_edge_points_touch_the_boundary(d):
    points = edge_points(400, d, np.random.default_rng(0))
    assert points.shape == (400, d)
    assert np.all((points >= 0) & (points <= 1))
    on_wall = np.any((points == 0) | (points == 1), axis=1)
    assert on_wall[:200].all()
    assert on_wall.mean() > 0.7


def test_edge_points_reach_both_sides_of_every_input():
    points = edge_points(400, 5, np.random.default_rng(0))
    assert np.all((points == 0).sum(axis=0) > 10)
    assert np.all((points == 1).sum(axis=0) > 10)


@pytest.mark.parametrize("d", [1, 2, 3, 8])
def test_all_corners_of_a_small_cube(d):
    corners = corner_points(d, 256, np.random.default_rng(0))
    expected = set(itertools.product((0.0, 1.0), repeat=d))
    assert set(map(tuple, corners.tolist())) == expected
    assert len(corners) == 2**d


def test_a_share_of_the_corners_of_a_large_cube():
    corners = corner_points(20, 256, np.random.default_rng(0))
    assert corners.shape == (256, 20)
    assert set(np.unique(corners)) == {0.0, 1.0}
    assert len(np.unique(corners, axis=0)) > 250


@pytest.mark.parametrize("d", DIMENSIONS)
@pytest.mark.parametrize("part", [slice(0, 90), slice(0, 900)])
def test_boundary_rich_points_mix_inside_and_walls_in_every_prefix(d, part):
    points = boundary_rich_points(900, d, np.random.default_rng(0))[part]
    assert np.all((points >= -1) & (points <= 1))
    on_wall = np.any(np.abs(points) == 1.0, axis=1)
    assert on_wall.mean() == pytest.approx(1 / 3, abs=0.02)


def test_a_point_on_one_face_varies_elsewhere():
    points = boundary_rich_points(900, 3, np.random.default_rng(0))
    assert (np.abs(points) == 1.0).all(axis=1).mean() < 0.2
    assert ((np.abs(points) == 1.0).sum(axis=1) == 1).mean() > 0.15


def test_designs_depend_on_the_generator_alone():
    designs = (
        lambda g: edge_points(50, 3, g),
        lambda g: corner_points(20, 64, g),
        lambda g: boundary_rich_points(50, 3, g),
    )
    for design in designs:
        same = [design(np.random.default_rng(7)) for _ in range(2)]
        np.testing.assert_array_equal(*same)
        assert not np.array_equal(same[0], design(np.random.default_rng(8)))


def test_samples_count_their_points():
    assert len(Samples(np.zeros((7, 2)), np.zeros((7, 1)))) == 7
