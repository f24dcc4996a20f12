"""The Approximant people hold: calls, gradients, points outside, files, Ctrl-C."""

import copy
import multiprocessing
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import approximant as ap

POLICIES = ["warn", "raise", "nan", "clip", "allow"]
PLANE = {"x": (0, 1), "y": (-2, 2)}


@pytest.fixture(scope="module")
def line():
    return ap.approximate("sin(x) + x/4", {"x": (0, 6)}, tol=1e-9)


@pytest.fixture(scope="module")
def pair():
    return ap.approximate({"s": "sin(x)", "c": "cos(x)"}, {"x": (0, 6)}, tol=1e-8)


@pytest.fixture(scope="module")
def plane():
    return ap.approximate("x*y + sin(x)", PLANE, tol=1e-5)


@pytest.fixture(scope="module")
def plane_pair():
    return ap.approximate(["x*y", "x + y"], PLANE, tol=1e-4)


def sine(x):
    return np.sin(x) + np.asarray(x) / 4


# --- calls


def test_one_input_takes_numbers_lists_and_arrays(line):
    value = line(2.0)
    assert type(value) is float
    assert value == pytest.approx(sine(2.0), abs=1e-8)
    for points in ([0.5, 2.0], (0.5, 2.0), np.array([0.5, 2.0]), [[0.5], [2.0]], [0, 2]):
        values = line(points)
        assert values.shape == (2,)
        np.testing.assert_allclose(values, sine(np.ravel(points)), atol=1e-8)


def test_the_shape_of_points_is_kept_for_one_input(line):
    assert line(np.ones((2, 3))).shape == (2, 3)
    assert line(np.ones(1)).shape == (1,)
    assert line([]).shape == (0,)


def test_inputs_by_name(line, plane):
    assert line(x=2.0) == line(2.0)
    np.testing.assert_array_equal(line(x=[1, 2]), line([1, 2]))
    assert plane(x=0.5, y=1.0) == plane([0.5, 1.0])
    assert plane(y=1.0, x=0.5) == plane([0.5, 1.0])


def test_named_inputs_broadcast(plane):
    x, y = np.linspace(0, 1, 4)[:, None], np.linspace(-2, 2, 3)
    values = plane(x=x, y=y)
    assert values.shape == (4, 3)
    np.testing.assert_allclose(values, x * y + np.sin(x), atol=1e-4)


def test_several_inputs_take_points_as_rows(plane):
    points = np.array([[0.5, 1.0], [0.25, -1.0], [1.0, 2.0]])
    assert plane(points).shape == (3,)
    np.testing.assert_allclose(plane(points), points.prod(axis=1) + np.sin(points[:, 0]), atol=1e-4)
    assert type(plane([0.5, 1.0])) is float
    assert plane(points[:0]).shape == (0,)


def test_several_outputs_are_columns(pair, plane_pair):
    assert pair.outputs == ("s", "c")
    assert pair(1.0).shape == (2,)
    assert pair([1.0, 2.0, 3.0]).shape == (3, 2)
    np.testing.assert_allclose(pair([1.0, 2.0])[:, 1], np.cos([1.0, 2.0]), atol=1e-7)
    assert plane_pair([0.5, 1.0]).shape == (2,)
    assert plane_pair(x=np.ones(5), y=0.5).shape == (5, 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda f, g: f(), "Give points, or the inputs by name: x"),
        (lambda f, g: f(1.0, x=1.0), "Give points, or the inputs by name: x"),
        (lambda f, g: f(z=1.0), "'z' is no input; the inputs are x"),
        (lambda f, g: g(x=1.0), "'y' is missing; the inputs are x, y"),
        (lambda f, g: f("one"), "Points must be numbers; got 'one'"),
        (lambda f, g: f([1.0, None, "a"]), "Points must be numbers"),
        (lambda f, g: g(1.0), r"Points of shape \(\) do not fit the 2 inputs x, y"),
        (lambda f, g: g([[1.0, 2.0, 3.0]]), r"shape \(1, 3\) .*; give an array of shape \(n, 2\)"),
        (lambda f, g: g(np.zeros((2, 2, 2))), r"shape \(2, 2, 2\) do not fit"),
        (lambda f, g: g.gradient(1.0), r"Points of shape \(\) do not fit"),
    ],
)
def test_wrong_points_say_what_is_wrong(line, plane, call, message):
    with pytest.raises(ap.DomainError, match=message):
        call(line, plane)


def test_named_inputs_of_different_lengths_are_refused(plane):
    with pytest.raises(ValueError, match="shape"):
        plane(x=[0.1, 0.2], y=[0.1, 0.2, 0.3])


# --- gradients


