"""The clock only aborts a search: otherwise the network is the same on every machine."""

import itertools
import re
import subprocess
import sys
import time

import numpy as np
import pytest

import approximant as ap
from approximant import progress

PATIENT = 1e9  # seconds that no clock of these tests reaches


class Clock:
    """A clock that goes on by the same step whenever somebody looks at it."""

    def __init__(self, step):
        self._ticks = itertools.count()
        self.step = step

    def perf_counter(self):
        return self.step * next(self._ticks)


@pytest.fixture
def clock(monkeypatch):
    """Return what sets the seconds that pass between two looks at the clock."""

    def set_step(step):
        monkeypatch.setattr(progress, "time", Clock(step))

    return set_step


def table(d, noise=0.0):
    generator = np.random.default_rng(d)
    x = generator.uniform(-1, 1, (300, d))
    return x, np.sin(3 * x).sum(axis=1) + noise * generator.normal(size=300)


def vectorised(x, y):
    return np.exp(np.sin(3 * x) * y)


def single(x):
    return float(np.sin(20 * float(x)))


FITS = {
    "one input": ("0.3*x*sin(15*x) + abs(x - 1/3)", {"x": (0, 1)}, {"tol": 1e-8}),
    "two inputs": ("sin(3*x + y) + x*y^2", {"x": (-1, 1), "y": (-1, 1)}, {"tol": 1e-5}),
    "a callable": (vectorised, {"x": (-1, 1), "y": (-1, 1)}, {"tol": 1e-4}),
    "point by point": (single, {"x": (0, 1)}, {"tol": 1e-6}),
    "few evaluations": (single, {"x": (0, 1)}, {"tol": 1e-6, "max_evaluations": 500}),
    "a shape": ("sin(9*x)", {"x": (0, 1)}, {"tol": 1e-9, "network": "1-6-5-1 tanh"}),
    "rows": (table(1), None, {"tol": 1e-8}),
    "noisy rows": (table(2, noise=0.1), None, {"tol": 1e-3}),
}


@pytest.mark.parametrize("name", FITS)
def test_the_network_does_not_depend_on_the_speed_of_the_machine(name, clock):
    target, domain, options = FITS[name]
    reports = []
    for step in (1e-9, 1.0):
        clock(step)
        reports.append(ap.approximate(target, domain, seconds=PATIENT, **options))
    fast, slow = reports
    assert not fast.report.cut_by_time and not slow.report.cut_by_time
    assert slow.report.seconds > 100 * fast.report.seconds
    assert fast.network == slow.network
    assert fast.report.status == slow.report.status
    np.testing.assert_array_equal(fast.report.max_error, slow.report.max_error)
    assert fast.report.evaluations == slow.report.evaluations


@pytest.mark.parametrize("name", FITS)
def test_what_the_clock_cut_is_said(name, clock):
    target, domain, options = FITS[name]
    clock(1.0)
    f = ap.approximate(target, domain, seconds=5.0, **options)
    assert f.report.cut_by_time
    assert "Time ran out after 5 s" in f.report.status
    assert np.all(np.isfinite(f.report.max_error))


def test_the_estimator_does_not_depend_on_the_speed_of_the_machine(clock):
    pytest.importorskip("sklearn")
    fitted = []
    for step in (1e-9, 1.0):
        clock(step)
        model = ap.ApproximantRegressor(tol=1e-3, seconds=PATIENT, random_state=0)
        fitted.append(model.fit(*table(2)).approximant_)
    assert fitted[0].network == fitted[1].network
    assert not fitted[1].report.cut_by_time


class Slow:
    """A function that takes its time for every point, in calls of one point or of many."""

    def __init__(self, seconds, many):
        self.seconds, self.many, self.calls = seconds, many, 0

    def __call__(self, points):
        points = np.asarray(points, dtype=float)
        if points.ndim > 1 and len(points) > 1 and not self.many:
            raise TypeError("one point at a time")
        self.calls += 1
        time.sleep(self.seconds * (1 if points.ndim == 1 else len(points)))
        return np.sin(2 * points).sum(axis=-1)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize("d", [1, 2])
def test_a_slow_callable_gets_a_network_from_what_it_gave_in_time(d, many):
    domain = {name: (-1, 1) for name in "xy"[:d]}
    f = ap.approximate(Slow(0.004, many), domain, tol=1e-2, seconds=1.5)
    report = f.report
    assert report.cut_by_time
    assert "Time ran out after 1.5 s" in report.status
    (used,) = re.findall(r"The target is slow.*fitted to (\d+) evaluations", " ".join(report.notes))
    assert 10 <= int(used) <= report.evaluations
    assert 10 <= report.checked_points <= report.evaluations < 2000
    x = np.random.default_rng(0).uniform(-1, 1, (2000, d))
    assert np.abs(f(x) - np.sin(2 * x).sum(axis=1)).max() < 0.3


def test_a_training_on_a_slow_callable_is_measured_on_fewer_points():
    options = {"network": "1-4-1 tanh", "epochs": 2, "seed": 0}
    slow, fast = (
        ap.train(Slow(seconds, True), {"x": (-1, 1)}, sampling={"rows": 20}, **options).approximant
        for seconds in (0.01, 0.0)
    )
    assert slow.network == fast.network
    assert 100 <= slow.report.checked_points < 1000 < fast.report.checked_points
    assert any("The target is slow" in note for note in slow.report.notes)


def test_libraries_are_loaded_before_the_clock_runs():
    script = (
        "import sys, approximant as ap\n"
        "from approximant.approximant import _calls\n"
        "class Late(_calls.Watch):\n"
        "    def __init__(self, *args):\n"
        "        assert 'scipy.linalg.lapack' in sys.modules\n"
        "        super().__init__(*args)\n"
        "_calls.Watch = Late\n"
        "assert ap.approximate('sin(x)', {'x': (0, 1)}).report.met"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
