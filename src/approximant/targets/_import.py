"""Callables named by a text: `module:function`, as on the command line."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from approximant.errors import TargetError
from approximant.targets._words import list_text, near_miss


def import_callable(text: str) -> Callable[..., Any]:
    """Return the function that `module:function` names; `package.module:object.method` works too.

    The current directory is searched first, as by `python -m`.

    Raises:
        TargetError: there is no such module or function, or importing the module fails.
    """
    module_name, _, path = text.strip().partition(":")
    if module_name.endswith(".py") and path:
        raise TargetError(
            f"{text!r} names a file; write the module without its suffix: "
            f"{Path(module_name).stem}:{path}, from the directory of the file."
        )
    parts = module_name.split(".") + path.split(".")
    if not all(part.isidentifier() for part in parts):
        raise TargetError(f"Cannot read {text!r}; write module:function, such as mymodel:drag.")
    found = _module(module_name)
    shown = module_name
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            functions = [name for name in dir(found) if callable(getattr(found, name, None))]
            hint = near_miss(part, functions) or _offers(found)
            raise TargetError(f"{shown} has no function {part!r}.{hint}") from None
        shown = f"{shown}.{part}" if shown != module_name else f"{module_name}:{part}"
    if not callable(found):
        kind = type(found).__name__
        raise TargetError(f"{shown} is no function but a value of type {kind}; name a function.")
    return found  # type: ignore[no-any-return]


def _module(name: str) -> Any:
    here = os.getcwd()
    if here not in sys.path and "" not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        # The module may exist and miss something that it imports itself.
        missing = error.name or ""
        if name != missing and not name.startswith(f"{missing}."):
            raise TargetError(f"Importing {name!r} failed: {error}.") from error
        hint = near_miss(name, _modules_here())
        raise TargetError(
            f"There is no module {name!r} in {here} or among the installed packages.{hint}"
        ) from None
    except (Exception, SystemExit) as error:
        raise TargetError(f"Importing {name!r} failed: {type(error).__name__}: {error}.") from error


def _modules_here() -> Iterator[str]:
    for entry in Path.cwd().iterdir():
        if entry.suffix == ".py" or (entry / "__init__.py").is_file():
            yield entry.stem


def _offers(module: Any) -> str:
    """Say which functions a module defines itself."""
    name = getattr(module, "__name__", None)
    public = {k: v for k, v in getattr(module, "__dict__", {}).items() if not k.startswith("_")}
    own = [k for k, v in public.items() if callable(v) and getattr(v, "__module__", None) == name]
    return f" It defines {list_text(sorted(own))}." if own else ""
