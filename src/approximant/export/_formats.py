"""The formats by suffix: a new one is a file with a `Format` and a name here."""

from __future__ import annotations

from approximant.export._c import C_HEADER
from approximant.export._csv import CSV
from approximant.export._format import Format
from approximant.export._javascript import JAVASCRIPT
from approximant.export._json import JSON
from approximant.export._keras import KERAS
from approximant.export._numpy import NUMPY
from approximant.export._onnx import ONNX
from approximant.export._python import PYTHON
from approximant.export._tex import TEX
from approximant.export._torch import TORCH

FORMATS: dict[str, Format] = {
    form.suffix: form
    for form in (C_HEADER, PYTHON, NUMPY, JAVASCRIPT, ONNX, TORCH, KERAS, JSON, TEX, CSV)
}
