"""A file in float64 states how far it can be from the model, and is held to that very number."""

from pathlib import Path

import numpy as np
import pytest
from exporting import answers, card_of, made, mixed, readable
from flint import arb, ctx

from approximant.certify._activations import BOUNDS
from approximant.domain import Box
from approximant.errors import ExportError
from approximant.export import FORMATS, export_model
from approximant.export._facts import MEASURED
from approximant.model import Model, Scaling
from approximant.networks import ACTIVATIONS, Layer, Network

SAME = (".h", ".py", ".npy.py", ".js", ".onnx")  # formats that repeat the model's operations
DERIVED = "anywhere in the domain, the sum of the bounds on the rounding of both"


def needed(suffix: str) -> None:
    missing = readable(suffix)
    if missing:
        pytest.skip(missing)


def plain(path: Path) -> str:
    """Return a file without line ends and comment signs."""
    words = path.read_bytes().decode(errors="replace").split()
    return " ".join(word for word in words if word not in ("#", "*", "%"))


def steep(names: tuple[str, ...], d: int, seed: int, size: float = 1e4) -> Model:
    """Return a model with hidden layers of given activations, the first one steep."""
    rng = np.random.default_rng(seed)
    layers, width = [], d
    for name in names:
        layers.append(Layer.uniform(size * rng.normal(size=(8, width)), rng.normal(size=8), name))
        width, size = 8, 1.0
    layers.append(Layer.uniform(rng.normal(size=(1, width)), rng.normal(size=1), "linear"))
    return made(d=d, network=Network(tuple(layers)))


def stated(path: Path) -> float:
    """Return the number that a file states."""
    head = plain(path).split(f" {DERIVED}")[0]
    return float(head.rsplit(" ", 1)[1])


@pytest.mark.parametrize("suffix", SAME)
def test_what_a_file_states_holds_at_points_that_were_not_compared(
    suffix: str, tmp_path: Path
) -> None:
    needed(suffix)
    models = [mixed_smooth(), steep(("sin",), 2, 0)]
    if suffix not in (".h", ".js"):  # those are compiled or started for each
        names = [name for name in ACTIVATIONS if name != "step"]
        models += [steep((name,) * (1 + k % 3), 1 + k % 2, k) for k, name in enumerate(names)]
    for number, model in enumerate(models):
        done = export_model(model, card_of(model), tmp_path / f"f{number}{suffix}", name="f")
        assert done.bound is not None
        assert done.difference <= done.bound <= stated(done.path) <= 1.02 * done.bound
        unit = np.random.default_rng(5).random((300, model.domain.dimension))
        points = model.domain.from_unit(unit)
        found = answers(done.path, points)
        assert np.abs(found - model.evaluate(points)).max() <= done.bound
        assert "anywhere in the domain (the sum of the bounds" in str(done)
        assert done.as_dict()["bound"] == done.bound


def mixed_smooth() -> Model:
    """Return a model with neurons of every activation in its first layer, steps apart."""
    model = mixed(d=2, m=1)
    first, last = model.network.layers
    groups = tuple((name, n) for name, n in first.groups if name != "step")
    width = sum(n for _, n in groups)
    layers = (
        Layer(first.weights[:width], first.biases[:width], groups),  # type: ignore[index]
        Layer(last.weights[:, :width], last.biases, last.groups),
    )
    return made(d=2, network=Network(layers))


