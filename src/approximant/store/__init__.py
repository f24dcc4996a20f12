"""Model files: safetensors with a JSON card; certificates: JSON with hexadecimal floats.

Both are written whole or not at all and read without trust.
"""

from approximant.store._atomic import check_folder, make_folder, write_atomically
from approximant.store._certificate_file import load_certificate, save_certificate
from approximant.store._model_file import SCHEMA, load_model, save_model

__all__ = [
    "SCHEMA",
    "check_folder",
    "load_certificate",
    "load_model",
    "make_folder",
    "save_certificate",
    "save_model",
    "write_atomically",
]
