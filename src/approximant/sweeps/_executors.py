"""Where trials run: worker processes of this machine, a Dask cluster, or any executor given."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from approximant.errors import SettingError, short
from approximant.quiet import at_level
from approximant.sweeps._crew import Crew, cores

if TYPE_CHECKING:
    from distributed import Client

SCHEME = "dask://"
PATIENCE = 10  # seconds that a cluster may take to answer


@dataclass(frozen=True)
class Workplace:
    """An executor with what must be known to use it well.

    Args:
        executor: takes the tasks.
        workers: how many tasks it does at a time.
    """

    executor: Executor
    workers: int


Opened: TypeAlias = Callable[[], Workplace]  # opens the workplace when there is work


@contextlib.contextmanager
def workplace(executor: Executor | str | None, workers: int | None) -> Iterator[Opened]:
    """Give a function that opens the place where trials run; it is closed afterwards.

    Args:
        executor: None for processes of this machine, which start at once; the address
            "dask://HOST:PORT" of a cluster; or an executor, which is left as it is.
        workers: tasks at a time; as many as there are cores, if not given.

    Raises:
        SettingError: it is none of these; when opened: a cluster does not answer, or a library is
            missing.
    """
    with contextlib.ExitStack() as stack:
        if executor is None:
            crew = Crew(workers)
            stack.callback(crew.kill)  # whatever still runs is not wanted any more
            yield lambda: Workplace(crew, crew.size)
        elif isinstance(executor, str) and executor.startswith(SCHEME):
            yield cache(lambda: _in_cluster(stack.enter_context(_cluster(executor)), workers))
        elif isinstance(executor, str) or not callable(getattr(executor, "submit", None)):
            raise SettingError(
                f"Unknown executor {short(executor)}; write dask://HOST:PORT for a Dask cluster, "
                "give an Executor of concurrent.futures, or leave it out."
            )
        else:
            number = workers or getattr(executor, "_max_workers", None) or cores()
            yield lambda: Workplace(executor, number)


def _in_cluster(client: Client, workers: int | None) -> Workplace:
    place = client.get_executor()  # type: ignore[no-untyped-call]
    size = workers or sum(client.ncores().values())  # type: ignore[no-untyped-call]
    return Workplace(place, size)


@contextlib.contextmanager
def _cluster(address: str) -> Iterator[Client]:
    """Give a client of a Dask cluster that has workers."""
    try:
        from distributed import Client
    except ImportError:
        raise SettingError(
            'An executor dask://HOST:PORT needs Dask: pip install "approximant[dask]"'
        ) from None
    place = address.removeprefix(SCHEME)
    with contextlib.ExitStack() as stack:
        # What goes wrong is told by errors.
        stack.enter_context(at_level("distributed", logging.CRITICAL))
        try:
            client = stack.enter_context(
                Client(f"tcp://{place}", timeout=PATIENCE, set_as_default=False)  # type: ignore
            )
            client.wait_for_workers(1, timeout=PATIENCE)
        except (OSError, TimeoutError, ValueError) as error:
            raise SettingError(
                f"No Dask cluster with workers answers at {place} ({_first_line(error)}); "
                "start one with `dask scheduler` and `dask worker`, or leave the executor out."
            ) from None
        yield client


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
