"""The precision of Arb: proofs in several threads at once do not change each other's."""

import dataclasses
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from flint import ctx
from planned import planned

import approximant as ap
from approximant.certify import prove, refuted
from approximant.checker import check
from approximant.formula import Formula
from approximant.precision import precision

TEXTS = (
    "exp(x)*sin(5*x)",
    "where(x < 0.3, 0.5, cos(3*x))",
    "1/(1 + 25*x^2)",
    "abs(x) + x^2",
)


@pytest.fixture(scope="module")
def fitted() -> list[ap.Approximant]:
    return [ap.approximate(text, {"x": (-1, 1)}, tol=1e-4) for text in TEXTS]


@pytest.fixture
def hasty() -> Iterator[None]:
    """Let threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def proved(f: ap.Approximant, more: str = "") -> Any:
    """Return the certificate for a formula, written with something more that is 0."""
    formulas = [Formula(text + more) for text in f.formulas or ()]
    return plain(prove(f.model, formulas, seconds=300))


def plain(certificate: Any) -> dict[str, Any]:
    """Return a certificate without what differs from one hour to the next."""
    return dataclasses.replace(certificate, seconds=0.0).as_dict()


def together(tasks: list[Callable[[], Any]]) -> list[Any]:
    """Return what the tasks return, all of them begun at the same moment."""
    begin = threading.Barrier(len(tasks))

    def run(task: Callable[[], Any]) -> Any:
        begin.wait()
        return task()

    with ThreadPoolExecutor(len(tasks)) as pool:
        return list(pool.map(run, tasks))


def test_proofs_in_several_threads_are_those_of_each_alone(
    fitted: list[ap.Approximant], hasty: None
) -> None:
    before = ctx.prec
    more = " + 1e60*exp(x) - 1e60*(exp(x) - 1) - 1e60"  # these take more digits than the others
    tasks = [partial(proved, f, text) for f in fitted for text in ("", more)]
    found = together(tasks)
    assert ctx.prec == before
    assert found == [task() for task in tasks]
    assert all(certificate["proved"] for certificate in found)


def test_proving_checking_and_refuting_at_once_agree_with_each_alone(
    fitted: list[ap.Approximant], hasty: None
) -> None:
    f = fitted[0]
    certificate, formulas = planned(f), [Formula(text) for text in f.formulas or ()]
    tasks: list[Callable[[], Any]] = [
        lambda: proved(fitted[1]),
        lambda: check(certificate, f.model, f.formulas).found,
        lambda: refuted(certificate, f.model, formulas, points=20_000),
    ]
    alone = [task() for task in tasks]
    assert together(tasks) == alone


def test_a_precision_is_for_one_thread_at_a_time(hasty: None) -> None:
    def work(bits: int) -> set[int]:
        seen = set()
        for _ in range(300):
            with precision(bits):
                with precision(10):
                    seen.add(ctx.prec - 10 + bits)
                seen.add(ctx.prec)
        return seen

    before = ctx.prec
    sizes = [64, 80, 128, 1024]
    assert together([partial(work, bits) for bits in sizes]) == [{bits} for bits in sizes]
    assert ctx.prec == before


def test_callbacks_find_the_precision_as_it_was_and_may_set_it(
    fitted: list[ap.Approximant],
) -> None:
    f, seen = fitted[2], []
    formulas, certificate = [Formula(text) for text in f.formulas or ()], planned(f)

    def look(event: object) -> None:
        seen.append(ctx.prec)
        ctx.prec += 1
        # Others may prove meanwhile, and so may the callback itself.
        together([lambda: check(certificate, f.model, f.formulas)])
        check(certificate, f.model, f.formulas)

    before = ctx.prec
    try:
        found = prove(f.model, formulas, seconds=300, progress=look)
        check(certificate, f.model, f.formulas, progress=look)
        assert seen == list(range(before, before + len(seen))) and seen
        assert ctx.prec == before + len(seen)
    finally:
        ctx.prec = before
    assert plain(found) == proved(f)


def test_an_error_in_a_callback_leaves_everything_as_it_was(fitted: list[ap.Approximant]) -> None:
    def fail(event: object) -> None:
        raise KeyboardInterrupt

    f, before = fitted[3], ctx.prec
    with pytest.raises(KeyboardInterrupt):
        prove(f.model, [Formula(text) for text in f.formulas or ()], progress=fail)
    assert ctx.prec == before
    assert together([lambda: proved(f)])[0]["proved"]  # nobody holds the lock
