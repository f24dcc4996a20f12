"""L-BFGS as an iterator: SciPy's own path, left at any time, taken up again."""

import gc
import threading
from itertools import islice

import numpy as np
import pytest
from scipy.optimize import minimize, rosen, rosen_der

from approximant.arrays import Vector
from approximant.descent import (
    LBFGS,
    DescentSettings,
    Initialisation,
    State,
    descend,
    initial_network,
)
from approximant.descent._lbfgs import lbfgs_iterates
from approximant.networks import Network, parse_network
from approximant.sampling import Samples

START = np.array([1.3, 0.7, 0.8, 1.9])


def rosenbrock(x: Vector) -> tuple[float, Vector]:
    return float(rosen(x)), rosen_der(x)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "lbfgs"]


def run(iterations: int, done: int = 0, optimizer: LBFGS | None = None) -> list[Vector]:
    iterates = lbfgs_iterates(rosenbrock, START, optimizer or LBFGS(), iterations, done)
    return [weights for weights, _ in iterates]


@pytest.mark.parametrize("memory", [1, 3, 10])
def test_iterates_are_those_of_scipy(memory: int) -> None:
    expected: list[Vector] = []
    options = {"maxiter": 20, "maxcor": memory, "ftol": 0.0, "gtol": 0.0}

    def tell(x: Vector) -> None:
        expected.append(x.copy())

    minimize(rosenbrock, START, jac=True, method="L-BFGS-B", callback=tell, options=options)
    found = run(20, optimizer=LBFGS(memory=memory))
    assert len(found) == len(expected) == 20
    assert all(a.tobytes() == b.tobytes() for a, b in zip(found, expected, strict=True))


def test_loss_belongs_to_the_weights_and_falls_at_every_iteration() -> None:
    losses = []
    for weights, loss in lbfgs_iterates(rosenbrock, START, LBFGS(), 10_000):
        assert loss == rosen(weights)
        losses.append(loss)
    assert (np.diff(losses[:-1]) < 0).all() and losses[-1] <= losses[-2]
    assert losses[-1] < 1e-4


def test_it_ends_by_itself_where_no_step_lowers_the_loss() -> None:
    found = run(10_000)
    assert 20 < len(found) < 200
    assert np.abs(rosen_der(found[-1])).max() < 1e-6
    assert not workers()


def test_start_at_the_minimum_yields_nothing() -> None:
    assert list(lbfgs_iterates(rosenbrock, np.ones(4), LBFGS(), 10)) == []


def test_leaving_the_loop_stops_the_work() -> None:
    calls = 0

    def counted(x: Vector) -> tuple[float, Vector]:
        nonlocal calls
        calls += 1
        return rosenbrock(x)

    iterates = lbfgs_iterates(counted, START, LBFGS(), 1000)
    assert not workers()  # nothing runs before the first iteration is asked for
    assert len(list(islice(iterates, 5))) == 5
    before = calls
    assert len(workers()) == 1
    assert calls == before  # nothing runs ahead of the loop
    iterates.close()
    assert not workers() and calls <= before + 1


def test_forgotten_iterator_leaves_no_thread() -> None:
    next(lbfgs_iterates(rosenbrock, START, LBFGS(), 1000))
    gc.collect()
    assert not workers()


def test_weights_given_out_do_not_change_later() -> None:
    given = [(weights, weights.copy()) for weights, _ in
             lbfgs_iterates(rosenbrock, START, LBFGS(), 10)]  # fmt: skip
    assert all((now == then).all() for now, then in given)


@pytest.mark.parametrize("done", [0, 1, 7, 19, 20])
def test_resumed_run_gives_the_same_bytes(done: int) -> None:
    whole, rest = run(20), run(20, done)
    assert len(rest) == 20 - done
    assert [x.tobytes() for x in rest] == [x.tobytes() for x in whole[done:]]


def test_error_of_the_function_reaches_the_caller() -> None:
    def broken(x: Vector) -> tuple[float, Vector]:
        raise ArithmeticError("no value here")

    with pytest.raises(ArithmeticError, match="no value here"):
        list(lbfgs_iterates(broken, START, LBFGS(), 10))
    assert not workers()


def test_value_that_is_no_number_ends_the_run() -> None:
    def hopeless(x: Vector) -> tuple[float, Vector]:
        return np.nan, np.full(len(x), np.nan)

    assert len(list(islice(lbfgs_iterates(hopeless, START, LBFGS(), 10), 10))) <= 1
    assert not workers()


def rows_and_network() -> tuple[Samples, Network]:
    x = np.random.default_rng(0).uniform(-1.0, 1.0, (120, 2))
    spec = parse_network("2-6-5-1 tanh")
    return Samples(x, np.sin(2.0 * x[:, :1]) * x[:, 1:]), initial_network(spec, Initialisation(), 1)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_training_lowers_the_loss_and_takes_up_where_it_stopped(dtype: str) -> None:
    rows, network = rows_and_network()
    settings = DescentSettings(optimizer=LBFGS(), epochs=30, dtype=dtype)
    losses, weights = [], []
    for epoch in descend(network, rows, settings):
        losses.append(epoch.metrics["loss_after"])
        weights.append(epoch.state.weights.tobytes())
        if epoch.number == 12:
            arrays = epoch.state.arrays()
    assert losses[-1] < 0.1 * losses[0]
    rest = descend(network, rows, settings, state=State.from_arrays(arrays))
    assert [epoch.state.weights.tobytes() for epoch in rest] == weights[12:]


def test_training_can_be_left() -> None:
    rows, network = rows_and_network()
    settings = DescentSettings(optimizer=LBFGS(), epochs=1000)
    assert [epoch.number for epoch in islice(descend(network, rows, settings), 3)] == [1, 2, 3]
    gc.collect()
    assert not workers()
