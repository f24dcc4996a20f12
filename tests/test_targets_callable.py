"""Callables: called the way they want, counted call by call, and never beyond their domain."""

import functools
import math
import warnings

import numpy as np
import pytest

from approximant.errors import DomainError, SettingError, TargetError
from approximant.progress import Watch
from approximant.targets import read_target

UNIT = {"x": (0, 1)}
PLANE = {"x": (0, 1), "z": (-2, 2)}
SPACE = {"a": (0, 1), "b": (1, 2), "c": (2, 3)}


def domain(d):
    return {f"x{k}": (0, 1 + k) for k in range(d)}


def points(target, n=20, seed=0):
    return target.domain.from_unit(np.random.default_rng(seed).random((n, target.domain.dimension)))


class Recorder:
    """Wraps a function of one input; remembers every point that it receives."""

    def __init__(self, function):
        self.function, self.points = function, []

    def __call__(self, x):
        self.points.append(np.reshape(np.array(x, dtype=float), (-1, 1)))
        return self.function(x)

    @property
    def count(self):
        return sum(len(part) for part in self.points)


# --- what it receives


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_one_parameter_receives_rows(d):
    shapes = set()

    def f(p):
        shapes.add(p.shape[1:])
        return np.sin(p).sum(axis=1)

    target = read_target(f, domain(d))
    at = points(target)
    np.testing.assert_allclose(target(at)[:, 0], np.sin(at).sum(axis=1))
    assert shapes == {(d,)}
    assert target.notes == ()


@pytest.mark.parametrize("d", [2, 3, 4])
def test_d_parameters_receive_columns(d):
    shapes = set()

    def f(*columns):
        shapes.add(columns[0].shape)
        return sum(k * np.cos(column) for k, column in enumerate(columns))

    named = {
        2: lambda a, b: f(a, b),
        3: lambda a, b, c: f(a, b, c),
        4: lambda a, b, c, d: f(a, b, c, d),
    }
    for function in (f, named[d]):
        target = read_target(function, domain(d))
        at = points(target)
        expected = (np.cos(at) * np.arange(d)).sum(axis=1)
        np.testing.assert_allclose(target(at)[:, 0], expected, rtol=1e-14)
    assert (20,) in shapes


def test_parameters_with_defaults_are_no_inputs():
    def f(x, k=2.0, *, shift=1.0):
        return k * x + shift

    np.testing.assert_allclose(read_target(f, UNIT)(np.array([[0.5]])), [[2.0]])
    np.testing.assert_allclose(read_target(lambda x=0.0: 2 * x, UNIT)(np.array([[0.5]])), [[1.0]])


def test_parameters_named_like_inputs_receive_them_by_name():
    target = read_target(lambda z, x: 100 * z + x, PLANE)
    np.testing.assert_allclose(target(np.array([[0.5, 2.0]])), [[200.5]])
    target = read_target(lambda p, q: 100 * p + q, PLANE)
    np.testing.assert_allclose(target(np.array([[0.5, 2.0]])), [[52.0]])
    with pytest.raises(TargetError, match="both name 'z', but at different places"):
        read_target(lambda z, t: z, PLANE)


