"""Building an ONNX graph node by node, each result named by a number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from approximant.arrays import Array

if TYPE_CHECKING:
    from onnx import ModelProto


class Graph:
    """A graph in the making.

    Args:
        dtype: "float64" or "float32", of all numbers.
    """

    def __init__(self, dtype: str) -> None:
        from onnx import TensorProto

        self.dtype = dtype
        self.number_type = TensorProto.DOUBLE if dtype == "float64" else TensorProto.FLOAT
        self.boolean = TensorProto.BOOL
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, operator: str, *inputs: str, output: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its result."""
        from onnx import helper

        name = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, values: Array | float) -> str:
        """Return the name of a constant in the numbers of this graph."""
        return self._constant(np.asarray(values, dtype=self.dtype))

    def integers(self, values: list[int]) -> str:
        """Return the name of a constant row of integers."""
        return self._constant(np.array(values, dtype=np.int64))

    def _constant(self, values: NDArray[Any]) -> str:
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(values, name))
        return name

    def model(
        self, name: str, given: tuple[str, int], outputs: list[tuple[str, int]], opset: int,
        ir_version: int,
    ) -> ModelProto:  # fmt: skip
        """Return the model; its inputs and outputs have a free number of rows.

        Args:
            name: of the graph.
            given: name and columns of the input.
            outputs: name and columns of each output; "inside" is boolean.
            opset: of the operators.
            ir_version: of the file.
        """
        from onnx import helper

        def info(label: str, columns: int) -> Any:
            kind = self.boolean if label == "inside" else self.number_type
            return helper.make_tensor_value_info(label, kind, ["n", columns])

        graph = helper.make_graph(
            self._nodes, name, [info(*given)], [info(*each) for each in outputs], self._constants
        )
        return helper.make_model(
            graph, producer_name="approximant", ir_version=ir_version,
            opset_imports=[helper.make_opsetid("", opset)],
        )  # fmt: skip
