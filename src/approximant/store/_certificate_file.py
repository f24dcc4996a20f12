"""Certificates as files: JSON in which every float is hexadecimal, so that no digit is in doubt."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from approximant.atomic import reason, write_atomically
from approximant.certificate import Certificate
from approximant.errors import CertificateError

FORMAT = "approximant certificate"
LARGEST = 2**28  # bytes; a file this large is no certificate


def save_certificate(path: str | os.PathLike[str], certificate: Certificate) -> None:
    """Write a certificate to the file `path`, whole or not at all.

    Raises:
        ModelFileError: the file cannot be written.
    """
    whole = {"format": FORMAT, **_hexadecimal(certificate.as_dict())}
    write_atomically(path, (json.dumps(whole, indent=1, allow_nan=False) + "\n").encode())


def load_certificate(path: str | os.PathLike[str]) -> Certificate:
    """Return the certificate in the file `path`; nothing in it is believed before it is checked.

    Raises:
        CertificateError: there is no such file, or it holds no certificate.
    """
    try:
        if Path(path).stat().st_size > LARGEST:
            raise CertificateError(f"{path} is too large for a certificate; give another file.")
        data = json.loads(
            Path(path).read_bytes(), object_pairs_hook=_once_each, parse_constant=_no_number
        )
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            raise ValueError("it is JSON of another kind")
        return Certificate.from_dict(data)
    except OSError as error:
        raise CertificateError(f"Cannot read {path}: {reason(error)}.") from error
    except (RecursionError, ValueError) as error:
        raise CertificateError(
            f"{path} holds no certificate that can be read ({error}); give a file made by "
            "`approximant certify MODEL --out FILE`."
        ) from error


def _hexadecimal(value: Any) -> Any:
    if isinstance(value, float):
        return value.hex()
    if isinstance(value, list):
        return [_hexadecimal(item) for item in value]
    if isinstance(value, dict):
        return {key: _hexadecimal(item) for key, item in value.items()}
    return value


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a dictionary of pairs; of two values under one name none may win."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"{twice!r} stands in it twice")
    return found


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number in JSON")