@pytest.mark.parametrize(
    ("function", "reference"),
    [
        (np.sin, np.sin),
        (math.sin, np.sin),
        (functools.partial(np.power, 2.0), lambda x: 2.0**x),
        (np.vectorize(lambda v: v if v < 0.5 else 2 * v), lambda x: np.where(x < 0.5, x, 2 * x)),
        (np.polynomial.Polynomial([1, 2, 3]), lambda x: 1 + 2 * x + 3 * x**2),
        (np.poly1d([3, 2, 1]), lambda x: 1 + 2 * x + 3 * x**2),
        (lambda x: math.exp(x) if x < 0.5 else 0.0, lambda x: np.where(x < 0.5, np.exp(x), 0.0)),
        (lambda x: float(x) ** 2, lambda x: x**2),
        (lambda x: np.array([math.sin(v) for v in x]), np.sin),
        (lambda x: [math.sin(v) for v in np.ravel(x)], np.sin),
        (lambda x: x[:, 0] ** 2, lambda x: x**2),
        (lambda x: x[0] ** 2, lambda x: x**2),
        (lambda x: 3.0, lambda x: 3.0 + 0 * x),
        (lambda x: np.cumsum(x), lambda x: x),
        (lambda x: x > 0.5, lambda x: (x > 0.5).astype(float)),
        (abs, np.abs),
        (lambda *a: a[0], lambda x: x),
    ],
)
def test_functions_of_one_input_work_as_people_write_them(function, reference):
    target = read_target(function, UNIT)
    at = points(target)
    np.testing.assert_allclose(target(at), reference(at), rtol=1e-14)


@pytest.mark.parametrize(
    ("function", "reference"),
    [
        (math.hypot, np.hypot),
        (np.arctan2, np.arctan2),
        (max, np.maximum),
        (lambda x, z: math.sin(x) * z, lambda x, z: np.sin(x) * z),
        (lambda x, z: x if x > z else z, np.maximum),
        (lambda p: p[0] ** 2 + p[1], lambda x, z: x**2 + z),
        (lambda p: sum(p), lambda x, z: x + z),
        (lambda p: np.linalg.norm(p), np.hypot),
        (lambda p: math.sin(p[0]) * p[1], lambda x, z: np.sin(x) * z),
        (lambda p: p @ np.array([1.0, 2.0]), lambda x, z: x + 2 * z),
        (lambda x, z: np.dot(x, z), lambda x, z: x * z),
    ],
)
def test_functions_of_two_inputs_work_as_people_write_them(function, reference):
    target = read_target(function, PLANE)
    at = points(target)
    np.testing.assert_allclose(target(at)[:, 0], reference(*at.T), rtol=1e-13)


def test_a_batch_that_differs_from_single_calls_is_not_trusted():
    # Right for one point, wrong for several: the first point's factor goes to all.
    target = read_target(lambda x, z: x * np.ravel(z)[0], PLANE)
    at = points(target)
    np.testing.assert_allclose(target(at)[:, 0], at[:, 0] * at[:, 1])
    assert "called point by point" in target.notes[0]


def test_a_callable_may_work_in_place_and_return_its_own_buffer():
    buffer = np.empty((4096, 1))

    def f(x):
        x *= 2
        buffer[: len(x)] = x
        return buffer[: len(x)]

    target = read_target(f, UNIT)
    at = points(target)
    before = at.copy()
    first = target(at)
    target(points(target, seed=1))
    np.testing.assert_array_equal(first, 2 * before)
    np.testing.assert_array_equal(at, before)


# --- what it returns


@pytest.mark.parametrize(
    "function",
    [
        lambda a, b, c: (a + b, c),
        lambda a, b, c: np.array([a + b, c]),
        lambda a, b, c: np.column_stack((a + b, c)) if np.ndim(a) else np.array([a + b, c]),
        lambda a, b, c: [math.fsum((a, b)), c],
        lambda p: np.column_stack((p[:, 0] + p[:, 1], p[:, 2])),
        lambda p: (p[:, 0] + p[:, 1], p[:, 2]),
        lambda p: [p[0] + p[1], p[2]],
    ],
)
def test_several_outputs_come_in_any_usual_arrangement(function):
    target = read_target(function, SPACE, outputs=["sum", "last"])
    for n in (1, 2, 3, 20):  # as many points as outputs, and as inputs
        at = points(target, n)
        np.testing.assert_allclose(target(at), np.column_stack((at[:, 0] + at[:, 1], at[:, 2])))
    assert target.outputs == ("sum", "last")


