"""Machine code: kept in a file once it has been compiled, and loaded without Numba."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import platform
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm

SYMBOL = "descend"  # name of the function in the machine code
KEPT = 4  # files of earlier sources or other processors that stay beside a new one
_DIGEST = hashlib.sha256().digest_size


def target_machine() -> Any:
    """Return LLVM's description of this processor."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    cpu, features = _processor()
    return target.create_target_machine(
        cpu=cpu, features=features, opt=3, codemodel="jitdefault", jit=True
    )


def loaded(code: bytes) -> Callable[[int], int]:
    """Return the function in some machine code; it takes an address and lets go of the GIL."""
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address(SYMBOL)
    if not address:
        raise ValueError(f"the machine code has no function {SYMBOL!r}")
    function = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_int64)(address)
    function.engine = engine  # type: ignore[attr-defined]  # the code lives as long as its engine
    return function


def kept_code(file: str) -> bytes | None:
    """Return machine code kept in a file; None if there is none, or if it is damaged.

    Args:
        file: from `file_name`.
    """
    for folder in _folders():
        try:
            data = (folder / file).read_bytes()
        except OSError:
            continue
        digest, code = data[:_DIGEST], data[_DIGEST:]
        if hashlib.sha256(code).digest() == digest:
            return code
    return None


def keep_code(file: str, code: bytes) -> str | None:
    """Keep machine code in a file; return why not, where no folder takes it."""
    problem = ""
    for folder in _folders():
        path = folder / file
        beside = path.with_suffix(f".{os.getpid()}.tmp")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(hashlib.sha256(code).digest() + code)
            os.replace(beside, path)
        except OSError as error:
            problem = f"{folder}: {error.strerror or error}"
            with contextlib.suppress(OSError):
                beside.unlink()
            continue
        _forget_old(folder, file)
        return None
    return problem


def _folders() -> Iterator[Path]:
    """Yield where machine code is kept: beside the sources, else in the user's cache folder."""
    yield Path(__file__).parent / "__pycache__"
    try:
        if sys.platform == "win32":
            base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        elif sys.platform == "darwin":
            base = Path.home() / "Library" / "Caches"
        else:
            base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    except RuntimeError:  # the user has no folder
        return
    yield Path(base) / "approximant"


def file_name(name: str) -> str:
    """Return a name that tells the compiler and changes with the sources and the processor.

    Ask for it before compiling: sources that change meanwhile must not lend their name.
    """
    numba, llvmlite = map(version, ("numba", "llvmlite"))
    value = hashlib.sha256("\n".join((numba, llvmlite, sys.version, *_processor())).encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        value.update(path.read_bytes())
    compiler = f"python{platform.python_version()}-numba{numba}-llvmlite{llvmlite}"
    return f"descent-{name}-{compiler}-{value.hexdigest()[:16]}.o"


def _processor() -> tuple[str, str]:
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _forget_old(folder: Path, file: str) -> None:
    kind = "-".join(file.split("-")[:2])
    with contextlib.suppress(OSError):  # another process may forget them at the same moment
        paths = sorted(folder.glob(f"{kind}-*.o"), key=lambda path: path.stat().st_mtime)
        for path in paths[:-KEPT]:
            path.unlink()
