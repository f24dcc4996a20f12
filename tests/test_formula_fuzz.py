"""Whatever is typed, a formula is read or a FormulaError explains why not."""

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from approximant.errors import FormulaError
from approximant.formula import Formula, suggestion

PIECES = [
    *["x", "y", "sin", "sin(", "max(", "where(", "pi", "e", "gamma", "x(", "pow(", "atan2(", "j0("],
    *["0", "1", "2.", ".5", "1e3", "2e", "1e999", "²", "⁻¹", "+", "-", "*", "/", "^", "**", "%"],
    *["(", ")", "(", ")", ",", "<", "<=", ">", "==", "!=", "=", "!", "and", "or", "not", "&", "|"],
    *["~", " ", ".", "_", "'", '"', "[", "]", "if", "else", "nan", "θ", "−", "·", "\n", "x̂", "₁"],
]


def read_or_explain(text: str, variables: list[str] | None = None) -> None:
    try:
        formula = Formula(text, variables)
    except FormulaError as error:
        assert str(error).strip()
        return
    column = np.array([-1.5, 0.0, 0.5])
    values = formula(dict.fromkeys((*formula.variables, "other"), column))
    assert values.shape == column.shape and values.dtype == np.float64
    assert Formula(text, formula.variables) == formula


@settings(deadline=None, max_examples=300)
@given(st.text())
@example("0" * 400 + "!")
def test_arbitrary_text_is_read_or_explained(text: str) -> None:
    read_or_explain(text)


@settings(deadline=None, max_examples=1000)
@given(st.lists(st.sampled_from(PIECES), max_size=15), st.sampled_from([None, ["x", "e", "gamma"]]))
def test_shuffled_pieces_are_read_or_explained(
    pieces: list[str], variables: list[str] | None
) -> None:
    read_or_explain("".join(pieces), variables)


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet="()^*-+²x1, ", min_size=200, max_size=2000))
def test_long_nonsense_is_read_or_explained(text: str) -> None:
    read_or_explain(text)


@settings(deadline=None)
@given(st.text(), st.lists(st.text(max_size=4), max_size=4))
def test_suggestions_are_made_for_any_name(name: str, names: list[str]) -> None:
    assert isinstance(suggestion(name, names), str)
