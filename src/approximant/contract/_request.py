"""What a person asks of `approximate`, checked once."""

from __future__ import annotations

import difflib
import math
from dataclasses import dataclass, replace

import numpy as np

from approximant.arrays import Vector
from approximant.errors import SettingError
from approximant.model import OUTSIDE_POLICIES
from approximant.networks import NetworkSpec, parse_network

EFFORTS = ("normal", "small")
METHODS = ("auto", "construct", "refine")  # by which networks for a table may be found
MAX_NEURONS = 20_000


@dataclass(frozen=True)
class Request:
    """The settings of one approximation; see `approximant.approximate` for their meaning.

    Raises:
        SettingError: a setting is outside its limits.
    """

    tol: float = 1e-8
    atol: float = 0.0
    network: NetworkSpec | None = None
    max_neurons: int = 2048
    seconds: float = 30.0
    effort: str = "normal"
    seed: int = 0
    outside: str = "warn"
    measure_outside: bool | None = None
    method: str = "auto"
    certify: bool = False

    def __post_init__(self) -> None:
        _check_number("tol", self.tol, 0.0, "the error allowed as a share of the largest value")
        _check_number("atol", self.atol, 0.0, "the error allowed in the target's unit")
        if self.tol == 0.0 and self.atol == 0.0:
            raise SettingError(
                "tol=0 and atol=0 ask for no error at all, which no network has; "
                "give tol=1e-8, say, or atol in the unit of the target."
            )
        if self.tol >= 1.0:
            raise SettingError(
                f"tol={self.tol:g} allows errors as large as the target itself; give less than 1."
            )
        _check_number("seconds", self.seconds, 1e-3, "how long the search may take")
        _check_whole("max_neurons", self.max_neurons, 1, MAX_NEURONS)
        _check_whole("seed", self.seed, 0, 2**63)
        _check_choice("effort", self.effort, EFFORTS)
        _check_choice("method", self.method, METHODS)
        _check_choice("outside", self.outside, OUTSIDE_POLICIES)

    def stricter(self, share: float) -> Request:
        """Return the request for this share of every tolerance."""
        return replace(self, tol=share * self.tol, atol=share * self.atol)

    def tolerance(self, scale: Vector) -> Vector:
        """Return the largest error allowed per output, atol + tol * scale, (m,)."""
        floor = np.finfo(float).tiny  # a target that is zero everywhere
        return np.maximum(self.atol + self.tol * scale, floor)


def read_network(network: str | NetworkSpec | None) -> NetworkSpec | None:
    """Return the shape asked for, or None.

    Raises:
        SettingError: the text does not read as a network, or its output is not linear.
    """
    spec = parse_network(network) if isinstance(network, str) else network
    if spec is not None and not isinstance(spec, NetworkSpec):
        raise SettingError(f"network must be a text such as '1-32-1 tanh', not {network!r}.")
    if spec is not None and len(spec.widths) < 3:
        raise SettingError(
            f"The network {network!r} has no hidden layer; write, say, "
            f"'{spec.widths[0]}-16-{spec.widths[-1]} tanh'."
        )
    if spec is not None and any(name != "linear" for name, _ in spec.groups[-1]):
        raise SettingError(
            f"The network {network!r} ends with {spec.groups[-1][0][0]}; its output weights come "
            "from a linear solve, so the last activation must be linear."
        )
    return spec


def _check_number(name: str, value: float, low: float, meaning: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise SettingError(f"{name} must be a number ({meaning}); got {value!r}.")
    if not math.isfinite(value) or value < low:
        raise SettingError(f"{name}={value:g} is not possible; {meaning} is at least {low:g}.")


def _check_whole(name: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise SettingError(f"{name} must be a whole number; got {value!r}.")
    if not low <= value <= high:
        raise SettingError(f"{name}={value} is out of range; give {low} to {high}.")


def _check_choice(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        near = difflib.get_close_matches(str(value), choices, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(choices)}."
        raise SettingError(f"{name}={value!r} is unknown; {hint}")
