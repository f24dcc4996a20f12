"""`module:function` texts: a folder comes first, the process stays as it is, errors explain."""

import multiprocessing
import sys
import types
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from approximant.errors import TargetError
from approximant.targets import import_callable, read_target, source_fingerprint


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A directory with modules of its own, in which the process is."""
    (tmp_path / "drag_model.py").write_text(
        "import math\nLIMIT = 3\ndef drag(x):\n    return math.sin(x)\nclass Car:\n"
        "    @staticmethod\n    def lift(x):\n        return 2 * x\n"
    )
    (tmp_path / "needs_more.py").write_text("import no_such_package_at_all\n")
    (tmp_path / "by_name.py").write_text(
        "import importlib\nother = importlib.import_module('drag_model')\n"
    )
    (tmp_path / "broken_model.py").write_text("1 / 0\n")
    (tmp_path / "leaving_model.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


FILES = {
    "simulation.py": """
from __future__ import annotations
import dataclasses
import helpers, parts.inner
from parts import more as renamed
@dataclasses.dataclass
class Body:
    mass: int = 3
def drag(x):
    import later
    return x * helpers.FACTOR + later.FACTOR + parts.inner.FACTOR + renamed.FACTOR + Body().mass
""",
    "helpers.py": "FACTOR = {number}\n",
    "later.py": "FACTOR = 10 * {number}\n",
    "parts/__init__.py": "from .more import FACTOR\n",
    "parts/inner.py": "import helpers\nFACTOR = 100 * helpers.FACTOR\n",
    "parts/more.py": "FACTOR = 1000 * {number}\n",
}


def scripts(folder: Path, number: int) -> Path:
    """Write a folder whose `simulation:drag` is 1111 times a number at 1, and 3 more."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{number}", str(number)))
    return folder


def test_a_function_of_the_current_directory_is_found(here):
    target = read_target(import_callable("drag_model:drag"), {"x": (0, 1)})
    np.testing.assert_allclose(target(np.array([[0.5]])), [[np.sin(0.5)]])


def test_modules_of_one_name_in_two_folders_stay_apart(tmp_path):
    path, modules = list(sys.path), {name: id(module) for name, module in sys.modules.items()}
    ours = [import_callable("simulation:drag", scripts(tmp_path / str(k), k)) for k in (1, 2)]
    assert [function(1) for function in ours] == [1114, 2225]
    again = import_callable("simulation:drag", tmp_path / "1")
    assert again is ours[0]  # nothing changed, so nothing is executed again
    assert sys.path == path
    names = {"simulation", "helpers", "later", "parts", "parts.more", "parts.inner"}
    assert names.isdisjoint(sys.modules.keys() - modules.keys())
    assert {n: i for n, i in modules.items() if id(sys.modules.get(n)) != i} == {}
    assert not list(tmp_path.rglob("__pycache__"))


def test_modules_of_the_person_are_left_alone(tmp_path, monkeypatch):
    own = types.ModuleType("helpers")
    own.FACTOR = 5
    monkeypatch.setitem(sys.modules, "helpers", own)
    assert import_callable("simulation:drag", scripts(tmp_path, 1))(1) == 1114
    assert sys.modules["helpers"] is own


@pytest.mark.parametrize("name", FILES)
def test_what_was_edited_is_loaded_anew_and_known_by_another_fingerprint(tmp_path, name):
    folder = scripts(tmp_path, 1)
    before = import_callable("simulation:drag", folder)(1)
    known = source_fingerprint("simulation:drag", folder)
    assert known == source_fingerprint("simulation:drag", scripts(tmp_path / "copy", 1))
    # As long as it was, and within the same second.
    old = (folder / name).read_text()
    places = {"mass: int = 3": "mass: int = 4", "= 1": "= 2", "00 ": "01 ", "10 ": "11 "}
    new = next((old.replace(a, b) for a, b in places.items() if a in old), old + "FACTOR = 7\n")
    (folder / name).write_text(new)
    assert source_fingerprint("simulation:drag", folder) != known
    if name != "parts/__init__.py":  # whose own FACTOR nobody asks for
        assert import_callable("simulation:drag", folder)(1) != before


def test_fingerprints_of_what_is_installed_missing_or_unreadable(tmp_path, monkeypatch):
    installed = source_fingerprint("numpy.linalg:norm", tmp_path)
    assert installed and source_fingerprint("math:sin", tmp_path)
    assert source_fingerprint("no_such_module:f", tmp_path) == ""
    with zipfile.ZipFile(tmp_path / "archive.zip", "w") as archive:
        archive.writestr("zipped_model.py", "def f(x):\n    return x\n")
    monkeypatch.syspath_prepend(tmp_path / "archive.zip")
    assert import_callable("zipped_model:f", tmp_path)(3) == 3
    monkeypatch.delitem(sys.modules, "zipped_model")
    assert source_fingerprint("zipped_model:f", tmp_path) is None


def test_a_script_that_imports_nothing_of_a_neighbour_does_not_depend_on_it(here):
    known = source_fingerprint("drag_model:drag", here)
    (here / "needs_more.py").write_text("import math\n")
    assert source_fingerprint("drag_model:drag", here) == known


def test_other_processes_find_a_function_of_a_folder(tmp_path):
    functions = [import_callable("simulation:drag", scripts(tmp_path / str(k), k)) for k in (1, 2)]
    spawned = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawned) as pool:
        assert [pool.submit(function, 1).result() for function in functions] == [1114, 2225]


def test_threads_that_import_at_once_get_their_own(tmp_path):
    folders = [scripts(tmp_path / str(k), k) for k in range(8)]
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda folder: import_callable("simulation:drag", folder)(1), folders * 4)
        assert list(found) == [1111 * k + 3 for k in range(8)] * 4


def test_installed_modules_and_attributes_of_objects_are_found(here):
    assert import_callable("numpy:sin") is np.sin
    assert import_callable("numpy.linalg:norm") is np.linalg.norm
    assert import_callable(" drag_model:Car.lift ")(2) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("drag_modle:drag", r"There is no module 'drag_modle' in .*Did you mean 'drag_model'\?"),
        ("drag_model.part:f", "There is no module 'drag_model.part'|failed"),
        ("drag_model:drga", r"drag_model has no function 'drga'. Did you mean 'drag'\?"),
        ("drag_model:lift", r"has no function 'lift'. It defines Car, drag\."),
        ("drag_model:LIMIT", "drag_model:LIMIT is no function but a value of type int"),
        ("drag_model:Car.drop", "drag_model:Car has no function 'drop'"),
        ("drag_model.py:drag", "without its suffix: drag_model:drag"),
        ("needs_more:f", "Importing 'needs_more' failed: No module named 'no_such_package_at_all'"),
        ("by_name:f", "No module named 'drag_model'. 'drag_model' beside it .* not by importlib"),
        ("broken_model:f", "Importing 'broken_model' failed: ZeroDivisionError: division by zero"),
        ("leaving_model:f", "Importing 'leaving_model' failed: SystemExit: 3"),
        ("drag_model", "Cannot read 'drag_model'; write module:function"),
        (":f", "Cannot read ':f'"),
        ("a b:c", "Cannot read 'a b:c'"),
        ("drag_model:", "Cannot read 'drag_model:'"),
        ("os:system('ls')", "Cannot read"),
    ],
)
def test_what_cannot_be_imported_is_explained(here, text, message):
    with pytest.raises(TargetError, match=message):
        import_callable(text)