def test_outputs_of_one_input_may_be_a_tuple_with_a_constant():
    target = read_target(lambda x: (np.sin(x), 1.0), UNIT)
    at = points(target)
    np.testing.assert_allclose(target(at), np.column_stack((np.sin(at), np.ones(20))))
    assert target.outputs == ("y1", "y2")


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x: None, r"lambda returned None; does it end without a return\? \(at x=0\.\d+\)"),
        (lambda x: "a", r"lambda returned 'a' \(str\); a target returns numbers"),
        (lambda x: 1j * x, "complex numbers .*return the real part"),
        (lambda x: object(), r"\(object\); a target returns numbers"),
        (lambda x: np.zeros((2, 3)), r"array of shape \(2, 3\) for one point, passed as numbers"),
        (lambda x: [], "array of shape"),
        (lambda x: ([1, 2], [1, 2, 3]), "parts of different lengths"),
        (lambda x: math.inf, "no finite value at 1 of 1 point; the first is x=0.1"),
    ],
)
def test_what_is_no_number_is_an_error(function, message):
    with pytest.raises(TargetError, match=message):
        read_target(function, UNIT)


def test_a_shape_that_changes_later_is_an_error():
    target = read_target(lambda x: x[:3], UNIT)
    with pytest.raises(TargetError, match=r"shape \(3, 1\) for 5 points.*expected \(5, 1\)"):
        target(points(target, 5))
    target = read_target(lambda x, z: [x, z] if x < 0.5 else [x], {"x": (0, 0.4), "z": (0, 1)})
    assert target.outputs == ("y1", "y2")


@pytest.mark.parametrize(
    ("function", "box", "message"),
    [
        (lambda x, z: x, UNIT, r"lambda\(x, z\) takes 2 arguments, but the domain has 1 input"),
        (lambda x, y, z: x, PLANE, r"takes 3 arguments, but the domain has 2 inputs \(x, z\)"),
        (lambda: 1.0, UNIT, "takes no arguments"),
        (lambda x, *, k: x, UNIT, "needs the argument 'k' by keyword.*functools.partial"),
    ],
)
def test_a_wrong_number_of_parameters_is_explained(function, box, message):
    with pytest.raises(TargetError, match=message):
        read_target(function, box)


def test_output_names_must_fit():
    with pytest.raises(SettingError, match=r"2 names \(a, b\), but the target has 1 output"):
        read_target(np.sin, UNIT, outputs=["a", "b"])


# --- its own exceptions


def test_an_exception_is_reported_with_its_point_and_chained():
    def f(x):
        raise ZeroDivisionError("division by zero")

    with pytest.raises(TargetError, match=r"f raised ZeroDivisionError: division by zero") as e:
        read_target(f, UNIT)
    assert "(at x=0.1" in str(e.value)
    assert isinstance(e.value.__cause__, ZeroDivisionError)


@pytest.mark.parametrize("batch", [True, False])
def test_the_point_that_fails_is_found_among_many(batch):
    def f(x):
        if np.any(np.abs(x - 0.625) < 0.01):
            raise ValueError("no convergence")
        return np.sin(x) if batch else math.sin(x)

    target = read_target(f, UNIT)
    at = np.append(points(target, 500), [[0.625]], axis=0)
    at = at[np.abs(at[:, 0] - 0.625) > 0.01].tolist() + [[0.625]] + [[0.1]] * 77
    with pytest.raises(TargetError, match=r"f raised ValueError: no convergence \(at x=0.625\)"):
        target(np.array(at))


def test_a_batch_that_fails_as_a_whole_is_reported_as_such():
    def f(x):
        if len(x) > 10:
            raise MemoryError
        return x

    with pytest.raises(TargetError, match=r"f raised MemoryError \(called with 11 points\)"):
        read_target(f, UNIT)(np.full((11, 1), 0.5))


def test_interrupting_is_no_failure_of_the_target():
    calls = []

    def f(x):
        calls.append(x)
        if len(calls) > 10:
            raise KeyboardInterrupt
        return np.sin(x)

    target = read_target(f, UNIT)
    with pytest.raises(KeyboardInterrupt):
        for _ in range(20):
            target(points(target, 3))


