"""Table targets: how rows are split, which region they cover, what repeated rows tell."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.errors import TableError
from approximant.targets import Table, read_target

PARTS = ("fit", "choose", "verify")


def uniform(n, d, seed=0):
    return np.random.default_rng(seed).random((n, d))


def wave(x):
    return np.sin(5 * x).sum(axis=1)


def stacked(target):
    parts = [getattr(target, part) for part in PARTS]
    return np.concatenate([np.column_stack((part.points, part.values)) for part in parts])


def sorted_rows(rows):
    return rows[np.lexsort(rows.T)]


# --- the split


@given(
    n=st.integers(5, 60),
    d=st.integers(1, 4),
    repeats=st.integers(1, 3),
    seed=st.integers(0, 100),
)
def test_every_row_is_in_one_part_and_equal_rows_fall_together(n, d, repeats, seed):
    x = np.repeat(uniform(n, d, seed), repeats, axis=0)
    y = np.arange(len(x))
    target = read_target((x, y), seed=seed)
    np.testing.assert_array_equal(
        sorted_rows(stacked(target)), sorted_rows(np.column_stack((x, y)))
    )
    held = max(1, round(0.2 * n))
    assert target.rows == ((n - 2 * held) * repeats, held * repeats, held * repeats)
    assert target.evaluations == len(x)
    inputs = [{tuple(point) for point in getattr(target, part).points} for part in PARTS]
    assert not (inputs[0] & inputs[1] or inputs[0] & inputs[2] or inputs[1] & inputs[2])


def test_the_split_does_not_depend_on_the_order_of_rows():
    x = np.repeat(uniform(200, 3), 2, axis=0)
    y = np.random.default_rng(1).normal(size=400)
    order = np.random.default_rng(2).permutation(400)
    np.testing.assert_array_equal(
        stacked(read_target((x, y))), stacked(read_target((x[order], y[order])))
    )


def test_the_split_is_the_same_in_another_process():
    code = (
        "import numpy as np; from approximant.targets import read_target\n"
        "x = np.linspace(0, 1, 50); print(read_target((x, x)).verify.points[:, 0].tolist())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    x = np.linspace(0, 1, 50)
    assert out.stdout.strip() == str(read_target((x, x)).verify.points[:, 0].tolist())
    # The hash is part of what a seed promises: these rows verify on every platform.
    assert read_target((np.arange(10.0), np.arange(10.0))).verify.points[:, 0].tolist() == [
        5.0,
        2.0,
    ]


def test_another_seed_is_another_split():
    x = uniform(100, 2)
    verify = [
        {tuple(p) for p in read_target((x, x), seed=seed).verify.points} for seed in (0, 1, -1)
    ]
    assert verify[0] != verify[1] != verify[2] != verify[0]


def test_minus_zero_is_zero():
    x = np.array([0.0, -0.0, 1, 2, 3, 4])
    target = read_target((x, np.arange(6)))
    together = [part for part in PARTS if 0.0 in getattr(target, part).points]
    assert len(together) == 1
    assert target.replicate_noise is not None


def test_the_first_rows_of_a_part_are_a_fair_sample():
    x = np.linspace(0, 1, 10_000)
    target = read_target((x, x))
    for part in PARTS:
        first = np.sort(getattr(target, part).points[:200, 0])
        # Kolmogorov-Smirnov distance from the uniform distribution; 1.95/sqrt(n) is its 0.1 %.
        assert np.abs(first - (np.arange(200) + 0.5) / 200).max() < 1.95 / np.sqrt(200)


@pytest.mark.parametrize("d", [1, 3])
def test_the_ends_of_every_input_are_fitted(d):
    x = uniform(100, d)
    fit = read_target((x, wave(x))).fit.points
    np.testing.assert_array_equal(fit.min(axis=0), x.min(axis=0))
    np.testing.assert_array_equal(fit.max(axis=0), x.max(axis=0))


@pytest.mark.parametrize(
    ("x", "message"),
    [
        ([1.0], "The table has 1 row; at least 4 with different inputs are needed: 2 to fit"),
        ([1.0, 2.0, 3.0], "The table has 3 rows; at least 4"),
        ([1.0, 2.0] * 10, "The table has 20 rows, only 2 of them with different inputs"),
    ],
)
def test_too_few_rows_are_an_error(x, message):
    with pytest.raises(TableError, match=message):
        read_target((x, np.arange(len(x))))


# --- domain


def test_the_domain_is_the_bounding_box_unless_given():
    x = uniform(50, 2)
    box = read_target((x, wave(x))).domain
    np.testing.assert_array_equal(box.lower, x.min(axis=0))
    np.testing.assert_array_equal(box.upper, x.max(axis=0))
    assert read_target((x, wave(x)), {"x1": (-1, 2), "x2": (0, 1)}).domain.lows == (-1.0, 0.0)


def test_rows_outside_the_domain_are_left_out_and_counted():
    x = uniform(100, 2)
    target = read_target((x, wave(x)), {"x1": (0, 0.5)})
    inside = x[:, 0] <= 0.5
    assert sum(target.rows) == inside.sum()
    assert target.domain.highs == (0.5, x[inside, 1].max())
    assert target.notes == (
        f"{100 - inside.sum()} of 100 rows lie outside the domain and are left out.",
    )
    with pytest.raises(TableError, match="100 of 100 rows lie outside the domain: no row remains"):
        read_target((x, wave(x)), {"x1": (5, 6)})


@pytest.mark.parametrize("value", [3.0, 1e9, -0.1])
def test_an_input_without_variation_is_an_error(value):
    x = np.column_stack((uniform(50, 2), np.full(50, value)))
    x[::2, 2] = np.nextafter(value, 0)
    with pytest.raises(TableError, match=r"'x3' is .* in all 50 rows.*inputs=\['x1', 'x2'\]"):
        read_target((x, wave(x)))
    with pytest.raises(TableError, match="'x' is 1 in all 9 rows.*choose an input that varies"):
        read_target((np.ones(9), np.arange(9)))


def test_a_constant_output_is_fine():
    target = read_target((uniform(50, 2), np.full(50, -3.0)))
    assert (target.scale[0], target.low[0], target.high[0]) == (3.0, -3.0, -3.0)


def test_extremes_are_those_of_all_rows():
    x = uniform(60, 2)
    y = np.column_stack((wave(x), -(x[:, 0] ** 2)))
    target = read_target((x, y))
    np.testing.assert_array_equal(target.scale, np.abs(y).max(axis=0))
    np.testing.assert_array_equal(target.scale_points, x[np.abs(y).argmax(axis=0)])
    np.testing.assert_array_equal(target.low, y.min(axis=0))
    np.testing.assert_array_equal(target.high, y.max(axis=0))


def test_the_fingerprint_tells_tables_apart():
    x = uniform(20, 2)
    table = Table.from_arrays(x, wave(x))
    prints = {read_target(table).fingerprint, read_target(table, seed=5).fingerprint}
    assert len(prints) == 1 and len(prints.pop()) == 64
    changed = wave(x)
    changed[7] = np.nextafter(changed[7], 9)
    others = [(x, changed), (x[:19], wave(x)[:19]), (x[::-1], wave(x)[::-1])]
    prints = {read_target(pair).fingerprint for pair in others}
    prints.add(read_target(Table.from_arrays(x, wave(x), inputs=["a", "b"])).fingerprint)
    assert len(prints - {read_target(table).fingerprint}) == 4


# --- rows with equal inputs


def test_contradicting_rows_are_kept_and_tell_the_noise():
    rng = np.random.default_rng(3)
    x = np.repeat(uniform(300, 2), 4, axis=0)
    noise = rng.normal(size=(1200, 2)) * [0.05, 2.0]
    y = 1e6 + np.column_stack((wave(x), wave(x))) + noise
    target = read_target((x, y))
    # The pooled estimate has a relative standard error of 1/sqrt(2 * 900) = 2.4 %.
    np.testing.assert_allclose(target.replicate_noise, [0.05, 2.0], rtol=0.1)
    expected = noise.reshape(300, 4, 2).var(axis=1, ddof=1).mean(axis=0) ** 0.5
    np.testing.assert_allclose(target.replicate_noise, expected, rtol=1e-6)
    assert target.replicate_freedom == 900
    spread = np.ptp(noise.reshape(300, 4, 2)[:, :, 1], axis=1).max()
    assert sum(target.rows) == 1200
    assert (
        f"1,200 rows have the inputs of another row but other outputs, up to {spread:.3g}"
        in (target.notes[0])
    )


def test_rows_that_only_repeat_tell_nothing():
    x = np.tile(uniform(40, 2), (3, 1))
    target = read_target((x, wave(x)))
    assert (target.replicate_noise, target.replicate_freedom, target.notes) == (None, 0, ())
    assert sum(target.rows) == 120


# --- the region


def empty(x, **options):
    return read_target((x, np.arange(len(x))), **options).empty_share


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("n", [200, 1000, 3000, 20_000])
def test_gaps_between_neighbours_of_one_input_are_inside(n, seed):
    assert empty(uniform(n, 1, seed)) == 0
    assert empty(np.linspace(0, 1, n)) == 0
    assert empty(uniform(n, 1, seed) ** 2) < 0.01  # sparse at its upper end


@pytest.mark.parametrize("n", [50, 500, 5000])
def test_a_hole_of_one_input_is_outside(n):
    x = uniform(n, 1)
    x = np.where(x < 0.5, x, x + 9)  # covers [0, 0.5] and [9.5, 10]
    assert empty(x) == pytest.approx(0.9, abs=0.02)


def test_a_few_rows_missing_from_an_even_grid_are_a_hole():
    x = np.linspace(0, 1, 1001)
    assert empty(np.delete(x, range(400, 420))) == pytest.approx(0.021 - 0.002, abs=0.004)


def test_rows_in_close_pairs_do_not_break_the_region():
    x = np.linspace(0, 1, 100)
    assert empty(np.concatenate((x, x[:-1] + 1e-9))) == 0


@pytest.mark.parametrize("d", [2, 4, 8])
def test_random_rows_cover_their_box(d):
    assert empty(uniform(5000, d)) < 0.005


@pytest.mark.parametrize("levels", [(100, 3), (10, 10, 10), (2, 2, 2, 2, 2, 2)])
def test_a_full_grid_leaves_nothing_empty(levels):
    axes = np.meshgrid(*[np.linspace(0, 1 + k, n) for k, n in enumerate(levels)])
    assert empty(np.column_stack([axis.ravel() for axis in axes])) == 0


def test_rows_along_a_curve_leave_their_box_empty():
    t = np.linspace(0, 1, 2000)
    assert 0.98 < empty(np.column_stack((t, t**2))) < 1
    assert empty(uniform(500, 1), domain={"x": (0, 4)}) == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("n", [30, 900, 4000, 30_000])
def test_rows_lie_in_their_own_region_but_for_a_few(n):
    x = np.random.default_rng(0).normal(size=(n, 3))
    target = read_target((x, x[:, 0]))
    unit = (x - target.domain.lower) / target.domain.width
    assert target.region.contains(unit).mean() >= 0.998
    assert len(target.region.anchors) == min(n, 1000)
    assert not target.region.contains(np.full((1, 3), 2.0)).any()
    assert not target.region.contains(np.full((1, 3), np.nan)).any()
