"""What a fit may do: settings, seeds, the number of evaluations, where the target is evaluated."""

import hashlib
import math
import os
import subprocess
import sys

import numpy as np
import pytest

import approximant as ap
from approximant.domain import Box

WIGGLE = "0.4*x^2 + 0.3*x*sin(15*x) + 0.01*cos(50*x) - 0.3"
UNIT = {"x": (0, 1)}
PLANE = {"x": (-1, 1), "y": (-1, 1)}


def fit(target, domain=UNIT, **options):
    return ap.approximate(target, domain, **{"seconds": 60.0, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"tol": 0}, "tol=0 and atol=0 ask for no error at all"),
        ({"tol": -1e-3}, "tol must be at least 0 and below 1; got -0.001"),
        ({"tol": math.nan}, "tol must be .*; got nan"),
        ({"tol": math.inf}, "tol must be .*; got inf"),
        ({"tol": 1.0}, "tol must be at least 0 and below 1; got 1"),
        ({"tol": "small"}, "tol must be a number; got 'small'"),
        ({"tol": True}, "tol must be a number; got True"),
        ({"atol": -1}, "atol must be at least 0 and at most .*; got -1"),
        ({"max_neurons": 0}, "max_neurons must be at least 1 and at most 20000; got 0"),
        ({"max_neurons": 2.5}, "max_neurons must be a whole number; got 2.5"),
        ({"seconds": 0}, "seconds must be at least 0.001; got 0"),
        ({"seed": -1}, "seed must be at least 0 .*; got -1"),
        ({"effort": "smal"}, "Unknown effort 'smal'; did you mean 'small'"),
        ({"outside": "panic"}, "Unknown outside 'panic'; did you mean"),
        ({"max_evaluations": 0}, "max_evaluations must be at least 1; got 0"),
    ],
)
def test_impossible_settings_are_refused(options, message):
    with pytest.raises(ap.SettingError, match=message):
        fit(WIGGLE, **options)


# --- reproducible, and within its limits

SCRIPT = f"""
import hashlib, approximant as ap
for target, domain in (({WIGGLE!r}, dict(x=(0, 1))), ("floor(3*x) + sqrt(x)", dict(x=(0, 2))),
                       ("sin(x + y)", dict(x=(0, 1), y=(0, 1)))):
    f = ap.approximate(target, domain, tol=1e-6, seed=3, seconds=60)
    for layer in f.network.layers:
        print(hashlib.sha256(layer.weights.tobytes() + layer.biases.tobytes()).hexdigest())
"""


def test_the_same_seed_gives_the_same_weights_in_another_process():
    env = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    one, two = (
        subprocess.run(
            [sys.executable, "-c", SCRIPT], capture_output=True, text=True, env=env, check=True
        ).stdout
        for _ in range(2)
    )
    assert one == two
    assert len(one.split()) >= 6


def test_the_same_seed_gives_the_same_weights_twice():
    digests = []
    for _ in range(2):
        f = fit(WIGGLE, tol=1e-9, seed=5)
        parts = [layer.weights.tobytes() for layer in f.network.layers]
        digests.append(hashlib.sha256(b"".join(parts)).hexdigest())
    assert digests[0] == digests[1]


class Counting:
    """A vectorised callable that remembers where it was evaluated."""

    def __init__(self, function):
        self.function, self.seen = function, []

    def __call__(self, points):
        self.seen.append(np.array(points))
        return self.function(points)

    @property
    def points(self):
        return np.concatenate(self.seen)


@pytest.mark.parametrize("scale", [1e-250, 1e-200, 1e160, 1e300])
def test_sizes_near_the_ends_of_the_floats_change_no_figure(scale):
    report = fit(f"{scale}*sin(9*x)", tol=1e-6).report
    x = np.linspace(0, 1, 100)
    of_rows = fit((x, scale * np.sin(9 * x)), None, tol=1e-6).report
    for found in (report, of_rows):
        assert found.met
        assert 0 < found.mae <= found.rmse <= found.max_error <= 1e-6 * scale


@pytest.mark.parametrize("scale", [1e302, 1.7e308])
def test_values_whose_sums_overflow_are_refused(scale):
    x = np.linspace(0, 1, 100)
    with pytest.raises(ap.TargetError, match=r"y is .*e\+30. at x=.*up to 1.07e\+301"):
        fit(f"{scale}*sin(9*x)", tol=1e-6)
    with pytest.raises(ap.TableError, match=r"y is .*e\+30. at x=.*up to 1.07e\+301"):
        fit((x, scale * np.sin(9 * x)), None, tol=1e-6)
    with pytest.raises(ap.SettingError, match="atol must be at least 0 and at most"):
        fit("x", atol=scale)


@pytest.mark.parametrize("limit", [60, 200, 1000, 5000])
@pytest.mark.parametrize("d", [1, 2])
def test_max_evaluations_is_a_hard_limit(limit, d):
    target = Counting(lambda p: np.sin(p).sum(axis=1))
    f = fit(target, dict(list(PLANE.items())[:d]), tol=1e-6, max_evaluations=limit, seconds=5)
    assert len(target.points) <= limit
    assert f.report.evaluations == len(target.points)
    fresh = np.random.default_rng(9).uniform(-1, 1, (2000, d))
    error = np.abs(f(fresh) - np.sin(fresh).sum(axis=1)).max()
    assert not f.report.met or error <= 1.05 * f.report.tolerance


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("measure", [None, False, True])
def test_a_callable_is_evaluated_inside_only_unless_allowed(d, measure):
    target = Counting(lambda p: np.exp(np.sin(3 * p)).sum(axis=1))
    domain = dict(list(PLANE.items())[:d])
    f = fit(target, domain, tol=1e-4, measure_outside=measure)
    inside = Box.from_intervals(domain).contains(target.points)
    assert inside.all() == (measure is not True)
    assert len(f.report.outside) == (8 * d if measure else 0)
    assert f.report.evaluations == len(target.points)


def test_a_formula_is_measured_outside_unless_told_not_to():
    outside = fit("sin(3*x)", tol=1e-8).report.outside
    assert [row.beyond for row in outside] == [0.01, 0.1, 0.5, 1.0] * 2
    assert outside[0].max_error < outside[3].max_error
    assert fit("sin(3*x)", tol=1e-8, measure_outside=False).report.outside == ()


def test_a_target_that_is_not_finite_is_refused():
    with pytest.raises(ap.TargetError, match="no finite value at .* All of them lie in x=0"):
        fit("1/floor(2*x)")


@pytest.mark.parametrize("limit", [1, 5])
def test_a_limit_too_low_to_begin_is_an_error(limit):
    with pytest.raises(ap.SettingError, match="max_evaluations leaves . evaluations"):
        ap.approximate("sin(x)", {"x": (0, 1)}, max_evaluations=limit)


def test_a_limit_reached_during_the_search_still_gives_a_network():
    # The line search wants more points than are left after probing so hard a target.
    hard = "sqrt(abs(x-0.3))+sin(200*x)"
    f = ap.approximate(hard, {"x": (0, 1)}, tol=1e-12, max_evaluations=45_000)
    assert not f.report.met
    assert 40_000 < f.report.evaluations <= 45_000
    assert "max_evaluations" in f.report.status
