"""Model files: safetensors with a JSON card; written whole or not at all, read without trust."""

from approximant.atomic import check_folder, make_folder, write_atomically
from approximant.layout import SCHEMA
from approximant.store._model_file import load_model, save_model

__all__ = [
    "SCHEMA",
    "check_folder",
    "load_model",
    "make_folder",
    "save_model",
    "write_atomically",
]