def test_warnings_of_the_callable_reach_its_author():
    def f(x):
        warnings.warn("rough estimate", UserWarning, stacklevel=2)
        return x

    with pytest.warns(UserWarning, match="rough estimate"):
        target = read_target(f, UNIT)
    with pytest.warns(UserWarning, match="rough estimate"):
        target(points(target))


# --- counting, limits, domain


@pytest.mark.parametrize(
    "function", [lambda x: x**2, lambda x: math.sin(x) if np.ndim(x) == 0 else math.sin("")]
)
def test_every_evaluation_is_counted(function):
    recorder = Recorder(function)
    target = read_target(recorder, UNIT)
    target(points(target, 37))
    assert target.evaluations == recorder.count


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 6, 7, 8, 20, 50])
@pytest.mark.parametrize(
    "function",
    [lambda x: x**2, lambda x: math.sin(x), lambda x: np.sin(x) if np.max(x) < 0.99 else 1 / 0],
)
def test_the_limit_is_never_exceeded(function, limit):
    recorder = Recorder(function)
    with pytest.raises(TargetError, match="max_evaluations|raised ZeroDivisionError"):
        target = read_target(recorder, UNIT, max_evaluations=limit)
        for _ in range(20):
            target(np.linspace(0, 1, 7)[:, None])
    assert recorder.count <= limit


def test_a_call_beyond_the_limit_evaluates_nothing():
    recorder = Recorder(math.sin)
    target = read_target(recorder, UNIT, max_evaluations=30)
    before = recorder.count
    with pytest.raises(TargetError, match="max_evaluations=30"):
        target(points(target, 31))
    assert recorder.count == before


def test_trials_count_for_the_extremes():
    target = read_target(lambda x: x + 5, UNIT)
    assert 5 < target.low[0] < target.high[0] == target.scale[0] < 6
    assert target.scale_points[0, 0] + 5 == target.scale[0]


def test_it_is_never_evaluated_outside_its_domain():
    recorder = Recorder(np.sin)
    target = read_target(recorder, {"x": (2, 3)})
    target(points(target))
    with pytest.raises(DomainError, match="outside the domain"):
        target(np.array([[3.1]]))
    seen = np.concatenate(recorder.points)
    assert np.all((seen >= 2) & (seen <= 3))


@pytest.mark.parametrize(
    "function", [math.sqrt, lambda x: [math.sqrt(v) for v in np.ravel(x)], lambda x: x**0.5]
)
def test_failures_outside_are_nan(function):
    target = read_target(function, UNIT)
    scale = target.scale.copy()
    values = target.measure_outside(np.array([[4.0], [-1.0], [9.0]]))
    np.testing.assert_allclose(values, [[2.0], [np.nan], [3.0]])
    np.testing.assert_array_equal(target.scale, scale)


def test_a_missing_domain_names_the_arguments():
    with pytest.raises(
        DomainError, match=r"approximate lambda\(u, v\), such as \{'u': \(0, 1\), 'v'"
    ):
        read_target(lambda u, v: u)


def test_intervals_without_names_take_those_of_the_arguments():
    assert read_target(lambda t: t, (0, 1)).domain.names == ("t",)
    assert read_target(lambda u, v: u, [(0, 1), (0, 2)]).domain.names == ("u", "v")
    assert read_target(lambda p: p[:, 0], [(0, 1), (0, 2)]).domain.names == ("x1", "x2")


def test_a_slow_callable_shows_progress(monkeypatch):
    clock = iter(range(10_000))
    monkeypatch.setattr("time.perf_counter", lambda: next(clock) * 0.5)
    events = []
    target = read_target(math.sin, UNIT, watch=Watch(1e9, events.append))
    target(points(target, 20))
    assert {event.stage for event in events} == {"evaluating the target"}
    assert events[-1].done == 1.0
    done = [event.done for event in events]
    assert done == sorted(done)
