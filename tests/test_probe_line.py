"""The probe of one input: jumps to the float, kinks, singular ends, and nothing invented."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lines import FunctionLine, dense

from approximant.probe import probe_line

UP, DOWN = np.inf, -np.inf


def probed(function, low, high, tol=1e-8, seed=0):
    return probe_line(FunctionLine(function, low, high, tol), np.random.default_rng(seed))


def jumps(profile):
    return [(place.left, place.right) for place in profile.breaks if place.jumps]


def after(x):
    return float(np.nextafter(x, UP))


def before(x):
    return float(np.nextafter(x, DOWN))


def check_pieces(profile, low, high):
    """Assert that the pieces cover the interval between the breaks, in order, without overlap."""
    assert len(profile.pieces) == len(profile.breaks) + 1
    assert (profile.pieces[0].low, profile.pieces[-1].high) == (low, high)
    for place, left, right in zip(profile.breaks, profile.pieces, profile.pieces[1:], strict=False):
        assert (left.high, right.low) == (place.left, place.right)
    for piece in profile.pieces:
        assert (piece.edges[0], piece.edges[-1]) == (piece.low, piece.high)
        assert piece.low == piece.high or np.all(np.diff(piece.edges) > 0)


# --- jumps


def test_the_side_of_a_jump_follows_the_comparison():
    for compare, expected in [
        (np.less_equal, (9.6, after(9.6))),
        (np.less, (before(9.6), 9.6)),
        (np.greater_equal, (before(9.6), 9.6)),
        (np.greater, (9.6, after(9.6))),
    ]:
        profile = probed(lambda x, c=compare: np.where(c(x, 9.6), np.sin(x), 2.0), 0, 12)
        assert jumps(profile) == [expected]
        check_pieces(profile, 0, 12)
        height = abs(profile.breaks[0].height[0])
        assert height == pytest.approx(2 - np.sin(9.6))


@pytest.mark.parametrize(
    ("function", "right"), [(np.floor, True), (np.ceil, False)], ids=["floor", "ceil"]
)
def test_steps_at_whole_numbers(function, right):
    profile = probed(function, -2.5, 3.5)
    expected = [(before(k), k) if right else (k, after(k)) for k in range(-2, 4)]
    assert jumps(profile) == expected
    assert [place.height[0] for place in profile.breaks] == [1.0] * 6
    check_pieces(profile, -2.5, 3.5)


def test_round_is_even_at_halves():
    expected = [
        (before(0.5 + k), 0.5 + k) if k % 2 else (0.5 + k, after(0.5 + k)) for k in range(4)
    ]
    assert jumps(probed(np.round, 0, 4)) == expected


@pytest.mark.parametrize("high", [1.0, 2.0, 0.7])
def test_sign_has_a_single_value_at_zero(high):
    tiny = after(0.0)
    profile = probed(np.sign, -1, high)
    assert jumps(profile) == [(-tiny, 0.0), (0.0, tiny)]
    assert (profile.pieces[1].low, profile.pieces[1].high) == (0.0, 0.0)
    check_pieces(profile, -1, high)


def test_a_jump_at_the_very_end_of_the_interval():
    profile = probed(lambda x: np.where(x <= 0, 5.0, x), 0, 1)
    assert jumps(profile) == [(0.0, after(0.0))]


def test_many_jumps():
    profile = probed(lambda x: x - np.floor(x), 0.5, 50.5)
    assert jumps(profile) == [(before(k), k) for k in range(1, 51)]
    check_pieces(profile, 0.5, 50.5)


@pytest.mark.parametrize("height", [1.0, 1e-3, 1e-6])
def test_small_jumps_are_found_too(height):
    profile = probed(lambda x: np.sin(x) + height * (x > 0.7), 0, 2)
    assert jumps(profile) == [(0.7, after(0.7))]
    assert profile.breaks[0].height[0] == pytest.approx(height, rel=1e-6)


def test_a_jump_of_one_output_is_a_jump():
    profile = probed(lambda x: np.stack([np.sin(x), np.where(x < 0.4, x, x + 1)], axis=1), -1, 1)
    assert jumps(profile) == [(before(0.4), 0.4)]
    np.testing.assert_allclose(profile.breaks[0].height, [0, 1], atol=1e-12)


@settings(max_examples=80)
@given(
    st.floats(-1, 1),
    st.booleans(),
    st.sampled_from([1e-5, 0.1, 3.0, 1e6]),
    st.integers(0, 100),
)
def test_jumps_are_found_wherever_they_are(share, closed, width, seed):
    place = 0.95 * width * share
    compare = np.less_equal if closed else np.less
    profile = probed(
        lambda x: np.where(compare(x, place), np.cos(x / width), np.exp(x / width) - 3),
        -width,
        width,
        seed=seed,
    )
    expected = (place, after(place)) if closed else (before(place), place)
    assert jumps(profile) == [expected]
    check_pieces(profile, -width, width)


# --- kinks and singularities


@pytest.mark.parametrize("place", [0.3, 1 / 3, -0.7, 0.0, 0.9])
@pytest.mark.parametrize("tol", [1e-6, 1e-10])
def test_kinks_are_located_well_within_the_tolerance(place, tol):
    profile = probed(lambda x: np.abs(x - place), -1, 1, tol)
    assert [found.jumps for found in profile.breaks] == [False]
    assert abs(profile.breaks[0].left - place) <= 0.1 * tol
    assert profile.breaks[0].left == profile.breaks[0].right
    check_pieces(profile, -1, 1)


def test_kinks_of_a_maximum():
    profile = probed(lambda x: np.maximum(np.sin(x), np.cos(x)), 0, 10)
    expected = np.pi / 4 + np.pi * np.arange(3)
    np.testing.assert_allclose([place.left for place in profile.breaks], expected, atol=1e-9)


@pytest.mark.parametrize(
    ("function", "place"),
    [(np.cbrt, 0.0), (lambda x: np.sqrt(np.abs(x - 0.3)), 0.3)],
    ids=["cbrt", "sqrt of distance"],
)
def test_a_singular_point_inside_splits_the_interval_there(function, place):
    profile = probed(function, -1, 1)
    assert [(found.left, found.right) for found in profile.breaks] == [(place, place)]
    assert profile.pieces[0].share("high") < 2.0**-20
    assert profile.pieces[1].share("low") < 2.0**-20


@settings(max_examples=40)
@given(st.integers(-900_001, 900_001))
def test_root_singularities_are_located_to_the_float(millionths):
    place = (millionths + 0.3) * 1e-6
    profile = probed(lambda x: np.sqrt(np.abs(x - place)), -1, 1)
    assert [(found.left, found.right) for found in profile.breaks] == [(place, place)]


@pytest.mark.parametrize(
    ("function", "low", "high", "ends"),
    [
        (np.sqrt, 0, 1, (True, False)),
        (lambda x: np.sqrt(1 - x), 0, 1, (False, True)),
        (lambda x: np.sqrt(1 - x * x), -1, 1, (True, True)),
        (lambda x: x * np.log(np.maximum(x, 1e-320)), 0, 1, (True, False)),
        (np.exp, 0, 1, (False, False)),
    ],
)
def test_cells_crowd_at_singular_ends_only(function, low, high, ends):
    profile = probed(function, low, high)
    assert profile.breaks == ()
    piece = profile.pieces[0]
    assert (piece.share("low") < 2.0**-20, piece.share("high") < 2.0**-20) == ends


# --- what is no break


@pytest.mark.parametrize(
    "function",
    [
        np.exp,
        lambda x: np.tanh(1e4 * x),
        lambda x: np.tanh(1e5 * (x - 0.3)),
        lambda x: 1 / (1 + 1e6 * x**2),
        lambda x: np.exp(-1e6 * (x - 0.2) ** 2),
        lambda x: np.sin(300 * x),
        lambda x: 1e6 + np.sin(x),
        lambda x: x * np.abs(x) ** 4,
        lambda x: np.zeros_like(x),
        lambda x: np.full_like(x, 3.0),
    ],
)
def test_steep_but_smooth_is_no_break(function):
    profile = probed(function, -1, 1)
    assert profile.resolved
    assert profile.breaks == ()


@pytest.mark.parametrize("centre", [0.2, 0.51234, 0.987])
def test_narrow_spikes_are_not_missed(centre):
    profile = probed(lambda x: x + np.exp(-(((x - centre) / 2e-3) ** 2)), 0, 1)
    cells = profile.pieces[0].edges
    assert np.diff(cells)[np.searchsorted(cells, centre) - 1] < 0.01


def test_noise_is_called_unresolved():
    generator = np.random.default_rng(0)
    profile = probed(lambda x: np.sin(x) + 1e-3 * generator.normal(size=len(x)), 0, 6)
    assert not profile.resolved
    assert (profile.breaks, len(profile.pieces)) == ((), 1)


def test_endless_oscillation_is_called_unresolved():
    assert not probed(lambda x: np.sin(1 / np.where(x == 0, 1.0, x)), -1, 1).resolved


# --- what it does to the target


@pytest.mark.parametrize("low", [0.0, 0.1, -7.3])
@pytest.mark.parametrize("function", [np.exp, np.floor, np.sqrt, lambda x: np.abs(x - 0.3)])
def test_the_target_is_never_asked_outside(function, low):
    line = FunctionLine(lambda x: function(np.abs(x)), low, low + 1.7)
    probe_line(line, np.random.default_rng(0))
    asked = np.concatenate(line.asked)
    assert asked.min() >= line.low and asked.max() <= line.high


def test_breaks_are_watched():
    profile = probed(np.floor, -2.5, 3.5)
    for place in profile.breaks:
        assert {place.left, place.right} <= set(profile.watched)


@pytest.mark.parametrize("function", [np.sqrt, np.floor, lambda x: np.abs(x - 0.3), np.exp])
def test_the_whole_keeps_the_cells_of_all_pieces(function):
    profile = probed(function, 0, 3)
    whole = profile.whole()
    assert (whole.low, whole.high) == (0.0, 3.0)
    assert np.all(np.diff(whole.edges) > 0)
    for piece in profile.pieces:
        assert np.isin(piece.edges, whole.edges).all()


@pytest.mark.parametrize(
    "function", [np.exp, np.sqrt, np.cbrt, lambda x: 1 / (1 + 1e4 * (x - 0.5) ** 2)]
)
def test_a_short_polynomial_follows_the_target_on_every_cell(function):
    for piece in probed(function, 0, 1).pieces:
        x = dense(0, 1, n=3000)
        for low, high in zip(piece.edges, piece.edges[1:], strict=False):
            inside = x[(x >= low) & (x <= high)]
            nodes = 0.5 * (low + high) - 0.5 * (high - low) * np.cos(np.pi * np.arange(17) / 16)
            fit = np.polynomial.Chebyshev.fit(nodes, function(np.clip(nodes, 0, 1)), 16)
            if len(inside) and high - low > 1e-280:
                assert np.abs(fit(inside) - function(inside)).max() < 1e-8
