"""What a person may have meant by a name that is not known."""

from collections.abc import Iterable

from approximant.formula._functions import BY_NAME, CONSTANTS

_LONGEST_PRODUCT = 12  # letters of a name that is tried as a product of shorter names


def near_function(name: str) -> str | None:
    """Returns the function name closest to `name`, or None if none is close."""
    return _nearest(name, BY_NAME)


def suggestion(name: str, names: Iterable[str]) -> str:
    """Returns ", did you mean ...?" for a variable that is not among `names`, or "".

    Args:
        name: the variable found in a formula.
        names: the variables that are known, such as those of a domain.

    >>> suggestion("xy", ["x", "y"])
    ", did you mean 'x*y'?"
    """
    known = [*names, *CONSTANTS]
    meant = _product(name, known) or _call(name, known) or _nearest(name, known)
    return f", did you mean '{meant}'?" if meant else ""


def _nearest(name: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    spelled = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), spelled, n=1, cutoff=0.65)
    return spelled[found[0]] if found else None


def _product(name: str, known: list[str]) -> str | None:
    """Reads "xy" as x*y if x and y are known."""
    if name in known:
        return name
    if len(name) > _LONGEST_PRODUCT:
        return None
    for length in range(len(name) - 1, 0, -1):
        if name[:length] in known and (rest := _product(name[length:], known)):
            return f"{name[:length]}*{rest}"
    return None


def _call(name: str, known: list[str]) -> str | None:
    """Reads "sinx" as sin(x)."""
    for length in range(len(name) - 1, 0, -1):
        if name[:length] in BY_NAME and name[length:] in known:
            return f"{name[:length]}({name[length:]})"
    return None
