"""First weights of a network: drawn by a rule from a seed, or given as arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from approximant.arrays import Array
from approximant.descent._packing import ACTIVATION_CODES
from approximant.errors import SettingError
from approximant.networks import Layer, Network, NetworkSpec
from approximant.settings import checked, read_settings, setting
from approximant.streams import Stream, numpy_legacy

Generator = np.random.Generator | np.random.RandomState
LEGACY_SEEDS = 2**32  # NumPy's legacy generator takes no larger ones


@dataclass(frozen=True)
class Rule:
    """A law of mean 0 whose variance is `share / fan`.

    Args:
        share: of the variance.
        fan_out: whether the fan is inputs plus neurons of the layer, or its inputs alone.
        uniform: even between two ends, or else normal.
    """

    share: float
    fan_out: bool
    uniform: bool

    def draw(self, generator: Generator, width: int, fan_in: int) -> Array:
        """Return the weights (width, fan_in) of a layer."""
        return self._draw(generator, (width, fan_in), fan_in + width if self.fan_out else fan_in)

    def draw_biases(self, generator: Generator, width: int, fan_in: int) -> Array:
        """Return biases (width,) under the same law as the weights."""
        return self._draw(generator, (width,), fan_in + width if self.fan_out else fan_in)

    @property
    def meaning(self) -> str:
        """The law in words."""
        law = "uniform" if self.uniform else "normal"
        fan = "(inputs + neurons)" if self.fan_out else "inputs"
        return f"{law}, mean 0, variance {round(self.share, 3):g} / {fan} of the layer"

    def _draw(self, generator: Generator, shape: tuple[int, ...], fan: int) -> Array:
        if self.uniform:
            end = math.sqrt(3.0 * self.share / fan)
            return generator.uniform(-end, end, shape)
        return math.sqrt(self.share / fan) * generator.standard_normal(shape)


RULES = {
    "glorot_uniform": Rule(2.0, fan_out=True, uniform=True),  # Glorot and Bengio 2010
    "glorot_normal": Rule(2.0, fan_out=True, uniform=False),
    "he_uniform": Rule(2.0, fan_out=False, uniform=True),  # He et al. 2015
    "he_normal": Rule(2.0, fan_out=False, uniform=False),
    "lecun_uniform": Rule(1.0, fan_out=False, uniform=True),  # LeCun et al. 1998
    "lecun_normal": Rule(1.0, fan_out=False, uniform=False),
    "torch_default": Rule(1.0 / 3.0, fan_out=False, uniform=True),  # PyTorch's Linear
}
# What each of the other initialisers takes, with defaults as in Keras.
OPTIONS: dict[str, dict[str, Any]] = {
    "uniform": {"low": -0.05, "high": 0.05},
    "normal": {"scale": 0.05},
    "standard_normal": {},
    "arrays": {"weights": None, "biases": None},
}
# All of them with the law that they follow, in words.
INITIALISERS: dict[str, str] = {name: rule.meaning for name, rule in RULES.items()} | {
    "uniform": "uniform between low and high",
    "normal": "normal, mean 0, standard deviation scale",
    "standard_normal": "normal, mean 0, standard deviation 1",
    "arrays": "as given",
}
INITIALISERS["torch_default"] += ", for biases too (PyTorch's Linear)"


@dataclass(frozen=True)
class Initialisation:
    """How the first weights are found; biases start at zero, but for torch_default and arrays.

    Raises:
        SettingError: an unknown name, a value beyond its limits, or an option of another name.
    """

    name: str = setting("glorot_uniform", "law of the first weights", choices=tuple(INITIALISERS))
    generator: str = setting(
        "pcg64", "NumPy's present generator or its legacy one", choices=("pcg64", "legacy")
    )
    low: float | None = setting(None, "uniform: lower end, -0.05 unless given")
    high: float | None = setting(None, "uniform: upper end, 0.05 unless given")
    scale: float | None = setting(None, "normal: standard deviation, 0.05 unless given", above=0)
    weights: Any = setting(None, "arrays: of each layer, (neurons, inputs)")
    biases: Any = setting(None, "arrays: of each layer, (neurons,); zero unless given")

    def __post_init__(self) -> None:
        checked(self, "init.")
        for given in ("weights", "biases"):
            object.__setattr__(self, given, _as_lists(getattr(self, given)))
        options = OPTIONS.get(self.name, {})
        for others in OPTIONS.values():
            for option in others:
                if option not in options and getattr(self, option) is not None:
                    raise SettingError(
                        f"init.{option} has no meaning for {self.name}; leave it out."
                    )
        for option, default in options.items():
            if getattr(self, option) is None:
                object.__setattr__(self, option, default)
        if self.name == "uniform" and not self.low < self.high:  # type: ignore[operator]
            raise SettingError(
                f"init.low must be below init.high; got {self.low:g} and {self.high:g}."
            )
        if self.name == "arrays" and self.weights is None:
            raise SettingError("init.weights is missing: one array (neurons, inputs) per layer.")


def _as_lists(value: Any) -> Any:
    """Return arrays as lists of numbers, which compare and print as settings should."""
    if hasattr(value, "tolist"):
        return value.tolist()
    return [_as_lists(part) for part in value] if isinstance(value, (list, tuple)) else value


def read_initialisation(value: str | Mapping[str, Any] | Initialisation) -> Initialisation:
    """Return the initialisation that a name, a mapping, or itself describes.

    A mapping with `weights` needs no name.

    Raises:
        SettingError: an unknown name or setting, or a value that does not fit.
    """
    if isinstance(value, Initialisation):
        return value
    settings = {"name": value} if isinstance(value, str) else value
    if isinstance(settings, Mapping) and "weights" in settings:
        settings = {"name": "arrays", **settings}
    return read_settings(Initialisation, settings, "init.")


def initial_network(spec: NetworkSpec, init: Initialisation, seed: int = 0) -> Network:
    """Return the network of this shape with its first weights, in float64.

    Weights are drawn layer by layer from the input to the output, so a seed gives the same network
    wherever the generator is the same.

    Raises:
        SettingError: an activation that descent cannot train, or arrays that do not fit.
    """
    for activation in (name for groups in spec.groups for name, _ in groups):
        if activation not in ACTIVATION_CODES:
            raise SettingError(
                f"Descent cannot train the activation {activation!r}: it is for constructed "
                f"networks only. Choose one of {', '.join(ACTIVATION_CODES)}."
            )
    if init.name == "arrays":
        return _given(spec, init)
    generator = _generator(init, seed)
    layers = []
    for fan_in, groups, width in zip(spec.widths, spec.groups, spec.widths[1:], strict=False):
        weights = _drawn(init, generator, width, fan_in)
        biases = None
        if spec.biases:
            biases = np.zeros(width)
            if init.name == "torch_default":
                biases = RULES[init.name].draw_biases(generator, width, fan_in)
        layers.append(Layer(weights, biases, groups))
    return Network(tuple(layers))


def _generator(init: Initialisation, seed: int) -> Generator:
    if init.generator == "pcg64":
        return Stream.FIRST_WEIGHTS.generator(seed)
    if seed >= LEGACY_SEEDS:
        raise SettingError(f"The legacy generator takes seeds below {LEGACY_SEEDS}; got {seed}.")
    return numpy_legacy(seed)


def _drawn(init: Initialisation, generator: Generator, width: int, fan_in: int) -> Array:
    if init.name in RULES:
        return RULES[init.name].draw(generator, width, fan_in)
    if init.name == "uniform":
        return generator.uniform(init.low, init.high, (width, fan_in))  # type: ignore[arg-type]
    return (init.scale or 1.0) * generator.standard_normal((width, fan_in))


def _given(spec: NetworkSpec, init: Initialisation) -> Network:
    shapes = list(zip(spec.widths[1:], spec.widths, strict=False))
    weights = _read_arrays("weights", init.weights, shapes)
    biases: list[Array] | list[None] = [None] * len(shapes)
    if init.biases is not None and not spec.biases:
        raise SettingError("init.biases are given, but the network has none; leave them out.")
    if spec.biases:
        widths = [(width,) for width, _ in shapes]
        given = [np.zeros(w) for w in widths] if init.biases is None else init.biases
        biases = _read_arrays("biases", given, widths)
    return Network(tuple(map(Layer, weights, biases, spec.groups)))


def _read_arrays(what: str, given: Any, shapes: Sequence[tuple[int, ...]]) -> list[Array]:
    """Return the arrays, one per layer, as float64, or say which does not fit."""
    if not isinstance(given, list) or len(given) != len(shapes):
        got = len(given) if isinstance(given, list) else type(given).__name__
        raise SettingError(
            f"init.{what} must be a list of {len(shapes)} arrays, one per layer; got {got}."
        )
    arrays = []
    for number, (values, shape) in enumerate(zip(given, shapes, strict=True), 1):
        try:
            array = np.array(values, dtype=np.float64)
        except (TypeError, ValueError):
            raise SettingError(
                f"init.{what} of layer {number} is no array of numbers of shape {shape}."
            ) from None
        if array.shape != shape:
            raise SettingError(
                f"init.{what} of layer {number} has shape {array.shape}; expected {shape}, "
                + ("neurons by inputs." if len(shape) == 2 else "one per neuron.")
            )
        if not np.isfinite(array).all():
            raise SettingError(f"init.{what} of layer {number} has values that are not finite.")
        arrays.append(array)
    return arrays
