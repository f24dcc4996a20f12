"""What a person asks of `train`, beside what the optimizer needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from approximant.descent import DescentSettings, Initialisation, read_initialisation
from approximant.designs import Sampling, read_sampling
from approximant.errors import SettingError, short
from approximant.model import OUTSIDE_POLICIES
from approximant.networks import NetworkSpec, parse_network
from approximant.scalings import SCALINGS
from approximant.settings import checked, read_settings, rows, setting, unknown

# Of `train`, beside the settings: what they are is said there.
ARGUMENTS = ("inputs", "outputs", "sampling", "init", "keep", "checkpoint", "resume")


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of one training; see `approximant.train` for the whole picture.

    Args:
        network: the shape.
        descent: how the weights move.
        init: what they are before the first step.
        sampling: how rows are drawn from a function.

    Raises:
        SettingError: a setting is outside its limits.
    """

    network: NetworkSpec
    descent: DescentSettings
    init: Initialisation
    sampling: Sampling | None
    scaling: str = setting("none", "how the inputs are scaled", choices=tuple(SCALINGS))
    output_scaling: str = setting("none", "how the outputs are scaled", choices=tuple(SCALINGS))
    held_out: float = setting(0.0, "share of the rows kept out of the training", least=0, below=1)
    seed: int = setting(0, "seed of every random choice", least=0, most=2**63)
    seconds: float | None = setting(None, "time after which to stop", above=0)
    outside: str = setting(
        "warn", "what a call does with points outside the domain", choices=OUTSIDE_POLICIES
    )
    measure_outside: bool | None = setting(
        None, "whether the target may be evaluated outside the domain; formulas are by default"
    )

    def __post_init__(self) -> None:
        checked(self)


def read_training_settings(
    network: str | NetworkSpec, init: Any, sampling: Any, options: Mapping[str, Any]
) -> TrainingSettings:
    """Return the settings that the arguments of `train` describe.

    Args:
        network: a shape or its text.
        init: the name of an initialiser, a mapping, or an Initialisation.
        sampling: see `approximant.designs.read_sampling`.
        options: all other settings by name, of the training and of the descent alike.

    Raises:
        SettingError: a name is unknown or a value does not fit.
    """
    own = [name for name, *_ in rows(TrainingSettings)]
    known = [*ARGUMENTS, *(name for name, *_ in rows(DescentSettings)), *own]
    for name in options:
        if name not in known:
            raise unknown("setting", name, known)
    descent = {name: value for name, value in options.items() if name not in own}
    rest = {name: value for name, value in options.items() if name in own}
    return TrainingSettings(
        _shape(network),
        read_settings(DescentSettings, descent),
        read_initialisation(init),
        None if sampling is None else read_sampling(sampling),
        **rest,
    )


def _shape(network: str | NetworkSpec) -> NetworkSpec:
    spec = parse_network(network) if isinstance(network, str) else network
    if not isinstance(spec, NetworkSpec):
        raise SettingError(f"network must be a text such as '1-32-1 tanh', not {short(network)}.")
    return spec
