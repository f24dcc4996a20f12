"""What makes a model file trustworthy: a digest, finite numbers, the versions that wrote it."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping
from functools import cache

import numpy as np

from approximant.arrays import Array

SCHEMA = 1  # of the card; a file with a higher number is refused


def digest(text: str, tensors: Mapping[str, Array]) -> str:
    """Return the SHA-256 of the card text and every tensor with its name and shape, in hex."""
    found = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        found.update(f"\n{name} {tensors[name].shape}\n".encode())
        found.update(tensors[name].astype("<f8").tobytes())
    return found.hexdigest()


def unfit_numbers(tensors: Mapping[str, Array]) -> str | None:
    """Say which numbers are not finite, None if all are."""
    for name, tensor in tensors.items():
        bad = int(np.size(tensor) - np.isfinite(tensor).sum())
        if bad:
            return f"{bad} of the numbers in {name} are not finite"
    return None


def versions() -> dict[str, str]:
    """Return the versions of what the numbers in a file may depend on."""
    code = sys.modules[__name__.partition(".")[0]]  # what runs, which need not be what is installed
    return {"approximant": code.__version__, **_versions_below()}


@cache
def _versions_below() -> dict[str, str]:
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("numpy", "scipy", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found
