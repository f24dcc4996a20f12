"""What is kept: model files, certificates, checkpoints, and runs in a store.

All are written whole or not at all and read without trust.
"""

from approximant.atomic import check_folder, make_folder, write_atomically
from approximant.layout import SCHEMA, versions
from approximant.store._certificate_file import load_certificate, save_certificate
from approximant.store._checkpoint import load_checkpoint, save_checkpoint
from approximant.store._model_file import load_model, model_bytes, save_model
from approximant.store._run_query import Columns, column_of
from approximant.store._run_record import (
    FAILED,
    FINISHED,
    UNFINISHED,
    RunRecord,
    StoredRun,
    differing_settings,
    run_key,
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
    "load_certificate",
    "load_checkpoint",
    "load_model",
    "make_folder",
    "model_bytes",
    "run_key",
    "save_certificate",
    "save_checkpoint",
    "save_model",
    "versions",
    "write_atomically",
]
