"""ApproximantRegressor: scikit-learn's own checks, weights, pipelines, persistence, honesty."""

import io
import pickle
import subprocess
import sys

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.datasets import load_diabetes, make_friedman1
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import approximant as ap
from approximant.estimator import ApproximantRegressor


def regressor(**options):
    return ApproximantRegressor(**{"random_state": 0, **options})


def wave(x):
    return np.sin(3 * x[:, 0]) + x[:, 1] ** 2


def rows(n=300, d=2, seed=0, noise=0.0):
    generator = np.random.default_rng(seed)
    x = generator.uniform(-1, 1, (n, d))
    return x, wave(x) + noise * generator.standard_normal(n)


@parametrize_with_checks([ApproximantRegressor()], xfail_strict=True)
def test_scikit_learn_finds_nothing_to_object_to(estimator, check):
    check(estimator)


# --- what comes out


def test_the_report_tells_whether_the_tolerance_is_met():
    x, y = rows()
    report = regressor(tol=1e-3).fit(x, y).approximant_.report
    assert report.met
    assert report.max_error <= 1e-3 * np.abs(y).max()
    assert report.checked_on == "rows not used in the fit"


def test_the_approximant_inside_can_be_saved(tmp_path):
    x, y = rows()
    model = regressor().fit(x, y)
    model.approximant_.save(tmp_path / "wave.safetensors")
    again = ap.load(tmp_path / "wave.safetensors")
    at = x[again.inside(x)]
    np.testing.assert_array_equal(again(at), model.predict(at))


def test_columns_name_the_domain_and_the_outputs():
    x, y = rows()
    frame = pd.DataFrame(x, columns=["angle", "load"])
    model = regressor().fit(frame, pd.Series(y, name="force"))
    assert model.approximant_.domain.names == tuple(model.feature_names_in_) == ("angle", "load")
    assert model.approximant_.outputs == ("force",)
    assert model.predict(frame).shape == (300,)


def test_several_outputs():
    x, y = rows()
    both = np.column_stack([y, 100 * x[:, 0]])
    model = regressor(tol=1e-3).fit(x, both)
    fresh, _ = rows(seed=1)
    predicted = model.predict(fresh)
    assert predicted.shape == (300, 2)
    np.testing.assert_allclose(predicted[:, 1], 100 * fresh[:, 0], atol=1.0)


def test_a_column_that_never_varies_is_left_out():
    x, y = rows()
    wider = np.column_stack([x[:, 0], np.full(len(x), 7.0), x[:, 1]])
    model = regressor().fit(wider, y)
    assert model.columns_.tolist() == [0, 2]
    assert model.approximant_.domain.names == ("x1", "x2")
    np.testing.assert_array_equal(model.predict(wider), regressor().fit(x, y).predict(x))


def test_many_columns_are_no_obstacle():
    generator = np.random.default_rng(0)
    x = generator.standard_normal((200, 40))
    y = x[:, 3] - 2 * x[:, 17]
    fresh = generator.standard_normal((200, 40))
    predicted = regressor().fit(x, y).predict(fresh)
    np.testing.assert_allclose(predicted, fresh[:, 3] - 2 * fresh[:, 17], atol=0.05)


def test_units_of_inputs_and_outputs_do_not_matter():
    x, y = rows(noise=0.1)
    plain = regressor().fit(x, y).predict(x)
    scaled = (
        regressor().fit(x * [1e6, 1e-6] + [5e6, 0], 1e-4 * y).predict(x * [1e6, 1e-6] + [5e6, 0])
    )
    np.testing.assert_allclose(1e4 * scaled, plain, atol=0.05)


def test_the_same_random_state_gives_the_same_network():
    x, y = rows(noise=0.1)
    one, two = (regressor(random_state=3).fit(x, y) for _ in range(2))
    np.testing.assert_array_equal(one.predict(x), two.predict(x))


# --- noise


def test_noise_is_left_out():
    x, y = make_friedman1(500, noise=1.0, random_state=0)
    fresh, truth = make_friedman1(2000, noise=0.0, random_state=1)
    model = regressor().fit(x, y)
    assert np.sqrt(np.mean((model.predict(fresh) - truth) ** 2)) < 0.45
    assert model.approximant_.report.noise == pytest.approx(1.0, rel=0.15)


def test_a_noisy_line_gets_a_linear_function():
    generator = np.random.default_rng(0)
    x = generator.uniform(-1, 1, (120, 12))
    y = x @ np.arange(12) + 5 * generator.standard_normal(120)
    assert regressor().fit(x, y).approximant_.network.neurons == 1


def test_diabetes_is_as_good_as_a_well_tuned_line():
    x, y = load_diabetes(return_X_y=True)
    folds = KFold(5, shuffle=True, random_state=0)
    ours = cross_val_score(regressor(), x, y, cv=folds).mean()
    line = cross_val_score(make_pipeline(StandardScaler(), RidgeCV()), x, y, cv=folds).mean()
    assert ours > line - 0.03


# --- weights


def test_weight_zero_is_no_row_and_weight_three_is_three_rows():
    x, y = rows(n=120, noise=0.2)
    weights = np.random.default_rng(1).integers(0, 4, len(x))
    weighted = regressor().fit(x, y, sample_weight=weights)
    repeated = regressor().fit(x.repeat(weights, axis=0), y.repeat(weights))
    np.testing.assert_array_equal(weighted.predict(x), repeated.predict(x))


@pytest.mark.parametrize("options", [{}, {"network": "*-8-* tanh"}, {"method": "construct"},
                                     {"method": "train", "epochs": 30}])  # fmt: skip
