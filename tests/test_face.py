"""The names people get from `import approximant`, and what getting them costs."""

import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import approximant as ap
from approximant.descent import Optimizer

# One quick call of every top-level function, in this order; `folder` is there to write to.
CALLS = {
    "approximate": "ap.approximate('x^2', {'x': (0, 1)}, tol=1e-6).save(folder / 'f.safetensors')",
    "load": "ap.load(folder / 'f.safetensors')",
    "train": "ap.train('x^2', {'x': (0, 1)}, network='1-4-1 tanh', epochs=2)",
    "training": "list(ap.training('x^2', {'x': (0, 1)}, network='1-4-1 tanh', epochs=2))",
    "run": "ap.run({'target': {'formula': 'x^2', 'domain': {'x': [0, 1]}}, "
    "'network': {'shape': '1-4-1 tanh'}, 'training': {'epochs': 2}})",
    "sweep": "ap.sweep({'target': {'formula': 'x^2', 'domain': {'x': [0, 1]}}, 'network': "
    "{'shape': '1-4-1 tanh'}, 'sweep': {'settings': {'training.epochs': [1, 2]}}}, workers=1)",
}
HEAVY = {"llvmlite", "matplotlib", "narwhals", "numba", "rich", "safetensors", "scipy"}


def _run(code: str) -> str:
    """Run code in a fresh process where warnings are errors; return what it printed."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_all_is_sorted_and_complete() -> None:
    names = [name for name in ap.__all__ if not isinstance(getattr(ap, name), ModuleType)]
    assert set(ap._DEFERRED) <= set(names)
    public = {name for name in vars(ap) if not name.startswith("_")}
    modules = {name for name in public if isinstance(vars(ap)[name], ModuleType)}
    assert names == sorted(names)
    assert {name for name in names if not name.startswith("_")} == public - modules


def test_at_most_20_names_besides_errors_and_optimizers() -> None:
    values = {name: getattr(ap, name) for name in ap.__all__}
    kinds = (ap.ApproximantError, Warning, Optimizer)
    others = {n for n, v in values.items() if inspect.isclass(v) and issubclass(v, kinds)}
    assert len(values.keys() - others) <= 20


def test_every_top_level_function_has_a_call_here() -> None:
    functions = {name for name in ap.__all__ if inspect.isfunction(getattr(ap, name))}
    assert functions == CALLS.keys()


def test_every_top_level_function_can_be_called_twice(tmp_path: Path) -> None:
    # A deferred import inside one function could put a module in the place of another.
    calls = "\n".join(f"    {call}" for call in CALLS.values())
    folder = f"folder = pathlib.Path({str(tmp_path)!r})"
    _run(f"import pathlib\nimport approximant as ap\n{folder}\nfor _ in range(2):\n{calls}")


def test_import_leaves_heavy_libraries_alone() -> None:
    loaded = _run("import sys, approximant\nprint(*{name.split('.')[0] for name in sys.modules})")
    assert HEAVY.intersection(loaded.split()) == set()


ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {extras}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""
EXTRAS = {"sklearn", "optuna", "onnx", "onnxruntime", "pyarrow", "distributed", "dask", "joblib"}


def test_every_name_is_there_without_any_extra() -> None:
    code = ABSENT.format(extras=EXTRAS) + (
        "import approximant\n"
        "assert set(approximant.__all__) <= set(dir(approximant))\n"
        "assert all(hasattr(approximant, name) for name in approximant.__all__)\n"
        "assert not hasattr(approximant, 'no_such_name')\n"
        "from approximant import *\n"
        "print(isinstance(ApproximantRegressor, type), ApproximantRegressor.__name__)\n"
        "class Mine(ApproximantRegressor): pass\n"
        "for kind in (ApproximantRegressor, Mine):\n"
        "    try:\n"
        "        kind(tol=1e-3)\n"
        "    except ImportError as error:\n"
        "        print(error)\n"
    )
    hint = "ApproximantRegressor needs scikit-learn: pip install 'approximant[sklearn]'"
    assert _run(code).splitlines() == ["True ApproximantRegressor", hint, hint]


def test_names_are_listed_before_they_are_used() -> None:
    assert _run(
        "import approximant\nprint({*approximant.__all__} <= {*dir(approximant)}, "
        "'__version__' in dir(approximant), dir(approximant) == sorted(dir(approximant)))"
    ).split() == ["True", "True", "True"]
