"""What a person asks of `approximate`, checked once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from approximant.arrays import Vector
from approximant.errors import SettingError, short
from approximant.model import OUTSIDE_POLICIES
from approximant.networks import NetworkSpec, parse_network
from approximant.progress import Progress
from approximant.settings import checked, setting

EFFORTS = ("normal", "small")
NOTHING = 2.0**-990  # allowed where the target is zero everywhere: more than underflow can add
METHODS = ("auto", "construct", "refine")  # by which networks for a table may be found
MAX_NEURONS = 20_000
MOST_ATOL = 1e300  # multiples of it do not overflow


@dataclass(frozen=True)
class Request:
    """The settings of one approximation; see `approximant.approximate` for their meaning.

    Raises:
        SettingError: a setting is outside its limits.
    """

    tol: float = setting(
        1e-8, "largest error, as a share of the target's scale", least=0.0, below=1.0
    )
    atol: float = setting(
        0.0, "largest error in the target's unit, added to it", least=0.0, most=MOST_ATOL
    )
    network: NetworkSpec | None = None
    max_neurons: int = setting(2048, "most hidden neurons", least=1, most=MAX_NEURONS)
    max_evaluations: int | None = setting(None, "most evaluations of the target", least=1)
    seconds: float = setting(30.0, "time after which the search ends", least=1e-3)
    effort: str = setting("normal", "small spends more solves on fewer neurons", choices=EFFORTS)
    seed: int = setting(0, "seed of every random choice", least=0, most=2**63)
    outside: str = setting("warn", "what a call does with points outside", choices=OUTSIDE_POLICIES)
    measure_outside: bool | None = setting(None, "whether to evaluate the target outside")
    method: str = setting("auto", "how a network for rows is found", choices=METHODS)
    certify: bool = setting(False, "whether to prove the error as well")
    progress: Callable[[Progress], object] | None = setting(None, "hears how far the search is")

    def __post_init__(self) -> None:
        checked(self)
        if self.tol == 0.0 and self.atol == 0.0:
            raise SettingError(
                "tol=0 and atol=0 ask for no error at all, which no network has; "
                "give tol=1e-8, say, or atol in the unit of the target."
            )

    def stricter(self, share: float) -> Request:
        """Return the request for this share of every tolerance."""
        return replace(self, tol=share * self.tol, atol=share * self.atol)

    def tolerance(self, scale: Vector) -> Vector:
        """Return the largest error allowed per output, atol + tol * scale, (m,)."""
        allowed = self.atol + self.tol * scale
        return np.where(allowed > 0.0, allowed, NOTHING)


def read_network(network: str | NetworkSpec | None) -> NetworkSpec | None:
    """Return the shape asked for, or None.

    Raises:
        SettingError: the text does not read as a network, or its output is not linear.
    """
    spec = parse_network(network) if isinstance(network, str) else network
    if spec is not None and not isinstance(spec, NetworkSpec):
        raise SettingError(f"network must be a text such as '1-32-1 tanh', not {short(network)}.")
    if spec is not None and len(spec.widths) < 3:
        raise SettingError(
            f"The network {short(network)} has no hidden layer; write, say, "
            f"'{spec.widths[0]}-16-{spec.widths[-1]} tanh'."
        )
    if spec is not None and any(name != "linear" for name, _ in spec.groups[-1]):
        raise SettingError(
            f"The network {short(network)} ends with {spec.groups[-1][0][0]}; its output weights "
            "come from a linear solve, so the last activation must be linear."
        )
    return spec
