"""Tokens to a tree, by precedence climbing.

    loosest   or |      and &      not      < <= > >= == !=      + -
              * / and multiplication without a sign      -x      ^ **      tightest

`&` and `|` are spellings of `and` and `or`: both `(x>0) & (x<1)` and `x>0 & x<1` mean what they
say, because a formula has no bits to combine.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from approximant.errors import FormulaError
from approximant.formula._advice import (
    RESERVED,
    bare_function,
    missing_value,
    never_closed,
    no_condition,
    reserved,
    unexpected,
    unknown_function,
    wrong_count,
)
from approximant.formula._functions import BY_NAME, CONSTANTS, Function
from approximant.formula._mistakes import mistake
from approximant.formula._tokens import Kind, Token, tokens
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
    walk,
)

MAX_LENGTH: Final = 20_000  # characters
MAX_NODES: Final = 10_000
# Levels of nesting; a level costs the parser three Python frames of the usual thousand.
MAX_DEPTH: Final = 150

_OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _POWER, _SUPERSCRIPT = range(1, 9)
_LEVELS = {
    **{"or": _OR, "and": _AND},
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), _COMPARISON),
    **{"+": _SUM, "-": _SUM, "*": _PRODUCT, "/": _PRODUCT, "^": _POWER},
    "(": _PRODUCT,
}


def parse(text: str, declared: Mapping[str, str]) -> Value:
    """Returns the tree of a formula.

    Args:
        text: the formula.
        declared: variables known beforehand: name in normal form -> name to use in the tree.

    Raises:
        FormulaError: with the text and a caret under the place.
    """
    if len(text) > MAX_LENGTH:
        raise FormulaError(
            f"the formula is too long: got {len(text):,} characters; at most {MAX_LENGTH:,} are "
            "read; pass a Python callable instead"
        )
    if not text.strip():
        message = f"the formula is empty: got {text!r}; write one such as 0.5*x^2 + sin(x)"
        raise FormulaError(message)
    tree = _Parser(text, declared).formula()
    for count, (node, level) in enumerate(walk(tree), start=1):
        if level > MAX_DEPTH:
            raise _too_deep(text, node.place[0])
        if count > MAX_NODES:
            raise FormulaError(
                f"the formula is too large: got more than {MAX_NODES:,} numbers, names and "
                "operations; pass a Python callable instead"
            )
    return tree


def _too_deep(text: str, place: int) -> FormulaError:
    message = f"nested more than {MAX_DEPTH} levels deep: remove parentheses or split the formula"
    return mistake(text, place, message)


class _Parser:
    """Reads one text; holds the current token, the one before it, and the depth."""

    def __init__(self, text: str, declared: Mapping[str, str]) -> None:
        self._text = text
        self._declared = declared
        self._tokens = tokens(text)
        self._before = Token(Kind.END, "", 0, 0)
        self._now = self._before  # so that a bad first character is met in formula()
        self._depth = 0

    def formula(self) -> Value:
        """Returns the tree of the whole text."""
        self._advance()
        tree = self._expression(_OR)
        if self._now.kind is not Kind.END:
            raise unexpected(self._text, self._before, self._now)
        return self._value(tree)

    def _expression(self, loosest: int) -> Node:
        """Reads an operand and all that follows it and binds at least as tightly as `loosest`."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _too_deep(self._text, self._now.start)
        left = self._operand(loosest)
        while (level := self._level()) >= loosest:
            left = self._joined(left, level)
        self._depth -= 1
        return left

    def _level(self) -> int:
        """Returns how tightly the current token binds to what stands before it; 0 if not at all."""
        if self._now.kind is Kind.SYMBOL:
            return _LEVELS.get(self._now.text, 0)
        return {Kind.NAME: _PRODUCT, Kind.SUPERSCRIPT: _SUPERSCRIPT}.get(self._now.kind, 0)

    def _joined(self, left: Node, level: int) -> Node:
        if level == _SUPERSCRIPT:
            token = self._advance()
            return self._power(left, self._superscript(token))
        if level == _POWER:
            self._advance()
            return self._power(left, self._expression(_POWER))  # to the right: 2^3^2 = 2^9
        operators, operands = [], [left]
        while self._level() == level:
            operators.append(self._operator())
            operands.append(self._expression(level + 1))
        place = (left.place[0], self._before.end)
        if level in (_OR, _AND):
            conditions = tuple(self._condition(operand, operators[0]) for operand in operands)
            return Logic(operators[0], conditions, place=place)
        values = tuple(self._value(operand) for operand in operands)
        kind = Comparison if level == _COMPARISON else Chain
        return kind(tuple(operators), values, place=place)

    def _operator(self) -> str:
        """Takes the current operator; multiplication without a sign takes nothing."""
        if self._now.kind is Kind.NAME or self._now.text == "(":
            return "*"
        return self._advance().text

    def _power(self, base: Node, exponent: Node) -> Power:
        place = (base.place[0], self._before.end)
        return Power(self._value(base), self._value(exponent), place=place)

    def _superscript(self, token: Token) -> Value:
        place = (token.start, token.end)
        number = Number(token.text.removeprefix("-"), place=place)
        return Negative(number, place=place) if token.text.startswith("-") else number

    def _operand(self, loosest: int) -> Node:
        token = self._now
        if token.kind is Kind.NUMBER:
            self._advance()
            return Number(token.text, place=(token.start, token.end))
        if token.kind is Kind.NAME:
            return self._name()
        if token.text in ("+", "-"):
            return self._signed()
        if token.text == "(":
            return self._group()
        if token.text == "not":
            return self._not(loosest)
        raise missing_value(self._text, self._before, self._now)

    def _signed(self) -> Value:
        token = self._advance()
        operand = self._value(self._expression(_POWER))
        if token.text == "+":
            return operand
        return Negative(operand, place=(token.start, self._before.end))

    def _not(self, loosest: int) -> Not:
        token = self._advance()
        if loosest > _NOT:
            raise self._mistake(
                token, "'not' cannot follow an operator: put (not ...) in parentheses"
            )
        operand = self._condition(self._expression(_NOT), "not")
        return Not(operand, place=(token.start, self._before.end))

    def _group(self) -> Node:
        opening = self._advance()
        if self._is(")"):
            raise self._mistake(opening, "there is nothing between these parentheses")
        inside = self._expression(_OR)
        self._close(opening)
        return replace(inside, place=(opening.start, self._before.end))

    def _name(self) -> Value:
        token = self._advance()
        name, place = token.text, (token.start, token.end)
        if self._is("(") and name in BY_NAME:
            return self._call(BY_NAME[name], token)
        if name in self._declared:
            return Variable(self._declared[name], place=place)
        if self._is("("):
            raise unknown_function(self._text, token)
        if name in CONSTANTS:
            return Constant(CONSTANTS[name], place=place)
        if name in BY_NAME:
            raise bare_function(self._text, token)
        if name in RESERVED:
            raise reserved(self._text, token)
        return Variable(name, place=place)

    def _call(self, function: Function, token: Token) -> Value:
        opening = self._advance()
        arguments: list[Node] = []
        if not self._is(")"):
            arguments.append(self._expression(_OR))
            while self._is(","):
                self._advance()
                arguments.append(self._expression(_OR))
        self._close(opening)
        if not function.takes(len(arguments)):
            raise wrong_count(self._text, token, function, len(arguments))
        return self._called(function.name, arguments, (token.start, self._before.end))

    def _called(self, function: str, arguments: list[Node], place: tuple[int, int]) -> Value:
        if function == "where":
            condition = self._condition(arguments[0], "where")
            return Where(condition, *map(self._value, arguments[1:]), place=place)
        values = tuple(self._value(argument) for argument in arguments)
        if function == "pow":
            return Power(*values, place=place)
        return Call(function, values, place=place)

    def _value(self, node: Node) -> Value:
        """Takes a condition as 1 where it holds and 0 elsewhere, so that (x > 0)*x works."""
        if isinstance(node, Condition):
            return Indicator(node, place=node.place)
        return node

    def _condition(self, node: Node, wanted_by: str) -> Condition:
        if isinstance(node, Condition):
            return node
        raise no_condition(self._text, node.place, wanted_by)

    def _close(self, opening: Token) -> None:
        if self._is(")"):
            self._advance()
        elif self._now.kind is Kind.END:
            raise never_closed(self._text, opening)
        else:
            raise unexpected(self._text, self._before, self._now)

    def _advance(self) -> Token:
        """Moves on by one token and returns the one that was current."""
        self._before, self._now = self._now, next(self._tokens)
        return self._before

    def _is(self, symbol: str) -> bool:
        return self._now.kind is Kind.SYMBOL and self._now.text == symbol

    def _mistake(self, token: Token, message: str) -> FormulaError:
        return mistake(self._text, token.start, message)
