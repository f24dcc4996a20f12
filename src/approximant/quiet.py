"""What other packages say while our own code uses them: left out, and never for longer."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

_filters = threading.RLock()
_levels = threading.Lock()
_held: dict[str, tuple[int, int]] = {}  # by logger: how many hold it, and its level before


@contextmanager
def ignoring(category: type[Warning], message: str = "") -> Iterator[None]:
    """Return a context for our own code in which warnings of one kind are ignored.

    The filters are one list for the whole process. Of two threads the later to leave would put
    back what it found, the other's filter among it: so they take turns.

    Args:
        category: of the warnings.
        message: a regular expression for the beginning of their texts.
    """
    with _filters, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message, category)
        yield


@contextmanager
def at_level(name: str, level: int) -> Iterator[None]:
    """Return a context in which a logger has a level; the last to leave gives back the one before.

    Args:
        name: of the logger.
        level: such as `logging.ERROR`.
    """
    logger = logging.getLogger(name)
    with _levels:
        count, before = _held.get(name, (0, logger.level))
        _held[name] = count + 1, before
        logger.setLevel(level)
    try:
        yield
    finally:
        with _levels:
            count, before = _held.pop(name)
            if count > 1:
                _held[name] = count - 1, before
            elif logger.level == level:  # else somebody has set it meanwhile
                logger.setLevel(before)
