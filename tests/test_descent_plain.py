"""The plain loop: it takes over when Numba's private interfaces fail, with the same results."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from approximant.descent import _compiling as compiling
from approximant.descent import _entry as entry
from approximant.descent import _machine as machine
from approximant.descent import _plain as plain

NAMES = ("linear relu leaky_relu elu sigmoid tanh sin softplus gelu silu gaussian").split()
SCRIPT = """
import sys
import numpy as np
from approximant.descent import LOSSES, SGD, Adagrad, Adam, DescentSettings, Nadam, RMSprop, descend
from approximant.descent import _entry as entry
from approximant.networks import Layer, Network
from approximant.sampling import Samples

def network(widths, names, seed):
    draw, layers = np.random.default_rng(seed), []
    for before, width, name in zip(widths, widths[1:], names):
        weights, biases = draw.normal(0, 0.7, (width, before)), draw.normal(0, 0.3, width)
        layers.append(Layer(weights, biases, ((name, width),)))
    return Network(tuple(layers))

def trained(told):
    x = np.random.default_rng(0).uniform(-1, 1, (12, 2))
    y = np.stack([np.sin(2 * x[:, 0]) * x[:, 1], x[:, 0]], axis=1)
    kinds = [SGD(0.02), SGD(0.02, momentum=0.9), Adam(0.01), Nadam(0.01), RMSprop(0.01), Adagrad()]
    cases = [(name, dict(batch_size=batch)) for name in NAMES for batch in (1, 9)]
    cases += [("tanh", dict(batch_size=9, optimizer=kind)) for kind in kinds]
    cases += [("tanh", dict(batch_size=1, loss=loss)) for loss in LOSSES]
    cases += [("sigmoid", dict(batch_size=1, loss=loss)) for loss in LOSSES]
    cases += [("sigmoid", dict(batch_size=9, l1=1e-3, l2=1e-3))]
    for case, (name, given) in enumerate(cases):
        given = {"optimizer": SGD(0.02), **given}
        for dtype in ("float64", "float32"):
            for widths in ((2, 9, 1), (2, 7, 5, 2)):
                names = [name] * (len(widths) - 2) + ["linear"]
                settings = DescentSettings(epochs=1, dtype=dtype, **given)
                rows = Samples(x, y[:, : widths[-1]])
                *_, last = descend(
                    network(widths, names, case), rows, settings, report_compile=told.append
                )
                weights = [layer.weights.ravel() for layer in last.network().layers]
                yield dtype, np.concatenate([[last.loss], *weights])
