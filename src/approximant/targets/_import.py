"""Callables named by a text: `module:function`, as on the command line."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from approximant.errors import TargetError
from approximant.targets._words import list_text, near_miss

if TYPE_CHECKING:
    from approximant.targets._scripts import Folder


def import_callable(text: str, folder: Path = Path(".")) -> Callable[..., Any]:
    """Return the function that `module:function` names; `package.module:object.method` works too.

    Args:
        text: the name.
        folder: searched first, with all that the module imports; a module there is loaded anew
            whenever its file, or that of one it imports from there, has changed. They find each
            other by import statements and `__import__`, not by `importlib.import_module`, which
            serves the whole process.

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
    found = _module(module_name, folder)
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


def _module(name: str, folder: Path) -> Any:
    from approximant.targets._scripts import LOCK, folder_at

    with LOCK:
        place = folder_at(folder)
        importlib.invalidate_caches()
        try:
            beside = place.has(name.partition(".")[0])
            return place.load(name) if beside else importlib.import_module(name)
        except ModuleNotFoundError as error:
            # The module may exist and miss something that it imports itself.
            missing = place.plain(error.name or "")
            if name != missing and not name.startswith(f"{missing}."):
                said = f"{place.plain(str(error))}.{_by_statement(missing, error, place)}"
                raise TargetError(f"Importing {name!r} failed: {said}") from error
            hint = near_miss(name, _modules_in(place.path))
            raise TargetError(
                f"There is no module {name!r} in {place.path} or among the installed "
                f"packages.{hint}"
            ) from None
        except (Exception, SystemExit) as error:
            said = f"{type(error).__name__}: {place.plain(str(error))}"
            raise TargetError(f"Importing {name!r} failed: {said}.") from error


def _by_statement(missing: str, error: ModuleNotFoundError, place: Folder) -> str:
    """Say how a module beside another is imported, where it was looked for in all of Python."""
    if error.name != missing or not place.has(missing.partition(".")[0]):
        return ""
    return (
        f" {missing!r} beside it is found by import statements and __import__ alone, not by "
        "importlib.import_module."
    )


def _modules_in(folder: Path) -> Iterator[str]:
    for entry in folder.iterdir() if folder.is_dir() else ():
        if entry.suffix == ".py" or (entry / "__init__.py").is_file():
            yield entry.stem


def _offers(module: Any) -> str:
    """Say which functions a module defines itself."""
    name = getattr(module, "__name__", None)
    public = {k: v for k, v in getattr(module, "__dict__", {}).items() if not k.startswith("_")}
    own = [k for k, v in public.items() if callable(v) and getattr(v, "__module__", None) == name]
    return f" It defines {list_text(sorted(own))}." if own else ""
