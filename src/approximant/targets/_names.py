"""Names of inputs and outputs where a person gave some, and where none were given."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from approximant.arrays import is_series
from approximant.errors import SettingError, short
from approximant.targets._words import count_text, list_text

_STEMS = ("y", "f", "z", "value", "output")


def numbered(stem: str, count: int) -> tuple[str, ...]:
    """Return ("x",) for one and ("x1", "x2", ...) for several."""
    return (stem,) if count == 1 else tuple(f"{stem}{k}" for k in range(1, count + 1))


def name_list(names: str | Sequence[str] | None) -> tuple[str, ...] | None:
    """Return names as a tuple; one text is one name.

    Raises:
        SettingError: it is neither a text nor a series.
    """
    if names is None:
        return None
    if not is_series(names):
        raise SettingError(f"{short(names)} is no name; write inputs and outputs as texts.")
    return (names,) if isinstance(names, str) else tuple(names)


def text_names(chosen: str | int | Sequence[str | int] | None) -> tuple[str, ...] | None:
    """Return names of what has no columns: numbers cannot choose among them.

    Raises:
        SettingError: one is no text.
    """
    names = name_list((chosen,) if isinstance(chosen, int) else chosen)  # type: ignore[arg-type]
    for name in names or ():
        if not isinstance(name, str):
            raise SettingError(f"{short(name)} is no name; write inputs and outputs as texts.")
    return names


def output_names(
    names: str | Sequence[str] | None, count: int, inputs: Iterable[str]
) -> tuple[str, ...]:
    """Return the output names: those given, or y or y1, y2, ...

    Where an input is called so already, the next free letter is taken.

    Raises:
        SettingError: the names are not as many as the outputs, repeat, or equal an input.
    """
    taken = tuple(inputs)
    given = name_list(names)
    if given is None:
        choices = (numbered(stem, count) for stem in _STEMS)
        free = (choice for choice in choices if not set(choice) & set(taken))
        return next(free, numbered("target", count))
    if len(given) != count:
        raise SettingError(
            f"outputs= has {count_text(len(given), 'name')} ({list_text(given)}), "
            f"but the target has {count_text(count, 'output')}; give one name for each."
        )
    for name in given:
        if not isinstance(name, str) or not name.strip():
            raise SettingError(
                f"The output name {short(name)} is no name; write a text such as 'y'."
            )
        if given.count(name) > 1 or name in taken:
            raise SettingError(
                f"The name {short(name)} is used twice; call this output differently."
            )
    return given
