"""Every argument of every public call takes a value or refuses it in one sentence that names it."""

import builtins
import inspect
import math
import os
import types
import typing
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from inline import Inline

import approximant as ap
from approximant.descent import DescentSettings
from approximant.experiment._sections import SECTIONS
from approximant.learning import TrainingSettings
from approximant.settings import option, rows
from approximant.sweeps import SweepSettings

WRONG = (
    "", "abc", "\0", b"x", None, True, np.True_, math.nan, math.inf, -1, 0, 1.5, 1j, 10**400,
    10**5000, [], ["abc"], [None], {"a": 1}, np.zeros((3, 3)), np.array(["a"]), object(),
)  # fmt: skip
POINTS = np.arange(40.0).reshape(-1, 1)
FRAME = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]})
EXPERIMENT: dict[str, Any] = {
    "target": {"formula": "x", "domain": {"x": [0, 1]}},
    "sampling": {"rows": 20},
    "network": {"shape": "1-2-1 tanh"},
    "training": {"epochs": 1},
    "sweep": {"settings": {"training.epochs": [1]}},
}
LEARNING = {"target": "x", "domain": {"x": (0, 1)}, "network": "1-2-1 tanh", "epochs": 1,
            "sampling": 20}  # fmt: skip
QUICK = {"tol": 0.1, "seconds": 2.0}
OPTIMIZERS = (ap.Adagrad, ap.Adam, ap.AdamW, ap.LBFGS, ap.Nadam, ap.RMSprop, ap.SGD)


def _approximate(**options: Any) -> ap.Approximant:
    return ap.approximate(**{"target": "x", "domain": {"x": (0, 1)}, **QUICK, **options})


def _train(**options: Any) -> ap.Training:
    return ap.train(**{**LEARNING, **options})


def _fit(**options: Any) -> Any:
    return ap.ApproximantRegressor(**{**QUICK, **options}).fit(POINTS, POINTS)


def _with(call: Callable[..., Any], **usual: Any) -> Callable[..., Any]:
    return lambda **options: call(**{**usual, **options})


def _optimized(kind: type[Any], **options: Any) -> ap.Training:
    return _train(optimizer=kind(**options))


def _asked(call: Callable[..., Any], points: Any, x: Any) -> Any:
    return call(points) if x is None else call(x=x)


F = _approximate()
CALLS: dict[str, Callable[..., Any]] = {
    "approximate": _approximate,
    "train": _train,
    "training": lambda **options: list(ap.training(**{**LEARNING, **options})),
    "load": ap.load,
    "run": _with(ap.run, source=EXPERIMENT),
    "sweep": _with(ap.sweep, source=EXPERIMENT, executor=Inline()),
    "ApproximantRegressor": _fit,
    "Approximant.__call__": lambda points=None, inputs=None: _asked(F, points, inputs),
    "Approximant.gradient": lambda points=None, inputs=None: _asked(F.gradient, points, inputs),
    "Approximant.inside": F.inside,
    "Approximant.derivative": F.derivative,
    "Approximant.integral": F.integral,
    "Approximant.maximum": F.maximum,
    "Approximant.minimum": F.minimum,
    "Approximant.roots": F.roots,
    "Approximant.certify": F.certify,
    "Approximant.save": F.save,
    "Approximant.export": _with(F.export, path="f.py"),
    "Approximant.write": _with(F.write, folder="out", pictures={}),
    "Box": _with(ap.Box, names=("x",), lows=(0.0,), highs=(1.0,)),
    "Box.from_intervals": ap.Box.from_intervals,
    "Formula": _with(ap.Formula, text="x"),
    "Table.from_arrays": _with(ap.Table.from_arrays, x=POINTS, y=POINTS),
    "Table.from_frame": _with(ap.Table.from_frame, frame=FRAME),
    "Table.read": _with(ap.Table.read, path="t.csv"),
    "Network": ap.Network,
    **{kind.__name__: partial(_optimized, kind) for kind in OPTIMIZERS},
}
# Calls that nobody makes by hand, or whose arguments others judge.
LEFT_OUT = {
    "Approximant": "made by approximate, train and load",
    "ApproximantRegressor.fit": "scikit-learn reads rows, in words that its checks ask for",
    "ApproximantRegressor.predict": "scikit-learn reads rows, in words that its checks ask for",
    "Box.": "arrays (n, d) that read_points has read",
    "Certificate": "a result; load_certificate reads files",
    "Formula.": "what readers of formulas call",
    "History": "a result; its readers tell what is wrong with a file",
    "Network.": "arrays in the scaled units of the network; an Approximant reads points",
    "Progress": "what a callback is told",
    "Report": "a result; load reads files",
    "Table": "made by from_arrays, from_frame and read",
    "Training": "a result; train makes it",
    **{f"{kind.__name__}.": "what the engine calls" for kind in OPTIMIZERS},
}
# Words by which a message names an argument, where it does not use its name.
TOLD_AS = {
    "target": ("formula", "variable", "method", "function", "result", "table"),
    "domain": ("interval",),
    "intervals": ("domain", "interval"),
    "text": ("formula", "variable", "has no meaning here"),
    "inputs": ("column",),
    "outputs": ("column",),
    "source": ("setting", "file"),
    "overrides": ("cannot read",),
    "path": ("file", "name"),
    "store": ("folder",),
    "x": ("row", "number"),
    "a": ("end",),
    "b": ("end",),
    "lows": ("interval",),
    "highs": ("interval",),
    "names": ("domain",),
    "frame": ("table", "column"),
}


