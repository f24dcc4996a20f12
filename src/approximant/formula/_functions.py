"""The one table of what a formula may call, and of the numbers that have a name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Function:
    """A function that formulas know: its own name, its parameters, other names for it."""

    name: str
    parameters: tuple[str, ...] = ("x",)
    aliases: tuple[str, ...] = ()
    more: bool = False  # whether further arguments may follow
    advice: str = ""  # for the wrong number of arguments

    @property
    def usage(self) -> str:
        """The call as people would write it, such as `atan2(y, x)`."""
        return f"{self.name}({', '.join(self.parameters)}{', ...' if self.more else ''})"

    def takes(self, count: int) -> bool:
        """Whether the function can be called with `count` arguments."""
        return count == len(self.parameters) or (self.more and count > len(self.parameters))


FUNCTIONS = (
    Function("sin"),
    Function("cos"),
    Function("tan"),
    Function("asin", aliases=("arcsin",)),
    Function("acos", aliases=("arccos",)),
    Function("atan", aliases=("arctan",), advice="the angle of a point is atan2(y, x)"),
    Function("atan2", ("y", "x"), aliases=("arctan2",)),
    Function("sinh"),
    Function("cosh"),
    Function("tanh"),
    Function("asinh", aliases=("arcsinh", "arsinh")),
    Function("acosh", aliases=("arccosh", "arcosh")),
    Function("atanh", aliases=("arctanh", "artanh")),
    Function("sech"),
    Function("exp"),
    Function("expm1"),
    Function("log", aliases=("ln",), advice="the logarithm to base b is log(x)/log(b)"),
    Function("log1p"),
    Function("log2"),
    Function("log10"),
    Function("sqrt"),
    Function("cbrt"),
    Function("pow", ("x", "y"), aliases=("power",)),
    Function("abs", aliases=("fabs", "absolute")),
    Function("sign", aliases=("sgn",)),
    Function("floor"),
    Function("ceil", aliases=("ceiling",)),
    Function("round", aliases=("rint",), advice="two decimals are round(100*x)/100"),
    Function("min", ("x", "y"), aliases=("minimum",), more=True),
    Function("max", ("x", "y"), aliases=("maximum",), more=True),
    Function("where", ("condition", "a", "b")),
    Function("erf"),
    Function("gamma"),
    Function("j0", aliases=("besselj0",)),
    Function("j1", aliases=("besselj1",)),
)
BY_NAME = {name: function for function in FUNCTIONS for name in (function.name, *function.aliases)}
FUNCTION_NAMES = tuple(sorted(BY_NAME))

CONSTANTS = {"pi": "pi", "π": "pi", "e": "e"}
CONSTANT_NAMES = tuple(CONSTANTS)