def test_gradient_is_the_derivative_of_the_values(line, pair, plane, plane_pair):
    h = 1e-5
    for f in (line, pair, plane, plane_pair):
        d, m = len(f.domain.names), len(f.outputs)
        points = f.domain.from_unit(np.random.default_rng(0).uniform(0.1, 0.9, (30, d)))
        gradient = f.gradient(points)
        assert gradient.shape == ((30, d) if m == 1 else (30, m, d))
        for k in range(d):
            shift = h * np.eye(d)[k]
            numeric = (f(points + shift) - f(points - shift)) / (2 * h)
            noise = float(np.max(f.report.rounding)) / h
            np.testing.assert_allclose(gradient[..., k], numeric, atol=1e-6 + noise)


def test_gradient_is_near_that_of_the_target(line):
    x = np.linspace(0.1, 5.9, 50)
    np.testing.assert_allclose(line.gradient(x)[:, 0], np.cos(x) + 0.25, atol=1e-6)


def test_gradient_of_one_point(line, pair, plane, plane_pair):
    assert line.gradient(1.0).shape == (1,)
    assert pair.gradient(1.0).shape == (2, 1)
    assert plane.gradient([0.5, 1.0]).shape == (2,)
    assert plane_pair.gradient(x=0.5, y=1.0).shape == (2, 2)


# --- outside


@pytest.fixture(params=["fresh", "loaded"])
def with_policy(request, tmp_path):
    """Return a maker of approximants, fresh or loaded from a file."""

    def make(policy):
        f = ap.approximate("sin(x) + x/4", {"x": (0, 6)}, tol=1e-6, outside=policy)
        if request.param == "fresh":
            return f
        f.save(tmp_path / "sine.safetensors")
        return ap.load(tmp_path / "sine.safetensors")

    return make


def test_policies_hold_also_after_loading(with_policy):
    points = [1.0, 7.0]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        allowed = with_policy("allow")(points)
        marked, clipped = with_policy("nan")(points), with_policy("clip")(points)
    assert np.isfinite(allowed).all()
    assert np.isnan(marked).tolist() == [False, True]
    assert clipped[1] == with_policy("allow")([1.0, 6.0])[1]
    with pytest.warns(ap.OutsideDomainWarning, match="1 of 2 points .* first at x=7"):
        np.testing.assert_array_equal(with_policy("warn")(points), allowed)
    with pytest.raises(ap.DomainError, match="1 of 2 points .* first at x=7"):
        with_policy("raise")(points)
    with pytest.raises(ap.DomainError, match="first at x=7"):
        with_policy("raise").gradient(7.0)


@pytest.mark.parametrize("policy", POLICIES)
def test_the_domain_itself_is_never_outside(policy):
    f = ap.approximate("x", {"x": (0.1, 0.7)}, outside=policy)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(f([0.1, 0.7]), [0.1, 0.7])


def test_the_warning_points_at_the_caller(line):
    with pytest.warns(ap.OutsideDomainWarning, match="outside the domain") as caught:
        line(7.0)
    assert caught[0].filename == __file__


def test_inside_tells_where_claims_hold(line, plane):
    assert line.inside([-1, 0, 3, 6, 7]).tolist() == [False, True, True, True, False]
    assert plane.inside([[0.5, 0], [0.5, 3]]).tolist() == [True, False]


# --- files


@pytest.mark.parametrize("name", ["line", "pair", "plane", "plane_pair"])
def test_loading_is_bit_identical(name, request, tmp_path):
    f = request.getfixturevalue(name)
    f.save(tmp_path / "f.safetensors")
    g = ap.load(tmp_path / "f.safetensors")
    points = f.domain.from_unit(np.random.default_rng(0).random((500, len(f.domain.names))))
    np.testing.assert_array_equal(g(points), f(points))
    np.testing.assert_array_equal(g.gradient(points), f.gradient(points))
    assert (g.domain, g.outputs, str(g.network)) == (f.domain, f.outputs, str(f.network))
    assert g.report.as_dict() == f.report.as_dict()
    assert repr(g) == repr(f)


def test_a_model_with_pieces_loads_bit_identical(tmp_path):
    f = ap.approximate("floor(3*x) + abs(x - 1/3)", {"x": (0, 2)}, tol=1e-9)
    f.save(tmp_path / "f.safetensors")
    points = np.linspace(0, 2, 5001)
    np.testing.assert_array_equal(ap.load(tmp_path / "f.safetensors")(points), f(points))


# --- what people see


def test_repr_says_what_it_is(line):
    text = repr(line)
    assert text.startswith(f"<Approximant {line.network} of sin(x) + x/4: error ")
    assert text.endswith(", met>")
    other = ap.approximate("sin(9*x)", {"x": (0, 6)}, tol=1e-9, network="1-3-1 tanh")
    assert repr(other).endswith(", not met>")


