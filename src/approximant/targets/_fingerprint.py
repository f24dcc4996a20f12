"""What tells a function named by a text from its other versions: the code that it is made of.

That is its module, or the whole package that this belongs to, and whatever they import that is
neither part of Python nor installed: what lies beside them, above all. It is read, not executed.
"""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.machinery import EXTENSION_SUFFIXES, ModuleSpec
from pathlib import Path

from approximant.targets._digest import file_digest

CODE = (".py", *EXTENSION_SUFFIXES)
PACKAGES = {"site-packages", "dist-packages"}  # folders of what is installed
KEPT = ("built-in", "frozen")  # origins of modules that are part of the interpreter


def source_fingerprint(text: str, folder: Path = Path(".")) -> str | None:
    """Return what changes whenever the code of `module:function` does.

    Data that the code reads, and the versions of what is installed, are not seen.

    Args:
        text: the name, as `import_callable` takes it.
        folder: searched first.

    Returns:
        A text, the same on every machine; empty if there is no such module, None if its code cannot
        be read, as in an archive.
    """
    from approximant.targets._scripts import LOCK

    name = text.strip().partition(":")[0].partition(".")[0]
    found: dict[Path, str] = {}
    with LOCK:
        spec = _spec(name, folder.resolve())
        if spec is None:
            return ""
        if spec.origin in KEPT:
            return f"Python {sys.version}"
        _collect(name, spec, folder.resolve(), found)
    if not all(found.values()):
        return None
    return hashlib.sha256("\n".join(sorted(found.values())).encode()).hexdigest()


def _spec(name: str, folder: Path) -> ModuleSpec | None:
    from approximant.targets._scripts import OURS, spec_anywhere, spec_beside

    if name == OURS:  # has a version
        return None
    return spec_beside(name, folder) or spec_anywhere(name)


def _collect(name: str, spec: ModuleSpec, folder: Path, found: dict[Path, str]) -> None:
    """Add a line for every file of a module or package, and of what these import."""
    for path, place in _files(spec):
        if path in found:
            continue
        digest = file_digest(path)
        found[path] = f"{name} {place} {digest}" if digest else ""
        for imported in _imports(path, digest) if _is_own(path) else ():
            inner = _spec(imported, folder)
            if inner is not None and inner.origin not in KEPT:
                if all(_is_own(file) for file, _ in _files(inner)):
                    _collect(imported, inner, folder, found)


def _files(spec: ModuleSpec) -> Iterator[tuple[Path, str]]:
    """Yield the files of a module or package, each with its place in it."""
    if spec.submodule_search_locations is None:
        yield Path(str(spec.origin)), ""
        return
    for location in spec.submodule_search_locations:
        files = [path for path in Path(location).rglob("*") if path.name.endswith(CODE)]
        yield from ((path, path.relative_to(location).as_posix()) for path in sorted(files))
        if not files:
            yield Path(location), ""  # an archive: no file that could be read


def _is_own(path: Path) -> bool:
    """Tell whether code is a person's own: neither part of Python nor installed."""
    from approximant.targets._scripts import INSTALLED

    inside = any(path.is_relative_to(place) for place in INSTALLED)
    return not inside and PACKAGES.isdisjoint(path.parts)


@lru_cache(maxsize=4096)
def _imports(path: Path, digest: str) -> set[str]:
    """Return the first parts of the names of the modules that a source file imports.

    Args:
        path: of the file.
        digest: of its content.
    """
    if path.suffix != ".py":
        return set()
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):  # what cannot be run imports nothing
        return set()
    names: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Import(imported):
                names += [alias.name for alias in imported]
            case ast.ImportFrom(str(module), _, 0) | ast.Call(
                ast.Attribute(attr="import_module") | ast.Name("import_module" | "__import__"),
                [ast.Constant(str(module)), *_],
            ):
                names.append(module)
    return {name.partition(".")[0] for name in names}
