"""Measuring: peaks between points are found, points are fresh, the report of it is exact."""

import numpy as np
import pytest
from handmade import make_model, near_target

from approximant.domain import Box
from approximant.measure import measure_function, measure_outside, measure_rows

ONE = np.ones(1)


def box(d):
    return Box(tuple("xyzuvw"[:d]), (-1.0,) * d, (3.0,) * d)


def zero(points):
    return np.zeros((len(points), 1))


def measured(target, model, where, seed=0, points=4096, tolerance=ONE, watched=None):
    return measure_function(
        target,
        model,
        where,
        tolerance,
        points=points,
        generator=np.random.default_rng(seed),
        watched=watched,
    )


def recording(function):
    def record(points):
        record.points.append(np.array(points))
        return function(points)

    record.points = []
    return record


# --- peaks


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("centre", [-0.9, 0.123456, 2.999])
def test_a_peak_narrower_than_the_points_is_climbed(seed, centre):
    width = 4.0 / 4096  # one spacing

    def target(x):
        return np.exp(-(((x - centre) / width) ** 2)) + 0.3 * np.sin(x)

    def model(x):
        return 0.3 * np.sin(x)

    errors = measured(target, model, box(1), seed)
    assert errors.max_error[0] == pytest.approx(1.0, rel=1e-3)
    assert errors.worst_points[0, 0] == pytest.approx(centre, abs=0.1 * width)


@pytest.mark.parametrize("d", [2, 3])
def test_peaks_of_several_inputs_are_climbed(d):
    centre = np.linspace(0.1, 1.7, d)

    def target(x):
        return np.exp(-20 * ((x - centre) ** 2).sum(axis=1, keepdims=True))

    errors = measured(target, zero, box(d), points=5000)
    assert errors.max_error[0] == pytest.approx(1.0, rel=1e-3)
    np.testing.assert_allclose(errors.worst_points[0], centre, atol=0.02)


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_errors_in_the_corners_are_seen(d):
    def target(x):
        return (x == 3.0).all(axis=1, keepdims=True).astype(float)

    errors = measured(target, zero, box(d))
    assert errors.max_error[0] == 1.0
    np.testing.assert_array_equal(errors.worst_points[0], box(d).upper)


def test_errors_on_the_faces_are_seen():
    def target(x):
        return (x[:, 1:2] == -1.0).astype(float)

    assert measured(target, zero, box(3)).max_error[0] == 1.0


def test_watched_places_and_the_floats_beside_them_are_looked_at():
    place = 0.3
    neighbours = [np.nextafter(place, -np.inf), place, np.nextafter(place, np.inf)]
    for spot in neighbours:
        errors = measured(
            lambda x, spot=spot: (x == spot).astype(float),
            zero,
            box(1),
            watched=np.array([[place]]),
        )
        assert errors.max_error[0] == 1.0


def test_a_singular_watched_place_is_approached_at_all_distances():
    target = recording(zero)
    measured(target, zero, box(1), watched=np.array([[0.3]]))
    distance = np.abs(np.concatenate(target.points) - 0.3)
    octaves = np.unique(np.floor(np.log2(distance[distance > 0])))
    assert set(range(-50, 1)) <= set(octaves)


# --- what is reported is what was seen


@pytest.mark.parametrize("d", [1, 2, 4])
@pytest.mark.parametrize("m", [1, 3])
def test_the_worst_point_attains_the_largest_error(d, m):
    model = make_model(d, m)
    target = near_target(model)
    tolerance = np.full(m, 1e-5)
    errors = measured(target, model.evaluate, model.domain, tolerance=tolerance)
    for k in range(m):
        at = errors.worst_points[k : k + 1]
        error = np.abs(target(at) - model.evaluate(at))[0, k]
        # One row and many are summed in different orders.
        assert error == pytest.approx(errors.max_error[k], abs=1e-14)
    assert errors.ratio(tolerance) == pytest.approx(errors.max_error.max() / 1e-5)


@pytest.mark.parametrize("d", [1, 3])
def test_every_point_is_counted_and_inside(d):
    target = recording(lambda x: np.sin(x).sum(axis=1, keepdims=True))
    watched = np.full((3, d), 0.5)
    errors = measured(target, zero, box(d), watched=watched)
    points = np.concatenate(target.points)
    assert errors.checked == len(points)
    assert box(d).contains(points).all()
    largest = np.abs(np.sin(points).sum(axis=1)).max()
    assert errors.max_error[0] == pytest.approx(largest, rel=1e-15)


