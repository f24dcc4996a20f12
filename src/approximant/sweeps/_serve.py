"""The other side of a crew: a process that does one task after the other."""

from __future__ import annotations

import os
import pickle
import signal
import sys
import threading
import warnings
from queue import SimpleQueue
from typing import Any, BinaryIO


def serve() -> None:
    """Do what comes in on stdin and answer on stdout, until whoever asks has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    warnings.simplefilter("ignore")  # nobody looks at a worker
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a user's function prints
    tasks: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, tasks), daemon=True).start()
    while True:
        function, args = tasks.get()
        try:
            answer = pickle.dumps((True, function(*args)))
        except BaseException as error:
            answer = _failure(error)
        answers.write(answer)
        answers.flush()


def _listen(source: BinaryIO, tasks: SimpleQueue[Any]) -> None:
    """Pass on what comes in; end the process, whatever it is doing, when nothing more can come.

    So nobody works on for a sweep that was killed.
    """
    try:
        while True:
            tasks.put(pickle.load(source))
    except BaseException:
        os._exit(0)


def _failure(error: BaseException) -> bytes:
    try:
        return pickle.dumps((False, error))
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))
