"""What is kept: model files, checkpoints, and runs in a store; written whole or not at all."""

from approximant.store._atomic import check_folder, make_folder, write_atomically
from approximant.store._checkpoint import load_checkpoint, save_checkpoint
from approximant.store._model_file import SCHEMA, load_model, model_bytes, save_model
from approximant.store._run_query import Columns, column_of
from approximant.store._run_record import (
    FAILED,
    FINISHED,
    UNFINISHED,
    RunRecord,
    StoredRun,
    differing_settings,
    run_key,
    versions,
)
from approximant.store._runs import RunStore

__all__ = [
    "Columns",
    "FAILED",
    "FINISHED",
    "RunRecord",
    "RunStore",
    "SCHEMA",
    "StoredRun",
    "UNFINISHED",
    "check_folder",
    "column_of",
    "differing_settings",
    "load_checkpoint",
    "load_model",
    "make_folder",
    "model_bytes",
    "run_key",
    "save_checkpoint",
    "save_model",
    "versions",
    "write_atomically",
]
