"""Settings files as texts: mistakes named by line, overrides, and writing that reads back."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approximant.errors import SettingError
from approximant.experiment._toml import read_toml, with_overrides, write_toml

PLAIN = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.text(st.characters(exclude_categories=["Cs"])),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("ab ü.\"'\n"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.text("xyz-_ .é"), VALUES, max_size=5))
def test_what_is_written_reads_back_unchanged(settings: dict[str, Any]) -> None:
    assert tomllib.loads(write_toml(settings)) == settings


def test_what_is_none_is_left_out() -> None:
    assert tomllib.loads(write_toml({"a": None, "b": {"c": None, "d": 1}})) == {"b": {"d": 1}}


def test_a_file_looks_as_a_person_would_write_it() -> None:
    settings = {
        "title": "Waves",
        "lesson": 'One line,\nand "another".\n',
        "target": {"formula": "x^2", "domain": {"x": [0, 1]}},
        "checks": {"predict": [{"at": [1.0, 2.5], "reported": 1e-7}] * 3},
    }
    assert write_toml(settings) == (
        'title = "Waves"\nlesson = """\nOne line,\nand "another".\n"""\n\n'
        '[target]\nformula = "x^2"\ndomain = { x = [0, 1] }\n\n'
        "[checks]\npredict = [\n" + "    { at = [1.0, 2.5], reported = 1e-07 },\n" * 3 + "]\n"
    )


def test_no_line_is_longer_than_it_must_be() -> None:
    lines = write_toml({"checks": {"losses": [k * 1.1 for k in range(100)]}}).splitlines()
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = 1\nb = = 2\n", "waves.toml, line 2: Invalid value.\n    b = = 2\n        ^"),
        ("a = sin(x)\n", "line 1: Invalid value; a text needs quotes."),
        ("a = 1\na = 2\n", "line 2: Cannot overwrite a value"),
        ('a = "x\n', "line 1: Illegal character"),
        ("a = [1,\n", "last line: .*a quote or a bracket may be open"),
        ("[a\nb = 1", "line 1: "),
    ],
)
def test_a_syntax_error_names_its_line(text: str, place: str) -> None:
    with pytest.raises(SettingError, match=place.replace("^", r"\^")):
        read_toml(text, "waves.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("training.epochs=50", {"training": {"optimizer": "adam", "epochs": 50}}),
        ("training.shuffle = false", {"training": {"optimizer": "adam", "shuffle": False}}),
        ("training.optimizer=sgd", {"training": {"optimizer": "sgd"}}),
        ("training.optimizer.rate=.5", {"training": {"optimizer": {"name": "adam", "rate": ".5"}}}),
        ("training.optimizer.rate=0.5", {"training": {"optimizer": {"name": "adam", "rate": 0.5}}}),
        ("target.formula=x=1", {"training": {"optimizer": "adam"}, "target": {"formula": "x=1"}}),
        ("a.b={c = [1, 2]}", {"training": {"optimizer": "adam"}, "a": {"b": {"c": [1, 2]}}}),
    ],
)
def test_an_override_is_read_as_toml_or_else_as_text(text: str, expected: dict[str, Any]) -> None:
    settings = {"training": {"optimizer": "adam"}}
    assert with_overrides(settings, [text]) == expected
    assert settings == {"training": {"optimizer": "adam"}}  # untouched


@pytest.mark.parametrize("text", ["training.epochs", "=3", "training..epochs=3", "training.=3"])
def test_an_override_without_a_key_or_value_is_an_error(text: str) -> None:
    with pytest.raises(SettingError, match="write it as training.epochs=50"):
        with_overrides({}, [text])


def test_an_override_below_a_number_is_an_error() -> None:
    with pytest.raises(SettingError, match="a.b holds no settings of its own, so a.b.c cannot"):
        with_overrides({"a": {"b": 3}}, ["a.b.c=4"])


def test_what_toml_cannot_hold_is_an_error() -> None:
    with pytest.raises(SettingError, match="cannot hold"):
        write_toml({"a": object()})
