"""Who is at work on something: a process, told from one that died, also after a restart."""

from __future__ import annotations

import hashlib
import os
import platform
import time
from functools import cache
from pathlib import Path

DAY = 86_400.0  # seconds after which nobody is still busy with what takes milliseconds


def owner() -> str:
    """Return a text for this process, fit for file names: machine, its start, process number."""
    return f"{_short(platform.node())}-{_short(boot())}-{os.getpid()}"


@cache
def boot() -> str:
    """Return what changes whenever this machine starts; empty where the system does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def is_gone(text: str, since: float) -> bool:
    """Tell whether the process of `owner` has surely ended.

    Args:
        text: what `owner` returned there.
        since: when it was last seen at work, in seconds of the clock.
    """
    machine, start, process = (text.split("-") + ["", "", ""])[:3]
    if machine != _short(platform.node()) or not process.isdecimal():
        return time.time() - since > DAY
    return start != _short(boot()) or not _is_alive(int(process)) or time.time() - since > DAY


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # there, looking with os.kill would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):  # of somebody else
        return True
    return True


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
