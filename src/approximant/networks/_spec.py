"""Network texts: `1-128-1 sigmoid`, `2-100-50-10-1 linear,linear,relu`, `1-8-1 6 tanh+2 sin`."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

from approximant.errors import SettingError, one_line, short
from approximant.networks._activations import ACTIVATIONS
from approximant.networks._layer import Groups

MAX_WIDTH = 100_000


@dataclass(frozen=True)
class NetworkSpec:
    """The shape of a network without its weights.

    Args:
        widths: inputs, hidden widths, outputs.
        groups: activation groups of every layer after the input, output layer included.
        biases: whether the layers have biases.
    """

    widths: tuple[int, ...]
    groups: tuple[Groups, ...]
    biases: bool = True

    @property
    def hidden(self) -> tuple[int, ...]:
        """Widths of the hidden layers."""
        return self.widths[1:-1]


def parse_network(text: str) -> NetworkSpec:
    """Return the shape that a network text asks for.

    Widths are joined by `-`; then, if wanted, activations separated by commas: one for all hidden
    layers, one per hidden layer, or one per layer with the output; `nobias` ends the text. Without
    activations hidden layers are tanh. The output is linear unless said. `6 tanh+2 sin` mixes.

    Raises:
        SettingError: the text does not read as a network; the message says where.
    """
    match = re.fullmatch(r"\s*(\d+(?:\s*-\s*\d+)*)\s*(.*?)\s*(nobias)?\s*", text, re.ASCII)
    if match is None or "-" not in match[1]:
        raise SettingError(
            f"Cannot read the network {short(text)}; write widths joined by '-', from inputs to "
            "outputs, then an activation: '1-128-1 tanh' or '2-24-12-1 relu'."
        )
    widths = tuple(int(width) for width in match[1].split("-"))
    if min(widths) < 1 or max(widths) > MAX_WIDTH:
        raise SettingError(
            f"The widths in {short(text)} are {one_line('-'.join(map(str, widths)))}; "
            f"each must be 1 to {MAX_WIDTH}."
        )
    names = [part.strip() for part in match[2].split(",")] if match[2] else []
    return NetworkSpec(widths, _layer_groups(text, widths, names), biases=match[3] is None)


def _layer_groups(text: str, widths: tuple[int, ...], names: list[str]) -> tuple[Groups, ...]:
    hidden = len(widths) - 2
    if not names:
        names = ["tanh"] * hidden
    if len(names) == 1 and hidden > 1:
        names = names * hidden
    if len(names) == hidden:
        names = [*names, "linear"]
    if len(names) != hidden + 1:
        raise SettingError(
            f"The network {short(text)} has {hidden} hidden layers but {len(names)} activations; "
            "give one for all, one per hidden layer, or one per layer with the output."
        )
    return tuple(_read_groups(text, n, w) for n, w in zip(names, widths[1:], strict=True))


def _read_groups(text: str, name: str, width: int) -> Groups:
    if "+" not in name and not name[:1].isdigit():
        return ((_known(text, name), width),)
    groups = []
    for part in name.split("+"):
        match = re.fullmatch(r"\s*(\d+)\s*([a-z_]+)\s*", part)
        if match is None:
            raise SettingError(
                f"Cannot read {short(part)} in {short(text)}; a group reads '96 tanh'."
            )
        groups.append((_known(text, match[2]), int(match[1])))
    if sum(count for _, count in groups) != width:
        raise SettingError(
            f"The groups {short(name)} in {short(text)} do not add up to {width} neurons."
        )
    return tuple(groups)


def _known(text: str, name: str) -> str:
    if name in ACTIVATIONS:
        return name
    near = difflib.get_close_matches(name.lower(), ACTIVATIONS, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(ACTIVATIONS)}."
    if "bias" in name:
        hint = "layers without biases end in the one word nobias: '1-128-1 tanh nobias'."
    raise SettingError(f"Unknown activation {short(name)} in the network {short(text)}; {hint}")
