"""The C header and other files that are compiled or started: exact, strict, guarded, in float32."""

import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from exporting import CC, NODE, answers, bound, card_of, made, mixed, run_selftest
from handmade import reweighted

import approximant as ap
from approximant.errors import ExportError
from approximant.export import export_model
from approximant.export._facts import number
from approximant.model import Scaling
from approximant.networks import ACTIVATIONS, Layer, Network

pytestmark = pytest.mark.skipif(CC is None, reason="no C compiler")
STRICT = ["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]

# Smooth, kinked, jumping, singular, far from zero, steep, of several inputs and outputs.
TARGETS: dict[str, tuple[Any, dict[str, tuple[float, float]], float]] = {
    "wiggle": ("0.4*x^2 + 0.3*x*sin(15*x) + 0.01*cos(50*x) - 0.3", {"x": (0, 1)}, 1e-10),
    "jump": ("abs(x - 1/3) + where(x > 0.7, 1, 0)", {"x": (0, 1)}, 1e-10),
    "root": ("sqrt(x)", {"x": (0, 1)}, 1e-10),
    "far": ("sin(x) + abs(x - 1001)", {"x": (1000, 1004)}, 1e-9),
    "steep": ("atan(1000*(x - 0.4))", {"x": (0, 1)}, 1e-9),
    "surface": ("exp(-x)*sin(3*y)", {"x": (0, 1), "y": (-2, 2)}, 1e-6),
    "several": ({"s": "sin(t)", "c": "cos(3*t)"}, {"t": (0, 6)}, 1e-10),
}


@pytest.fixture(scope="module", params=TARGETS)
def fitted(request: pytest.FixtureRequest) -> ap.Approximant:
    target, domain, tol = TARGETS[request.param]
    return ap.approximate(target, domain, tol=tol)


def test_double_keeps_to_8u_of_s_plus_scale_and_1_percent_of_the_tolerance(
    fitted: ap.Approximant, tmp_path: Path
) -> None:
    done = fitted.export(tmp_path / "f.h")
    allowed = bound(fitted.model, {"report": fitted.report.as_dict()})
    tolerance = np.atleast_1d(fitted.report.tolerance)
    low, high = fitted.domain.lower, fitted.domain.upper
    unit = np.random.default_rng(8).random((5000, len(low)))
    points = [low + unit * (high - low), low + unit**20 * (high - low)]
    points = np.clip(np.concatenate(points), low, high)
    difference = np.abs(answers(done.path, points) - fitted.model.evaluate(points)).max(axis=0)
    assert np.all(difference <= allowed)
    assert np.all(difference <= 0.01 * tolerance)
    assert done.difference <= allowed.max()


@pytest.mark.parametrize("flags", [["-O3", "-march=native"], ["-O0"], ["-Os"]])
def test_no_flag_moves_a_jump(flags: list[str], tmp_path: Path) -> None:
    # With fused multiply-add, 0.1 x - 0.07 would change sign at another float.
    weights = np.array([[0.1], [-3.3], [7.7]])
    biases = -weights[:, 0] * np.array([0.7, 0.3, 0.9])
    first = Layer.uniform(weights, biases, "step")
    last = Layer.uniform(np.array([[1.0, 2.0, 4.0]]), np.zeros(1), "linear")
    model = made(
        d=1, network=Network((first, last)), domain=ap.Box(("x",), (0.0,), (1.0,)),
        input_scaling=Scaling.identity(1), output_scaling=Scaling.identity(1),
    )  # fmt: skip
    path = export_model(model, {}, tmp_path / "f.h").path
    points = np.concatenate([np.nextafter(c, c + np.arange(-40, 41)) for c in (0.7, 0.3, 0.9)])
    for _ in range(40):
        points = np.unique(
            np.concatenate([points, np.nextafter(points, 2), np.nextafter(points, -2)])
        )
    program = tmp_path / "f.c"
    answers(path, np.array([[0.5]]))  # writes the driver
    subprocess.run([CC, *flags, program, "-o", tmp_path / "f.out", "-lm"], check=True)
    done = subprocess.run([tmp_path / "f.out"], input=points.tobytes(), stdout=-1, check=True)
    found = np.array([float(word) for word in done.stdout.split()])
    np.testing.assert_array_equal(found, model.evaluate(points[:, None])[:, 0])


@pytest.mark.parametrize("suffix", [".h", ".js"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_compiled_and_started_formats_carry_every_activation(
    suffix: str, activation: str, tmp_path: Path
) -> None:
    if suffix == ".js" and NODE is None:
        pytest.skip("no Node")
    model = made(activation)
    card = card_of(model)
    done = export_model(model, card, tmp_path / f"f{suffix}")
    assert done.difference <= bound(model, card)[0]
    assert done.gradient_difference is not None
    points = model.domain.from_unit(np.random.default_rng(0).random((50, 2)))
    assert done.gradient_difference <= 1e-13 * np.abs(model.gradient(points)).max()


def test_gradients_are_those_of_the_model_in_every_shape(tmp_path: Path) -> None:
    for model in (mixed(d=3, m=3), mixed(d=1, m=1, output="softplus"), mixed(d=2, output="tanh")):
        done = export_model(model, card_of(model), tmp_path / "f.h")
        assert done.gradient_difference is not None
        assert done.gradient_difference <= 1e-12


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_linear_function_is_clean_too(dtype: str, tmp_path: Path) -> None:
    # Its gradient needs neither the point nor any neuron.
    model = made(d=2, m=2, network=Network((Layer.uniform(np.eye(2), np.ones(2), "linear"),)))
    done = export_model(model, card_of(model), tmp_path / "f.h", dtype=dtype)
    assert done.gradient_difference is not None
    assert done.gradient_difference < 1e-6
    assert run_selftest(done.path).returncode == 0


def test_the_header_is_clean_in_c_and_c_plus_plus_and_twice_included(tmp_path: Path) -> None:
    import shutil

    path = export_model(mixed(), {}, tmp_path / "wave.h").path
    (tmp_path / "main.c").write_text(
        '#include "wave.h"\n#include "wave.h"\n'
        "int main(void) { double x[2] = {0, 0}, y[2]; return wave_value(x, y); }\n"
    )
    compilers = [[CC, *STRICT, "main.c"], [CC, *STRICT, "-O3", "-Wconversion", "main.c"]]
    if shutil.which("g++"):
        compilers += [["g++", f"-std={std}", *STRICT[1:], "-x", "c++", "main.c"]
                      for std in ("c++11", "c++20")]  # fmt: skip
    for command in compilers:
        done = subprocess.run([*command, "-lm"], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    text = path.read_text()
    assert [
        word for word in ("malloc", "static double", "printf(") if word in text.split("SELF")[0]
    ] == []


def test_fast_math_is_refused_as_it_breaks_the_guard(tmp_path: Path) -> None:
    export_model(made(), {}, tmp_path / "f.h")
    command = [CC, "-ffast-math", "-x", "c", "-fsyntax-only", "f.h"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "breaks the domain guard" in done.stderr


def test_emulation_repeats_the_operations_of_the_compiled_file(tmp_path: Path) -> None:
    from approximant.export._c_emulation import emulate
    from approximant.export._subject import Subject

    model = mixed(d=2)
    path = export_model(model, {}, tmp_path / "f.h").path
    points = model.domain.from_unit(np.random.default_rng(4).random((500, 2)))
    subject = Subject(model, model, {}, "f", "nan", "float64", "", True, points[:3])
    emulated, _ = emulate(subject, points)
    # What calls the C library may differ in its last digit, the rest is the same.
    np.testing.assert_allclose(emulated, answers(path, points), rtol=0, atol=4e-16)


# --- float32


@pytest.mark.parametrize("suffix", [".h", ".onnx"])
def test_float32_states_the_error_it_reached(suffix: str, tmp_path: Path) -> None:
    f = ap.approximate("exp(-x)*sin(9*x)", {"x": (0, 1)}, tol=1e-9)
    done = f.export(tmp_path / f"f{suffix}", dtype="float32")
    assert done.basis.startswith("measured against the formula")
    assert 1e-8 < done.error < 5e-6
    points = np.linspace(0, 1, 3001).astype(np.float32).astype(float)
    truth = np.exp(-points) * np.sin(9 * points)
    if suffix == ".h" or __import__("importlib.util").util.find_spec("onnxruntime"):
        found = answers(done.path, points[:, None])[:, 0]
        assert np.abs(found - truth).max() <= 1.1 * done.error
    if suffix == ".h":
        stated = f"error at most {number(done.error)}, {done.basis}"  # rounded up, never down
        assert stated in " ".join(done.path.read_text().split())


def test_float32_solves_again_for_smaller_output_weights(tmp_path: Path) -> None:
    # Output weights that cancel lose their digits when rounded; new ones need not cancel so much.
    from approximant.export._points import compared_points, sample_points
    from approximant.export._single import _difference, _rounded, in_single
    from approximant.export._subject import Subject

    f = ap.approximate("sin(x*y)", {"x": (0, 1), "y": (-2, 2)}, tol=1e-6)
    samples = sample_points(f.model, "float32")
    plain = Subject(
        _rounded(f.model), f.model, card_of(f.model), "f", "none", "float32", "", True, samples
    )
    solved = in_single(plain)
    points = compared_points(f.model, 777, "float32")
    assert solved.model.outer_weight_sums < 0.1 * f.model.outer_weight_sums
    assert _difference(solved, points) < 0.1 * _difference(plain, points)


def test_float32_is_refused_over_the_tolerance_given(tmp_path: Path) -> None:
    f = ap.approximate("sin(9*x)", {"x": (0, 1)}, tol=1e-9)
    with pytest.raises(ExportError, match=r"In float32 the error is .* over the 1e-08"):
        f.export(tmp_path / "f.h", dtype="float32", tol=1e-8)
    assert list(tmp_path.iterdir()) == []
    f.export(tmp_path / "f.h", dtype="float32", tol=1e-5)
    assert run_selftest(tmp_path / "f.h").returncode == 0


def test_float32_keeps_a_jump_between_its_numbers(tmp_path: Path) -> None:
    f = ap.approximate("where(x > 0.7, 1, 0) + x", {"x": (0, 1)}, tol=1e-9)
    done = f.export(tmp_path / "f.h", dtype="float32")
    assert done.error < 1e-6
    near = np.float32(0.7) + np.arange(-5, 6) * np.spacing(np.float32(0.7))
    points = near.astype(float)[:, None]
    np.testing.assert_allclose(
        answers(done.path, points), f.model.evaluate(points), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("emulated", [False, True])
def test_float32_guards_at_the_numbers_nearest_to_the_ends(
    emulated: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As float32, -pi lies just below -pi and pi just above pi; people mean them all the same.
    model = made(d=1, domain=ap.Box(("x",), (-np.pi,), (np.pi,)))
    if emulated:
        monkeypatch.setattr("approximant.export._c.c_compiler", lambda: None)
    done = export_model(model, card_of(model), tmp_path / "f.h", dtype="float32")
    end = np.float32(np.pi)
    assert float(end) > np.pi
    ends = np.array([[-float(end)], [float(end)]])
    np.testing.assert_allclose(answers(done.path, ends), model.evaluate(ends), atol=1e-5)
    for beyond in (np.nextafter(end, np.float32(4)), np.nextafter(-end, np.float32(-4))):
        with pytest.raises(ValueError, match="outside"):
            answers(done.path, np.array([[float(beyond)]]))


def test_float32_is_measured_where_the_formula_has_values(tmp_path: Path) -> None:
    # The float32 nearest to the lower end lies below it, where the root has no value.
    f = ap.approximate("sqrt(x + 0.1)", {"x": (-0.1, 1)}, tol=1e-7)
    done = f.export(tmp_path / "f.h", dtype="float32")
    assert done.basis.startswith("measured against the formula")
    assert done.error < 1e-5


def test_float32_over_the_tolerance_says_so(tmp_path: Path) -> None:
    f = ap.approximate("sin(9*x)", {"x": (0, 1)}, tol=1e-9)
    done = f.export(tmp_path / "f.h", dtype="float32")
    assert done.met is False
    assert "MORE than the tolerance" in str(done)
    assert "NOT met" in done.path.read_text()
    assert f.export(tmp_path / "f.h").met is True


def test_a_domain_that_float32_cannot_resolve_is_refused(tmp_path: Path) -> None:
    model = made(d=1, domain=ap.Box(("x",), (1e6,), (1e6 + 0.01,)))
    with pytest.raises(ExportError, match=r"In float32 .*Export it as float64"):
        export_model(model, {}, tmp_path / "f.h", dtype="float32")
    huge = reweighted(made(d=1), 1e60)
    with pytest.raises(ExportError, match="more than float32 can hold"):
        export_model(huge, {}, tmp_path / "f.h", dtype="float32")