class _Names(dict[str, Any]):
    """The names that annotations of a function use; those imported for mypy alone mean Any."""

    def __init__(self, function: Any) -> None:
        self.known = {**vars(builtins), **getattr(function, "__globals__", {})}

    def __missing__(self, name: str) -> Any:
        return self.known.get(name, Any)


def _public() -> dict[str, Any]:
    """Return every public call that takes arguments, by name: `train`, `Approximant.export`."""
    found: dict[str, Any] = {}
    for name in ap.__all__:
        thing = getattr(ap, name)
        if not inspect.isclass(thing):
            found[name] = thing
        elif not issubclass(thing, Exception):
            found[name] = thing.__init__
            for method, function in inspect.getmembers(thing, callable):
                own = str(getattr(function, "__module__", "")).startswith("approximant")
                if own and (method == "__call__" or not method.startswith("_")):
                    found[f"{name}.{method}"] = function
    return {name: call for name, call in found.items() if _arguments(call)}


def _arguments(call: Any) -> dict[str, Any]:
    """Return the kinds of the arguments by name."""
    kinds = typing.get_type_hints(call, localns=_Names(call))
    names = inspect.signature(call).parameters
    return {name: kinds.get(name, Any) for name in names if name != "self"}


def _parameters(name: str) -> dict[str, Any]:
    """Return the kinds of the arguments of a public call, those behind `**settings` among them."""
    found = _arguments(PUBLIC[name])
    if "settings" not in found:
        return found
    del found["settings"]
    handed_on = _arguments(ap.training)
    if name == "run":
        return found | {key: handed_on[key] for key in ("keep", "checkpoint", "resume")}
    for group in (DescentSettings, TrainingSettings):
        kinds = typing.get_type_hints(group)
        found |= {key: kinds[key] for key, *_ in rows(group)}
    others = {key: kind for key, kind in handed_on.items() if key not in ("tell", "settings")}
    return others | found


def _fits(value: Any, kind: Any) -> bool:
    """Tell whether a value may be of an annotated kind; kinds that say little take everything."""
    origin = typing.get_origin(kind) or kind
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, part) for part in typing.get_args(kind))
    if isinstance(value, (bool, np.bool_)) and origin in (int, float, bool, str):
        return origin is bool
    if origin in (int, float):
        number = isinstance(value, (int, float)) and abs(value) < math.inf
        return number and (origin is float or value == int(value))
    if origin in (Sequence, Collection, Iterable):
        return isinstance(value, Iterable)
    known = (bool, str, Callable, os.PathLike, types.NoneType)
    return not isinstance(origin, type) or origin not in known or isinstance(value, origin)


PUBLIC = _public()
OPTIONS = [(call, name) for call in CALLS for name in _parameters(call)]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("x,y\n1,2\n2,3\n3,4\n4,5\n")


def test_every_public_call_is_checked_here_or_left_out_for_a_reason() -> None:
    for name in PUBLIC:
        left_out = name in LEFT_OUT or any(
            name.startswith(key if key.endswith(".") else f"{key}.") for key in LEFT_OUT
        )
        assert name in CALLS or left_out, name
    assert not set(CALLS) - set(PUBLIC)


@pytest.mark.filterwarnings("ignore::approximant.OutsideDomainWarning")
@pytest.mark.parametrize(("call", "name"), OPTIONS)
def test_any_value_works_or_is_refused_in_a_sentence(call: str, name: str) -> None:
    kind = _parameters(call)[name]
    for value in WRONG:
        try:
            CALLS[call](**{name: value})
        except ap.ApproximantError as error:
            text = str(error)
            assert len(text) < 600 and ("\n" not in text or isinstance(error, ap.FormulaError))
            assert any(word in text.lower() for word in _words(name)), text
        else:
            assert _fits(value, kind), f"{call} took {name}={value!r}"


def _words(name: str) -> tuple[str, ...]:
    singular = name.removesuffix("s").lower()
    return (name.lower(), singular, *TOLD_AS.get(name, ()), "rate" if "rate" in name else name)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("section", [*SECTIONS, "sweep"])
