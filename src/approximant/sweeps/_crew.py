"""A crew: worker processes that are replaced when they die, behind the interface of an Executor.

The pool of the standard library breaks as a whole when one process dies, and cannot say which task
was to blame. Here each process has one task at a time, so both are known.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

from approximant.threads import THREADS

START = "from approximant.sweeps._serve import serve; serve()"
PATIENCE = 5.0  # seconds for what was killed to be gone
Job: TypeAlias = "tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None"


class WorkerDied(Exception):
    """The process died that had the task."""


class Crew(Executor):
    """Worker processes, started afresh (spawned), each with one thread for linear algebra.

    Args:
        workers: how many; one per core that this process may use, if not given.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.size = workers or cores()
        self._jobs: SimpleQueue[Job] = SimpleQueue()
        self._closed = False
        self._workers = [_Worker() for _ in range(self.size)]
        self._threads = [
            threading.Thread(target=self._work, args=(worker,), daemon=True)
            for worker in self._workers
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Return the future of a call; it raises WorkerDied if the process does."""
        if self._closed:
            raise RuntimeError("The crew has been dismissed.")
        if kwargs:
            raise TypeError("A crew takes positional arguments only.")
        future: Future[Any] = Future()
        self._jobs.put((future, fn, args))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more jobs, and end the processes when those at hand are done."""
        self._closed = True
        if cancel_futures:
            self._cancel()
        for _ in self._threads:
            self._jobs.put(None)
        if wait:
            for thread in self._threads:
                thread.join()

    def kill(self) -> None:
        """End all processes at once, whatever they do."""
        self._closed = True
        self._cancel()
        self.shutdown(wait=False)
        for worker in self._workers:
            worker.kill()
        for thread in self._threads:
            thread.join(PATIENCE)

    def _cancel(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    job[0].cancel()

    def _work(self, worker: _Worker) -> None:
        """Pass jobs to one process until there are no more."""
        while (job := self._jobs.get()) is not None:
            future, function, args = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                done, value = worker.call(function, args)
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(value) if done else future.set_exception(value)
        worker.dismiss()


class _Worker:
    """One process; a new one takes its place when it has died."""

    def __init__(self) -> None:
        self._gone = False
        self._process = _started()

    def call(self, function: Callable[..., Any], args: tuple[Any, ...]) -> tuple[bool, Any]:
        """Return whether a call succeeded, and its value or its exception."""
        if self._process.poll() is not None and not self._gone:
            self._bury()
            self._process = _started()
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            pickle.dump((function, args), process.stdin)
            process.stdin.flush()
            answer: tuple[bool, Any] = pickle.load(process.stdout)
            return answer
        except (EOFError, OSError, pickle.UnpicklingError):
            process.kill()
            code = self._bury()
            raise WorkerDied(f"signal {-code}" if code < 0 else f"exit code {code}") from None

    def kill(self) -> None:
        """End the process; there will be no other."""
        self._gone = True
        self._process.kill()

    def dismiss(self) -> None:
        """Let the process end: nothing more will come."""
        self._bury()

    def _bury(self) -> int:
        """Close what led to the process, which ends it if it lives; return its exit status."""
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()
        return self._process.wait()


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _started() -> subprocess.Popen[bytes]:
    environment = {**os.environ, **dict.fromkeys(THREADS, "1")}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
    return subprocess.Popen(
        [sys.executable, "-c", START],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        # A group of its own: Ctrl-C is for us, and we decide what becomes of a worker.
        process_group=0 if os.name == "posix" else None,
    )
