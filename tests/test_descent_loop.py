"""The loop: epochs against NumPy, resuming, stopping, and where compiled code is kept."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stepping import VARIANTS, Stepper, label
from test_descent_gradients import numpy_gradient, some_network, some_rows

from approximant.arrays import Vector
from approximant.descent import (
    LBFGS,
    LOSSES,
    SGD,
    Adam,
    DescentSettings,
    Epoch,
    GradientOptimizer,
    LevenbergMarquardt,
    RMSprop,
    State,
    descend,
)
from approximant.descent import _entry as entry
from approximant.descent import _machine as machine
from approximant.descent._engine import Engine
from approximant.descent._loop import shuffle_seed
from approximant.descent._packing import Packing
from approximant.descent._state import first_state
from approximant.errors import SettingError
from approximant.networks import Layer, Network
from approximant.sampling import Samples

NETWORK = some_network((2, 9, 1), ["tanh", "linear"])
DEEPER = some_network((2, 9, 5, 2), ["sin", "tanh", "linear"])
ROWS = some_rows(NETWORK, 50)


def run(
    network: Network = NETWORK,
    rows: Samples = ROWS,
    held_out: Samples | None = None,
    state: State | None = None,
    seed: int = 0,
    **settings: Any,
) -> list[tuple[Epoch, dict[str, Any]]]:
    """Return the epochs of a training, each with its state at that time."""
    epochs = descend(
        network, rows, DescentSettings(**settings), held_out=held_out, state=state, seed=seed
    )
    return [(epoch, epoch.state.arrays()) for epoch in epochs]


def same_bytes(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(one[name].tobytes() == other[name].tobytes() for name in one)


def reference(
    network: Network, rows: Samples, optimizer: GradientOptimizer, batch: int, epochs: int
) -> tuple[Vector, list[Vector]]:
    """Return weights and running means (mse, mae) of unshuffled epochs; gradients by NumPy."""
    packing = Packing.of(network)
    stepper = Stepper(optimizer, packing.flat(network))
    means = []
    for _ in range(epochs):
        sums = np.zeros(2)
        for first in range(0, len(rows), batch):
            part = Samples(rows.points[first : first + batch], rows.values[first : first + batch])
            now = packing.network(stepper.weights)
            r = now(part.points) - part.values
            sums += len(part) * np.array([np.mean(r**2), np.mean(np.abs(r))])
            stepper.step(numpy_gradient(now, part))
        means.append(sums / len(rows))
    return stepper.weights, means


@pytest.mark.parametrize("batch", [1, 7, 32, 50])
@pytest.mark.parametrize("optimizer", VARIANTS, ids=label)
def test_epochs_are_those_of_a_plain_loop(optimizer: GradientOptimizer, batch: int) -> None:
    rows = Samples(0.3 * ROWS.points, 0.3 * ROWS.values)  # steps small enough not to be chaotic
    weights, means = reference(NETWORK, rows, optimizer, batch, 3)
    found = run(rows=rows, optimizer=optimizer, batch_size=batch, epochs=3, shuffle=False)
    np.testing.assert_allclose(found[-1][1]["weights"], weights, rtol=0, atol=1e-10)
    for (epoch, _), (mse, mae) in zip(found, means, strict=True):
        assert epoch.loss == pytest.approx(mse, rel=1e-9)
        assert epoch.metrics["mse"] == pytest.approx(mse, rel=1e-9)
        assert epoch.metrics["mae"] == pytest.approx(mae, rel=1e-9)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("biases", [True, False], ids=["biases", "nobias"])
@pytest.mark.parametrize("widths", [(1, 40, 1), (3, 5, 1), (3, 20, 2), (2, 17, 33, 1), (2, 1)])
def test_single_rows_descend_like_batches_of_one(
    widths: tuple[int, ...], biases: bool, dtype: str
) -> None:
    network = some_network(widths, ["sigmoid"] * (len(widths) - 2) + ["linear"], biases)
    rows = some_rows(network, 30)
    weights, means = reference(network, rows, SGD(0.05), 1, 2)
    found = run(
        network, rows, optimizer=SGD(0.05), batch_size=1, epochs=2, shuffle=False, dtype=dtype
    )
    precision = 1e-12 if dtype == "float64" else 1e-5
    np.testing.assert_allclose(found[-1][1]["weights"], weights, rtol=0, atol=precision)
    assert found[-1][0].loss == pytest.approx(means[-1][0], rel=10 * precision)
    assert found[-1][0].metrics["mae"] == pytest.approx(means[-1][1], rel=10 * precision)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
@pytest.mark.parametrize("biases", [True, False], ids=["biases", "nobias"])
def test_single_rows_take_the_same_steps_for_every_loss(
    loss: str, hidden: str, biases: bool
) -> None:
    """A penalty of nothing leads through the general path, which knows of no short cut."""
    network = some_network((2, 37, 1), [hidden, "linear"], biases)
    options: dict[str, Any] = dict(
        optimizer=SGD(0.05), loss=loss, batch_size=1, epochs=2, delta=0.7
    )
    rows = some_rows(network, 30)
    short, general = run(network, rows, **options), run(network, rows, l2=1e-300, **options)
    for (epoch, arrays), (other, expected) in zip(short, general, strict=True):
        np.testing.assert_allclose(arrays["weights"], expected["weights"], rtol=0, atol=1e-12)
        assert epoch.loss == pytest.approx(other.loss, rel=1e-11)
        assert epoch.metrics == pytest.approx(other.metrics, rel=1e-11)


@pytest.mark.parametrize("hidden", ["sigmoid", "tanh"])
def test_single_rows_that_diverge_leave_the_last_good_epoch(hidden: str) -> None:
    network = some_network((2, 37, 1), [hidden, "linear"])
    rows = some_rows(network, 30)
    options: dict[str, Any] = dict(loss="mse", batch_size=1, shuffle=False)
    good = run(network, rows, optimizer=SGD(0.01), epochs=1, **options)[0][1]
    (epoch, arrays), *rest = run(
        network,
        rows,
        optimizer=SGD(1e30),
        epochs=3,
        state=State.from_arrays(good),
        **options,
    )
    assert epoch.diverged and not rest
    assert same_bytes(arrays, good)


def test_single_rows_by_hand() -> None:
    """The derivation of a 1-128-1 sigmoid network, one row at a time, written out."""
    rng = np.random.RandomState(2)
    w1, w2 = rng.uniform(-0.2, 0.2, (128, 1)), rng.uniform(-0.2, 0.2, (1, 128))
    b1, b2 = np.zeros((128, 1)), np.zeros((1, 1))
    layers = (
        Layer.uniform(w1.copy(), b1[:, 0].copy(), "sigmoid"),
        Layer.uniform(w2.copy(), b2[:, 0].copy(), "linear"),
    )
    x = rng.random_sample((100, 1))
    y = 0.4 * x**2 + 0.3 * x * np.sin(15 * x)
    *_, (epoch, _) = run(
        Network(layers),
        Samples(x, y),
        optimizer=SGD(0.1),
        loss="half_squares",
        batch_size=1,
        shuffle=False,
        epochs=4,
    )
    for _ in range(4):
        for row, target in zip(x[:, 0], y[:, 0], strict=True):
            a1 = 1.0 / (1.0 + np.exp(-(w1 * row + b1)))
            dz2 = w2 @ a1 + b2 - target
            dw2, dz1 = dz2 @ a1.T, (w2.T @ dz2) * a1 * (1.0 - a1)
            w2 -= 0.1 * dw2
            b2 -= 0.1 * dz2
            w1 -= 0.1 * dz1 * row
            b1 -= 0.1 * dz1
    ours = epoch.network().layers
    for found, expected in zip(
        (ours[0].weights, ours[0].biases, ours[1].weights, ours[1].biases),
        (w1, b1[:, 0], w2, b2[:, 0]),
        strict=True,
    ):
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-13)


def test_penalised_single_rows_take_the_penalty_along() -> None:
    found = run(optimizer=SGD(0.1), batch_size=1, epochs=300, l2=3.0, shuffle=False)
    weights = found[-1][0].network().layers[0].weights
    assert np.abs(weights).max() < 0.05


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("optimizer", [*VARIANTS, LBFGS()], ids=label)
def test_a_resumed_training_gives_the_same_bytes(optimizer: Any, dtype: str) -> None:
    options: dict[str, Any] = dict(
        optimizer=optimizer, epochs=6, batch_size=8, dtype=dtype, schedule="cosine", seed=5
    )
    if isinstance(optimizer, LBFGS):
        options |= {"schedule": "constant"}
    whole = run(DEEPER, some_rows(DEEPER, 30), some_rows(DEEPER, 9, 8), **options)
    for stop in (1, 4):
        state = State.from_arrays(whole[stop - 1][1])
        rest = run(DEEPER, some_rows(DEEPER, 30), some_rows(DEEPER, 9, 8), state=state, **options)
        assert [epoch.number for epoch, _ in rest] == list(range(stop + 1, len(whole) + 1))
        for (epoch, arrays), (again, repeated) in zip(whole[stop:], rest, strict=True):
            assert same_bytes(arrays, repeated)
            assert (epoch.loss, epoch.metrics) == (again.loss, again.metrics)


def test_a_state_that_belongs_elsewhere_is_refused() -> None:
    state = State.from_arrays(run(epochs=1)[0][1])
    with pytest.raises(SettingError, match="Cannot resume: weights is .* float64.*float32"):
        run(state=state, epochs=2, dtype="float32")
    with pytest.raises(SettingError, match="Cannot resume: slots"):
        run(state=state, epochs=2, optimizer=RMSprop())
    with pytest.raises(SettingError, match="lacks the array 'best'"):
        State.from_arrays({name: a for name, a in state.arrays().items() if name != "best"})


def test_the_state_of_an_epoch_is_a_copy() -> None:
    epochs = descend(NETWORK, ROWS, DescentSettings(epochs=2))
    state = next(epochs).state
    before = state.arrays()
    next(epochs)
    assert same_bytes(before, state.arrays())


def order_of(number: int, seed: int = 0, n: int = 200) -> list[int]:
    """Return in which order an epoch takes its rows."""
    packing, settings = Packing.of(NETWORK), DescentSettings(optimizer=SGD())
    engine = Engine(packing, settings)
    state = first_state(packing, NETWORK, settings)
    order = np.arange(n, dtype=np.int32)
    rows = engine.rows(some_rows(NETWORK, n))
    engine.train(state, rows, order, shuffle_seed(seed, number), 1, np.zeros(n))
    return order.tolist()


def test_every_epoch_takes_every_row_once_in_an_order_of_its_own() -> None:
    first, second = order_of(1), order_of(2)
    assert sorted(first) == sorted(second) == list(range(200))
    assert len({tuple(first), tuple(second), tuple(order_of(1, seed=1)), tuple(range(200))}) == 4
    assert first == order_of(1)


def test_orders_are_even() -> None:
    places = np.array([order_of(number, n=20) for number in range(1, 1001)])
    counts = np.array([np.bincount(column, minlength=20) for column in places.T])
    chi_squared = float(((counts - 50.0) ** 2 / 50.0).sum())
    assert 270 < chi_squared < 460  # 361 degrees of freedom, 0.1 % on either side


def test_seed_and_shuffling_decide_the_order() -> None:
    options: dict[str, Any] = dict(optimizer=SGD(0.05), batch_size=5, epochs=2)
    plain, again, other = run(**options), run(**options), run(seed=1, **options)
    assert same_bytes(plain[-1][1], again[-1][1])
    assert not same_bytes(plain[-1][1], other[-1][1])
    fixed, also_fixed = run(shuffle=False, **options), run(shuffle=False, seed=1, **options)
    assert same_bytes(fixed[-1][1], also_fixed[-1][1])
    assert not same_bytes(fixed[-1][1], plain[-1][1])


def test_a_batch_larger_than_the_table_is_the_whole_table() -> None:
    whole = run(batch_size="all", epochs=3)
    assert same_bytes(whole[-1][1], run(batch_size=1000, epochs=3)[-1][1])
    assert same_bytes(whole[-1][1], run(batch_size=50, epochs=3, shuffle=False)[-1][1])


def test_measurements_are_those_of_the_network() -> None:
    held_out = some_rows(NETWORK, 11, seed=9)
    settings = DescentSettings(epochs=2, loss="half_squares")
    for epoch in descend(NETWORK, ROWS, settings, held_out=held_out):
        for rows, prefix, suffix in ((ROWS, "", "_after"), (held_out, "held_out_", "")):
            r = epoch.network()(rows.points) - rows.values
            half = float(np.mean(r**2)) / 2
            assert epoch.metrics[f"{prefix}loss{suffix}"] == pytest.approx(half, rel=1e-12)
            assert epoch.metrics[f"{prefix}mse{suffix}"] == pytest.approx(2 * half, rel=1e-12)
            mae = float(np.mean(np.abs(r)))
            assert epoch.metrics[f"{prefix}mae{suffix}"] == pytest.approx(mae, rel=1e-12)


def test_an_epoch_that_is_over_gives_no_later_network() -> None:
    epochs = descend(NETWORK, ROWS, DescentSettings(epochs=2))
    first = next(epochs)
    next(epochs)
    for ask in (first.network, first.best_network, lambda: first.state):
        with pytest.raises(RuntimeError, match="gone on from epoch 1 to 2; ask an epoch for its"):
            ask()


def test_measuring_now_and_then_always_includes_the_end() -> None:
    found = run(epochs=8, measure_every=3)
    assert [epoch.number for epoch, _ in found if "loss_after" in epoch.metrics] == [3, 6, 8]


def test_measuring_changes_nothing() -> None:
    often, seldom = run(epochs=8), run(epochs=8, measure_every=8)
    assert often[-1][1]["weights"].tobytes() == seldom[-1][1]["weights"].tobytes()


def test_early_stopping_keeps_the_best() -> None:
    rows, held_out = some_rows(NETWORK, 10), some_rows(NETWORK, 10, seed=2)
    found = run(rows=rows, held_out=held_out, optimizer=Adam(0.05), patience=7, epochs=2000)
    losses = [epoch.metrics["held_out_loss"] for epoch, _ in found]
    best = int(np.argmin(losses))
    assert len(found) == best + 1 + 7 < 2000
    last = found[-1][0]
    r = last.best_network()(held_out.points) - held_out.values
    assert float(np.mean(r**2)) == pytest.approx(losses[best], rel=1e-12)


def test_the_rate_follows_the_schedule() -> None:
    found = run(optimizer=SGD(0.1), epochs=4, schedule={"name": "step", "drop": 0.5, "every": 2})
    assert [epoch.rate for epoch, _ in found] == pytest.approx([0.1, 0.1, 0.05, 0.05])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize("name", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("depth", [1, 2])
def test_a_diverging_training_stops_at_its_last_good_epoch(
    name: str, batch: int, depth: int, dtype: str
) -> None:
    widths, names = (2, *(9,) * depth, 1), [name] * depth + ["linear"]
    network = some_network(widths, names)
    found = run(network, optimizer=SGD(50.0), batch_size=batch, epochs=2000, dtype=dtype)
    last, arrays = found[-1]
    assert last.diverged and not any(epoch.diverged for epoch, _ in found[:-1])
    assert np.isfinite(arrays["weights"]).all()
    assert last.number < 2000 and arrays["record"][0] == last.number - 1
    if len(found) > 1:
        assert same_bytes(arrays, found[-2][1])


def test_a_not_a_number_among_the_rows_is_noticed() -> None:
    values = ROWS.values.copy()
    values[17] = np.nan
    for batch in (1, 8, "all"):
        (found,) = run(rows=Samples(ROWS.points, values), batch_size=batch)
        assert found[0].diverged and found[0].network().neurons == 9


def test_lbfgs_lowers_the_loss_in_every_epoch() -> None:
    found = run(optimizer=LBFGS(), epochs=30)
    losses = [epoch.metrics["loss_after"] for epoch, _ in found]
    assert all(after <= before for before, after in zip(losses, losses[1:], strict=False))
    assert found[0][0].loss > found[-1][0].loss and np.isnan(found[0][0].rate)


def test_what_cannot_be_trained_is_refused() -> None:
    with pytest.raises(SettingError, match="takes 2 inputs and gives 1 outputs, but .* 3 and 1"):
        run(rows=Samples(np.zeros((4, 3)), np.zeros((4, 1))))
    with pytest.raises(SettingError, match="no rows to learn from"):
        run(rows=Samples(np.zeros((0, 2)), np.zeros((0, 1))))
    with pytest.raises(SettingError, match="'step' has no useful slope.*choose one of linear"):
        run(some_network((2, 3, 1), ["step", "linear"]))
    with pytest.raises(SettingError, match="levenberg_marquardt is not a method of descent"):
        run(optimizer=LevenbergMarquardt())


def test_packing_there_and_back() -> None:
    for network in (NETWORK, DEEPER, some_network((1, 3), ["relu"], biases=False)):
        packing = Packing.of(network)
        flat = packing.flat(network)
        assert len(flat) == network.parameters
        assert packing.flat(packing.network(flat)).tobytes() == flat.tobytes()
        x = np.random.default_rng(0).normal(size=(5, network.widths[0]))
        np.testing.assert_array_equal(packing.network(flat)(x), network(x))


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_face_imports_no_compiler() -> None:
    code = """
