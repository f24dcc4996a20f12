"""Random trees: written as text they are read back the same, and have the value they should."""

import math
import operator
from functools import reduce
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from approximant.errors import FormulaError
from approximant.formula import Formula
from approximant.formula._parser import parse
from approximant.formula._tree import (
    Call,
    Chain,
    Comparison,
    Condition,
    Constant,
    Indicator,
    Logic,
    Negative,
    Node,
    Not,
    Number,
    Power,
    Value,
    Variable,
    Where,
)

POINT = {"x": 0.75, "y": -1.5, "θ": 2.0}


def written(node: Node) -> str:
    """Writes a tree with a parenthesis around every operation."""
    match node:
        case Number(text=text) | Constant(name=text) | Variable(name=text):
            return text
        case Negative(operand=operand):
            return f"(-{written(operand)})"
        case Not(operand=operand):
            return f"(not {written(operand)})"
        case Power(base=base, exponent=exponent):
            return f"({written(base)} ^ {written(exponent)})"
        case Logic(operator=word, operands=operands):
            return f"({f' {word} '.join(map(written, operands))})"
        case Indicator(condition=condition):
            return written(condition)
        case Chain(operators=signs) | Comparison(operators=signs):
            texts = [written(child) for child in node.children]
            rest = zip(signs, texts[1:], strict=True)
            return f"({texts[0]}{''.join(sign + text for sign, text in rest)})"
    name = node.function if isinstance(node, Call) else "where"
    return f"{name}({', '.join(map(written, node.children))})"


PAIRS = {
    **{"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv},
    **{"<": operator.lt, "!=": operator.ne, ">=": operator.ge},
}


def value(node: Node) -> Any:
    """Evaluates a tree at POINT, one scalar at a time."""
    match node:
        case Number(text=text):
            return np.float64(text)
        case Constant(name=name):
            return np.float64(getattr(math, name))
        case Variable(name=name):
            return np.float64(POINT[name])
        case Where(condition=condition, holding=holding, otherwise=otherwise):
            return value(holding) if value(condition) else value(otherwise)
    values = [value(child) for child in node.children]
    match node:
        case Negative():
            return -values[0]
        case Not():
            return not values[0]
        case Indicator():
            return np.float64(1 if values[0] else 0)
        case Power():
            return np.power(*values)
        case Logic(operator=word):
            return all(values) if word == "and" else any(values)
        case Comparison(operators=signs):
            triples = zip(signs, values, values[1:], strict=False)
            return all(bool(PAIRS[sign](left, right)) for sign, left, right in triples)
        case Chain(operators=signs):
            steps = zip(signs, values[1:], strict=True)
            return reduce(lambda total, step: PAIRS[step[0]](total, step[1]), steps, values[0])
        case Call(function="max"):
            return np.float64(math.nan if any(map(math.isnan, values)) else max(values))
        case Call(function="tanh"):
            return np.tanh(values[0])
    raise TypeError(node)


leaves: st.SearchStrategy[Value] = st.one_of(
    st.sampled_from(sorted(POINT)).map(Variable),
    st.sampled_from(["0.25", "3", "1e-2"]).map(Number),
    st.sampled_from(["pi", "e"]).map(Constant),
)


def larger_values(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    several = st.lists(inner, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        st.builds(Negative, inner),
        several.flatmap(lambda operands: chains(operands, "+-") | chains(operands, "*/")),
        st.builds(Power, inner, inner),
        inner.map(lambda argument: Call("tanh", (argument,))),
        several.map(lambda arguments: Call("max", arguments)),
        st.builds(Where, conditions(inner), inner, inner),
        st.builds(Indicator, conditions(inner)),
    )


def chains(operands: tuple[Value, ...], signs: str) -> st.SearchStrategy[Value]:
    count = len(operands) - 1
    drawn = st.lists(st.sampled_from(signs), min_size=count, max_size=count).map(tuple)
    return drawn.map(lambda operators: Chain(operators, operands))


def conditions(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Condition]:
    signs = st.sampled_from([("<",), ("!=", ">="), ("<", "<")])
    compared = signs.flatmap(
        lambda some: st.tuples(*[inner] * (len(some) + 1)).map(lambda ops: Comparison(some, ops))
    )
    words = st.sampled_from(["and", "or"])
    return compared | st.builds(Logic, words, st.tuples(compared, st.builds(Not, compared)))


trees = st.recursive(leaves, larger_values, max_leaves=10)


@settings(deadline=None, max_examples=200)
@given(trees)
def test_tree_written_as_text_is_read_back_the_same(tree: Value) -> None:
    assert parse(written(tree), {}) == tree


@settings(deadline=None, max_examples=300)
@given(trees)
def test_formula_has_the_value_of_its_tree(tree: Value) -> None:
    try:
        formula = Formula(written(tree))
    except FormulaError as error:
        assert "must be finite" in str(error)
        return
    with np.errstate(all="ignore"):
        expected = value(tree)
    columns = {name: np.array(number) for name, number in POINT.items()}
    np.testing.assert_array_equal(formula(columns), expected)