def test_progress_is_told():
    events = []
    ap.approximate("sin(20*x)", {"x": (0, 6)}, tol=1e-9, progress=events.append)
    assert len(events) >= 2
    assert all(isinstance(event, ap.Progress) for event in events)
    assert "verifying" in [event.stage for event in events]
    seconds = [event.seconds for event in events]
    assert seconds == sorted(seconds)


# --- Ctrl-C


@pytest.mark.parametrize(
    ("target", "domain", "stage"),
    [
        ("0.4*x^2 + 0.3*x*sin(15*x)", {"x": (0, 1)}, "shrinking"),
        ("0.4*x^2 + 0.3*x*sin(15*x)", {"x": (0, 1)}, "verifying"),
        ("sin(5*x*y)", PLANE, "verifying"),
    ],
)
def test_interrupting_returns_the_best_so_far(target, domain, stage):
    def interrupt(event):
        if event.stage == stage:
            interrupt.stages.append(stage)
            if len(interrupt.stages) == 1:
                raise KeyboardInterrupt

    interrupt.stages = []
    try:
        f = ap.approximate(target, domain, tol=1e-9, progress=interrupt)
    except KeyboardInterrupt:
        pytest.fail("a network was known, yet the interrupt came through")
    assert f.report.interrupted
    assert np.isfinite(f.report.max_error)
    points = f.domain.from_unit(np.random.default_rng(0).random((50, len(domain))))
    assert np.isfinite(f(points)).all()


def test_interrupting_in_the_target_returns_the_best_so_far():
    def target(points):
        target.calls += 1
        if target.calls == target.limit:
            raise KeyboardInterrupt
        return np.sin(12 * points[:, 0]) * points[:, 0]

    def fit(limit):
        target.calls, target.limit = 0, limit
        return ap.approximate(target, {"x": (0, 1)}, tol=1e-11)

    assert not fit(-1).report.interrupted
    total = target.calls
    outcomes = []
    for share in (0.0, 0.5, 0.8):
        try:
            f = fit(1 + int(share * total))
        except KeyboardInterrupt:
            outcomes.append("nothing yet")
        else:
            assert f.report.interrupted
            assert np.isfinite(f(0.5))
            outcomes.append("best so far")
    assert outcomes[-1] == "best so far"


def test_interrupting_before_any_network_is_an_interrupt():
    def interrupt(event):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt, match="^$"):
        ap.approximate("sin(x)", {"x": (0, 6)}, progress=interrupt)


# Pickles and copies


def quartic(x: np.ndarray) -> np.ndarray:
    return x**4


def _fitted(kind: str) -> ap.Approximant:
    if kind == "formula":
        return ap.approximate(["x^2 + y", "x*y"], {"x": (0, 1), "y": (0, 1)}, tol=1e-5)
    if kind == "table":
        x = np.linspace(0.0, 1.0, 120)
        return ap.approximate((x, x**2), tol=1e-5)
    function = quartic if kind == "callable" else lambda x: x**3
    return ap.approximate(function, {"x": (0, 1)}, tol=1e-5, progress=lambda now: None)


def _answers(f: ap.Approximant) -> np.ndarray:
    return f.model.evaluate(
        f.domain.from_unit(np.random.default_rng(0).random((50, len(f.report.inputs))))
    )


@pytest.mark.parametrize(
    "carry", [lambda f: pickle.loads(pickle.dumps(f)), copy.copy, copy.deepcopy]
)
@pytest.mark.parametrize("kind", ["formula", "callable", "table", "lambda"])
def test_an_approximant_can_be_pickled_and_copied(kind: str, carry: Any) -> None:
    f = _fitted(kind)
    twin = carry(f)
    assert _answers(twin).tobytes() == _answers(f).tobytes()
    assert twin.report.as_dict() == f.report.as_dict()
    points = np.full((1, f.domain.dimension), 0.5)
    if kind == "lambda" and carry not in (copy.copy, copy.deepcopy):
        for ask in (twin.target, twin.target.measure_outside):
            with pytest.raises(ap.TargetError, match=r"was left behind .* top of a module"):
                ask(points)
    elif kind != "table":
        assert np.array_equal(twin.target(points), f.target(points))


def test_approximants_go_to_processes_that_are_spawned_and_back() -> None:
    fitted = [_fitted("formula"), _fitted("lambda")]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        found = pool.map(pickle.loads, [pickle.dumps(f) for f in fitted])
    for f, twin in zip(fitted, found, strict=True):
        assert _answers(twin).tobytes() == _answers(f).tobytes()
    assert found[0].certify().proved


def test_a_training_can_be_pickled() -> None:
    training = ap.train("x^2", {"x": (0, 1)}, network="1-4-1 tanh", epochs=3, keep=[0, 2])
    twin = pickle.loads(pickle.dumps(training))
    assert _answers(twin.approximant).tobytes() == _answers(training.approximant).tobytes()
    assert twin.history.csv() == training.history.csv()
    assert list(twin.snapshots) == [0, 2]
