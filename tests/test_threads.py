"""The threads of linear algebra: one while our code computes, as they were around all other."""

import subprocess
import sys
import textwrap

import pytest

from approximant.threads import THREADS

PRELUDE = """
import threading
import numpy as np
import approximant as ap
from threadpoolctl import threadpool_info, threadpool_limits
from approximant.threads import single_threaded, outside

def limits():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

before, seen = limits(), []
assert before == {2}, before

def f(x):
    seen.append(limits())
    return np.sin(3 * x)

def look(event):
    seen.append(limits())
"""


def ran(text: str, threads: str = "2") -> str:
    """Run a script in a process whose linear algebra starts with so many threads."""
    from os import environ

    given = {**environ, **dict.fromkeys(THREADS, threads)}
    script = PRELUDE + textwrap.dedent(text)
    if threads != "2":
        script = script.replace("assert before == {2}", "# ")
    done = subprocess.run([sys.executable, "-c", script], env=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "use",
    [
        "ap.approximate(f, {'x': (0, 1)}, tol=1e-3, progress=look)",
        "ap.approximate('sin(x)', {'x': (0, 1)}, tol=1e-4, certify=True, progress=look)",
        "ap.train(f, {'x': (0, 1)}, network='1-4-1 tanh', epochs=3, sampling=40, progress=look)",
        "ap.ApproximantRegressor(seconds=2).fit(np.linspace(0, 1, 60)[:, None], np.arange(60.))\n"
        "look(0)",
        "m = ap.approximate('x^2', {'x': (0, 1)}, tol=1e-3)\nm(0.5), m.gradient(0.5), look(0)",
    ],
)
def test_other_code_finds_the_threads_as_they_were(use) -> None:
    ran(f"{use}\nassert seen and all(s == before for s in seen), seen\nassert limits() == before")


def test_interleaved_trainings_left_open_or_closed_late_change_nothing() -> None:
    ran("""
    def steps():
        return ap.training(f, {"x": (0, 1)}, network="1-4-1 tanh", epochs=9, sampling=40)
    a, b = steps(), steps()
    for run in (a, b, a, b):
        next(run)
        assert limits() == before
    a.close(), next(b)
    assert limits() == before
    """)


def test_two_threads_at_once_leave_the_threads_as_they_were() -> None:
    ran("""
    def work(k):
        ap.approximate(f"sin({k}*x)", {"x": (0, 1)}, tol=1e-6)
    for _ in range(3):
        running = [threading.Thread(target=work, args=(k,)) for k in (1, 5, 9)]
        [t.start() for t in running], [t.join() for t in running]
        assert limits() == before
    """)


def test_the_last_to_leave_gives_back_whichever_thread_came_first() -> None:
    ran("""
    came, leave = threading.Event(), threading.Event()
    def first():
        with single_threaded():
            came.set(), leave.wait()
    other = threading.Thread(target=first)
    other.start(), came.wait()
    with single_threaded():
        leave.set(), other.join()
        assert limits() == {1}
    assert limits() == before
    # The first thread that ever set them still lives; another one may, too.
    def second():
        with threadpool_limits(1):
            pass
        with single_threaded():
            seen.append(limits())
    other = threading.Thread(target=second)
    other.start(), other.join()
    assert seen == [{1}] and limits() == before
    """)


def test_an_error_a_step_outside_and_a_number_set_meanwhile() -> None:
    ran("""
    try:
        with single_threaded():
            with outside():
                assert limits() == before
                with single_threaded():
                    assert limits() == {1}
                assert limits() == before
            assert limits() == {1}
            raise KeyboardInterrupt
    except KeyboardInterrupt:
        assert limits() == before
    left = single_threaded()
    left.__enter__()
    del left  # an interruption came before the end
    assert limits() == before
    """)


def test_results_do_not_depend_on_the_number_of_threads() -> None:
    text = """
    from hashlib import sha256
    rng = np.random.default_rng(0)
    X = rng.random((3000, 3))
    m = ap.approximate((X, np.sin(X.sum(axis=1)) + 0.1 * rng.random(3000)), seconds=60,
                       network="3-40-1 tanh")
    t = ap.train("sin(x*y)", {"x": (0, 2), "y": (0, 2)}, network="2-30-1 tanh", epochs=5,
                 sampling=3000, optimizer="levenberg_marquardt").approximant
    parts = [m(X), m.gradient(X), t(X[:, :2]), t.network.layers[0].weights]
    print(*(sha256(np.ascontiguousarray(part).tobytes()).hexdigest() for part in parts))
    """
    assert ran(text, "1") == ran(text, "2")
