"""The tolerance contract for tables: unseen rows decide, noise and scarcity are named."""

import numpy as np
import pytest

import approximant as ap

SINE_NOISE = 0.05


def fit(points, values, **options):
    return ap.approximate((points, values), **{"seconds": 30.0, **options})


def sine_table(seed, n=1000, noise=SINE_NOISE):
    generator = np.random.default_rng(seed)
    x = generator.uniform(0, 10, n)
    return x, np.sin(x) / 2.5 + noise * generator.normal(size=n)


@pytest.mark.parametrize("d", [1, 2])
def test_a_table_without_noise_is_met_on_unseen_rows(d):
    generator = np.random.default_rng(d)
    x = generator.uniform(-1, 1, (1500, d))

    def function(x):
        return np.sin(2 * x).sum(axis=1) + x[:, 0] ** 2

    f = fit(x, function(x), tol=1e-4)
    assert f.report.met
    assert "rows not used in the fit" in f.report.status
    assert f.report.noise is None
    assert sum(f.report.rows) == 1500
    assert f.report.checked_points == f.report.rows[2]
    fresh = generator.uniform(-0.9, 0.9, (2000, d))
    fresh = fresh[f.inside(fresh)]
    assert len(fresh) > 1000
    assert np.abs(f(fresh) - function(fresh)).max() <= 3 * f.report.tolerance


@pytest.mark.parametrize("seed", range(4))
def test_noise_is_recognised_and_left_out(seed):
    f = fit(*sine_table(seed))
    assert not f.report.met
    assert "noise floor at about 0.0" in f.report.status
    assert f.report.noise == pytest.approx(SINE_NOISE, rel=0.1)
    x = np.linspace(0.05, 9.95, 2000)
    assert np.sqrt(np.mean((f(x) - np.sin(x) / 2.5) ** 2)) < 0.015


def test_a_tolerance_of_several_times_the_noise_is_met():
    f = fit(*sine_table(0), tol=0, atol=6 * SINE_NOISE)
    assert f.report.met
    assert f.report.neurons < 20


def test_duplicate_rows_change_nothing():
    x, y = sine_table(1, n=300, noise=0.0)
    plain, twice = fit(x, y, tol=1e-3), fit(np.tile(x, 2), np.tile(y, 2), tol=1e-3)
    assert plain.report.met and twice.report.met
    assert sum(twice.report.rows) == 600
    at = np.linspace(0.5, 9.5, 200)
    np.testing.assert_allclose(twice(at), plain(at), atol=2e-3)


def test_contradicting_rows_tell_the_noise():
    generator = np.random.default_rng(0)
    x = np.repeat(np.linspace(0, 3, 100), 4)
    y = np.sin(x) + 0.02 * generator.normal(size=len(x))
    f = fit(x, y, tol=1e-8)
    assert not f.report.met
    assert f.report.noise == pytest.approx(0.02, rel=0.15)
    assert any("400 rows have the inputs of another row" in note for note in f.report.notes)
    at = np.linspace(0.1, 2.9, 200)
    assert np.sqrt(np.mean((f(at) - np.sin(at)) ** 2)) < 0.01


def test_too_few_rows_are_named():
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (25, 2))
    f = fit(x, np.sin(5 * x[:, 0]) * np.cos(4 * x[:, 1]), tol=1e-6)
    assert not f.report.met
    assert "rows" in f.report.status
    assert np.isfinite(f.report.max_error)


@pytest.mark.parametrize("rows", [1, 2])
def test_hardly_any_rows_are_refused(rows):
    with pytest.raises((ap.TableError, ap.DomainError), match="row"):
        fit(np.arange(rows, dtype=float), np.arange(rows, dtype=float))


def test_a_constant_column_of_outputs():
    x = np.random.default_rng(0).uniform(0, 1, 200)
    f = fit(x, np.full(200, 7.0), tol=1e-6)
    assert f.report.met
    np.testing.assert_allclose(f(np.linspace(0.1, 0.9, 9)), 7.0, rtol=1e-6)