"""


def by_script(text: str, **environment: str) -> str:
    """Return what a script prints in a process of its own."""
    from os import environ

    done = subprocess.run(
        [sys.executable, "-c", text], env={**environ, **environment}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_plain_loop_does_what_the_fast_one_does(tmp_path: Path) -> None:
    # Without compilation, which takes half a minute: the same functions, run by Python itself.
    script, file = f"NAMES = {NAMES}\n{SCRIPT}", tmp_path / "plain.npz"
    names: dict[str, Any] = {}
    exec(script, names)
    fast = list(names["trained"]([]))
    by_script(
        f"{script}\nentry._kept, told = (lambda dtype: 1 / 0), []\n"
        f"np.savez({str(file)!r}, *(weights for _, weights in trained(told)))\n"
        "assert len(told) == 1, told",
        NUMBA_DISABLE_JIT="1",
        PYTHONWARNINGS="ignore",  # NumPy's of unsigned numbers that wrap around, as they shall
    )
    with np.load(file) as kept:
        for (dtype, one), other in zip(fast, kept.values(), strict=True):
            rounding = 1e-13 if dtype == "float64" else 3e-5
            np.testing.assert_allclose(one, other, rtol=rounding, atol=rounding)


def test_plain_parts_compile_and_agree() -> None:
    read: dict[str, Any] = {}
    part = plain._read("_kernels_batch", read).slopes_batch
    sigmoid = plain._read("_elementary", read).sigmoid
    w, z = np.arange(3.0), np.linspace(-2.0, 2.0, 4 * 16)
    start = z.copy()
    part(w, 0, 3, 1, z, 0, 48, 16)
    expected = (w[:, None] * start[48:] * start[:48].reshape(3, 16)).ravel()
    np.testing.assert_allclose(z[:48], expected, rtol=1e-15)
    for kind in (np.float64, np.float32):
        found = sigmoid(kind(0.7))
        assert abs(found - 1.0 / (1.0 + np.exp(-0.7))) < 4 * np.finfo(kind).eps


def test_plain_modules_need_nothing_of_the_real_ones() -> None:
    # Numba imports the module of every function it compiles; whatever the real one raises leaks.
    by_script(
        "import numba.extending\n"
        "def fail(*args, **options): raise TypeError('changed')\n"
        "numba.extending.intrinsic = fail\n"
        "from approximant.descent import _plain\n"
        "part = _plain._read('_elementary', {}).sigmoid\n"
        "assert part(0.0) == 0.5\n"
        "from numba.core.funcdesc import _dynamic_module\n"
        "found = part.overloads[part.signatures[0]].fndesc.lookup_module()\n"
        "assert found is _dynamic_module, found"
    )


def code(name: str) -> bytes:
    """Return the smallest machine code: a function that returns 0."""
    text = f"define i32 @{name}(i64 %frame) {{ ret i32 0 }}"
    module = machine.llvm.parse_assembly(text)
    return bytes(machine.target_machine().emit_object(module))


def missing(module: Any, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.delattr(module, name)


def raising(module: Any, name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def fail(*args: Any, **options: Any) -> None:
        raise RuntimeError(f"{name} was changed\nin this version")

    return lambda patch: patch.setattr(module, name, fail)


def unimportable(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def breakage(patch: pytest.MonkeyPatch) -> None:
        patch.setitem(sys.modules, name, None)  # type: ignore[arg-type]

    return breakage


def translated(breakage: Callable[[pytest.MonkeyPatch], None]) -> Any:
    """Return a breakage of what comes after the translation, which is left out."""

    def both(patch: pytest.MonkeyPatch) -> None:
        made = code(machine.SYMBOL)
        patch.setattr(compiling, "object_code", lambda function: made)
        breakage(patch)

    return both


BROKEN = {
    "object_code": raising(compiling, "object_code"),
    "no object_code": missing(compiling, "object_code"),
    "cpu_target": missing(compiling, "cpu_target"),
    "codegen": raising(compiling.cpu_target.target_context, "codegen"),
    "lock": missing(compiling, "global_compiler_lock"),
    "parse_assembly": raising(machine.llvm, "parse_assembly"),
    "pass builder": missing(machine.llvm, "create_pass_builder"),
    "host": raising(machine.llvm, "get_host_cpu_name"),
    "mcjit": translated(missing(machine.llvm, "create_mcjit_compiler")),
    "target": translated(raising(machine, "target_machine")),
    "version": raising(machine, "version"),
    "_compiling": unimportable("approximant.descent._compiling"),
    "_kernels_epoch": unimportable("approximant.descent._kernels_epoch"),
    "_machine": unimportable("approximant.descent._machine"),
    "no function": lambda patch: patch.setattr(compiling, "object_code", lambda f: code("other")),
}


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A process that has compiled and kept nothing yet."""
    monkeypatch.setattr(machine, "_folders", lambda: iter([tmp_path / "kept"]))
    monkeypatch.setattr(entry, "_ready", {})
    monkeypatch.setattr(entry, "_said", set())
    monkeypatch.setattr(plain, "plain_loop", lambda dtype: lambda address: 7)
    return tmp_path / "kept"


@pytest.mark.parametrize("what", BROKEN)
def test_whatever_fails_the_plain_loop_takes_over_and_says_so_once(
    what: str, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    BROKEN[what](monkeypatch)
    for dtype in ("float64", "float32", "float64"):
        assert entry.compiled_loop(dtype, told.append)(0) == 7
    said = [line for line in told if line != entry.MESSAGE]
    assert len(said) == 1 and "\n" not in said[0] and "anew in every process" in said[0]
    assert not fresh.exists()  # nothing is kept that does not work


def test_a_kept_file_without_the_function_is_made_anew(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = machine.file_name("float64")
    assert machine.keep_code(file, code("other")) is None
    right = code(machine.SYMBOL)
    monkeypatch.setattr(compiling, "object_code", lambda function: right)
    told: list[str] = []
    assert entry.compiled_loop("float64", told.append)(0) == 0
    assert told == [entry.MESSAGE] and machine.kept_code(file) == right


def test_an_error_of_the_listener_is_not_taken_for_numbas(
    fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def listen(text: str) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        entry.compiled_loop("float64", listen)
    assert entry._ready == {}


def test_someone_without_a_folder_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.delenv("LOCALAPPDATA", raising=False)
    assert len(list(machine._folders())) == 1


def test_a_kept_file_is_named_after_python_and_the_compilers() -> None:
    import platform
    from importlib.metadata import version

    name = machine.file_name("float32")
    for text in ("float32", f"python{platform.python_version()}", f"numba{version('numba')}",
                 f"llvmlite{version('llvmlite')}"):  # fmt: skip
        assert f"-{text}-" in name