@pytest.mark.parametrize("name", ["sin", "leaky_relu", "sigmoid"])
def test_onnxruntime_keeps_factors_in_float64_where_biases_are_zero(
    name: str, tmp_path: Path
) -> None:
    needed(".onnx")
    rng = np.random.default_rng(0)
    hidden = Layer.uniform(rng.normal(size=(8, 2)), None, name)
    single = Layer.uniform(rng.normal(size=(1, 8)), None, name)
    last = Layer.uniform(rng.normal(size=(1, 8)), np.zeros(1), "linear")
    for layers in ((hidden, single), (hidden, last)):
        model = made(d=2, network=Network(layers))
        done = export_model(model, card_of(model), tmp_path / "f.onnx")
        assert done.bound is not None
        assert done.difference <= done.bound < 1e-12


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_step_that_may_switch_elsewhere_leaves_what_was_measured(
    suffix: str, tmp_path: Path
) -> None:
    model = steep(("step",), 1, 0, 3.0)
    if "step" not in FORMATS[suffix].activations:
        pytest.skip("the format has no steps")
    done = export_model(model, card_of(model), tmp_path / f"f{suffix}", name="f")
    assert done.bound is None
    assert f"{done.points:,} points of the domain: {MEASURED}" in str(done)
    if suffix != ".json":
        text = plain(done.path)
        assert f"at {done.points:,} points of the domain, corners and edges among them" in text
        assert DERIVED not in text
    if suffix in SAME:
        limit = 1e-6 * (model.outer_weight_sums[0] + card_of(model)["report"]["scale"])
        assert 0 < float(text.split("(more than ")[1].split()[0]) - limit < 1e-2 * limit


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s not in (*SAME, ".json")])
def test_other_formats_state_what_was_measured(suffix: str, tmp_path: Path) -> None:
    done = export_model(made(), card_of(made()), tmp_path / f"f{suffix}", name="f")
    assert done.bound is None
    assert MEASURED in plain(done.path).replace("\\_", "_")


@pytest.mark.parametrize("suffix", [".h", ".onnx"])
def test_in_float32_the_difference_is_measured(suffix: str, tmp_path: Path) -> None:
    needed(suffix)
    done = export_model(made(), card_of(made()), tmp_path / f"f{suffix}", dtype="float32", name="f")
    assert done.bound is None
    assert MEASURED in plain(done.path)


@pytest.mark.parametrize("share", [0.9, 1.1])
def test_a_file_is_held_to_exactly_what_it_states(
    share: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = steep(("sin",), 2, 0)
    difference = export_model(model, card_of(model), tmp_path / "f.py").difference
    monkeypatch.setattr(
        "approximant.certify.rounding_over", lambda *_: np.array([0.5 * share * difference])
    )
    if share > 1.0:
        assert export_model(model, {}, tmp_path / "g.py").bound == share * difference
        return
    with pytest.raises(ExportError, match=r"would differ from the model by .* nothing was written"):
        export_model(model, {}, tmp_path / "g.py")
    assert not (tmp_path / "g.py").exists()


@pytest.mark.parametrize("suffix", SAME)
def test_activations_are_as_accurate_as_the_bound_assumes(suffix: str, tmp_path: Path) -> None:
    needed(suffix)
    names = [name for name in ACTIVATIONS if name not in ("linear", "step")]
    k = len(names)
    hidden = Layer(np.ones((k, 1)), None, tuple((name, 1) for name in names))
    network = Network((hidden, Layer.uniform(np.eye(k), None, "linear")))
    outputs = tuple(f"y{n}" for n in range(k))
    box = Box(("x",), (-800.0,), (800.0,))
    model = Model(network, box, outputs, Scaling.identity(1), Scaling.identity(k))
    path = export_model(model, {}, tmp_path / f"f{suffix}", name="f").path
    sizes = np.concatenate([10.0 ** np.linspace(-12, 2.9, 150), np.linspace(0, 3, 50)])
    z = np.concatenate([-sizes, sizes])
    for name, found in zip(names, answers(path, z[:, None]).T.tolist(), strict=True):
        for at, value in zip(z.tolist(), found, strict=True):
            coarse = FORMATS[suffix].coarse * 2.0**-53 * max(1.0, abs(at))
            assert error(name, at, value) <= allowed(name, at) + coarse, (name, at)


def error(name: str, z: float, value: float) -> float:
    """Return how far a value is from the exact one."""
    kinked = {"relu": 0.0, "leaky_relu": 0.01, "abs": -1.0}
    with ctx.workprec(300):
        if name in kinked:
            exact = arb(z) * (1 if z > 0 else arb(str(kinked[name])))
        elif name == "elu":
            exact = arb(z) if z > 0 else arb(z).expm1()
        else:
            exact = BOUNDS[name].ball(arb(z))
        return float(abs(exact - arb(value)).upper())


def allowed(name: str, z: float) -> float:
    """Return the rounding of one activation that the running bound counts."""
    if name not in BOUNDS:
        return 10 * 2.0**-53 * abs(z) + 2.0**-1000
    at = np.array([abs(z)])
    size = BOUNDS[name].size(np.array([z]), np.array([z]), np.zeros(1))
    return float(BOUNDS[name].error(at, size)[0]) + 2.0**-1000
