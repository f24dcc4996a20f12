"""What a callable says about its own parameters."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from approximant.domain import Box
from approximant.errors import TargetError
from approximant.targets._words import count_text, list_text


@dataclass(frozen=True)
class Signature:
    """The inputs of a callable as far as they can be known.

    Args:
        name: what to call it in messages.
        inputs: names of the parameters that count as inputs, or None where it does not say
            (`*args`, built-in functions without a signature).
    """

    name: str
    inputs: tuple[str, ...] | None

    @property
    def text(self) -> str:
        """The call as one would write it: "f(x, y)"."""
        return f"{self.name}({'...' if self.inputs is None else ', '.join(self.inputs)})"


def read_signature(function: Callable[..., Any]) -> Signature:
    """Return the signature of a callable; parameters with defaults are no inputs.

    Raises:
        TargetError: it takes no arguments at all, or demands arguments by keyword.
    """
    name = _name(function)
    if isinstance(function, np.ufunc):
        return Signature(name, ("x",) if function.nin == 1 else None)
    if isinstance(function, np.vectorize):
        function = function.pyfunc
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return Signature(name, None)
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return Signature(name, None)
    by_position = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keyword_only = [p for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    if keyword_only:
        argument = keyword_only[0].name
        raise TargetError(
            f"{name} needs the argument {argument!r} by keyword; give it a value first: "
            f"functools.partial({name}, {argument}=...)."
        )
    # Where every parameter has a default, the inputs can only be these.
    inputs = [p for p in by_position if p.default is p.empty] or by_position
    if not inputs:
        raise TargetError(f"{name} takes no arguments; a target takes one for each input, or one.")
    return Signature(name, tuple(p.name for p in inputs))


def input_order(signature: Signature, box: Box) -> list[int]:
    """Return which input of the box goes to each parameter of a callable with d parameters.

    Parameters named like the inputs receive them by name, others by position.

    Raises:
        TargetError: the number of parameters is neither 1 nor d, or only some names agree and
            their places contradict.
    """
    names, d = signature.inputs, box.dimension
    if names is None or (len(names) == 1 and d != 1):
        return list(range(d))
    if len(names) != d:
        raise TargetError(
            f"{signature.text} takes {count_text(len(names), 'argument')}, but the domain has "
            f"{count_text(d, 'input')} ({list_text(box.names)}); a target takes one argument per "
            f"input, or a single one: the points as an array (n, {d})."
        )
    if set(names) == set(box.names):
        return [box.names.index(name) for name in names]
    moved = [n for n, own in zip(names, box.names, strict=True) if n in box.names and n != own]
    if moved:
        raise TargetError(
            f"{signature.text} and the domain ({list_text(box.names)}) both name {moved[0]!r}, but "
            "at different places; give the inputs of the domain the names of the arguments."
        )
    return list(range(d))


def _name(function: Callable[..., Any]) -> str:
    if isinstance(function, functools.partial):
        return _name(function.func)
    name = getattr(function, "__name__", None) or type(function).__name__
    return "lambda" if name == "<lambda>" else str(name)
