"""Text to tokens. Each token remembers where it stood, so that a caret can point at it."""

import re
import unicodedata
from collections.abc import Iterator
from enum import Enum, auto
from typing import NamedTuple

from approximant.formula._mistakes import mistake


class Kind(Enum):
    """What a token is; a symbol is an operator, a parenthesis, a comma or a joining word."""

    NUMBER = auto()
    NAME = auto()
    SYMBOL = auto()
    SUPERSCRIPT = auto()
    END = auto()


class Token(NamedTuple):
    """A piece of the text: `text` in normal spelling, from `start` up to `end` as typed."""

    kind: Kind
    text: str
    start: int
    end: int


_NUMBER = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_SUPERSCRIPT = re.compile("⁻?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_SYMBOL = re.compile(r"\*\*|[<>=!]=|&&|\|\||[-+*/^<>(),&|~−–×·⋅∗÷≤≥≠]")
_SPELLINGS = {
    **{"**": "^", "−": "-", "–": "-", "×": "*", "·": "*", "⋅": "*", "∗": "*", "÷": "/"},
    **{"≤": "<=", "≥": ">=", "≠": "!="},
    **{"&": "and", "&&": "and", "|": "or", "||": "or", "~": "not"},
}
_WORDS = {"and": "and", "or": "or", "not": "not", "AND": "and", "OR": "or", "NOT": "not"}
_ADVICE = {
    "=": "compare with ==, <= or >=; a formula is only the right-hand side, so leave out 'y ='",
    "%": "the remainder is x - y*floor(x/y); a percentage is x/100",
    "!": "'not equal' is !=, the opposite of a condition is not ..., n! is gamma(n + 1)",
    ".": "a dot belongs to a number such as 0.5; write sin(x), not np.sin(x)",
    "'": "a formula holds numbers and names, no text in quotes",
    '"': "a formula holds numbers and names, no text in quotes",
    "`": "a formula holds numbers and names, no text in quotes",
    "[": "group with parentheses ( ); several outputs are several formulas",
    "]": "group with parentheses ( ); several outputs are several formulas",
    "{": "group with parentheses ( )",
    "}": "group with parentheses ( )",
    "\\": "LaTeX is not read; write sin(x), sqrt(x), a/b",
    "√": "write sqrt(x)",
    "∞": "every number in a formula is finite",
    "°": "write degrees as x*pi/180",
    ":": "a formula is only the right-hand side, such as x^2",
    ";": "several outputs are several formulas",
    "_": "write a number without grouping its digits, such as 1000",
}


def normal(name: str) -> str:
    """Returns a name in the normal form in which names are compared (NFKC, as Python does)."""
    return unicodedata.normalize("NFKC", name)


def tokens(text: str) -> Iterator[Token]:
    """Yields the tokens of a text one by one and then END for ever.

    Raises:
        FormulaError: on reaching a character that has no meaning in a formula.
    """
    place = 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        token = _token(text, place)
        yield token
        place = token.end
    while True:
        yield Token(Kind.END, "", len(text), len(text))


def _token(text: str, start: int) -> Token:
    if found := _NUMBER.match(text, start):
        if text[found.end() : found.end() + 1] == "_":
            raise _meaningless(text, found.end())
        return Token(Kind.NUMBER, found.group(), start, found.end())
    if found := _SUPERSCRIPT.match(text, start):
        exponent = normal(found.group()).replace("−", "-")
        return Token(Kind.SUPERSCRIPT, exponent, start, found.end())
    if found := _SYMBOL.match(text, start):
        symbol = found.group()
        return Token(Kind.SYMBOL, _SPELLINGS.get(symbol, symbol), start, found.end())
    if text[start].isidentifier():
        end = _name_end(text, start)
        name = normal(text[start:end])
        if name in _WORDS:
            return Token(Kind.SYMBOL, _WORDS[name], start, end)
        return Token(Kind.NAME, name, start, end)
    raise _meaningless(text, start)


def _name_end(text: str, start: int) -> int:
    end = start + 1
    while end < len(text) and _continues_name(text[end]):
        end += 1
    return end


def _continues_name(letter: str) -> bool:
    if letter in "·\u0387":  # Unicode lets the middle dot continue a name; here it multiplies
        return False
    return letter in "₀₁₂₃₄₅₆₇₈₉" or f"a{letter}".isidentifier()


def _meaningless(text: str, place: int) -> Exception:
    letter = text[place]
    shown = f"'{letter}'" if letter.isprintable() and not unicodedata.combining(letter) else ""
    if not letter.isascii() or not shown:
        named = unicodedata.name(letter, "not printable")
        shown = f"{shown} U+{ord(letter):04X} ({named})".strip()
    advice = _ADVICE.get(letter, "use letters, digits, + - * / ^ ( ) , and comparisons")
    return mistake(text, place, f"{shown} has no meaning here: {advice}")
