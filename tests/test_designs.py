"""Designs: where rows lie, that they can be drawn again to the bit, and what bad settings get."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.designs import (
    KINDS,
    Design,
    Sampling,
    add_noise,
    draw_points,
    read_sampling,
    sampled_box,
)
from approximant.domain import Box
from approximant.errors import SettingError

BOX = Box(("x", "y"), (-1.0, 2.0), (3.0, 12.5))


def draw(sampling, names=("x", "y"), domain=BOX, seed=0):
    return draw_points(read_sampling(sampling), names, domain, seed)


# The rows of the founding experiments


def test_normal_columns_with_their_own_legacy_seeds_are_those_of_randomstate():
    sampling = {
        "generator": "legacy",
        "inputs": {
            "x1": {"kind": "normal", "scale": 2, "seed": 1},
            "x2": {"kind": "normal", "seed": 10},
        },
    }
    points = draw(sampling, ("x1", "x2"), None)
    x1, x2 = np.random.RandomState(1).randn(1000) * 2, np.random.RandomState(10).randn(1000)
    np.testing.assert_array_equal(points, np.column_stack([x1, x2]))
    y = x1**2 + 2 * x2**2 - 0.2 * np.cos(3 * np.pi * x1) - 0.4 * np.cos(4 * np.pi * x2)
    assert round(np.sum((y - y.mean()) ** 2), 2) == 40649.98


@pytest.mark.parametrize("k", range(4))
@pytest.mark.parametrize("m", [500, 1000, 1500])
def test_the_first_column_of_a_legacy_block_is_that_of_randomstate(k, m):
    sampling = {"rows": m, "generator": "legacy", "columns": 2, "seed": 1000 + k}
    points = draw(sampling, ["x"], Box(("x",), (0.0,), (1.0,)))
    expected = np.random.RandomState(1000 + k).random_sample((m, 2))[:, 0]
    np.testing.assert_array_equal(points[:, 0], expected)


@pytest.mark.parametrize("generator", ["pcg64", "legacy"])
def test_even_and_integer_inputs_take_both_ends(generator):
    inputs = {
        "x": {"kind": "even", "low": 0, "high": 100},
        "y": {"kind": "integers", "low": 0, "high": 999},
    }
    points = draw({"rows": 80_000, "generator": generator, "inputs": inputs}, domain=None)
    np.testing.assert_array_equal(points[:, 0], np.linspace(0, 100, 80_000))
    assert set(points[:, 1]) == set(range(1000))
    if generator == "legacy":
        expected = np.random.RandomState(0).randint(0, 1000, 80_000)
        np.testing.assert_array_equal(points[:, 1], expected)


def test_uniform_rows_between_two_ends_are_low_plus_width_times_random():
    sampling = {"rows": 4000, "generator": "legacy", "inputs": {"x": {"low": -1, "high": 9}}}
    points = draw(sampling, ["x"], None, seed=3)
    u = np.random.RandomState(3).random_sample(4000)
    np.testing.assert_array_equal(points[:, 0], 10 * u - 1)


# Every kind


@given(
    kind=st.sampled_from(["uniform", "grid", "integers", "sobol"]),
    low=st.floats(-1e6, 1e6),
    width=st.floats(2.0, 1e6),
    generator=st.sampled_from(["pcg64", "legacy"]),
    seed=st.integers(0, 2**32 - 1),
    side=st.integers(2, 12),
)
def test_rows_lie_in_the_domain_and_one_seed_gives_them_again(
    kind, low, width, generator, seed, side
):
    box = Box(("x", "y"), (low, 0.0), (low + width, width))
    sampling = Sampling(rows=side * side, design=kind, generator=generator)
    points = draw_points(sampling, box.names, box, seed)
    assert points.shape == (side * side, 2)
    assert box.contains(points).all()
    np.testing.assert_array_equal(points, draw_points(sampling, box.names, box, seed))
    if kind != "grid":
        assert not np.array_equal(points, draw_points(sampling, box.names, box, seed ^ 1))


def test_a_seed_of_the_sampling_goes_before_that_of_the_training():
    np.testing.assert_array_equal(
        draw({"seed": 5}, seed=1),
        draw({"seed": 5}, seed=2),
    )
    np.testing.assert_array_equal(draw({"seed": 5}, seed=1), draw({}, seed=5))


@pytest.mark.parametrize("kind", ["uniform", "normal", "integers"])
def test_an_input_with_its_own_seed_does_not_depend_on_the_others(kind):
    def column(seed, design):
        inputs = {"y": {"kind": kind, "seed": 7}}
        names = ("x", "y") if kind != "normal" else ("y", "x")
        points = draw({"design": design, "inputs": inputs, "seed": seed}, names)
        return points[:, names.index("y")]

    np.testing.assert_array_equal(column(0, "uniform"), column(1, "sobol"))


def test_normal_values_have_the_mean_and_deviation_asked_for():
    inputs = {"x": Design("normal", mean=5.0, scale=0.1)}
    points = draw(Sampling(rows=100_000, inputs=inputs), ["x"], None)
    assert points.mean() == pytest.approx(5.0, abs=4 * 0.1 / np.sqrt(1e5))
    assert points.std() == pytest.approx(0.1, rel=0.01)


def test_integers_reach_the_whole_numbers_within_the_domain():
    box = Box(("x",), (0.5,), (3.5,))
    assert set(draw({"design": "integers"}, ["x"], box)[:, 0]) == {1, 2, 3}


def test_a_grid_combines_every_value_with_every_other():
    inputs = {"x": {"kind": "grid", "number": 3}, "y": {"kind": "grid", "number": 4}}
    expected = list(itertools.product([-1, 1, 3], np.linspace(2, 12.5, 4)))
    np.testing.assert_allclose(draw({"inputs": inputs}), expected)


def test_a_grid_without_numbers_has_as_many_as_the_rows_allow():
    assert len(draw({"design": "grid", "rows": 900})) == 900
    assert len(draw({"design": "grid"})) == 31**2


def test_other_inputs_get_a_value_for_every_row_of_the_grid():
    points = draw({"inputs": {"x": {"kind": "grid", "number": 50}}})
    assert points.shape == (50, 2) and len(set(points[:, 1])) == 50


@pytest.mark.parametrize("rows", [1, 2, 100, 128])
def test_sobol_rows_fill_every_slice_evenly(rows):
    points = draw({"design": "sobol", "rows": rows})
    unit = (points - BOX.lower) / BOX.width
    slices = 2 ** int(np.log2(rows))
    for column in unit[:slices].T:  # a full power of two has one point in each slice
        assert sorted(np.floor(column * slices)) == list(range(slices))


# Noise, and the box of the rows


@pytest.mark.parametrize("generator", ["pcg64", "legacy"])
def test_noise_has_the_deviation_asked_for_and_a_stream_of_its_own(generator):
    sampling = Sampling(rows=50_000, design="normal", noise=0.05, generator=generator)
    values = np.zeros((50_000, 2))
    noise = add_noise(sampling, values, 3)
    assert noise.std() == pytest.approx(0.05, rel=0.01)
    np.testing.assert_array_equal(noise, add_noise(sampling, values, 3))
    points = draw_points(sampling, ("x", "y"), None, 3)
    correlation = np.corrcoef(np.column_stack([points, noise]).T)
    assert np.abs(correlation - np.eye(4)).max() < 0.03


def test_without_noise_values_stay_as_they_are():
    values = np.arange(3.0)[:, None]
    np.testing.assert_array_equal(add_noise(Sampling(), values, 0), values)


def test_the_sampled_box_has_the_stated_ends_or_those_of_the_rows():
    sampling = Sampling(inputs={"x": {"low": -1, "high": 9}, "y": "normal"})
    points = draw_points(sampling, ("x", "y"), None, 0)
    box = sampled_box(sampling, ("x", "y"), points)
    assert box.intervals()["x"] == (-1, 9)
    assert box.intervals()["y"] == (points[:, 1].min(), points[:, 1].max())


# Ways to say it


def test_a_sampling_is_read_from_a_number_a_kind_or_a_mapping():
    assert read_sampling(None) == Sampling()
    assert read_sampling(50) == read_sampling(np.int64(50)) == Sampling(rows=50)
    assert read_sampling("sobol") == Sampling(design="sobol")
    assert read_sampling({"inputs": {"x": "even"}}) == Sampling(inputs={"x": Design("even")})
    given = Sampling(noise=0.5)
    assert read_sampling(given) is given


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (0, r"sampling\.rows must be at least 1 .*; got 0"),
        (2.5, r"sampling\.rows must be a whole number, or None; got 2\.5"),
        (True, r"sampling\.rows must be a whole number, or None; got True"),
        ("sobl", "name of a design"),
        ([1, 2], "sampling must be a number of rows"),
        ({"row": 3}, r"'sampling\.row'; did you mean 'sampling\.rows'"),
        ({"design": "sobl"}, r"'sobl'; did you mean 'sobol'"),
        ({"noise": -0.1}, r"sampling\.noise must be at least 0"),
        ({"generator": "pcg"}, r"'pcg'; did you mean 'pcg64'"),
        ({"seed": -1}, r"sampling\.seed must be at least 0"),
        ({"inputs": ["x"]}, "by the names of inputs"),
        ({"inputs": {"x": 3}}, r"sampling\.inputs\.x must be a design"),
        ({"inputs": {"x": "evne"}}, r"sampling\.inputs\.x: .*'evne'; did you mean 'even'"),
        ({"inputs": {"x": {"lo": 0}}}, r"sampling\.inputs\.x: .*'lo'; did you mean 'low'"),
    ],
)
def test_a_bad_sampling_gets_one_clear_error(value, message):
    with pytest.raises(SettingError, match=message):
        read_sampling(value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"low": 1, "high": 1}, "low must be below high; got low=1, high=1"),
        ({"low": float("-inf")}, "low must be finite; got -inf"),
        ({"high": float("nan")}, "high must be finite; got nan"),
        ({"kind": "integers", "low": 9, "high": 3}, "low must be below high"),
        ({"kind": "integers", "high": 2.5}, "high of the design 'integers' must be a whole number"),
        ({"kind": "integers", "high": 2.0**60}, "of at most 2"),
        ({"kind": "normal", "scale": 0}, "scale must be above 0; got 0"),
        ({"kind": "normal", "scale": -1}, "scale must be above 0; got -1"),
        ({"kind": "normal", "low": 0}, "low means nothing for the design 'normal'"),
        ({"kind": "uniform", "scale": 2}, "scale means nothing for the design 'uniform'"),
        ({"kind": "even", "seed": 2}, "seed means nothing for the design 'even'"),
        ({"kind": "grid", "number": 1}, "number must be at least 2"),
    ],
)
def test_a_bad_design_gets_one_clear_error(settings, message):
    with pytest.raises(SettingError, match=message):
        Design(**settings)


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        ({"inputs": {"X": "even"}}, "Unknown input 'X'"),
        ({"design": "even"}, "Even spacing of x and y would put all rows on one diagonal"),
        ({"rows": 1, "inputs": {"x": "even"}}, "at least 2 rows; got rows=1"),
        ({"columns": 1}, r"sampling\.columns is 1, but 2 inputs take a column each: x, y"),
        ({"inputs": {"x": {"low": 3}}}, "'x' has low=3 and high=3, of which one comes from"),
        ({"rows": 1000, "design": "grid"}, "1,000 rows are no grid of 2 inputs .* 32 values"),
        ({"inputs": {"x": {"kind": "grid", "number": 3}, "y": "grid"}}, "give each its own"),
        ({"rows": 7, "inputs": {"x": {"kind": "grid", "number": 3}}}, "has 3 rows, not 7"),
        (
            {"inputs": {n: {"kind": "grid", "number": 10**6} for n in "xy"}},
            "1,000,000,000,000 rows; more than",
        ),
    ],
)
def test_designs_that_do_not_fit_the_inputs_are_refused(sampling, message):
    with pytest.raises(SettingError, match=message):
        draw(sampling)


def test_a_wrong_input_name_gets_the_nearest():
    with pytest.raises(SettingError, match="Unknown input 'width1'; did you mean 'width'"):
        draw({"inputs": {"width1": "even"}}, ("width", "height"), None)


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"normal"}))
def test_without_a_domain_the_ends_must_be_stated(kind):
    with pytest.raises(SettingError, match=f"'{kind}' of 'x' has no low and high"):
        draw({"design": kind}, ["x"], None)
    with pytest.raises(SettingError, match=f"'{kind}' of 'x' has no high; state the ends"):
        draw({"inputs": {"x": {"kind": kind, "low": 0}}}, ["x"], None)


def test_a_domain_without_two_whole_numbers_leaves_no_choice():
    with pytest.raises(SettingError, match=r"no choice of whole numbers for 'x' between 0\.2"):
        draw({"design": "integers"}, ["x"], Box(("x",), (0.2,), (1.5,)))


def test_legacy_seeds_have_an_end():
    with pytest.raises(SettingError, match=r"seeds below 2\^32; got 4294967296"):
        draw({"generator": "legacy"}, seed=2**32)


def test_rows_that_are_all_equal_make_no_box():
    with pytest.raises(SettingError, match="'x' is .* in all rows"):
        sampled_box(Sampling(), ("x",), np.ones((5, 1)))