@pytest.mark.parametrize("d", [1, 2])
def test_heavier_rows_pull_harder(d, options):
    # Two values at neighbouring places: the fit lies near those that count more.
    x, _ = rows(n=400, d=2)
    x = x[:, :d]
    high = np.arange(len(x)) % 2 == 0
    y = np.where(high, 1.0, 0.0)
    even = regressor(**options).fit(x, y).predict(x).mean()
    heavy = regressor(**options).fit(x, y, sample_weight=np.where(high, 9.5, 0.5)).predict(x).mean()
    assert even == pytest.approx(0.5, abs=0.15)
    assert heavy == pytest.approx(0.95, abs=0.05)


def test_only_proportions_of_weights_matter():
    x, y = rows(n=120, noise=0.2)
    weights = np.random.default_rng(1).uniform(0.5, 2, len(x))
    one, two = (regressor().fit(x, y, sample_weight=s * weights).predict(x) for s in (1.0, 4.0))
    np.testing.assert_allclose(one, two, rtol=1e-9)


def test_rows_without_any_weight_are_refused():
    x, y = rows()
    with pytest.raises(ValueError, match="weight"):
        regressor().fit(x, y, sample_weight=np.zeros(len(x)))
    with pytest.raises(ValueError, match="[Nn]egative"):
        regressor().fit(x, y, sample_weight=-np.ones(len(x)))


# --- outside the rows


def test_predict_does_not_warn_outside_but_the_approximant_does():
    x, y = rows()
    model = regressor().fit(x, y)
    far = np.array([[2.0, 2.0]])
    assert np.isfinite(model.predict(far)).all()
    assert not model.approximant_.inside(far).any()
    with pytest.warns(ap.OutsideDomainWarning, match="nothing is known"):
        model.approximant_(far)


def test_predict_obeys_another_policy():
    x, y = rows()
    far = np.array([[2.0, 2.0]])
    assert np.isnan(regressor(outside="nan").fit(x, y).predict(far)).all()
    with pytest.raises(ap.DomainError, match="lie outside"):
        regressor(outside="raise").fit(x, y).predict(far)


# --- in company


def test_cross_validation_search_and_pipeline():
    x, y = rows(n=150)
    pipeline = make_pipeline(StandardScaler(), regressor())
    grid = {"approximantregressor__network": ["*-1-* tanh", "*-6-* tanh"]}
    search = GridSearchCV(pipeline, grid, cv=3, n_jobs=2).fit(x, y)
    assert search.best_params_ == {"approximantregressor__network": "*-6-* tanh"}
    assert search.best_score_ > 0.95
    target = TransformedTargetRegressor(regressor(), transformer=StandardScaler())
    assert cross_val_score(target, x, y, cv=3).min() > 0.98


def test_clones_have_the_same_parameters_and_are_not_fitted():
    model = regressor(tol=1e-3, network="*-4-* tanh", optimizer="rmsprop")
    x, y = rows()
    assert clone(model.fit(x, y)).get_params() == model.get_params()
    assert not hasattr(clone(model), "approximant_")


@pytest.mark.parametrize("way", ["pickle", "joblib"])
def test_persistence(way):
    x, y = rows()
    model = regressor().fit(x, y)
    if way == "pickle":
        again = pickle.loads(pickle.dumps(model))
    else:
        file = io.BytesIO()
        joblib.dump(model, file)
        file.seek(0)
        again = joblib.load(file)
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again.approximant_.report.as_dict() == model.approximant_.report.as_dict()


# --- methods and settings


@pytest.mark.parametrize("method", ["auto", "construct", "refine"])
@pytest.mark.parametrize("d", [1, 2])
def test_every_method_fits(method, d):
    x, _ = rows()
    y = np.sin(3 * x[:, :d]).sum(axis=1)
    assert regressor(method=method).fit(x[:, :d], y).score(x[:, :d], y) > 0.999


def test_a_descent_follows_its_settings():
    x, y = rows()
    model = regressor(method="train", network="*-12-* tanh", optimizer="rmsprop", epochs=60,
                      learning_rate=0.01, loss="mae", seconds=300).fit(x, y)  # fmt: skip
    assert str(model.approximant_.network) == "2-12-1 tanh"
    assert len(model.history_) == 60
    assert model.score(x, y) > 0.9
    assert "rows that it was trained with" in model.approximant_.report.status


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "guess"}, "Unknown method 'guess'; known are auto, construct"),
        ({"tol": -1.0}, "tol must be at least 0"),
        ({"network": "3-4-1 tanh"}, "has 3 inputs and 1 outputs; the target has 2 and 1"),
        ({"network": "*-4 tanh nobody"}, "Cannot read the network|unknown|Unknown"),
        ({"method": "train", "optimizer": "adamm"}, "adam"),
    ],
)
def test_settings_are_checked_in_fit(options, message):
    x, y = rows(n=40)
    with pytest.raises(ap.SettingError, match=message):
        regressor(**options).fit(x, y)


def test_too_few_rows_are_named():
    with pytest.raises(ap.TableError, match="3 rows; at least 4"):
        regressor().fit([[1.0], [2.0], [3.0]], [1.0, 2.0, 3.0])


def test_an_unknown_policy_is_named():
    x, y = rows(n=40)
    with pytest.raises(ap.SettingError, match="Unknown outside 'clamp'"):
        regressor(outside="clamp").fit(x, y)


def test_without_scikit_learn_the_install_command_is_shown():
    code = (
        "import sys; sys.modules['sklearn'] = None; import approximant; "
        "approximant.ApproximantRegressor(tol=1e-3)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "pip install 'approximant[sklearn]'" in run.stderr.splitlines()[-1]
