"""Handing out tasks and collecting records, whatever becomes of the workers."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from typing import Any

from approximant.errors import SettingError
from approximant.store import RunRecord
from approximant.sweeps._crew import WorkerDied
from approximant.sweeps._executors import Workplace
from approximant.sweeps._task import Task, carry_out, failure

TRIES = 3  # how often a task may end a worker
INTERVAL = 0.2  # seconds between two looks
AHEAD = 2  # tasks handed out per worker: the next one is there when one is done


def dispatch(
    tasks: Iterable[Task], place: Workplace, tell: Callable[[int], object]
) -> Iterator[tuple[Task, RunRecord]]:
    """Yield every task with its record as soon as it is known.

    A task whose worker dies is given to another; after three times its record says so.

    Args:
        tasks: taken in order, a few ahead of the workers.
        place: where they are done.
        tell: called a few times a second with the number of tasks that are being done.

    Raises:
        SettingError: the executor itself no longer works.
    """
    waiting, new = deque[Task](), iter(tasks)
    running: dict[Future[RunRecord], Task] = {}
    deaths: Counter[str] = Counter()
    try:
        while True:
            room = AHEAD * place.workers - len(running)
            for task in itertools.islice(itertools.chain(_emptied(waiting), new), room):
                running[_submitted(place, task)] = task
            if not running:
                return
            tell(min(len(running), place.workers))
            for future in wait(running, INTERVAL, FIRST_COMPLETED).done:
                task = running.pop(future)
                record = _outcome(future, task, deaths)
                if record is None:
                    waiting.append(task)
                else:
                    yield task, record
    finally:
        for future in running:
            future.cancel()


def _submitted(place: Workplace, task: Task) -> Future[RunRecord]:
    try:
        return place.executor.submit(carry_out, task)
    except (BrokenExecutor, RuntimeError) as error:
        raise _broken(error) from error


def _outcome(future: Future[RunRecord], task: Task, deaths: Counter[str]) -> RunRecord | None:
    """Return the record of a task that is over; None if it must be tried again."""
    try:
        return future.result()
    except WorkerDied as error:
        deaths[task.key] += 1
        if deaths[task.key] < TRIES:
            return None
        return failure(task, f"its worker died {TRIES} times, the last time with {error}")
    except (BrokenExecutor, CancelledError) as error:
        raise _broken(error) from error
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # Dask has tried several workers itself
            return failure(task, f"its worker died {TRIES} times, says Dask")
        return failure(task, f"{type(error).__name__}: {error}")


def _broken(error: BaseException) -> SettingError:
    text = str(error) or type(error).__name__
    return SettingError(
        f"The executor does not work any more ({text}); what has finished is in the store, and the "
        "same sweep with a new executor goes on from there."
    )


def _emptied(tasks: deque[Any]) -> Iterator[Any]:
    while tasks:
        yield tasks.popleft()
