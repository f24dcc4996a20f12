"""Model files: safetensors with a JSON card; written whole or not at all, read without trust."""

from approximant.store._atomic import check_folder, make_folder, write_atomically
from approximant.store._checkpoint import load_checkpoint, save_checkpoint
from approximant.store._model_file import SCHEMA, load_model, save_model

__all__ = [
    "SCHEMA",
    "check_folder",
    "load_checkpoint",
    "load_model",
    "make_folder",
    "save_checkpoint",
    "save_model",
    "write_atomically",
]
