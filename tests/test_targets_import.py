"""`module:function` texts: the current directory comes first; what is not found is explained."""

import sys

import numpy as np
import pytest

from approximant.errors import TargetError
from approximant.targets import import_callable, read_target


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A directory with a module of its own, removed from the interpreter afterwards."""
    (tmp_path / "drag_model.py").write_text(
        "import math\nLIMIT = 3\ndef drag(x):\n    return math.sin(x)\nclass Car:\n"
        "    @staticmethod\n    def lift(x):\n        return 2 * x\n"
    )
    (tmp_path / "needs_more.py").write_text("import no_such_package_at_all\n")
    (tmp_path / "broken_model.py").write_text("1 / 0\n")
    (tmp_path / "leaving_model.py").write_text("raise SystemExit(3)\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    for name in ("drag_model", "needs_more", "broken_model", "leaving_model"):
        sys.modules.pop(name, None)


def test_a_function_of_the_current_directory_is_found(here):
    target = read_target(import_callable("drag_model:drag"), {"x": (0, 1)})
    np.testing.assert_allclose(target(np.array([[0.5]])), [[np.sin(0.5)]])
    assert sys.path.count(str(here)) == 1
    import_callable("drag_model:drag")
    assert sys.path.count(str(here)) == 1


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