def test_averages_are_those_of_evenly_spread_points():
    errors = measured(lambda x: x, zero, Box(("x",), (0.0,), (1.0,)))
    assert errors.mae[0] == pytest.approx(1 / 2, abs=1e-3)
    assert errors.rmse[0] == pytest.approx(3**-0.5, abs=1e-3)
    # Watched places crowd, but must not weigh on an average over the domain.
    crowded = measured(
        lambda x: x, zero, Box(("x",), (0.0,), (1.0,)), watched=np.linspace(0, 0.01, 300)[:, None]
    )
    assert crowded.mae[0] == pytest.approx(1 / 2, abs=1e-3)


def test_a_model_that_is_not_finite_somewhere_is_never_good():
    errors = measured(zero, lambda x: np.where(x > 2.9, np.nan, 0.0), box(1))
    assert not errors.max_error[0] <= 1e300


def test_outputs_are_weighed_by_their_tolerance():
    def target(x):
        bump = np.exp(-(((x - 1.0) / 1e-3) ** 2))
        return np.hstack([1e6 * np.ones_like(x), 1e-6 * bump])

    errors = measured(
        target, lambda x: np.zeros((len(x), 2)), box(1), tolerance=np.array([1e7, 1e-6])
    )
    np.testing.assert_allclose(errors.max_error, [1e6, 1e-6], rtol=1e-3)


# --- freshness


@pytest.mark.parametrize("d", [1, 2])
def test_another_generator_looks_at_other_points(d):
    seen = []
    for seed in (1, 2):
        target = recording(zero)
        measured(target, zero, box(d), seed)
        seen.append({tuple(point) for point in np.concatenate(target.points)})
    corners = {point for point in seen[0] if set(point) <= {-1.0, 3.0}}
    assert (seen[0] & seen[1]) <= corners


def test_the_same_generator_looks_at_the_same_points():
    one, two = (measured(lambda x: np.sin(9 * x), zero, box(1), 3) for _ in range(2))
    assert one.max_error == two.max_error
    assert one.checked == two.checked


# --- rows


def test_rows_are_measured_exactly():
    values = np.array([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    predicted = np.array([[1.5, 10.0], [2.0, 17.0], [3.0, 31.0]])
    points = np.array([[0.0], [1.0], [2.0]])
    errors = measure_rows(values, predicted, points)
    np.testing.assert_array_equal(errors.max_error, [0.5, 3.0])
    np.testing.assert_array_equal(errors.worst_points, [[0.0], [1.0]])
    np.testing.assert_allclose(errors.rmse, [0.5 / 3**0.5, (10 / 3) ** 0.5])
    np.testing.assert_allclose(errors.mae, [0.5 / 3, 4 / 3])
    assert errors.checked == 3


# --- outside


def test_growth_outside_is_measured_where_it_says():
    target = recording(lambda x: np.abs(x - 1).sum(axis=1, keepdims=True))
    rows = measure_outside(target, zero, box(1), np.random.default_rng(0))
    assert [(row.input, row.side, row.beyond) for row in rows] == [
        ("x", side, beyond) for side in ("below", "above") for beyond in (0.01, 0.1, 0.5, 1.0)
    ]
    for row in rows:
        assert row.max_error == pytest.approx(2 + 4 * row.beyond)


def test_one_input_leaves_at_a_time():
    target = recording(zero)
    where = box(3)
    rows = measure_outside(target, zero, where, np.random.default_rng(0))
    assert len(rows) == len(target.points) == 24
    for row, points in zip(rows, target.points, strict=True):
        out = (points < where.lower) | (points > where.upper)
        assert out.sum(axis=1).tolist() == [1] * len(points)
        assert out[:, where.names.index(row.input)].all()


def test_where_the_target_ends_the_error_is_unknown():
    root = np.errstate(invalid="ignore")(lambda x: np.sqrt(x + 1))
    rows = measure_outside(root, zero, box(1), np.random.default_rng(0))
    unknown = [np.isnan(row.max_error) for row in rows]
    assert unknown == [True] * 4 + [False] * 4


def test_several_outputs_outside():
    rows = measure_outside(
        lambda x: np.hstack([x, 2 * x]),
        lambda x: np.zeros((len(x), 2)),
        box(1),
        np.random.default_rng(0),
    )
    np.testing.assert_allclose(rows[-1].max_error, [7.0, 14.0])
