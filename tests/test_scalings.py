"""Scalings: what they do to a table, and what they do to columns that do not vary."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from approximant.domain import Box
from approximant.errors import SettingError
from approximant.scalings import SCALINGS, fit_scaling

TABLES = arrays(
    float,
    array_shapes(min_dims=2, max_dims=2, max_side=8),
    elements=st.one_of(st.floats(-1e150, 1e150), st.integers(-3, 3).map(float)),
)


@pytest.fixture
def table():
    rng = np.random.default_rng(0)
    return rng.normal(size=(500, 3)) * [1e-3, 1.0, 1e6] + [0.0, -5.0, 1e7]


def test_no_scaling_changes_nothing(table):
    np.testing.assert_array_equal(fit_scaling("none", table).apply(table), table)


def test_standard_gives_every_column_mean_0_and_deviation_1(table):
    scaled = fit_scaling("standard", table).apply(table)
    np.testing.assert_allclose(scaled.mean(axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1.0, rtol=1e-12)


def test_joint_standardisation_uses_one_mean_and_one_deviation(table):
    scaling = fit_scaling("standard_joint", table)
    np.testing.assert_allclose(scaling.anchor, np.full(3, table.mean()), rtol=1e-14)
    np.testing.assert_allclose(scaling.width, np.full(3, table.std()), rtol=1e-12)


def test_box_maps_the_domain_to_minus_1_to_1(table):
    box = Box(("a", "b", "c"), (-1.0, 0.0, 1e6), (1.0, 10.0, 3e6))
    scaling = fit_scaling("box", table, box)
    np.testing.assert_allclose(scaling.apply(box.lower), -1.0, rtol=1e-15)
    np.testing.assert_allclose(scaling.apply(box.upper), 1.0, rtol=1e-15)


def test_box_without_a_domain_maps_the_range_of_each_column(table):
    scaled = fit_scaling("box", table).apply(table)
    np.testing.assert_allclose(scaled.min(axis=0), -1.0, rtol=1e-12)
    np.testing.assert_allclose(scaled.max(axis=0), 1.0, rtol=1e-12)


@pytest.mark.parametrize("kind", SCALINGS)
@pytest.mark.parametrize("value", [0.0, 0.1, -1e9, 5e-324])
def test_a_constant_column_is_only_shifted(kind, value):
    table = np.column_stack([np.full(1000, value), np.full(1000, value)])
    scaling = fit_scaling(kind, table)
    np.testing.assert_array_equal(scaling.width, [1.0, 1.0])
    expected = table if kind == "none" else np.zeros_like(table)
    np.testing.assert_array_equal(scaling.apply(table), expected)


@given(TABLES, st.sampled_from(list(SCALINGS)))
def test_scaling_stays_finite_and_can_be_undone(table, kind):
    scaling = fit_scaling(kind, table)
    assert np.all(np.isfinite(scaling.anchor)) and np.all(scaling.width > 0)
    scaled = scaling.apply(table)
    if kind != "none":
        assert np.abs(scaled).max() <= np.sqrt(table.size) * (1 + 1e-9)
    scale = np.abs(table).max()
    np.testing.assert_allclose(scaling.undo(scaled), table, rtol=0, atol=1e-15 * scale + 1e-320)


def test_an_unknown_scaling_is_named_with_the_nearest():
    with pytest.raises(SettingError, match=r"'standart'; did you mean 'standard'\?"):
        fit_scaling("standart", np.zeros((2, 1)))
