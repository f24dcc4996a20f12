"""The one form of a formula error: what is wrong, the text, and a caret under the place."""

import unicodedata

from approximant.errors import FormulaError

_REACH = 36  # characters shown on each side of the caret


def mistake(text: str, place: int, message: str) -> FormulaError:
    """Returns the error that shows `message`, the text around `place`, and a caret below it."""
    return FormulaError(f"{message}\n    {_excerpt(text, place)}")


def _excerpt(text: str, place: int) -> str:
    start = max(0, place - _REACH) if len(text) > 2 * _REACH else 0
    end = place + _REACH if len(text) > 2 * _REACH else len(text)
    lead = "..." if start > 0 else ""
    before, after = _printable(text[start:place]), _printable(text[place:end])
    tail = "..." if end < len(text) else ""
    return f"{lead}{before}{after}{tail}\n    {' ' * (len(lead) + _width(before))}^"


def _printable(text: str) -> str:
    """Puts a space for every tab or line break and a mark for what cannot be printed."""
    return "".join(
        " " if letter.isspace() else letter if letter.isprintable() else "\ufffd" for letter in text
    )


def _width(text: str) -> int:
    """Counts terminal columns: none for a combining mark, two for a wide letter."""
    marks = sum(unicodedata.combining(letter) > 0 for letter in text)
    wide = sum(unicodedata.east_asian_width(letter) in ("W", "F") for letter in text)
    return len(text) - marks + wide