import sys, approximant.descent
print([name for name in ("numba", "llvmlite") if name in sys.modules])
"""
    assert python(code) == "[]\n"


def test_compiled_code_is_loaded_without_numba() -> None:
    run(epochs=1)  # so that it is kept
    code = """
import sys
import numpy as np
from approximant.descent import DescentSettings, descend
from approximant.networks import Layer, Network
from approximant.sampling import Samples
layers = (Layer.uniform(np.ones((1, 1)), None, "linear"),)
told = []
rows = Samples(np.ones((4, 1)), np.zeros((4, 1)))
for epoch in descend(Network(layers), rows, DescentSettings(epochs=1), report_compile=told.append):
    print(epoch.loss)
print(told, "numba" in sys.modules)
"""
    assert python(code) == "1.0\n[] False\n"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Two folders in which machine code is kept, the first one preferred."""
    both = [tmp_path / "first", tmp_path / "second" / "deep"]
    monkeypatch.setattr(machine, "_folders", lambda: iter(both))
    return both


def test_code_is_kept_and_found_again(folders: list[Path]) -> None:
    file = machine.file_name("float64")
    assert machine.kept_code(file) is None
    assert machine.keep_code(file, b"code") is None
    assert machine.kept_code(file) == b"code"
    assert machine.kept_code(machine.file_name("float32")) is None
    assert [path.name for path in folders[0].iterdir()] == [file]


