"""Random numbers: every purpose has a stream of its own, and nothing is drawn from elsewhere."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from approximant.streams import Stream, numpy_legacy

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "approximant"
MAKERS = {"default_rng", "RandomState", "SeedSequence", "PCG64", "MT19937", "Philox", "SFC64"}
SEQUENCES = {"Sobol", "Halton", "LatinHypercube", "PoissonDisk"}
FILES = [path for path in PACKAGE.rglob("*.py") if path.name != "streams.py"]


def calls(text: str) -> Iterator[tuple[str, ast.Call]]:
    """Yield the last name of what is called, and the call."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func).rpartition(".")[2], node


def complaints(text: str) -> list[str]:
    """List the places of a text at which random numbers come from elsewhere than a stream."""
    found = [ast.unparse(call) for name, call in calls(text) if name in MAKERS]
    found += re.findall(r"np\.random\.[a-z_]+|^\s*import random\b|^\s*from random\b", text, re.M)
    for name, call in calls(text):
        if name in SEQUENCES and "rng" not in [keyword.arg for keyword in call.keywords]:
            found.append(ast.unparse(call))
    return found


def test_nothing_is_drawn_from_elsewhere() -> None:
    assert {str(f): c for f in FILES if (c := complaints(f.read_text()))} == {}


def test_what_draws_from_elsewhere_is_seen() -> None:
    wrong = ("np.random.default_rng(0)", "default_rng([seed, 1])", "np.random.RandomState(1)",
             "np.random.seed(1)", "np.random.rand(3)", "Sobol(2, seed=1)", "import random",
             "np.random.Generator(np.random.PCG64(1))")  # fmt: skip
    assert [text for text in wrong if not complaints(text)] == []


def test_every_stream_is_drawn_from_at_one_place() -> None:
    used = Counter(n for f in FILES for n in re.findall(r"\bStream\.([A-Z_]+)", f.read_text()))
    assert used == Counter(stream.name for stream in Stream)


whole = st.one_of(st.integers(0, 3), st.integers(0, 2**63), st.sampled_from([2**32, 2**64]))
uses = st.tuples(st.sampled_from(Stream), whole, st.lists(whole, max_size=3))


@given(uses, uses)
def test_two_uses_never_draw_the_same_numbers(one, other) -> None:
    draws = [
        stream.generator(seed, *numbers).integers(2**63, size=2).tolist()
        for stream, seed, numbers in (one, other)
    ]
    assert (draws[0] == draws[1]) == (one == other)


def test_streams_stay_what_they_are_on_every_machine() -> None:
    assert Stream.VERIFICATION.seed(7, 1) == 319759313094494063036426625142635245142
    assert Stream.NOISE.legacy(7).randint(10**6) == 105945


def test_a_number_of_numpy_draws_as_the_same_number_of_python_does() -> None:
    assert Stream.START.seed(np.int64(7), np.int32(1)) == Stream.START.seed(7, 1)


def test_the_legacy_generator_of_a_seed_is_that_of_numpy() -> None:
    assert (
        numpy_legacy(3).get_state()[1].tolist() == np.random.RandomState(3).get_state()[1].tolist()
    )
