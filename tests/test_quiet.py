"""What belongs to the whole process is as it was while code of others runs, and afterwards."""

import logging
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import approximant as ap
from approximant.domain import Box
from approximant.draw import png
from approximant.draw._scene import Scene
from approximant.draw._style import new_figure
from approximant.progress import Watch
from approximant.quiet import at_level, ignoring

RULES = {"divide": "print", "over": "print", "under": "ignore", "invalid": "print"}


class Seen:
    """Notes what is in force whenever others' code runs."""

    def __init__(self) -> None:
        self.rules: list[dict[str, str]] = []
        self.filters: list[Any] = []

    def look(self, *_: object) -> None:
        self.rules.append(dict(np.geterr()))
        self.filters.append(list(warnings.filters))

    def check(self) -> None:
        assert self.rules and all(rules == RULES for rules in self.rules)
        assert all(found == list(warnings.filters) for found in self.filters)


def made(seen: Seen) -> list[Callable[..., Any]]:
    """Return functions of every form."""

    def columns(x: Any) -> Any:
        seen.look()
        return np.sin(3 * x)

    def numbers(x: float) -> float:
        seen.look()
        return 1.0 if x > 0.5 else 0.25 * x

    def row(p: Any) -> Any:
        seen.look()
        return [float(p[0]), 2.0]

    return [columns, numbers, row]


def approximated(f: Any, look: Any) -> None:
    ap.approximate(f, {"x": (0, 1)}, tol=0.05, measure_outside=True, seconds=3, progress=look)


def trained(f: Any, look: Any) -> None:
    outputs = np.size(f([0.5] if f.__name__ == "row" else 0.5))
    ap.train(
        f, {"x": (0, 1)}, network=f"1-4-{outputs} tanh", epochs=3, sampling=40,
        measure_outside=True, progress=look,
    ).approximant.pictures()  # fmt: skip


@pytest.mark.parametrize("k", range(3))
@pytest.mark.parametrize("use", [approximated, trained])
def test_functions_and_callbacks_find_what_their_caller_set(k: int, use: Any) -> None:
    seen = Seen()
    with np.errstate(**RULES):  # type: ignore[arg-type]
        use(made(seen)[k], seen.look)
        seen.check()


def test_callbacks_of_proofs_and_checks_find_what_their_caller_set() -> None:
    from planned import planned

    from approximant.certify import prove
    from approximant.checker import check
    from approximant.formula import Formula

    f, seen = ap.approximate("sin(3*x)", {"x": (0, 1)}, tol=1e-4), Seen()
    with np.errstate(**RULES):  # type: ignore[arg-type]
        prove(f.model, [Formula("sin(3*x)")], progress=seen.look)
        check(planned(f), f.model, f.formulas, progress=seen.look)
        watch = Watch(1.0, seen.look)
        with np.errstate(all="ignore"):
            watch.tell("working")
        seen.check()


def test_curves_that_are_drawn_find_what_their_caller_set() -> None:
    seen = Seen()

    def curve(points: Any) -> Any:
        seen.look()
        return points[:, 0]

    scene = Scene(Box.from_intervals({"x": (0.0, 1.0)}), curve)
    with np.errstate(**RULES):  # type: ignore[arg-type]
        scene.at(curve, np.zeros((3, 1)))
        scene.target_at(np.zeros((3, 1)))
        seen.check()


def test_interleaved_threads_leave_filters_and_levels_as_they_were() -> None:
    before, level = list(warnings.filters), logging.getLogger("some").level

    def work(k: int) -> None:
        for _ in range(200):
            with ignoring(UserWarning, f"number {k}"), at_level("some", logging.ERROR):
                assert logging.getLogger("some").level == logging.ERROR
                warnings.warn(f"number {k} is ignored", UserWarning, stacklevel=1)

    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(usual)
    assert list(warnings.filters) == before
    assert logging.getLogger("some").level == level


def test_the_last_to_leave_gives_back_the_level_that_the_first_found() -> None:
    logger = logging.getLogger("another")
    logger.setLevel(logging.INFO)
    first, second = at_level("another", logging.ERROR), at_level("another", logging.ERROR)
    first.__enter__(), second.__enter__()
    first.__exit__(None, None, None)
    assert logger.level == logging.ERROR
    second.__exit__(None, None, None)
    assert logger.level == logging.INFO
    with at_level("another", logging.ERROR):
        logger.setLevel(logging.DEBUG)  # somebody else's wish
    assert logger.level == logging.DEBUG


def test_other_warnings_come_through() -> None:
    with ignoring(UserWarning, "one"), pytest.warns(UserWarning, match="other"):
        warnings.warn("other", UserWarning, stacklevel=1)


def test_letters_that_no_font_has_are_drawn_without_a_warning() -> None:
    figure = new_figure(2, 2)
    figure.subplots().set_title("\U0001f9ee 漢字")
    assert png(figure).startswith(b"\x89PNG")


def test_a_guided_search_leaves_optuna_as_talkative_as_it_was() -> None:
    optuna = pytest.importorskip("optuna")
    from approximant.sweeps._guided import _quietly

    before = optuna.logging.get_verbosity()
    with _quietly():
        assert optuna.logging.get_verbosity() == optuna.logging.ERROR
    assert optuna.logging.get_verbosity() == before
