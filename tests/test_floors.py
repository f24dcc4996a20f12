"""The floors of the package and the rules of importing; running this file prints the picture."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "approximant"
DOCS = ROOT / "docs" / "architecture.md"

# Rooms by floor, top first: a folder ends in "/", a file in ".py".
FLOORS = {
    11: {"cli/": "the command line: one command per file - parse, one library call, print"},
    10: {"studio/": "the page in a browser"},
    9: {"sweeps/": "many experiments that differ in named settings"},
    8: {
        "experiment/": "one settings file and its runs",
        "estimator/": "the scikit-learn estimator",
    },
    7: {"laboratory.py": "training step by step: Training, train, training"},
    6: {"approximant/": "what people hold and call: Approximant, approximate, load"},
    5: {
        "contract/": "the tolerance contract: probe, construct, refine, shrink, verify",
        "learning/": "the course of a training: rows, start, epochs, diagnosis, report",
    },
    4: {
        "export/": "a model as source code or in another format",
        "store/": "a model as a file, and back; runs in a store",
        "page/": "the report as one self-contained page",
    },
    3: {
        "probe/": "finds out what kind of target it is before anything is built",
        "construct/": "chooses hidden weights by rule and solves for the output weights",
        "refine/": "improves all weights by a second-order method; removes neurons",
        "descent/": "improves all weights step by step",
        "calculus/": "derivatives, integrals, extrema and roots of a model",
        "layout/": "what a model is outside the program: tensors and words, also as text",
        "measure/": "errors of a model on fresh points, inside and outside the domain",
        "certify/": "proves a bound on the error",
        "scalings.py": "how columns are scaled before a training",
        "checker/": "proves a saved certificate again, importing nothing of certify/",
        "draw/": "pictures, drawn from arrays and callables",
    },
    2: {
        "targets/": "what is approximated: formula, callable or table",
        "designs/": "how the rows of a training are drawn",
        "model.py": "network, domain, scaling and outside policy, in the user's units",
        "points.py": "points in every form in which people give them",
        "profile.py": "what probing finds out about one input, for those who construct",
        "structure.py": "what probing finds out about many inputs, for those who construct",
        "solving.py": "the linear solve behind every construction and refinement",
        "report.py": "the measured truth about one approximant",
        "claims.py": "the sentences of a proof, written from the numbers of its certificate",
    },
    1: {
        "domain.py": "named, bounded intervals",
        "formula/": "formula texts: parsed once, read in many ways",
        "networks/": "layers, activations, and the texts that name them",
        "sampling.py": "which points to look at; samples and where they come from",
        "atomic.py": "writing files whole or not at all",
        "progress.py": "what a long task tells while it runs, and its clock",
        "history.py": "what a training measured, epoch by epoch",
        "settings.py": "settings, each described once",
        "certificate.py": "a proved bound on the error, with all that a checker needs",
        "precision.py": "the precision of Arb, one for the process, around our own code alone",
    },
    0: {
        "errors.py": "the errors and warnings raised on purpose",
        "arrays.py": "names for the shapes of arrays",
        "threads.py": "one thread for linear algebra, around our own code alone",
        "quiet.py": "what other packages say while our own code uses them, left out",
        "streams.py": "random numbers: one named stream for every purpose",
    },
}
FLOOR_OF = {Path(room).stem: number for number, rooms in FLOORS.items() for room in rooms}


def picture() -> str:
    """Draw the floors, one room per line; a room in parentheses is not built yet."""
    lines = []
    for number, rooms in FLOORS.items():
        for place, (room, purpose) in enumerate(rooms.items()):
            name = room if (PACKAGE / room).exists() else f"({room})"
            lines.append(f"{'' if place else number:>2}  {name:<15} {purpose}")
    return "\n".join(lines)


class Import(NamedTuple):
    """One import from the package; its parts are `approximant`, `networks`, `Layer`."""

    line: int
    parts: tuple[str, ...]


def imports(path: Path, package: Path = PACKAGE) -> Iterator[Import]:
    """List what a file imports from the package, wherever in the file the import stands."""
    folder = (package.name, *path.relative_to(package).parts[:-1])

    def absolute(dotted: str) -> tuple[str, ...]:
        name = dotted.lstrip(".")
        dots = len(dotted) - len(name)
        above = folder[: len(folder) + 1 - dots] if dots else ()
        return (*above, *filter(None, name.split(".")))

    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Import(names):
                found = [absolute(alias.name) for alias in names]
            case ast.ImportFrom(module, names, level):
                origin = absolute("." * level + (module or ""))
                found = [(*origin, alias.name) for alias in names]
            case ast.Call(
                ast.Attribute(attr="import_module") | ast.Name("import_module" | "__import__"),
                [ast.Constant(str(module)), *_],
            ):
                found = [absolute(module)]
            case _:
                continue
        yield from (Import(node.lineno, parts) for parts in found if parts[:1] == folder[:1])


def complaints(path: Path, package: Path = PACKAGE) -> list[str]:
    """List what a file does against the rules of docs/architecture.md."""
    inside = path.relative_to(package)
    room = inside.parts[0] + "/" if len(inside.parts) > 1 else inside.name
    if not any(room in rooms for rooms in FLOORS.values()) and room != "__init__.py":
        return [f"{inside} belongs to no room in the list of floors"]
    if path.suffix != ".py":
        return []
    found = []
    for line, (_, *parts) in imports(path, package):
        problem = objection(Path(room).stem, parts, package)
        if problem:
            found.append(f"{inside}:{line} imports {'.'.join(parts) or package.name}: {problem}")
    return found


def objection(room: str, parts: list[str], package: Path) -> str | None:
    """Say what speaks against `approximant.<parts>` being imported by a room, if anything does."""
    target = parts[0] if parts else ""
    if target not in FLOOR_OF:
        return "the package's own face is for those outside it"
    if target == room:
        return None
    floor = FLOOR_OF.get(room, max(FLOORS) + 1)  # __init__.py stands above every floor
    if FLOOR_OF[target] >= floor:
        return f"floor {FLOOR_OF[target]} is not below floor {floor}"
    names = [package.joinpath(target, name) for name in parts[1:2]]
    if any(name.exists() or name.with_suffix(".py").exists() for name in names):
        return "a file inside a room is for that room alone"
    if any(name.name.startswith("_") for name in names):
        return "a private name is for its room alone"
    return None


def source_files() -> list[Path]:
    """List the files of the package, without what Python and its tools leave there."""
    files = (path for path in PACKAGE.rglob("*") if path.is_file())
    return sorted(f for f in files if "__pycache__" not in f.parts and f.name != "py.typed")


def test_imports_go_to_strictly_lower_floors() -> None:
    found = [text for path in source_files() for text in complaints(path)]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("networks/_spec.py", "from approximant.model import Model", "floor 2 is not below"),
        ("networks/_spec.py", "from ..model import Model", "floor 2 is not below floor 1"),
        ("networks/_spec.py", "import approximant.domain", "floor 1 is not below floor 1"),
        ("networks/_spec.py", "def f():\n    from approximant import page", ":2 imports page"),
        ("model.py", "if TYPE_CHECKING:\n    from .contract import fit", ":2 imports contract"),
        ("model.py", "from . import profile", "floor 2 is not below floor 2"),
        ("model.py", "import_module('approximant.cli')", "floor 11 is not below floor 2"),
        ("model.py", "importlib.import_module('.page', package)", "floor 4 is not below floor 2"),
        ("model.py", "from approximant.networks._layer import Layer", "for that room alone"),
        ("model.py", "from approximant.networks import _layer", "a file inside a room"),
        ("model.py", "from .networks import _secret", "a private name"),
        ("model.py", "from approximant import approximate", "the package's own face"),
        ("model.py", "import approximant", "the package's own face"),
        ("__init__.py", "from approximant.networks._layer import Layer", "a file inside a room"),
        ("helpers.py", "", "belongs to no room"),
        ("helpers/page.js", "", "belongs to no room"),
        ("model/_scaling.py", "", "belongs to no room"),
    ],
)
def test_a_wrong_import_is_named_with_its_place(
    tmp_path: Path, file: str, text: str, expected: str
) -> None:
    (found,) = complaints(_written(tmp_path, file, text), tmp_path / "approximant")
    assert expected in found


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("model.py", "from approximant.networks import Layer"),
        ("model.py", "from .domain import Box\nimport approximant.errors\nimport numpy"),
        ("networks/_spec.py", "from ._layer import Layer\nfrom . import _layer"),
        ("networks/_spec.py", "from approximant.networks import _layer"),
        ("__init__.py", "from .cli import main"),
        ("studio/page.js", "import './plot.js'"),
    ],
)
def test_imports_downwards_and_within_a_room_are_free(tmp_path: Path, file: str, text: str) -> None:
    assert complaints(_written(tmp_path, file, text), tmp_path / "approximant") == []


def _written(folder: Path, file: str, text: str) -> Path:
    """Write one file of a small package, beside a room that has a file inside; return its path."""
    for name, content in (("networks/_layer.py", ""), (file, text)):
        path = folder / "approximant" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return path


def test_no_room_takes_the_name_of_a_top_level_function() -> None:
    # Importing approximant.load would put the module where the function was.
    import approximant

    names = [name for name in approximant.__all__ if inspect.isfunction(getattr(approximant, name))]
    rooms = set(FLOOR_OF) | {Path(path).stem for path in PACKAGE.iterdir()}
    assert rooms.isdisjoint(names)


def test_no_file_holds_more_than_300_lines() -> None:
    files = [path for path in source_files() if path.suffix == ".py"]
    lengths = {str(f.relative_to(PACKAGE)): len(f.read_text().splitlines()) for f in files}
    assert {name: length for name, length in lengths.items() if length > 300} == {}


def test_documents_show_the_picture_of_the_floors() -> None:
    assert f"```text\n{picture()}\n```" in DOCS.read_text(encoding="utf-8"), (
        "run `python tests/test_floors.py` and put what it prints into docs/architecture.md"
    )


if __name__ == "__main__":
    print(picture())