def test_several_outputs_of_a_table():
    x = np.random.default_rng(0).uniform(0, 3, 800)
    f = fit(x, np.stack([np.sin(x), 100 * np.cos(x)], axis=1), tol=1e-3)
    assert f.report.met
    at = np.linspace(0.1, 2.9, 50)
    np.testing.assert_allclose(f(at)[:, 1], 100 * np.cos(at), atol=0.2)


@pytest.mark.parametrize("seed", range(3))
def test_noise_on_many_inputs_stays_out_and_is_known(seed):
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, (600, 6))
    truth = np.sin(3 * x[:, 0]) * x[:, 1] + x[:, 2]
    f = fit(x, truth + 0.3 * generator.normal(size=600), outside="allow")
    assert "noise floor" in f.report.status
    assert f.report.noise == pytest.approx(0.3, rel=0.15)
    assert np.sqrt(np.mean((f(x) - truth) ** 2)) < 0.12


def test_gaps_between_rows_are_outside():
    generator = np.random.default_rng(0)
    x = np.concatenate([generator.uniform(0, 1, 500), generator.uniform(9, 10, 500)])
    f = fit(x, np.sin(x), tol=1e-3)
    assert f.inside([0.5, 5.0, 9.5]).tolist() == [True, False, True]
    assert f.report.empty_share > 0.5
    with pytest.warns(ap.OutsideDomainWarning, match="no row of the table is near"):
        f(5.0)


@pytest.mark.parametrize(
    "network", ["1-12-1 tanh", "1-6-4-1 tanh", "1-8-1 4 sin+4 gaussian nobias", "1-20-1 relu"]
)
def test_the_shape_asked_for_is_the_shape_returned(network):
    f = fit(*sine_table(0), network=network, seconds=10)
    assert str(f.network) == network
    assert f.report.rmse < 0.2


def test_verification_rows_take_no_part_in_the_fit():
    # Changing only those rows must leave every weight alone.
    from approximant.targets import read_target

    x, y = sine_table(0, n=400, noise=0.0)
    verify = np.isin(x, read_target((x, y)).verify.points[:, 0])
    assert 0 < verify.sum() < 200
    changed = np.where(verify, 0.5 * y, y)  # smaller values: the scale stays what it was
    one, two = fit(x, y, tol=1e-3), fit(x, changed, tol=1e-3)
    for a, b in zip(one.network.layers, two.network.layers, strict=True):
        np.testing.assert_array_equal(a.weights, b.weights)
    assert one.report.met and not two.report.met


def test_the_same_seed_gives_the_same_weights():
    one, two = (fit(*sine_table(3), seed=4) for _ in range(2))
    for a, b in zip(one.network.layers, two.network.layers, strict=True):
        np.testing.assert_array_equal(a.weights, b.weights)


# --- the best network found is returned, whatever its rounding


@pytest.mark.parametrize("tol", [1e-13, 1e-14, 1e-15, 1e-18])
def test_a_tolerance_near_rounding_gets_the_best_network_found(tol):
    x = np.linspace(0, 1, 400)
    f = fit(x, np.sin(x), tol=tol)
    assert f.report.max_error < 1e-13
    assert f.report.met == ("Not met" not in f.report.status)
    if not f.report.met:
        assert "rounding of float64" in f.report.status
        assert f.report.noise is None


def test_two_inputs_and_a_tolerance_below_rounding():
    x = np.random.default_rng(0).uniform(-1, 1, (300, 2))
    f = fit(x, x[:, 0] + 2 * x[:, 1], tol=1e-17)
    assert not f.report.met
    assert f.report.max_error < 1e-13
    assert "rounding of float64" in f.report.status