def test_any_value_in_a_file_works_or_is_refused_in_a_sentence(section: str) -> None:
    keys = [key for key, *_ in rows(SweepSettings)] if section == "sweep" else SECTIONS[section]
    for key in keys:
        for value in WRONG:
            changed = EXPERIMENT | {section: EXPERIMENT.get(section, {}) | {key: value}}
            try:
                CALLS["sweep" if section == "sweep" else "run"](source=changed)
            except ap.ApproximantError as error:
                assert len(str(error)) < 600, error
                assert "\n" not in str(error) or isinstance(error, ap.FormulaError)


@pytest.mark.parametrize("options", [{"target": []}, {"target": "5"}, {"inputs": []}])
def test_a_training_without_inputs_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises((ap.DomainError, ap.FormulaError)):
        _train(domain=None, **options)


@pytest.mark.parametrize("value", ["no", "yes", 1, 0, None])
def test_certify_takes_true_and_false_only(value: Any) -> None:
    with pytest.raises(ap.SettingError, match="certify must be true or false"):
        _approximate(certify=value)


def test_numbers_of_numpy_are_numbers() -> None:
    options = {"tol": np.float32(0.1), "max_neurons": np.int32(9), "seed": np.uint8(1), "seconds":
               np.float64(2), "max_evaluations": 5000.0, "certify": np.False_}  # fmt: skip
    assert _approximate(**options).report.met
    learned = _train(epochs=np.int64(2), keep={0, np.int64(1), 2.0}, shuffle=np.True_)
    assert len(learned.history) == 2 and set(learned.snapshots) == {0, 1, 2}


@pytest.mark.parametrize("value", ["abc", math.nan, math.inf, True, 0])
def test_evaluations_are_counted_in_whole_numbers(value: Any) -> None:
    with pytest.raises(ap.SettingError, match="max_evaluations must be"):
        _approximate(max_evaluations=value)


def test_an_estimator_is_checked_by_fit_not_when_it_is_made() -> None:
    model = ap.ApproximantRegressor(tol="small", random_state="x")
    with pytest.raises(ap.SettingError):
        model.fit(POINTS, POINTS)


def test_weights_of_rows_are_finite() -> None:
    with pytest.raises(ap.SettingError, match="sample_weight must be finite"):
        ap.ApproximantRegressor(tol=0.1).fit(POINTS, POINTS, np.inf)


def test_an_option_is_read_as_a_setting_is() -> None:
    assert option(np.int64(3), int | None, "most", least=1) == 3
    assert option(len, Callable[..., Any] | None, "progress") is len
    assert option("runs", Path | None, "store") == Path("runs")
    assert option({1.0, np.uint8(1)}, list[int], "keep") == [1]
    with pytest.raises(ap.SettingError, match="progress must be a function, or None; got 3"):
        option(3, Callable[..., Any] | None, "progress")
    with pytest.raises(ap.SettingError, match="keep must be at least 0; got -1"):
        option([1, -1], list[int], "keep", least=0)
    with pytest.raises(ap.SettingError, match="seconds must be finite and at least 0.1; got inf"):
        option(math.inf, float, "seconds", least=0.1)


@pytest.mark.parametrize("target", ["x", lambda x: x, (POINTS, POINTS), FRAME])
@pytest.mark.parametrize("name", ["inputs", "outputs", "domain"])
def test_arrays_without_dimensions_are_no_series(name: str, target: Any) -> None:
    for value in (np.array(5), np.array("y"), np.array(None), [np.array(5)]):
        for call in (ap.approximate, partial(ap.train, network="1-2-1 tanh")):
            with pytest.raises(ap.ApproximantError) as caught:
                call(**{"target": target, "domain": {"x": (0, 1)}, name: value})
            assert any(word in str(caught.value) for word in _words(name))


LONG = ("x" * 500, "a\nb", "1-" + "9" * 500 + "-1", "1-4-1 " + "x" * 500)


@pytest.mark.parametrize("text", LONG)
@pytest.mark.parametrize("name", ["network", "inputs", "domain"])
def test_long_texts_are_shown_on_one_line_of_moderate_length(name: str, text: str) -> None:
    given = {"domain": {"x": (0, 1)}, "network": "1-2-1 tanh", name: text}
    if name == "domain":
        given["domain"] = {text: (1, 0)}
    for call in (ap.approximate, ap.train):
        with pytest.raises(ap.ApproximantError) as caught:
            call("x", **given)
        assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)


@pytest.mark.parametrize("value", [True, False, np.True_])
def test_a_truth_is_no_seed(value: Any) -> None:
    with pytest.raises(ap.SettingError, match="random_state must be a whole number"):
        _fit(random_state=value)


@pytest.mark.parametrize("inputs", [np.array(5), [1], iter([1]), 1])
def test_names_are_refused_in_the_same_words_without_a_domain(inputs: Any) -> None:
    with pytest.raises(ap.SettingError, match="is no name; write inputs and outputs as texts"):
        ap.train("sin(x)", network="1-2-1 tanh", inputs=inputs)
