"""Small parts of C text: marks that are filled in, constant arrays, numbers."""

from __future__ import annotations

import numpy as np

from approximant.arrays import Array
from approximant.export._subject import Subject


def filled(text: str, subject: Subject) -> str:
    """Return C text with its marks replaced by names and types."""
    single = subject.dtype == "float32"
    for mark, value in {
        "@name@": subject.name,
        "@NAME@": subject.name.upper(),
        "@real@": "float" if single else "double",
        "@f@": "f" if single else "",
        "@l@": "f" if single else "",
    }.items():
        text = text.replace(mark, value)
    return text


def array(name: str, values: Array, dtype: str, note: str = "") -> str:
    """Return the definition of a constant array."""
    words = [literal(value, dtype) for value in np.ravel(values)]
    lines = [", ".join(words[k : k + 4]) for k in range(0, len(words), 4)]
    comment = f" /* {note} */" if note else ""
    body = ",\n    ".join(lines)
    return f"static const @real@ @name@_{name}[{len(words)}] = {{{comment}\n    {body}\n}};"


def literal(value: float, dtype: str) -> str:
    """Return a number as C reads it back exactly."""
    return f"{np.float32(value)!s}f" if dtype == "float32" else repr(float(value))
