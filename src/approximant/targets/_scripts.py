"""Modules of a person's folder, loaded by file and kept under names that nobody else has.

Each folder is a package of its own below this module: `simulation.py` of /home/me/work becomes
`approximant.targets._scripts.<the folder in hexadecimal>.simulation`. So two folders may have
modules of one name, `sys.path` stays as it is, and a function pickled here is found by another
process. `import other` means the folder's own `other`, as in a script run from there, because each
of its modules has an `__import__` that looks there first, even when a function calls it later.
"""

from __future__ import annotations

import builtins
import hashlib
import importlib
import os
import sys
import sysconfig
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from approximant.targets._digest import file_digest

__path__: list[str] = []  # makes this module the package of all folders
PLACES = ("stdlib", "platstdlib", "purelib", "platlib")
INSTALLED = tuple(Path(sysconfig.get_path(name)).resolve() for name in PLACES)
OURS = __name__.partition(".")[0]
LOCK = threading.RLock()  # held while modules are looked for and loaded
_folders: dict[str, Folder] = {}


def spec_beside(name: str, folder: Path) -> ModuleSpec | None:
    """Return where a folder has a module or package of this name; None if Python's own goes first.

    A folder of files without `__init__.py` counts only if no other module has its name.
    """
    if name == OURS or name in sys.builtin_module_names or folder in INSTALLED:
        return None
    spec = PathFinder.find_spec(name, [str(folder)])
    if spec is None or spec.origin is not None:
        return spec
    return spec if spec_anywhere(name) is None else None


def spec_anywhere(name: str) -> ModuleSpec | None:
    """Return where an ordinary import finds a module or package; None if nowhere."""
    try:
        return find_spec(name)
    except (ImportError, ValueError):  # ValueError: the module that was run has no such record
        return None


class Folder:
    """The package of one folder.

    Args:
        path: of the folder, absolute.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.package = f"{__name__}.{os.fsencode(path).hex()}"
        self.read: dict[str, str] = {}  # fingerprint of every source file that was executed
        self._own: dict[str, bool] = {}  # whether a name is that of a module of the folder

    def has(self, name: str) -> bool:
        """Tell whether a name is that of a module of the folder, or of a package in it."""
        if name not in self._own:
            self._own[name] = spec_beside(name, self.path) is not None
        return self._own[name]

    def load(self, name: str) -> ModuleType:
        """Return a module of the folder as its file is now; those that changed are loaded anew."""
        self._own.clear()
        if any(file_digest(Path(path)) != known for path, known in self.read.items()):
            self.read.clear()
            for loaded in [key for key in sys.modules if key.startswith(f"{self.package}.")]:
                del sys.modules[loaded]
        return importlib.import_module(f"{self.package}.{name}")

    def import_(
        self,
        name: str,
        globals: Any = None,
        locals: Any = None,
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Import as the statement does, modules of the folder first."""
        top = name.partition(".")[0]
        if level or not self.has(top):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = importlib.import_module(f"{self.package}.{name}")
        if not fromlist:
            return sys.modules[f"{self.package}.{top}"]
        return builtins.__import__(module.__name__, globals, locals, fromlist)

    def plain(self, text: str) -> str:
        """Return a text with the modules of the folder called as the person calls them."""
        return text.replace(f"{self.package}.", "")


def folder_at(path: Path) -> Folder:
    """Return the package of a folder."""
    place = path.resolve()
    return _folders.setdefault(str(place), Folder(place))


class _Loader(SourceFileLoader):
    """Executes what the file holds now: compiled files are told from old ones by the second."""

    def __init__(self, name: str, path: str, folder: Folder) -> None:
        super().__init__(name, path)
        self._folder = folder

    def get_code(self, fullname: str) -> Any:
        source = self.get_data(self.path)
        self._folder.read[self.path] = hashlib.sha256(source).hexdigest()
        return self.source_to_code(source, self.path)

    def exec_module(self, module: ModuleType) -> None:
        own: dict[str, Callable[..., Any]] = {"__import__": self._folder.import_}
        module.__dict__["__builtins__"] = {**builtins.__dict__, **own}
        super().exec_module(module)


class _Finder:
    """Finds the packages of folders and all that is in them; knows of no other names."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(f"{__name__}."):
            return None
        place, *inner = fullname.removeprefix(f"{__name__}.").split(".")
        folder = folder_at(Path(os.fsdecode(bytes.fromhex(place))))
        if not inner:
            spec = ModuleSpec(fullname, None, is_package=True)
            spec.submodule_search_locations = [str(folder.path)]
            return spec
        found = PathFinder.find_spec(fullname, path)
        if found is not None and isinstance(found.loader, SourceFileLoader):
            found.loader = _Loader(fullname, found.loader.path, folder)
        return found


sys.meta_path.insert(0, _Finder())  # before the one that would find them without their __import__
