"""How functions are compiled: options shared by every compiled function of the room."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])

# Division by zero gives infinity as in NumPy; without this no loop with a division vectorises.
# Sums may be taken in any order, but NaN and infinity keep their meaning.
OPTIONS = {"error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz", "arcp"}}
EXACT = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


def compiled(function: Function) -> Function:
    """Return the function compiled at its first call for the types it is given."""
    made: Function = njit(**OPTIONS)(function)
    return made


def compiled_inline(function: Function) -> Function:
    """Return the function compiled into each of its callers."""
    made: Function = njit(**OPTIONS, forceinline=True)(function)
    return made


def compiled_exactly(function: Function) -> Function:
    """Return the function compiled into its callers, its sums in the order they are written in."""
    made: Function = njit(**EXACT, forceinline=True)(function)
    return made
