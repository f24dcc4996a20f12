"""The formula that people hold: its text, its variables, its values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, final

import numpy as np

from approximant.arrays import Array, is_series
from approximant.errors import FormulaError
from approximant.formula._advice import quoted
from approximant.formula._mistakes import mistake
from approximant.formula._numpy import NotFiniteError, Reading, reading
from approximant.formula._parser import parse
from approximant.formula._tokens import normal
from approximant.formula._tree import Value, Variable, walk

if TYPE_CHECKING:
    from approximant.formula._balls import BallReading


@final
@dataclass(frozen=True, slots=True, init=False)
class Formula:
    """A function given by a text, such as `0.4*x^2 + 0.3*x*sin(15*x) - 0.3`.

    The text is read with the rules of mathematics and is never evaluated as code:

    - `+ - * /` and `^` (or `**`), which associates to the right. `-x^2` is -(x^2); `2^-x` works.
    - The multiplication sign may be left out: `2x`, `3 sin(x)`, `2(x+1)`, `2 pi x`. It binds like
      `*`: `1/2x` is x/2 and `e^2x` is (e^2)*x. `2e3` is 2000, `2e` is 2*e, `2exp(x)` is 2*exp(x).
    - `pi` and `e`, decimal numbers, and the functions in `FUNCTION_NAMES`; `log` is natural,
      `round` takes halves to the even number, `min` and `max` take two or more arguments.
    - Conditions: `< <= > >= == !=`, also `0 < x <= 1`; joined by `and`, `or`, `not` (`&`, `|`,
      `~`), which bind less tightly than comparisons. `where(c, a, b)` chooses. A condition used as
      a number is 1 or 0, so `(x > 0)*x` works; a number is never taken as a condition.
    - Signs that come with pasted text (`−`, `×`, `·`, `≤`, `x²`, `π`) are read as what they show.
    - Any other name is a variable: letters of any script, digits, underscores.

    A name that is declared in `variables` is that variable even if it is also the constant `pi`
    or `e` or a function; before a parenthesis a function remains a function, and a declared
    variable multiplies: `x(x+1)`. A name before a parenthesis that is neither is an error.

    Formulas are immutable, hashable, picklable, and equal if text and variables are equal.

    Args:
        text: the formula.
        variables: the names declared beforehand, such as those of the domain.

    Raises:
        FormulaError: if the text cannot be read, or a part of it without variables is not finite
            (`1/0`); the message shows the place and what to write instead.

    >>> f = Formula("2x^2 + y")
    >>> f.variables
    ('x', 'y')
    >>> f({"x": np.array([0.0, 1.0, 2.0]), "y": np.array([1.0, 1.0, 1.0])})
    array([1., 3., 9.])
    """

    text: str
    variables: tuple[str, ...]  # in order of first appearance in the text
    tree: Value = field(compare=False, repr=False)
    _read: Reading = field(compare=False, repr=False)

    def __init__(self, text: str, variables: Iterable[str] | None = None) -> None:
        if not isinstance(text, str):
            raise FormulaError(f"a formula is a text such as 'x^2': got a {type(text).__name__}")
        tree = parse(text, {normal(name): name for name in _names(variables)})
        try:
            read = reading(tree)
        except NotFiniteError as found:
            raise _not_finite(text, *found.place, found.value) from None
        places = _places(tree)
        # Frozen: this is the only place where the fields are set.
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "variables", tuple(sorted(places, key=places.__getitem__)))
        object.__setattr__(self, "tree", tree)
        object.__setattr__(self, "_read", read)

    def __call__(self, columns: Mapping[str, Array]) -> Array:
        """Returns the values, a new float64 array of the columns' common shape.

        Args:
            columns: an array for each variable, of shapes that broadcast; others may be present
                and count for the shape.

        Raises:
            FormulaError: if a variable has no column.

        Where the formula is undefined the value is NaN or infinite, without a warning.
        """
        arrays = {name: np.asarray(column, dtype=np.float64) for name, column in columns.items()}
        if missing := [name for name in self.variables if name not in arrays]:
            raise self.error_at(missing[0], f"no values were given for '{missing[0]}'")
        with np.errstate(all="ignore"):
            values = np.asarray(self._read(arrays), dtype=np.float64)
        shapes = {array.shape for array in arrays.values()}
        shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
        if values.shape != shape or isinstance(self.tree, Variable):
            return np.array(np.broadcast_to(values, shape))  # never the caller's own array
        return values

    def error_at(self, name: str, message: str) -> FormulaError:
        """Returns an error that shows the text with a caret under the first place of a variable.

        Args:
            name: one of `variables`.
            message: what is wrong with it, and what to do.

        >>> print(Formula("x + y").error_at("y", "variable 'y' has no interval"))
        variable 'y' has no interval
            x + y
                ^
        """
        return mistake(self.text, _places(self.tree)[name], message)

    def balls(self, *, everywhere: bool = False) -> BallReading:
        """Returns the formula as ball arithmetic, at the present precision of `flint.ctx`.

        Args:
            everywhere: whether enclosures are finite only where there is a value on all of a box.
        """
        from approximant.formula._balls import BallReading  # here: Arb is for those who prove

        return BallReading(self.tree, everywhere=everywhere)

    def __str__(self) -> str:
        return self.text

    def __reduce__(self) -> tuple[type[Formula], tuple[str, tuple[str, ...]]]:
        # The variables found are enough to read the same text into the same tree.
        return Formula, (self.text, self.variables)


def _names(variables: Iterable[str] | None) -> list[str]:
    if variables is None:
        return []
    if is_series(variables) and not isinstance(variables, str):
        names = list(variables)
        if all(isinstance(name, str) for name in names):
            return names
    given = repr(variables) if isinstance(variables, str) else f"a {type(variables).__name__}"
    raise FormulaError(f"variables are several names: got {given}; try a tuple")


def constant(text: str) -> float:
    """Returns the value of a formula without variables, such as an interval end `2*pi`.

    Raises:
        FormulaError: if the text cannot be read, has a variable, or its value is not finite.

    >>> constant("3/4")
    0.75
    """
    formula = Formula(text)
    if formula.variables:
        name = formula.variables[0]
        raise formula.error_at(name, f"a number is needed here: got the variable '{name}'")
    return float(formula({}))


def _places(tree: Value) -> dict[str, int]:
    """Returns where in the text each variable stands first."""
    places: dict[str, int] = {}
    for node, _ in walk(tree):
        if isinstance(node, Variable):
            places[node.name] = min(node.place[0], places.get(node.name, node.place[0]))
    return places


def _not_finite(text: str, start: int, end: int, value: float) -> FormulaError:
    what = "is not a number" if np.isnan(value) else "is infinite in float64"
    advice = "every part without variables must be finite"
    return mistake(text, start, f"{quoted(text, start, end)} {what}: {advice}")
