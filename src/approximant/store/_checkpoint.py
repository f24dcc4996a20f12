"""Checkpoints: the state of a running training as one safetensors file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from approximant.atomic import write_atomically
from approximant.errors import ModelFileError
from approximant.layout import UNREADABLE, digest, safetensors_bytes

CHECKPOINT_SCHEMA = 2
_KEY, _SUM = "approximant-checkpoint", "sha256"


def save_checkpoint(
    path: str | os.PathLike[str], arrays: Mapping[str, NDArray[Any]], card: Mapping[str, Any]
) -> None:
    """Write the arrays of a state, of any number type, and a card ready for JSON; whole or not.

    Raises:
        ModelFileError: the file cannot be written.
    """
    text = json.dumps({"schema": CHECKPOINT_SCHEMA, **card})
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    write_atomically(path, safetensors_bytes(plain, {_KEY: text, _SUM: _digest(text, plain)}))


def load_checkpoint(
    path: str | os.PathLike[str],
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Return the arrays and the card of a checkpoint; executes nothing.

    Raises:
        ModelFileError: there is no such file, or it is no whole, unchanged checkpoint of this
            version.
    """
    from safetensors import SafetensorError, safe_open

    try:
        if not Path(path).is_file():
            raise ModelFileError(
                f"There is no checkpoint {path} to go on from: a training writes one with "
                "checkpoint=, and at the command line into its --out folder; leave resume out to "
                "start anew."
            )
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: np.array(file.get_tensor(name)) for name in file.keys()}
        text = metadata.get(_KEY, "null")
        card = json.loads(text)
    except (SafetensorError, OSError, *UNREADABLE) as error:
        raise ModelFileError(
            f"{path} cannot be read as a checkpoint ({error}); start the training anew."
        ) from error
    if not isinstance(card, dict) or card.get("schema") != CHECKPOINT_SCHEMA:
        raise ModelFileError(
            f"{path} is no checkpoint that this version reads; start the training anew."
        )
    if metadata.get(_SUM) != _digest(text, arrays):
        raise ModelFileError(
            f"{path} was changed or damaged after it was written (its checksum does not fit); "
            "start the training anew."
        )
    return arrays, card


def _digest(text: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return the digest of a card and its arrays, whatever their number types."""
    return digest(text, {f"{name} {array.dtype}": array for name, array in arrays.items()})
