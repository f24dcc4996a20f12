"""L-BFGS by SciPy, turned into an iterator that can be left at any time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from queue import SimpleQueue
from threading import Thread
from typing import Any

from approximant.arrays import Vector
from approximant.descent._optimizers import LBFGS

UNLIMITED = 2**31 - 1


def lbfgs_iterates(
    function: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    optimizer: LBFGS,
    iterations: int,
    done: int = 0,
) -> Generator[tuple[Vector, float]]:
    """Yield weights and loss after each iteration; ends early where no step lowers the loss.

    SciPy keeps the curvature to itself, so a run cannot be taken up in its middle. It is resumed
    by repeating the iterations already `done` from the same start, silently: the same bytes for
    the time they took before.

    Args:
        function: loss and gradient (p,) at weights (p,).
        start: the very first weights (p,).
        optimizer: settings.
        iterations: most of them, those done included.
        done: iterations not yielded again.
    """
    if done >= iterations:
        return
    iterates = _inverted(lambda tell: _minimise(function, start, optimizer, iterations, tell))
    try:
        for number, iterate in enumerate(iterates, 1):
            if number > done:
                yield iterate
    finally:
        iterates.close()


def _minimise(
    function: Callable[[Vector], tuple[float, Vector]],
    start: Vector,
    optimizer: LBFGS,
    iterations: int,
    tell: Callable[[Any], None],
) -> None:
    from scipy.optimize import OptimizeResult, minimize

    def callback(intermediate_result: OptimizeResult) -> None:
        tell((intermediate_result.x.copy(), float(intermediate_result.fun)))

    minimize(
        function,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=callback,
        options={
            "maxiter": iterations,
            "maxfun": UNLIMITED,
            "maxcor": optimizer.memory,
            "maxls": optimizer.line_search,
            # SciPy's tolerances are absolute where the loss is below 1: they would end good fits.
            "ftol": 0.0,
            "gtol": 0.0,
        },
    )


def _inverted(work: Callable[[Callable[[Any], None]], None]) -> Generator[Any]:
    """Yield what `work` tells its argument; it runs in a thread, and only while one waits for it.

    Closing the iterator raises StopIteration in `tell`, which SciPy takes as the wish to stop.
    """
    asked: SimpleQueue[bool] = SimpleQueue()
    told: SimpleQueue[tuple[str, Any]] = SimpleQueue()

    def tell(value: Any) -> None:
        told.put(("value", value))
        if not asked.get():
            raise StopIteration

    def run() -> None:
        try:
            work(tell)
            told.put(("end", None))
        except BaseException as error:
            told.put(("error", error))

    thread = Thread(target=run, name="lbfgs", daemon=True)
    thread.start()
    try:
        while True:
            kind, value = told.get()
            if kind == "error":
                raise value
            if kind == "end":
                return
            yield value
            asked.put(True)
    finally:
        asked.put(False)
        thread.join()
