"""What a model is outside the program: named tensors and words, and both together as text."""

from approximant.layout._digest import SCHEMA, digest, unfit_numbers, versions
from approximant.layout._safetensors import safetensors_bytes
from approximant.layout._tensors import model_of, tensors_of, words_of
from approximant.layout._text import UNREADABLE, read_text, text_of

__all__ = [
    "SCHEMA",
    "UNREADABLE",
    "digest",
    "model_of",
    "read_text",
    "safetensors_bytes",
    "tensors_of",
    "text_of",
    "unfit_numbers",
    "versions",
    "words_of",
]
