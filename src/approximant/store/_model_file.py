"""Saving and loading a model file.

A model file is a safetensors file: nothing in it can be executed. Its metadata holds one JSON text,
the card, under the key `approximant`, and under `sha256` a digest of the card and all tensors. The
digest finds damage and careless edits; it is no signature, so it cannot tell who wrote the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from approximant.arrays import Array
from approximant.atomic import reason, write_atomically
from approximant.errors import ApproximantError, ModelFileError
from approximant.layout import (
    SCHEMA,
    UNREADABLE,
    digest,
    model_of,
    read_text,
    safetensors_bytes,
    tensors_of,
    unfit_numbers,
    versions,
    words_of,
)
from approximant.model import Model


def save_model(path: str | os.PathLike[str], model: Model, card: Mapping[str, Any]) -> None:
    """Write a model and its card to the file `path`, whole or not at all.

    Args:
        path: conventionally ending in `.safetensors`.
        model, card: as for `model_bytes`.

    Raises:
        ModelFileError: the file cannot be written, or the model holds a number that is not finite.
    """
    write_atomically(path, model_bytes(model, card, f"Cannot write {path}"))


def model_bytes(
    model: Model, card: Mapping[str, Any], beginning: str = "Cannot make a model file"
) -> bytes:
    """Return the content of a model file.

    Args:
        model: what `load_model` will return, bit for bit.
        card: what else a reader should know, ready for JSON: formulas or a fingerprint of the data,
            the report, the seed. `schema`, `model` and, unless given, `versions` are added.
        beginning: of the message of an error.

    Raises:
        ModelFileError: the model holds a number that is not finite, or the card no plain values.
    """
    tensors = tensors_of(model)
    _check_finite(tensors, beginning)
    whole = {"schema": SCHEMA, "versions": versions(), **card, "model": words_of(model)}
    try:
        text = json.dumps(whole, allow_nan=False)
        metadata = {"approximant": text, "sha256": digest(text, tensors)}
    except (TypeError, ValueError) as error:
        raise ModelFileError(f"{beginning}: no plain JSON in its card: {error}.") from error
    return safetensors_bytes(tensors, metadata)


def load_model(path: str | os.PathLike[str]) -> tuple[Model, dict[str, Any]]:
    """Return the model and the card in the file `path`; executes nothing.

    Raises:
        ModelFileError: there is no such file, or it is not a whole, unchanged model file of this or
            an earlier version.
    """
    path = Path(path)
    _check_file(path)
    read = _read_json if path.suffix.lower() == ".json" else _read
    try:
        card, tensors, intact = read(path)
    except (OSError, ValueError) as error:
        raise ModelFileError(f"Cannot read {path}: {reason(error)}.") from error
    if not intact:
        raise ModelFileError(
            f"{path} was changed or damaged after it was written (its checksum does not fit); "
            "take another copy or fit again."
        )
    _check_finite(tensors, f"{path} cannot be used")
    try:
        words = card.pop("model")
        model = model_of(words, tensors)
        if words != words_of(model) or tensors.keys() != tensors_of(model).keys():
            raise ValueError("the card and the tensors tell different things")
    except (ApproximantError, *UNREADABLE) as error:
        raise ModelFileError(
            f"{path} does not hold a working model ({error}); fit again to make a new file."
        ) from error
    return model, card


def _read(path: Path) -> tuple[dict[str, Any], dict[str, Array], bool]:
    """Return card and tensors of a safetensors file, and whether they are as they were written."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            if "approximant" not in metadata:
                raise ModelFileError(
                    f"{path} is a safetensors file, but approximant did not write it; give a file "
                    "made by `approximant fit` or `Approximant.save`."
                )
            # Whatever a newer version stores, it says so before its tensors are looked at.
            text = metadata["approximant"]
            card = _read_card(path, text)
            names = list(file.keys())
            if any(file.get_slice(name).get_dtype() != "F64" for name in names):
                raise ModelFileError(f"{path} holds other numbers than float64; fit again.")
            tensors = {name: np.array(file.get_tensor(name)) for name in names}
    except SafetensorError as error:
        raise ModelFileError(
            f"{path} cannot be read as a model file ({error}); it may be cut short, or be no file "
            "made by `approximant fit` or `Approximant.save`."
        ) from error
    return card, tensors, metadata.get("sha256") == digest(text, tensors)


def _read_json(path: Path) -> tuple[dict[str, Any], dict[str, Array], bool]:
    """Return what `_read` does, of a model exported as JSON."""
    try:
        card, tensors, intact = read_text(path.read_text(encoding="utf-8"))
    except UNREADABLE as error:
        raise ModelFileError(
            f"{path} cannot be read as a model file; give one that `approximant export` or "
            "`Approximant.export` wrote, or a `.safetensors` file."
        ) from error
    return _checked_card(path, card), tensors, intact


def _read_card(path: Path, text: str) -> dict[str, Any]:
    try:
        card = json.loads(text)
    except (ValueError, RecursionError):
        card = None
    return _checked_card(path, card)


def _checked_card(path: Path, card: Any) -> dict[str, Any]:
    if not isinstance(card, dict) or type(card.get("schema")) is not int:
        raise ModelFileError(f"The card of {path} cannot be read; take another copy or fit again.")
    if card["schema"] > SCHEMA:
        raise ModelFileError(
            f"{path} was written by a newer approximant (file schema {card['schema']}; this one "
            f"reads up to {SCHEMA}); upgrade approximant to load it."
        )
    return card


def _check_file(path: Path) -> None:
    try:
        if path.is_dir():
            inside = path / "model.safetensors"
            hint = f"did you mean {inside}?" if inside.is_file() else "give a model file in it."
            raise ModelFileError(f"{path} is a folder; {hint}")
        if not path.exists():
            raise ModelFileError(f"There is no file {path}; check the name and the folder.")
        if not path.is_file():
            raise ModelFileError(f"{path} is a device, not a file; give a model file.")
    except (OSError, ValueError) as error:  # a name too long, a zero byte in it
        raise ModelFileError(f"Cannot read {path}: {reason(error)}.") from error


def _check_finite(tensors: Mapping[str, Array], beginning: str) -> None:
    problem = unfit_numbers(tensors)
    if problem:
        raise ModelFileError(f"{beginning}: {problem}.")