@pytest.mark.parametrize("d", [1, 2])
def test_hardly_any_time_gives_a_network_all_the_same(d):
    x = np.random.default_rng(0).uniform(-1, 1, (300, d))
    f = fit(x, np.sin(9 * x).sum(axis=1), tol=1e-9, seconds=0.001)
    assert f.report.cut_by_time and not f.report.met
    assert "Time ran out" in f.report.status


# --- rows at few different points


def few_points(d, repeats):
    side = np.arange(10.0) if d == 1 else np.arange(4.0)
    grid = np.stack(np.meshgrid(*[side] * d), axis=-1).reshape(-1, d)
    return np.tile(grid, (repeats, 1))


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("repeats", [2, 20])
def test_exact_repeats_at_few_points_are_no_noise(d, repeats):
    x = few_points(d, repeats)
    f = fit(x, np.exp(x).sum(axis=1) * np.cos(3 * x[:, -1]), tol=1e-9)
    report = f.report
    assert not report.met
    assert report.noise is None
    assert f"lie at only {len(x) // repeats} different points" in report.status
    assert "agree exactly" in report.status
    assert "noise floor" not in report.status
    assert f"{report.rows[2]} rows not used in the fit (at " in report.status


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("noise", [0.05, 3.0])
def test_scatter_at_few_points_is_the_noise(d, noise):
    x = few_points(d, 20)
    y = (x**2).sum(axis=1) + noise * np.random.default_rng(1).normal(size=len(x))
    f = fit(x, y)
    assert f.report.noise == pytest.approx(noise, rel=0.2)
    assert "Rows at the same point scatter" in f.report.status
    assert "different points" in f.report.status


def test_few_rows_without_repeats_are_no_noise():
    x = np.linspace(0, 9, 10)
    f = fit(x, x**2)
    assert not f.report.met and f.report.noise is None
    assert "There are only 10 rows, and 6 of them were fitted" in f.report.status


def test_exact_repeats_at_many_points_are_no_noise_either():
    generator = np.random.default_rng(0)
    x = np.tile(generator.uniform(0, 1, 60), 5)
    f = fit(x, np.sin(1e4 * x))  # varies too fast for its rows, and looks like noise
    assert not f.report.met
    assert f.report.noise is None
    assert "agree exactly: unless they are copies, there is no noise" in f.report.status


def test_what_still_depends_on_the_inputs_is_not_called_noise():
    x = np.linspace(0, 1, 2000)
    f = fit(x, np.sin(60 * x), tol=1e-8, max_neurons=4)
    assert not f.report.met
    assert f.report.noise is None
    assert "still depends on the inputs" in f.report.status


@pytest.mark.parametrize("n", [4, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_fewest_rows_give_a_network_and_a_reason(n, seed):
    f = fit(np.arange(float(n)), np.arange(float(n)) ** 3, tol=1e-6, seed=seed)
    assert not f.report.met
    assert f"There are only {n} rows" in f.report.status


@pytest.mark.parametrize("n", [50, 60, 100])
def test_waves_and_smooth_peaks_without_noise_are_not_called_noise(n):
    x = np.linspace(0, 1, n)
    for y in (np.sin(40 * x), 1 / (1 + 25 * x * x), np.sin(9 * x)):
        assert fit(x, y, tol=1e-12).report.noise is None


def test_rounding_is_not_blamed_for_errors_far_above_it():
    x = np.linspace(0, 1, 60)
    assert "rounding" not in fit(x, 1 / (1 + 25 * x * x), tol=1e-14).report.status
    near = fit(x, np.sin(x), tol=1e-16).report
    assert "The tolerance is near the rounding of float64" in near.status


def test_the_network_is_kept_where_rows_are_too_few_for_any_statement():
    x = np.linspace(0, 1, 60)
    f = fit(x, np.sin(x), tol=1e-6, certify=True)
    assert not f.report.met and f.report.certificate is None
    assert f.report.status.endswith("too few for a statement; at least 30 are needed.")
    assert abs(f(0.5) - np.sin(0.5)) < f.report.tolerance
