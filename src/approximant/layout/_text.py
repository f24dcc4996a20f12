"""A model and its card as one JSON text: numbers hexadecimal, a neuron a line, so that it diffs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from approximant.arrays import Array
from approximant.layout._digest import digest

# What `read_text` raises when a text is none of its own.
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


def text_of(card: Mapping[str, Any], tensors: Mapping[str, Array]) -> str:
    """Return the text that `read_text` reads back bit for bit.

    Args:
        card: plain JSON.
        tensors: all floats by name; each row becomes one text of hexadecimal floats.

    Raises:
        TypeError, ValueError: the card is no plain JSON.
    """
    whole = {
        "approximant": "a model; `approximant.load` reads it",
        "sha256": digest(_canonical(card), tensors),
        "card": card,
        "tensors": {
            name: {"shape": list(tensor.shape), "rows": [_hex_row(row) for row in _rows(tensor)]}
            for name, tensor in tensors.items()
        },
    }
    return json.dumps(whole, indent=1, allow_nan=False, ensure_ascii=False) + "\n"


def read_text(text: str) -> tuple[dict[str, Any], dict[str, Array], bool]:
    """Return the card and the tensors of a text, and whether both are as they were written.

    Raises:
        one of UNREADABLE: it is no such text.
    """
    whole = json.loads(text)
    tensors = {name: _tensor(entry) for name, entry in whole["tensors"].items()}
    card = whole["card"]
    return card, tensors, whole["sha256"] == digest(_canonical(card), tensors)


def _canonical(card: Mapping[str, Any]) -> str:
    """Return the text of a card that its digest is about, whatever its layout in the file."""
    return json.dumps(card, sort_keys=True, allow_nan=False)


def _rows(tensor: Array) -> Array:
    return tensor.reshape(-1, tensor.shape[-1]) if tensor.ndim > 1 else tensor[:, None]


def _hex_row(row: Array) -> str:
    return " ".join(float(value).hex() for value in row)


def _tensor(entry: Mapping[str, Any]) -> Array:
    values = [[float.fromhex(word) for word in row.split()] for row in entry["rows"]]
    return np.array(values, dtype=np.float64).reshape(entry["shape"])
