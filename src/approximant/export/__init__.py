"""A model as source code or in another format, with its scaling, its guard and its stated error."""

from approximant.export._export import Exported, export_model
from approximant.export._formats import FORMATS
from approximant.export._subject import POLICIES

__all__ = ["FORMATS", "POLICIES", "Exported", "export_model"]
