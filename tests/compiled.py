"""Compiled parts of the descent, made callable from Python for the tests."""

from collections.abc import Callable
from typing import Any

from numba import njit


def callable_part(part: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that Python can call and that calls a compiled part."""

    @njit
    def call(*arguments: Any) -> Any:
        return part(*arguments)

    made: Callable[..., Any] = call
    return made
