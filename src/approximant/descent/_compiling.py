"""How functions are compiled: the decorators of every compiled function of the room.

Importing this file imports Numba. `compiled` functions are parts: they are called by other compiled
functions, never from Python. `object_code` makes machine code of a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import llvmlite.binding as llvm
import numba
from numba import types
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler_lock import global_compiler_lock
from numba.core.registry import cpu_target
from numba.extending import intrinsic

from approximant.descent._machine import SYMBOL, target_machine

Function = TypeVar("Function", bound=Callable[..., Any])

_njit: Any = numba.njit
# Nothing can be called from Python, and no array belongs to Python's memory.
_PART = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "_nrt": False}
# Division by zero gives infinity as in NumPy; without this no loop with a division vectorises.
# Sums may be taken in any order, but NaN and infinity keep their meaning.
_OPTIONS = {"error_model": "numpy", "fastmath": {"contract", "reassoc", "nsz", "arcp"}}
_EXACT = {"error_model": "numpy", "fastmath": {"contract", "nsz"}}


def compiled(function: Function) -> Function:
    """Return the function as a part of compiled code."""
    made: Function = _njit(**_OPTIONS, **_PART)(function)
    return made


def compiled_inline(function: Function) -> Function:
    """Return the function as a part that is copied into each of its callers."""
    made: Function = _njit(**_OPTIONS, **_PART, forceinline=True)(function)
    return made


def compiled_exactly(function: Function) -> Function:
    """Return the same for one whose sums keep the order in which they are written."""
    made: Function = _njit(**_EXACT, **_PART, forceinline=True)(function)
    return made


def instruction(build: Callable[..., Any]) -> Callable[..., Any]:
    """Return what compiled code calls to have instructions of LLVM put in its place.

    `build` is given the types of the arguments; it returns the signature, and the function that
    writes the instructions.
    """
    made: Callable[..., Any] = intrinsic(build)
    return made


def object_code(function: Callable[[Any], None]) -> bytes:
    """Return the machine code of a function that takes the address of a frame, named SYMBOL.

    Numba only translates to LLVM's language; all parts are then optimised once, together.
    """
    kinds = (types.int64,)
    with _translating_only():
        made = _njit(types.void(*kinds), **_OPTIONS, **_PART)(function)
        module = llvm.parse_assembly(made.inspect_llvm(kinds))
    translated = made.overloads[kinds].fndesc.mangled_name
    module.link_in(llvm.parse_assembly(_DOOR.format(symbol=SYMBOL, translated=translated)))
    for part in (*module.functions, *module.global_variables):
        if part.name != SYMBOL and not part.is_declaration:
            part.linkage = "internal"  # so that what nobody uses is left out
    machine = target_machine()
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    passes = llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(module, passes)
    return bytes(machine.emit_object(module))


# What Numba makes of a function takes two addresses more: of its result and of an exception.
_DOOR = """
declare i32 @"{translated}"(ptr, ptr, i64)
define i32 @{symbol}(i64 %frame) {{
    %result = alloca ptr
    %error = alloca ptr
    %status = call i32 @"{translated}"(ptr %result, ptr %error, i64 %frame)
    ret i32 %status
}}
"""


class _Translated(JITCodeLibrary):
    """A library that is linked to its parts, but neither optimised nor made machine code."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalized = True


@contextmanager
def _translating_only() -> Iterator[None]:
    """Let Numba translate functions without making machine code of them."""
    generator = cpu_target.target_context.codegen()
    usual = generator._library_class
    with global_compiler_lock:
        generator._library_class = _Translated
        generator.set_env = lambda name, environment: None  # of code that is not there
        try:
            yield
        finally:
            generator._library_class = usual
            del generator.set_env
