"""What can be said about the rows of a training: a design per input, and what all share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from approximant.errors import SettingError, short
from approximant.settings import checked, read_settings, setting, unknown

ROWS = 1000  # where nothing is said
MOST_ROWS = 10**8
LARGEST_INTEGER = 2**53  # whole numbers beyond are not all floats

# Every kind of design with the settings that mean something for it.
KINDS: dict[str, tuple[str, ...]] = {
    "uniform": ("low", "high", "seed"),
    "even": ("low", "high"),
    "grid": ("low", "high", "number"),
    "normal": ("mean", "scale", "seed"),
    "integers": ("low", "high", "seed"),
    "sobol": ("low", "high"),
}
# What they are, for people.
MEANINGS = {
    "uniform": "random between two ends",
    "even": "evenly spaced, both ends included; for one input",
    "grid": "the same, combined with every value of the other inputs in the grid",
    "normal": "random about a mean, without ends",
    "integers": "random whole numbers, both ends included",
    "sobol": "fills the box of its inputs evenly, scrambled by the seed (Sobol' 1967, Owen 1998)",
}


@dataclass(frozen=True)
class Design:
    """How the values of one input are drawn.

    Raises:
        SettingError: a value outside its limits, or one that means nothing for this kind.
    """

    kind: str = setting("uniform", "how the values are drawn", choices=tuple(KINDS))
    low: float | None = setting(None, "lower end; that of the domain where not given")
    high: float | None = setting(None, "upper end; that of the domain where not given")
    mean: float | None = setting(None, "mean of normal values; 0 where not given")
    scale: float | None = setting(
        None, "standard deviation of normal values; 1 where not given", above=0
    )
    number: int | None = setting(None, "values of this input in a grid", least=2, most=MOST_ROWS)
    seed: int | None = setting(
        None, "seed of this input alone; the sampling's where not given", least=0, most=2**32 - 1
    )

    def __post_init__(self) -> None:
        checked(self)
        for name in ("low", "high", "mean", "scale", "number", "seed"):
            if getattr(self, name) is not None and name not in KINDS[self.kind]:
                raise SettingError(
                    f"{name} means nothing for the design {self.kind!r}, "
                    f"which knows {', '.join(KINDS[self.kind])}."
                )
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise SettingError(f"low must be below high; got low={self.low:g}, high={self.high:g}.")
        for name, end in (("low", self.low), ("high", self.high)):
            if self.kind == "integers" and end is not None:
                if not end.is_integer() or abs(end) > LARGEST_INTEGER:
                    raise SettingError(
                        f"{name} of the design 'integers' must be a whole number "
                        f"of at most 2^53; got {short(end)}."
                    )


@dataclass(frozen=True)
class Sampling:
    """How the rows of a training are drawn from a function.

    Args:
        inputs: designs of single inputs by name: a Design, a mapping of its settings, or its kind.

    Raises:
        SettingError: a value outside its limits.
    """

    rows: int | None = setting(
        None, f"rows to draw; {ROWS}, or those of the grid, where not given", least=1,
        most=MOST_ROWS,
    )  # fmt: skip
    design: str = setting(
        "uniform", "design of the inputs that have none of their own", choices=tuple(KINDS)
    )
    inputs: Mapping[str, Any] = setting(None, "designs of single inputs, by name")
    noise: float = setting(0.0, "standard deviation of what is added to the values", least=0)
    generator: str = setting(
        "pcg64", "random numbers: NumPy's default_rng, or its legacy RandomState",
        choices=("pcg64", "legacy"),
    )  # fmt: skip
    seed: int | None = setting(
        None, "seed of rows and noise; the training's where not given", least=0, most=2**32 - 1
    )
    columns: int | None = setting(
        None, "columns of the block of uniform random numbers, drawn row by row, of which each "
        "uniform input takes one; as many as needed where not given", least=1, most=1000,
    )  # fmt: skip

    def __post_init__(self) -> None:
        checked(self, "sampling.")
        given = {} if self.inputs is None else self.inputs
        if not isinstance(given, Mapping):
            raise SettingError(
                f"sampling.inputs must give designs by the names of inputs; got {short(given)}."
            )
        designs = {str(name): _read_design(value, str(name)) for name, value in given.items()}
        object.__setattr__(self, "inputs", designs)

    def designs(self, names: Iterable[str]) -> list[Design]:
        """Return the design of each input.

        Raises:
            SettingError: a design for an input that does not exist.
        """
        names = list(names)
        for name in self.inputs:
            if name not in names:
                raise unknown("input", name, names)
        return [self.inputs.get(name, Design(self.design)) for name in names]


def read_sampling(value: Any) -> Sampling:
    """Return the sampling that a number of rows, a mapping of settings or a Sampling describes.

    Args:
        value: None means the defaults: uniform rows.

    Raises:
        SettingError: it is none of these, or a setting does not fit.
    """
    if value is None:
        return Sampling()
    if isinstance(value, Sampling):
        return value
    if isinstance(value, Mapping):
        return read_settings(Sampling, value, "sampling.")
    if isinstance(value, str) and value in KINDS:
        return Sampling(design=value)
    if isinstance(value, (int, float)) or hasattr(value, "item"):
        return Sampling(rows=value)
    raise SettingError(
        f"sampling must be a number of rows, the name of a design, or settings such as "
        f"{{'rows': 500, 'design': 'sobol'}}; got {short(value)}."
    )


def _read_design(value: Any, name: str) -> Design:
    """Return the design of one input, its mistakes told with the input's name."""
    try:
        if isinstance(value, Design):
            return value
        if isinstance(value, str):
            return Design(value)
        if isinstance(value, Mapping):
            return read_settings(Design, value)
    except SettingError as error:
        raise SettingError(f"sampling.inputs.{name}: {error}") from None
    raise SettingError(
        f"sampling.inputs.{name} must be a design such as 'even' or "
        f"{{'kind': 'normal', 'scale': 2}}; got {short(value)}."
    )
