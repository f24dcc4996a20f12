"""Pictures of sweeps: what they show, and that odd values break none of them."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from approximant.draw import (
    SettingAxis,
    parallel_figure,
    png,
    setting_figure,
    settings_map_figure,
)


def test_an_axis_knows_its_scale() -> None:
    assert SettingAxis("rate", [0.001, 0.1, 1.0]).log
    assert not SettingAxis("width", [4, 8, 16]).log
    assert not SettingAxis("rate", [0.0, 1.0, 1000.0]).log
    texts = SettingAxis("shape", ["1-64-1", "1-128-1", "1-16-1"])
    assert not texts.numeric and texts.kinds == ["1-16-1", "1-64-1", "1-128-1"]
    assert SettingAxis("optimizer", ["sgd", "adam", "sgd"]).kinds == ["sgd", "adam"]
    assert SettingAxis("rate", [0.01, 0.1, 1.0]).shares == pytest.approx([0.0, 0.5, 1.0])


def test_the_line_goes_through_the_medians_and_the_band_holds_all_seeds() -> None:
    errors = [np.array([0.3, 0.1, 0.2]), np.array([0.05, 0.06, 0.4]), np.zeros(0)]
    figure = setting_figure(SettingAxis("rate", [0.1, 0.2, 0.3]), errors, "rmse")
    (ax,) = figure.axes
    median = next(line for line in ax.get_lines() if line.get_label() == "median")
    assert np.allclose(median.get_ydata(), [0.2, 0.06])
    band = ax.collections[0].get_paths()[0].vertices
    assert {0.1, 0.3, 0.05, 0.4} <= {round(float(y), 9) for _, y in band}
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    assert "failed" in labels and "best: 0.06" in labels


def test_a_cell_of_the_map_holds_its_median_and_the_best_is_framed() -> None:
    first = SettingAxis("rate", [0.1, 0.2, 0.1, 0.2, 0.2])
    second = SettingAxis("shape", ["a", "a", "b", "b", "b"])
    figure = settings_map_figure(first, second, np.array([0.5, 0.4, np.nan, 0.1, 0.3]), "rmse")
    ax = figure.axes[0]
    table = np.ma.filled(ax.images[0].get_array(), np.nan)
    assert np.allclose(table, [[0.5, 0.4], [np.nan, 0.2]], equal_nan=True)
    assert {text.get_text() for text in ax.texts} == {"0.5", "0.4", "0.2", "failed"}
    assert (ax.patches[0].get_x() + 0.48, ax.patches[0].get_y() + 0.48) == (1.0, 1.0)


def test_scattered_draws_become_dots() -> None:
    rng = np.random.default_rng(1)
    first, second = (SettingAxis(n, rng.random(20).tolist()) for n in ("a", "b"))
    figure = settings_map_figure(first, second, rng.random(20))
    assert not figure.axes[0].images and len(figure.axes[0].collections[0].get_offsets()) == 20


VALUES = st.one_of(
    st.lists(st.sampled_from(["a", "b$", "1-2-1 tanh", "ä\n"]), min_size=4, max_size=4),
    st.lists(st.floats(-1e300, 1e300), min_size=4, max_size=4),
    st.lists(st.integers(-(10**20), 10**20), min_size=4, max_size=4),
    st.just([True, False, None, "x"]),
)
ERRORS = st.lists(
    st.sampled_from([0.0, 1e-300, 1e-9, 0.5, 1.0, 1e300, np.inf, np.nan]), min_size=4, max_size=4
)


@given(VALUES, VALUES, ERRORS)
@example([0.0, 3.0, 2.0, 1.0], [3.0, 2.0, 1.0, 3.8e293], [0.0] * 4)
@example([1e250, 1e-250, 2.0, 1.0], [1e-305, 2.0, 1.0, 3.0], [0.0] * 4)
@settings(max_examples=6, deadline=None)
def test_no_values_break_a_picture(
    first: list[object], second: list[object], errors: list[float]
) -> None:
    a, b, found = SettingAxis("a", first), SettingAxis("b", second), np.array(errors)
    for figure in (
        setting_figure(a, [np.array([error]) for error in errors]),
        settings_map_figure(a, b, found),
        parallel_figure([a, b, a], found),
    ):
        assert len(png(figure, dpi=30)) > 1000