def test_code_goes_to_the_next_folder_where_the_first_takes_none(folders: list[Path]) -> None:
    folders[0].write_text("a file where a folder should be")
    assert machine.keep_code(machine.file_name("float64"), b"code") is None
    assert machine.kept_code(machine.file_name("float64")) == b"code"
    assert list(folders[1].iterdir())


def test_damaged_code_is_not_used(folders: list[Path]) -> None:
    machine.keep_code(machine.file_name("float64"), b"code")
    (path,) = folders[0].iterdir()
    for damaged in (path.read_bytes()[:-1], b"", b"x" * 100):
        path.write_bytes(damaged)
        assert machine.kept_code(machine.file_name("float64")) is None


def test_old_code_is_forgotten(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    for k in range(10):
        monkeypatch.setattr(machine, "_processor", lambda k=k: ("some", f"features {k}"))
        machine.keep_code(machine.file_name("float64"), b"code")
    assert len(list(folders[0].iterdir())) == machine.KEPT


def test_code_that_cannot_be_kept_is_said_to_be_compiled_each_time(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in folders:
        folder.parent.mkdir(exist_ok=True)
        folder.write_text("a file where a folder should be")
    code = machine_code()
    monkeypatch.setattr(entry, "_ready", {})
    monkeypatch.setattr("approximant.descent._compiling.object_code", lambda function: code)
    told: list[str] = []
    entry.compiled_loop("float64", told.append)
    entry.compiled_loop("float64", told.append)
    first, second = told
    assert "compiling the training loop, once" in first
    assert "cannot be kept" in second and str(folders[1]) in second


def machine_code() -> bytes:
    """Return the smallest code with the right name."""
    import llvmlite.binding as llvm

    target = machine.target_machine()
    text = f"define i32 @{machine.SYMBOL}(i64 %frame) {{ ret i32 0 }}"
    return bytes(target.emit_object(llvm.parse_assembly(text)))


@pytest.mark.parametrize("changed", ["numba", "llvmlite"])
def test_machine_code_of_another_compiler_is_another_file(monkeypatch, changed) -> None:
    usual, name = machine.version, machine.file_name("float64")
    assert machine.file_name("float64") == name
    monkeypatch.setattr(machine, "version", lambda it: "0.1" if it == changed else usual(it))
    assert machine.file_name("float64") != name
